"""Keeps a conversation's clocks and the timers of what we owe its client: after every step, in one place.

A target counts while it is our turn: `first_response` until a person first answers, `next_response` from then on while
a client's message is unanswered, `resolution` whenever we do not wait for the client. `Turn.save` calls `kept`, so that
no handler has to think of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from router.conversation import CLOSE
from router.model import Conversation, State
from router.pledges import BREACH, PROMISE, Clock, Target
from router.rulebook import Rulebook
from router.worktime import Calendar, passed, worked

_OUR_TURN = {State.QUEUED, State.OFFERED, State.OPEN}
_OWN = {*Target, PROMISE}


def kept(
    before: Conversation | None, after: Conversation, book: Rulebook, now: datetime
) -> tuple[Conversation, tuple[Target, ...]]:
    """Return a conversation with the clocks and timers it has after a step, and targets found missed just now.

    Those are targets whose time was over before their timer could tell so: the hub was down, and they end with this
    step.
    """
    rules = book.line(after.line).sla
    if rules is None and not after.sla and after.promise is None and after.timers.keys().isdisjoint(_OWN):
        return after, ()
    clocks, missed = _clocks(before, after, book, now)
    timers = {kind: at for kind, at in after.timers.items() if kind not in _OWN}
    for target, clock in clocks.items():
        due = _next_mark(before, after, target, clock, book, now)
        if due is not None:
            timers[target.value] = due
    if after.promise is not None:
        timers.pop(CLOSE, None)
        timers[PROMISE] = after.promise.until
    step = after if clocks == after.sla else replace(after, sla=clocks)
    return step if timers == step.timers else replace(step, timers=timers), missed


def _clocks(
    before: Conversation | None, after: Conversation, book: Rulebook, now: datetime
) -> tuple[Mapping[Target, Clock], tuple[Target, ...]]:
    rules = book.line(after.line).sla
    former = before.line if before else after.line
    clocks: dict[Target, Clock] = {}
    missed: list[Target] = []
    for target, goal in rules.goals.items() if rules else ():
        clock, running = after.sla.get(target), runs(target, after)
        if clock is not None and not running and _is_over(clock, book, former, now):
            missed.append(target)
            clock = replace(clock, told=BREACH)
        if clock is None and running:
            clock = Clock(goal)
        if clock is None or not (running or target is Target.RESOLUTION):
            continue
        changed = former != after.line or clock.goal != goal or (clock.since is not None) != running
        clocks[target] = _set(replace(clock, goal=goal), book, former, after.line, now, running) if changed else clock
    return clocks, tuple(missed)


def runs(target: Target, it: Conversation) -> bool:
    """Return whether a target's time goes by as the conversation stands."""
    if it.state not in _OUR_TURN:
        return False
    if target is Target.RESOLUTION:
        return True
    if target is Target.FIRST_RESPONSE:
        return it.answered_at is None
    if it.answered_at is None or it.last_client_at is None:
        return False
    return it.last_reply_at is None or it.last_client_at >= it.last_reply_at


def reset(clock: Clock, book: Rulebook, line: str, now: datetime) -> Clock:
    """Return a running clock, counted up to now, with its end by the rules of now."""
    return _set(clock, book, line, line, now, running=True)


def _set(clock: Clock, book: Rulebook, former: str, line: str, now: datetime, running: bool) -> Clock:
    """Count what went by in the hours of the line it was on, and go on, or pause, on the line it is on."""
    spent = clock.spent
    if clock.since is not None:
        spent += worked(_calendar(book, former), clock.since, now)
    due = passed(_calendar(book, line), now, clock.goal - spent) if running else None
    return replace(clock, spent=spent, since=now if running else None, due_at=due)


def _is_over(clock: Clock, book: Rulebook, line: str, now: datetime) -> bool:
    """Return whether a clock that ends with this step has missed its target, and nobody was told."""
    if clock.since is None or clock.told >= BREACH:
        return False
    return clock.spent + worked(_calendar(book, line), clock.since, now) >= clock.goal


def _calendar(book: Rulebook, line: str) -> Calendar | None:
    """Return the hours in which a line's targets count; None for always."""
    rules = book.line(line).sla
    return book.calendar(line) if rules and rules.working_hours else None


def marks(book: Rulebook, line: str) -> tuple[int, ...]:
    """Return the shares of a target's time at which staff are told, the last being the breach."""
    rules = book.line(line).sla
    return (*rules.warn_at, BREACH) if rules else ()


def _next_mark(
    before: Conversation | None, after: Conversation, target: Target, clock: Clock, book: Rulebook, now: datetime
) -> datetime | None:
    """Return when the next share of a clock's time has gone by; looked up again only where something changed."""
    share = next((share for share in marks(book, after.line) if share > clock.told), None)
    if clock.since is None or share is None:
        return None
    known = before.timers.get(target) if before and before.sla.get(target) == clock else None
    if known is not None and known > now:
        return known
    return passed(_calendar(book, after.line), clock.since, clock.goal * share / 100 - clock.spent)
