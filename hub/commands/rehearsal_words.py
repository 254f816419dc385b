"""A rehearsal in words, for a person at a terminal, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from hub.commands.table import table
from hub.rehearsal import Rehearsal
from hub.settings import Settings
from router.durations import written_as
from router.lab.figures import Figures, LineFigures, OperatorFigures

_NOTHING = "–"
#: a number as it is told, and a difference of two
_Told = Callable[[float], str]


def in_json(found: Rehearsal) -> dict[str, Any]:
    """Return everything, with times in ISO 8601, durations in seconds and shares from 0 to 1."""
    told: dict[str, Any] = msgspec.to_builtins(found)
    return {**told, "times_real_time": round(found.times_real_time)}


def in_words(found: Rehearsal, old: Settings, new: Settings) -> str:
    """Return the tables of all lines and of each, of operators, and how far to trust them."""
    parts = [_head(found), _lines(found, old, new), _operators(found, old, new), _trust(found)]
    return "\n\n".join(parts)


def _head(found: Rehearsal) -> str:
    zone = _zone(found.zone)
    since, until = (f"{at.astimezone(zone):%a %d %b %Y %H:%M}" for at in (found.since, found.until))
    return (
        f"{since} to {until} ({found.zone}): {found.conversations:,} conversations came to wait for a person.\n"
        f"{_long(found.until - found.since)} in {found.seconds:.1f} s: {found.times_real_time:,.0f} times real time."
    )


def _long(period: timedelta) -> str:
    days, rest = divmod(period.total_seconds(), 86_400)
    if days and rest < 1:
        return f"{days:.0f} {'day' if days == 1 else 'days'}"
    return written_as(timedelta(seconds=round(period.total_seconds())))


def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _lines(found: Rehearsal, old: Settings, new: Settings) -> str:
    three = (found.truth, found.old, found.new)
    names = sorted({name for each in three for name in each.lines})
    parts = [_of_line("All lines", [each.all for each in three])] if len(names) > 1 else []
    for name in names:
        known = new.rules.lines.get(name) or old.rules.lines.get(name)
        heading = f"The line {name}" + (f" ({known.name})" if known else ", which is in neither file")
        parts.append(_of_line(heading, [each.lines.get(name) or _NO_LINE for each in three]))
    return "\n\n".join(parts)


_NO_LINE = LineFigures(0, 0, 0, 0, None, None, None, None, None, 0, 0, 0, {}, {})


def _of_line(heading: str, three: Sequence[LineFigures]) -> str:
    rows = [(heading, "in truth", "old rules", "new rules", "difference"), *_rows(three)]
    return table(rows, numbers=4)


def _rows(three: Sequence[LineFigures]) -> Iterator[tuple[str, ...]]:
    def row(name: str, told: _Told, values: Sequence[float | None]) -> tuple[str, ...]:
        return name, *(_or_nothing(told, value) for value in values), _difference(told, *values[1:])

    yield row("conversations", _count, [it.conversations for it in three])
    yield row("waiting: median", in_time, [it.wait_median for it in three])
    yield row("waiting: 9 of 10 up to", in_time, [it.wait_p90 for it in three])
    yield row("waiting: longest", in_time, [it.wait_longest for it in three])
    yield row("somebody asked at once", _share, [it.asked_at_once for it in three])
    yield row("offers for each", _mean, [it.offers_each for it in three])
    yield row("back to the queue", _count, [it.returns for it in three])
    yield row("ended before anybody took them", _count, [it.gave_up for it in three])
    yield row("still waiting at the end", _count, [it.still_waiting for it in three])
    for name, values in (("overflows", "overflows"), ("escalations", "escalations")):
        counts = [getattr(it, values) for it in three]
        if any(counts):
            yield row(name, _count, counts)
    for what, field in (("SLA warned", "warned"), ("SLA missed", "breached")):
        for target in sorted({target for it in three for target in getattr(it, field)}):
            yield row(f"{what}: {target}", _count, [getattr(it, field).get(target, 0) for it in three])


def _operators(found: Rehearsal, old: Settings, new: Settings) -> str:
    three = (found.truth, found.old, found.new)
    rows: list[tuple[str, ...]] = [("Operators", "conversations", "", "", "most at a time", "", "", "busy", "", "")]
    rows.append(("", *("truth", "old", "new") * 3))
    for name in sorted({name for each in three for name in each.operators}):
        known = new.rules.operators.get(name) or old.rules.operators.get(name)
        rows.append((known.name if known else name, *_of_operator(name, three)))
    return table(rows, numbers=9)


def _of_operator(name: str, three: Sequence[Figures]) -> Iterator[str]:
    of = [each.operators.get(name) or OperatorFigures(0, 0, None) for each in three]
    yield from (_count(it.conversations) for it in of)
    yield from (_count(it.most) for it in of)
    yield from (_or_nothing(_share, it.busy) for it in of)


def _trust(found: Rehearsal) -> str:
    same = "nobody took anything in both" if found.agreement is None else f"{_share(found.agreement)} of conversations"
    return (
        "How far to trust it: what differs between in truth and old rules is what a rehearsal cannot know.\n"
        f"Under the old rules it gave the same operator as in truth: {same}."
    )


def _difference(told: _Told, old: float | None, new: float | None) -> str:
    if old is None or new is None:
        return _NOTHING
    if told(old) == told(new):
        return "="
    return f"{'+' if new > old else '−'}{told(abs(new - old))}"


def _or_nothing(told: _Told, value: float | None) -> str:
    return _NOTHING if value is None else told(value)


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _share(value: float) -> str:
    return f"{value:.0%}"


def _mean(value: float) -> str:
    return f"{value:.2f}"


def in_time(seconds: float) -> str:
    """Return a number of seconds as people read it: `0.4s`, `21s`, `3m 5s`, `2h 5m`."""
    if seconds < 1:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes}m"
    return f"{minutes}m {rest}s" if minutes else f"{rest}s"
