"""Who is asked to take a conversation, and why not the others.

Every operator of the line is looked at, in the order the rule asks them, and leaves with a reason: a catalogue key
under `why.`. Only those without an obstacle can be chosen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from router.desk import Roster
from router.model import Conversation
from router.people import Presence
from router.rulebook import Rulebook
from router.rules import Distribution

_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Choice:
    """The outcome of looking for an operator."""

    #: nobody, one, or everybody under `broadcast`
    chosen: tuple[str, ...]
    #: (operator, reason key) in the order considered
    considered: tuple[tuple[str, str], ...]
    #: `previous` or the distribution's name
    rule: str
    #: when somebody who let it go may be asked again, when only such people are left
    retry_at: datetime | None = None
    #: everybody who could have been chosen, in the order considered
    free: tuple[str, ...] = ()


def obstacle(operator: str, book: Rulebook, roster: Roster, now: datetime) -> str:
    """Return why an operator can take nothing at the moment; empty when they can."""
    if book.operator(operator) is None:
        return "unknown"
    state = roster.get(operator)
    if state.presence is not Presence.AVAILABLE:
        return state.presence.value
    if not book.on_shift(operator, now):
        return "off_hours"
    return "full" if state.load >= book.capacity(operator) else ""


def _let_go(conversation: Conversation, operator: str, now: datetime) -> bool:
    until = conversation.passed.get(operator)
    return until is not None and until > now


def _preference(name: str, line: str, rule: Distribution, roster: Roster) -> tuple[int, int, datetime]:
    """Return what the line's rule sorts operators by, least first; ties keep the order written."""
    state = roster.get(name)
    load = state.load if rule is Distribution.LEAST_LOADED else 0
    if rule in {Distribution.EVEN, Distribution.LEAST_LOADED}:
        return load, state.given.get(line, 0), state.given_at.get(line, _BEGINNING)
    return load, 0, _BEGINNING


def choose(conversation: Conversation, book: Rulebook, roster: Roster, now: datetime) -> Choice:
    """Return who is asked to take `conversation` now."""
    rules = book.line(conversation.line)
    considered: list[tuple[str, str]] = []
    free: list[str] = []
    let_go: list[datetime] = []
    line, rule = conversation.line, rules.distribution
    for name in sorted(rules.operators, key=lambda name: _preference(name, line, rule, roster)):
        reason = obstacle(name, book, roster, now)
        if not reason and _let_go(conversation, name, now):
            reason = "let_go"
            let_go.append(conversation.passed[name])
        if not reason:
            free.append(name)
        leave = book.on_leave(name, now) if reason == "off_hours" else ""
        considered.append((name, f"leave_{leave}" if leave else reason))
    previous = conversation.previous_operator if rules.previous_operator_first else ""
    chosen, by = _pick(free, previous, rule)
    return Choice(
        chosen,
        tuple((name, _reason(name, reason, chosen, by)) for name, reason in considered),
        by,
        min(let_go, default=None) if not chosen else None,
        tuple(free),
    )


def _pick(free: list[str], previous: str, distribution: Distribution) -> tuple[tuple[str, ...], str]:
    if previous in free:
        return (previous,), "previous"
    if distribution is Distribution.BROADCAST:
        return tuple(free), distribution.value
    return tuple(free[:1]), distribution.value


def _reason(name: str, reason: str, chosen: tuple[str, ...], rule: str) -> str:
    if name in chosen:
        return f"chosen_{rule}"
    return reason or f"after_{rule}"


def anybody(operators: Iterable[str], book: Rulebook, roster: Roster, now: datetime) -> bool:
    """Return whether any of these operators could take something now."""
    return any(not obstacle(name, book, roster, now) for name in operators)


def _there(operator: str, book: Rulebook, roster: Roster, now: datetime) -> bool:
    return roster.get(operator).presence is Presence.AVAILABLE and book.on_shift(operator, now)


def _just_came(operator: str, line: str, book: Rulebook, roster: Roster, now: datetime) -> bool:
    """Return whether somebody who is there has been asked nothing since their shift began."""
    began = book.shift_began(operator, now)
    return began is not None and roster.get(operator).given_at.get(line, _BEGINNING) < began


def levelled(line: str, book: Rulebook, roster: Roster, now: datetime, *, joining: str = "") -> dict[str, int]:
    """Return the counts with which newcomers, and whoever is `joining`, enter a line's pool.

    They lie within the counts of those who are there already, so that whoever was away neither gets everything until
    they have caught up, nor nothing until the others have. When all have just come, all begin level.
    """
    there = [name for name in book.line(line).operators if name == joining or _there(name, book, roster, now)]
    count = {name: roster.get(name).given.get(line, 0) for name in there}
    fresh = [name for name in there if name == joining or _just_came(name, line, book, roster, now)]
    settled = [count[name] for name in there if name not in fresh]
    low = min(settled or [max(count.values(), default=0)])
    high = max(settled, default=low)
    return {name: min(max(count[name], low), high) for name in fresh}
