"""What a change of the rules comes to: what is different, and what an admin should look at before it goes live."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

from msgspec import Struct
from pydantic import BaseModel, SecretStr

from router.durations import written_as
from router.hours import Interval, Weekday, is_open, next_change
from router.ids import derive
from router.people import Role
from router.rules import Rules

#: how far ahead is looked for times at which nobody works
AHEAD = timedelta(days=14)


class Change(Struct, frozen=True):
    """One setting that differs; `before` or `after` is None where there is none, both where values are not shown."""

    #: dot path, as in error messages
    setting: str
    before: Any = None
    after: Any = None


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
            return written_as(value)
        case Enum():
            return value.value
        case SecretStr():
            # Enough to see that it is another one.
            return f"[secret {derive('review', value.get_secret_value())[:6]}]"
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


def missing_skills(rules: Rules) -> Iterator[tuple[str, str, int]]:
    """Yield (line, skill, level) that nobody of a line has, though it or what the bot hands over to it needs them."""
    for name, line in rules.lines.items():
        here = {name, None} if line.triage else {name}
        handed = [it.skills for it in rules.triage.intents.values() if it.line in here]
        wanted = {(skill, level) for skills in (line.skills, *handed) for skill, level in skills.items()}
        for skill, level in sorted(wanted):
            if not any(rules.operators[each].skills.get(skill, 0) >= level for each in line.operators):
                yield name, skill, level


def loops(rules: Rules) -> list[tuple[str, ...]]:
    """Return overflows that lead back to where they began, each once, as the lines on the way."""
    found: dict[frozenset[str], tuple[str, ...]] = {}
    for name in rules.lines:
        way: list[str] = []
        at: str | None = name
        while at is not None and at not in way:
            way.append(at)
            at = rules.lines[at].queue.overflow
        if at == name:
            found.setdefault(frozenset(way), tuple(way))
    return list(found.values())


def unled(rules: Rules) -> list[str]:
    """Return the lines that escalate to supervisors though there are none."""
    if any(it.role is not Role.OPERATOR for it in rules.operators.values()):
        return []
    return [name for name, line in rules.lines.items() if line.escalate and line.escalate.to == "supervisors"]


def clashes(rules: Rules) -> Iterator[tuple[str, str, timedelta, str, timedelta]]:
    """Yield (line, setting, its time, setting, its time) where the first time makes the second one pointless."""
    for name, line in rules.lines.items():
        queue, target = line.queue, line.sla.first_response if line.sla else None
        pairs = (
            ("offer_timeout", line.offer_timeout, "sla.first_response", target),
            ("offer_timeout", line.offer_timeout, "queue.max_wait", queue.max_wait),
            ("queue.call_back_after", queue.call_back_after, "queue.max_wait", queue.max_wait),
            ("queue.tell_every", queue.tell_every, "queue.max_wait", queue.max_wait),
        )
        for longer, time, shorter, limit in pairs:
            if time is not None and limit is not None and time >= limit:
                yield name, longer, time, shorter, limit


def gaps(rules: Rules, line: str, now: datetime) -> list[Gap]:
    """Return when, from `now` on, a line is open and nobody of it works."""
    hours, plans = rules.lines[line].hours, [rules.operators[name].shifts for name in rules.lines[line].operators]
    found: list[Gap] = []
    at, end = now, now + AHEAD
    while at < end:
        edges = (next_change(plan, at) for plan in (hours, *plans))
        until = min((edge for edge in edges if edge is not None), default=end)
        if is_open(hours, at) and not any(is_open(plan, at) for plan in plans):
            since = found.pop().since if found and found[-1].until == at else at
            found.append(Gap(line, since, min(until, end)))
        at = until
    return found
