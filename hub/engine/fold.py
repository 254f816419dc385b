"""From what decisions ask for to what one transaction writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec.structs import replace

from router.delivery import DeliveryState
from router.effects import (
    AddDelivery,
    AddMessage,
    Alert,
    ChangeClient,
    ChangeLoad,
    ChangeMessage,
    Explain,
    JoinCards,
    MoveChat,
    Outcome,
    Requeue,
    SaveClient,
    SaveConversation,
    SaveLine,
    SaveOperator,
    Stored,
    UseInvitation,
)
from router.loads import LoadChange
from router.model import Conversation
from router.ports import FeedEvent
from router.store import Batch, DeliveryChange

_RESENDABLE = (DeliveryState.FAILED, DeliveryState.UNKNOWN)


class _Event(NamedTuple):
    type: str
    subject: str
    conversation: str
    data: Mapping[str, object] = {}


_News = _Event | None


def _message(batch: Batch, effect: AddMessage) -> _News:
    batch.messages.append(effect.message)
    return _Event("message", effect.message.id, effect.message.conversation)


def _changed(batch: Batch, effect: ChangeMessage) -> _News:
    batch.changed[effect.message.id] = effect.message
    return _Event("message", effect.message.id, effect.message.conversation)


def _conversation(batch: Batch, effect: SaveConversation) -> _News:
    key = effect.conversation.id
    batch.conversations[key] = effect.conversation
    batch.before.setdefault(key, effect.before)
    return _Event("conversation", key, key)


def _delivery(batch: Batch, effect: AddDelivery) -> _News:
    batch.deliveries.append(effect.delivery)
    return None


def _requeue(batch: Batch, effect: Requeue) -> _News:
    batch.changes.append(DeliveryChange(effect.delivery, DeliveryState.QUEUED, _RESENDABLE))
    return _Event("delivery", effect.delivery, effect.conversation)


def _client(batch: Batch, effect: SaveClient) -> _News:
    batch.clients[effect.client.id] = effect.client
    if effect.identity is not None:
        batch.identities[effect.identity] = effect.client.id
    return _Event("client", effect.client.id, effect.conversation)


def _card(batch: Batch, effect: ChangeClient) -> _Event | None:
    before = batch.cards.get(effect.client, ChangeClient(effect.client))
    responsible = before.responsible if effect.responsible is None else effect.responsible
    priority = before.priority if effect.priority is None else effect.priority
    photo = effect.photo or before.photo
    batch.cards[effect.client] = ChangeClient(effect.client, responsible, priority, photo)
    return _Event("client", effect.client, effect.conversation)


def _joined(batch: Batch, effect: JoinCards) -> _Event | None:
    batch.joined[effect.gone] = effect.kept
    return _Event("client", effect.gone, effect.conversation)


def _followed(batch: Batch, effect: UseInvitation) -> _Event | None:
    batch.followed[effect.invitation.digest] = effect.identity
    return None


def _chat(batch: Batch, effect: MoveChat) -> _Event | None:
    batch.chats.append(effect)
    return None


def _line(batch: Batch, effect: SaveLine) -> _Event | None:
    batch.lines[effect.line.id] = effect.line
    return _Event("line", effect.line.id, "")


def _operator(batch: Batch, effect: SaveOperator) -> _News:
    batch.operators[effect.operator.id] = effect.operator
    return _Event("operator", effect.operator.id, "")


def _load(batch: Batch, effect: ChangeLoad) -> _News:
    if not effect.by:
        return None
    batch.loads.setdefault(effect.operator, LoadChange()).add(effect)
    return _Event("operator", effect.operator, "")


def _outcome(batch: Batch, effect: Outcome) -> _News:
    batch.done[effect.update] = effect
    return None


def _explain(batch: Batch, effect: Explain) -> _News:
    batch.explanations.append(effect)
    return None


def _alert(_batch: Batch, effect: Alert) -> _News:
    return _Event("alert", effect.message, effect.conversation, effect.what)


_WRITERS: dict[type, Callable[[Batch, Any], _News]] = {
    AddMessage: _message,
    ChangeMessage: _changed,
    SaveConversation: _conversation,
    AddDelivery: _delivery,
    Requeue: _requeue,
    SaveClient: _client,
    ChangeClient: _card,
    JoinCards: _joined,
    UseInvitation: _followed,
    MoveChat: _chat,
    SaveLine: _line,
    SaveOperator: _operator,
    ChangeLoad: _load,
    Outcome: _outcome,
    Explain: _explain,
    Alert: _alert,
}


def fold(batch: Batch, effects: Iterable[Stored], now: datetime) -> list[FeedEvent]:
    """Add effects to a batch; return the feed events they cause, still without cursors and places."""
    news = [_WRITERS[type(effect)](batch, effect) for effect in effects]
    return [
        FeedEvent(0, now, it.type, conversation=it.conversation, subject=it.subject, data=it.data)
        for it in news
        if it is not None
    ]


def placed(events: Sequence[FeedEvent], batch: Batch, cursor: int) -> list[FeedEvent]:
    """Give events their cursors, beginning after `cursor`, and say whom they concern."""
    return [
        _placed(event, batch.conversations.get(event.conversation), cursor + offset)
        for offset, event in enumerate(events, 1)
    ]


def _placed(event: FeedEvent, conversation: Conversation | None, cursor: int) -> FeedEvent:
    if conversation is None:
        return replace(event, cursor=cursor)
    staff = {conversation.operator, *conversation.offered, *conversation.joined} - {""}
    return replace(event, cursor=cursor, line=conversation.line, staff=tuple(sorted(staff)))
