"""The conversation's state machine: `triage → queued → offered → open → waiting → closed`, and who holds the floor.

Each function returns the conversation after one step and nothing else; `decide` says when a step is due.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from msgspec.structs import replace

from router.model import Conversation, Floor, FloorHolder, JoinMode, State

#: timer kinds
OFFER, RETRY, TRIAGE, CLOSE, QUEUE, LEFT = "offer", "retry", "triage", "close", "queue", "left"
#: likewise; goes on whatever becomes of the conversation
FILES = "files"
_BOT = Floor()


def with_timer(conversation: Conversation, kind: str, due: datetime | None) -> Conversation:
    """Set one timer, or take it away with None."""
    timers = {key: at for key, at in conversation.timers.items() if key != kind}
    if due is not None:
        timers[kind] = due
    return conversation if timers == conversation.timers else replace(conversation, timers=timers)


def no_later(conversation: Conversation, now: datetime, latest: Mapping[str, datetime]) -> Conversation:
    """Let nothing lie further ahead than if it were set now, because the clock has gone back.

    `latest` is timer kind → when such a timer of this moment would be due at the latest. Nobody has begun to wait later
    than now, and who let it go is asked again no later than a retry of now would.
    """
    step = replace(
        conversation,
        timers={kind: min(due, latest.get(kind, due)) for kind, due in conversation.timers.items()},
        passed={name: min(until, latest[RETRY]) for name, until in conversation.passed.items()},
        queued_at=min(conversation.queued_at or now, now),
    )
    return conversation if step == conversation else step


def without_timers(conversation: Conversation) -> Conversation:
    """Take all timers away but that of files, which come when they come."""
    timers = {kind: due for kind, due in conversation.timers.items() if kind == FILES}
    return conversation if timers == conversation.timers else replace(conversation, timers=timers)


def queued(conversation: Conversation, now: datetime) -> Conversation:
    """Let it wait for an operator, in the place that its client's waiting has earned."""
    return replace(
        without_timers(conversation),
        state=State.QUEUED,
        floor=_BOT,
        queued_at=_waits_since(conversation) or now,
        operator="",
        offered=(),
        broadcast=False,
        previous_operator=conversation.operator or conversation.previous_operator,
    )


def _waits_since(conversation: Conversation) -> datetime | None:
    if conversation.state in {State.QUEUED, State.OFFERED}:
        return conversation.queued_at
    if conversation.state is not State.OPEN:
        return None
    since, answered_at = conversation.queued_at, conversation.last_reply_at
    unanswered = since is not None and (answered_at is None or answered_at < since)
    return since if unanswered else conversation.last_client_at


def offered(
    conversation: Conversation, to: tuple[str, ...], now: datetime, due: datetime, *, broadcast: bool = False
) -> Conversation:
    """Ask operators to take it until `due`."""
    step = replace(queued(conversation, now), state=State.OFFERED, offered=to, broadcast=broadcast)
    return with_timer(step, OFFER, due)


def let_go(conversation: Conversation, who: Iterable[str], until: datetime, now: datetime) -> Conversation:
    """Return it to the queue; `who` are not asked again before `until`."""
    passed = {name: at for name, at in conversation.passed.items() if at > now} | dict.fromkeys(who, until)
    return replace(queued(conversation, now), passed=passed, returns=conversation.returns + 1)


def taken(conversation: Conversation, operator: str, now: datetime, *, supervisor: bool = False) -> Conversation:
    """Give an operator the conversation and the floor; whoever held it before stays as an openly joined colleague."""
    joined = {name: mode for name, mode in conversation.joined.items() if name != operator}
    if conversation.operator and conversation.operator != operator:
        joined[conversation.operator] = JoinMode.OPEN
    answered = conversation.state is State.WAITING
    step = replace(
        conversation,
        state=State.WAITING if answered else State.OPEN,
        floor=Floor(FloorHolder.SUPERVISOR if supervisor else FloorHolder.OPERATOR, operator),
        operator=operator,
        offered=(),
        broadcast=False,
        passed={},
        escalated="",
        joined=joined,
        taken_at=conversation.taken_at or now,
    )
    return step if answered else without_timers(step)


def answered(conversation: Conversation, now: datetime, close_after: timedelta | None) -> Conversation:
    """The operator has spoken: now we wait for the client."""
    step = replace(
        conversation,
        state=State.WAITING,
        answered_at=conversation.answered_at or now,
        last_reply_at=now,
        seen=conversation.client_n,
    )
    return with_timer(step, CLOSE, now + close_after if close_after else None)


def spoken_to(conversation: Conversation, now: datetime) -> Conversation:
    """The client has spoken: whoever is responsible owes an answer."""
    state = State.OPEN if conversation.state is State.WAITING else conversation.state
    step = replace(conversation, last_client_at=now, state=state)
    return with_timer(with_timer(step, CLOSE, None), LEFT, None)


def closed(conversation: Conversation, by: str, now: datetime, reason: str = "") -> Conversation:
    """End it."""
    return replace(
        without_timers(conversation),
        state=State.CLOSED,
        floor=_BOT,
        offered=(),
        broadcast=False,
        joined={},
        closed_at=now,
        closed_by=by,
        close_reason=reason,
        promise=None,
    )


def reopened(conversation: Conversation, now: datetime) -> Conversation:
    """Continue a closed one; it waits for an operator again, the former one first."""
    step = replace(conversation, passed={}, said=(), closed_at=None, closed_by="", rating_asked=False)
    return queued(replace(step, close_reason="", overflowed=(), told_place=0, call_back=""), now)
