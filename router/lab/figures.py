"""Figures of what became of visits: how long clients waited, what came back, what was missed, and who had how much."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from math import ceil

from msgspec import Struct

from router.lab.lives import Life
from router.lab.recording import Recording
from router.lab.spans import Span, busiest, common, length, united, worked
from router.people import Presence
from router.rulebook import Rulebook

#: an offer made within this time was made at once: it is written down a moment after the client came
_AT_ONCE = timedelta(seconds=1)


class LineFigures(Struct, frozen=True):
    """What became of the visits of one line, or of all. Times are in seconds, shares from 0 to 1."""

    conversations: int
    #: taken within the period
    taken: int
    #: ended without ever having been taken
    gave_up: int
    #: neither taken nor ended when the period ended
    still_waiting: int
    #: from coming to being taken, of those that were taken; None when none was
    wait_median: float | None
    wait_p90: float | None
    wait_longest: float | None
    #: of all, those of whom somebody was asked the moment they came
    asked_at_once: float | None
    #: how often somebody was asked, for each conversation
    offers_each: float | None
    returns: int
    overflows: int
    escalations: int
    #: target of the SLA → conversations
    warned: Mapping[str, int]
    breached: Mapping[str, int]


class OperatorFigures(Struct, frozen=True):
    """What one operator had."""

    #: how many conversations they were given, one that came back to them twice
    conversations: int
    #: the most that they held at a time
    most: int
    #: of the time they were at work, that in which they held anything; None when they never were
    busy: float | None


class HourFigures(Struct, frozen=True):
    """Those who came within one hour of the day, on whatever day."""

    conversations: int
    wait_median: float | None
    wait_p90: float | None


class Figures(Struct, frozen=True):
    """Everything that is compared."""

    all: LineFigures
    lines: Mapping[str, LineFigures]
    operators: Mapping[str, OperatorFigures]
    #: 0 to 23
    hours: tuple[HourFigures, ...]


def figures(lives: Sequence[Life], recording: Recording, book: Rulebook, zone: tzinfo, line: str = "") -> Figures:
    """Return the figures of visits, of one line or of all; operators' are always of all their lines."""
    of_line = defaultdict[str, list[Life]](list)
    for life in lives:
        if line in {"", life.line}:
            of_line[life.line].append(life)
    shown = [life for each in of_line.values() for life in each]
    hours = defaultdict[int, list[Life]](list)
    for life in shown:
        hours[life.at.astimezone(zone).hour].append(life)
    return Figures(
        all=_of_line(shown),
        lines={name: _of_line(of_line[name]) for name in sorted(of_line)},
        operators=_of_operators(lives, recording, book, line),
        hours=tuple(_of_hour(hours[hour]) for hour in range(24)),
    )


def _of_line(lives: Sequence[Life]) -> LineFigures:
    waits = _waits(lives)
    untaken = [life for life in lives if life.taken_at is None]
    at_once = sum(life.asked_at is not None and life.asked_at - life.at <= _AT_ONCE for life in lives)
    return LineFigures(
        conversations=len(lives),
        taken=len(waits),
        gave_up=sum(life.ended_at is not None for life in untaken),
        still_waiting=sum(life.ended_at is None for life in untaken),
        wait_median=quantile(waits, 0.5),
        wait_p90=quantile(waits, 0.9),
        wait_longest=waits[-1] if waits else None,
        asked_at_once=at_once / len(lives) if lives else None,
        offers_each=sum(life.offers for life in lives) / len(lives) if lives else None,
        returns=sum(life.returns for life in lives),
        overflows=sum(life.overflows for life in lives),
        escalations=sum(life.escalations for life in lives),
        warned=_counted(life.warned for life in lives),
        breached=_counted(life.breached for life in lives),
    )


def _of_hour(lives: Sequence[Life]) -> HourFigures:
    waits = _waits(lives)
    return HourFigures(len(lives), quantile(waits, 0.5), quantile(waits, 0.9))


def _waits(lives: Iterable[Life]) -> list[float]:
    return sorted((life.taken_at - life.at).total_seconds() for life in lives if life.taken_at is not None)


def quantile(ascending: Sequence[float], share: float) -> float | None:
    """Return the least of the values that so many of all do not exceed; None of none."""
    return ascending[max(0, ceil(share * len(ascending)) - 1)] if ascending else None


def _counted(names: Iterable[tuple[str, ...]]) -> dict[str, int]:
    counts = defaultdict[str, int](int)
    for name in (name for each in names for name in each):
        counts[name] += 1
    return dict(sorted(counts.items()))


def _of_operators(lives: Iterable[Life], recording: Recording, book: Rulebook, line: str) -> dict[str, OperatorFigures]:
    held = defaultdict[str, list[Span]](list)
    for life in lives:
        for hold in life.holds:
            held[hold.operator].append((hold.since, hold.until or recording.until))
    there = presences(recording)
    serving = set(book.line(line).operators) if line else set(book.rules.operators)
    return {
        name: _of_operator(held[name], worked(book, name, there.get(name, []))) for name in sorted(serving | set(held))
    }


def _of_operator(held: list[Span], at_work: list[Span]) -> OperatorFigures:
    time, busy = length(at_work), length(common(united(held), at_work))
    return OperatorFigures(len(held), busiest(held), busy / time if time else None)


def presences(recording: Recording) -> dict[str, list[Span]]:
    """Return operator → when they were available or on a break."""
    since: dict[str, datetime] = {
        name: recording.since for name, presence in recording.present.items() if presence is not Presence.AWAY
    }
    found = defaultdict[str, list[Span]](list)
    for change in recording.changes:
        if change.presence is not Presence.AWAY:
            since.setdefault(change.operator, change.at)
        elif change.operator in since:
            found[change.operator].append((since.pop(change.operator), change.at))
    for name, at in since.items():
        found[name].append((at, recording.until))
    return found


def agreement(one: Sequence[Life], other: Sequence[Life]) -> float | None:
    """Return the share of visits, of those taken in both, that were first taken by the same operator in both."""
    taken = [(a.holds[0], b.holds[0]) for a, b in zip(one, other, strict=False) if a.holds and b.holds]
    return sum(a.operator == b.operator for a, b in taken) / len(taken) if taken else None
