"""Conversations by the hundred thousand: the store itself keeps one, and its documents are copied with new names.

So they have the very shape that the store gives them, whatever that is, at the speed of plain inserts. What differs
from copy to copy is marked: texts that hold `@…`, numbers from `NUMBERS` on, and the time `WHEN`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from crm_store import MongoStore
from router.delivery import Attempt, Delivery, DeliveryState
from router.effects import Outcome
from router.ids import derive, derive_at
from router.model import Author, AuthorKind, Conversation, Floor, FloorHolder, Message, MessageKind, State
from router.people import Client, Identity
from router.ports import FeedEvent, Update
from router.store import Batch

Document = dict[str, Any]
NUMBERS = 10**12
WHEN = datetime(2020, 1, 1, tzinfo=UTC)
_CLOSES_AFTER = timedelta(days=3)
_TEXTS = (
    "Good morning! Has the blue armchair from the spring catalogue come back yet, and what does it cost now?",
    "It has: four of them came in yesterday, at the old price. Shall I put one aside for you until Friday?",
)


async def sample(store: MongoStore, channel: str, state: State, said: int) -> None:
    """Keep one conversation of `said` messages, its client and its operator in turns, and what belongs to it."""
    for place in range(1, said + 1):
        channel_name, update = _update(channel, place)
        await store.ledger.append(channel_name, [(update, NUMBERS + place)], WHEN)
    await store.commit(_batch(channel, state, said))


def _by_client(place: int) -> bool:
    return place % 2 == 1


def _update(channel: str, place: int) -> tuple[str, Update]:
    text = _TEXTS[(place - 1) % 2]
    if _by_client(place):
        body: dict[str, object] = {"id": f"@u{place}", "from": {"id": "@chat", "name": "@name"}, "text": text}
        return channel, Update(f"@u{place}", json.dumps(body))
    body = {"type": "reply", "conversation": "@conversation", "operator": "@operator", "text": text, "attachments": []}
    return "console", Update(f"@operator:@u{place}", json.dumps(body))


def _batch(channel: str, state: State, said: int) -> Batch:
    messages = [_message(channel, place) for place in range(1, said + 1)]
    identity = Identity("http", channel, "@chat")
    return Batch(
        id="@batch",
        first=NUMBERS + 1,
        done={_update_id(channel, place): _outcome(place) for place in range(1, said + 1)},
        conversations={"@conversation": _conversation(channel, state, said)},
        messages=messages,
        deliveries=[_delivery(message) for message in messages if message.author.kind is AuthorKind.OPERATOR],
        clients={"@client": Client("@client", "@name", WHEN, identities=(identity.key,))},
        identities={identity: "@client"},
        events=[_event(message) for message in messages],
        decided_to=NUMBERS + said,
    )


def _update_id(channel: str, place: int) -> str:
    name, update = _update(channel, place)
    return f"{name}:{update.external_id}"


def _outcome(place: int) -> Outcome | None:
    return None if _by_client(place) else Outcome(f"console:@operator:@u{place}")


def _message(channel: str, place: int) -> Message:
    client = Author(AuthorKind.CLIENT, "@client", "@name")
    return Message(
        id=f"@m{place}",
        conversation="@conversation",
        n=place,
        author=client if _by_client(place) else Author(AuthorKind.OPERATOR, "@operator", "Operator @operator"),
        kind=MessageKind.TEXT,
        text=_TEXTS[(place - 1) % 2],
        at=WHEN,
        channel=channel,
        chat="@chat",
        external_id=f"@u{place}" if _by_client(place) else "",
    )


def _delivery(message: Message) -> Delivery:
    return Delivery(
        id=f"@d{message.n}",
        message=message.id,
        conversation="@conversation",
        line="@line",
        channel=message.channel,
        chat="@chat",
        state=DeliveryState.SENT,
        attempts=(Attempt(WHEN, DeliveryState.SENT),),
        cursor=NUMBERS + message.n,
    )


def _event(message: Message) -> FeedEvent:
    return FeedEvent(
        NUMBERS + message.n,
        WHEN,
        "message",
        line="@line",
        conversation="@conversation",
        staff=("@operator",),
        subject=message.id,
    )


def _conversation(channel: str, state: State, said: int) -> Conversation:
    closed = state is State.CLOSED
    return Conversation(
        id="@conversation",
        line="@line",
        channel=channel,
        kind="http",
        chat="@chat",
        client="@client",
        client_name="@name",
        created_at=WHEN,
        state=state,
        floor=Floor() if closed else Floor(FloorHolder.OPERATOR, "@operator"),
        operator="@operator",
        timers={} if closed else {"close": datetime.now(UTC).replace(microsecond=0) + _CLOSES_AFTER},
        n=said,
        seen=said,
        client_n=said - 1,
        preview=_TEXTS[1],
        queued_at=WHEN,
        taken_at=WHEN,
        answered_at=WHEN,
        last_client_at=WHEN,
        last_reply_at=WHEN,
        closed_at=WHEN if closed else None,
        closed_by="@operator" if closed else "",
        said=("queued",),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where one copy belongs."""

    #: among all copies, from 0
    number: int
    line: str
    operator: str
    chat: str
    name: str


def conversation_id(place: Place) -> str:
    """Return the id of a copy, as random as the hub's own are."""
    return derive("conversation", place.chat)


class Mould:
    """The documents of one conversation, ready to be copied."""

    def __init__(self, documents: Mapping[str, list[Document]], said: int) -> None:
        self.said = said
        self._parts = [(name, *_parted(document)) for name, found in documents.items() for document in found]

    def cast(self, place: Place, at: datetime, before: int) -> Iterator[tuple[str, Document]]:
        """Yield (collection, document) of a copy that has `before` messages before it."""
        names = self._names(place, at)
        copy = _Copy(names, tuple(sorted(names.items(), reverse=True)), at, before - NUMBERS)
        for collection, fixed, varying in self._parts:
            yield collection, {**fixed, **{key: copy.of(value) for key, value in varying.items()}}

    def _names(self, place: Place, at: datetime) -> dict[str, str]:
        names = {
            "@conversation": conversation_id(place),
            "@client": derive("client", place.chat),
            "@batch": derive("batch", place.chat),
            "@line": place.line,
            "@operator": place.operator,
            "@chat": place.chat,
            "@name": place.name,
        }
        for number in range(1, self.said + 1):
            names[f"@u{number}"] = f"{place.number:06}-{number:02}"
            names[f"@m{number}"] = derive_at(at, "message", place.chat, str(number))
            if not _by_client(number):
                names[f"@d{number}"] = derive_at(at, "delivery", place.chat, str(number))
        return names


def _parted(document: Document) -> tuple[Document, Document]:
    """Return what is the same in every copy, and the rest."""
    varying = {key: value for key, value in document.items() if _varies(value)}
    return {key: value for key, value in document.items() if key not in varying}, varying


def _varies(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_varies, value.values()))
    if isinstance(value, list):
        return any(map(_varies, value))
    marked = (isinstance(value, str) and "@" in value) or (isinstance(value, int) and value >= NUMBERS)
    return marked or value == WHEN


@dataclass(frozen=True, slots=True)
class _Copy:
    names: Mapping[str, str]
    #: the longest of names that begin alike come first
    ordered: tuple[tuple[str, str], ...]
    at: datetime
    shift: int

    def of(self, value: Any) -> Any:
        """Return a marked value as it is in this copy, and every other one as it is."""
        if isinstance(value, str):
            return self.names[value] if value in self.names else self._replaced(value)
        if isinstance(value, dict):
            return {key: self.of(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.of(each) for each in value]
        if isinstance(value, int):
            return value + self.shift if value >= NUMBERS else value
        return self.at if value == WHEN else value

    def _replaced(self, text: str) -> str:
        if "@" in text:
            for name, instead in self.ordered:
                text = text.replace(name, instead)
        return text
