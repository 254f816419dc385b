"""What a change of the rules comes to: what is different, and what an admin should look at before it goes live."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

from pydantic import BaseModel

from router.hours import Interval, Weekday, next_change
from router.people import Role
from router.rulebook import Rulebook
from router.rules import Rules

#: how far ahead is looked for times at which nobody works
AHEAD = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Change:
    """One setting that differs; `before` or `after` is None where there is none."""

    #: dot path, as in error messages
    setting: str
    before: object | None
    after: object | None


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch within a line's hours in which nobody of the line works."""

    line: str
    since: datetime
    until: datetime


def changes(before: Rules, after: Rules) -> list[Change]:
    """Return what differs, in the order written; a line or operator that is new or gone is one change."""
    return list(_differences("", _written(before), _written(after)))


def _written(value: Any) -> Any:
    """Return rules as an admin would write them."""
    match value:
        case BaseModel():
            return {name: _written(getattr(value, name)) for name in type(value).model_fields}
        case Mapping():
            return {_written(key): _written(each) for key, each in value.items()}
        case Weekday():
            return value.name.lower()
        case tuple() if value and isinstance(value[0], Interval):
            return ", ".join(f"{_clock(each.start)}-{_clock(each.end)}" for each in value)
        case tuple():
            return [_written(each) for each in value]
        case timedelta():
            return f"{value.total_seconds():g}s" if value.total_seconds() < 60 else str(value)
        case Enum():
            return value.value
        case date():
            return value.isoformat()
    return value


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def _differences(path: str, before: object, after: object) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from _differences(f"{path}.{key}" if path else str(key), before.get(key), after.get(key))
    elif before != after:
        yield Change(path, before, after)


def idle(rules: Rules) -> list[str]:
    """Return who answers but serves no line; supervisors and admins may well do so."""
    return [name for name, it in rules.operators.items() if it.role is Role.OPERATOR and not rules.lines_of(name)]


def gaps(book: Rulebook, line: str, now: datetime) -> list[Gap]:
    """Return when, from `now` on, a line is open and nobody of it works."""
    found: list[Gap] = []
    at, end = now, now + AHEAD
    while at < end:
        until = min(_next(book, line, at), end)
        if _deserted(book, line, at):
            joined = found.pop().since if found and found[-1].until == at else at
            found.append(Gap(line, joined, until))
        at = until
    return found


def _deserted(book: Rulebook, line: str, at: datetime) -> bool:
    return book.is_open(line, at) and not any(book.on_shift(name, at) for name in book.line(line).operators)


def _next(book: Rulebook, line: str, at: datetime) -> datetime:
    """Return when the line or one of its operators next begins or ends work."""
    people = [person for name in book.line(line).operators if (person := book.operator(name)) is not None]
    plans = [book.line(line).hours, *(person.shifts for person in people)]
    changes_at = (next_change(plan, at) for plan in plans)
    return min((change for change in changes_at if change is not None), default=at + AHEAD)
