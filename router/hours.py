"""Working time: split and overnight shifts, days off, each in its own time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from itertools import pairwise
from typing import Protocol
from zoneinfo import ZoneInfo

_TIMES = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})")
_DAY_MINUTES = 24 * 60
#: how far ahead the next opening is looked for: a year covers every weekly plan with holidays
_HORIZON_DAYS = 370


class Weekday(IntEnum):
    """Monday is 0, as in `date.weekday()`."""

    MON = 0
    TUE = 1
    WED = 2
    THU = 3
    FRI = 4
    SAT = 5
    SUN = 6


@dataclass(frozen=True, slots=True)
class Interval:
    """Minutes since the day's midnight, `start` included and `end` not; an `end` above 1440 lies on the next day."""

    start: int
    end: int


#: work around the clock
WHOLE_DAY = (Interval(0, _DAY_MINUTES),)


class Plan(Protocol):
    """What this module needs to know of `rules.Hours`."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone the week is written in."""

    def times_on(self, day: date) -> tuple[Interval, ...]:
        """Return when there is work on a day."""


def parse_days(text: str) -> tuple[Weekday, ...]:
    """Return the days written as `mon`, `mon-fri` or `sat, sun`. Raises `ValueError`."""
    days: list[Weekday] = []
    for part in text.lower().split(","):
        first, _, last = (piece.strip() for piece in part.partition("-"))
        try:
            start, end = Weekday[first.upper()], Weekday[(last or first).upper()]
        except KeyError as error:
            raise ValueError(f"{text!r} is not a day: expected mon, tue, …, sun, mon-fri or sat, sun") from error
        days += [Weekday((start + step) % 7) for step in range((end - start) % 7 + 1)]
    return tuple(days)


def parse_intervals(value: object) -> tuple[Interval, ...]:
    """Return the intervals written as `09:00-13:00, 14:00-18:00`; null or an empty text is a free day.

    Raises `ValueError` for times that do not exist and for intervals that overlap.
    """
    if value in (None, ""):
        return ()
    expected = "expected times such as 09:00-18:00 or 09:00-13:00, 14:00-18:00"
    if not isinstance(value, str):
        raise ValueError(expected)
    intervals = sorted((_interval(part.strip(), expected) for part in value.split(",")), key=lambda i: i.start)
    for earlier, later in pairwise(intervals):
        if later.start < earlier.end:
            raise ValueError(f"the times in {value!r} overlap")
    return tuple(intervals)


def _interval(text: str, expected: str) -> Interval:
    match = _TIMES.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a time of day: {expected}")
    h1, m1, h2, m2 = map(int, match.groups())
    start, end = h1 * 60 + m1, h2 * 60 + m2
    if start >= _DAY_MINUTES or end > _DAY_MINUTES or m1 > 59 or m2 > 59:
        raise ValueError(f"{text!r} is not a time of day: {expected}")
    return Interval(start, end if end > start else end + _DAY_MINUTES)


def instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """Return the UTC time of a wall-clock time; one that daylight saving skips counts as the moment of the jump."""
    day += timedelta(days=minutes // _DAY_MINUTES)
    minutes %= _DAY_MINUTES
    wall = datetime.combine(day, time(minutes // 60, minutes % 60), zone)
    instant = wall.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != wall.replace(tzinfo=None):
        return _jump(wall.replace(fold=1).astimezone(UTC), instant, zone)
    return instant


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the first moment of the new offset, to the second; it lies between `before` and `after`."""
    new = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == new:
            after = middle
        else:
            before = middle
    return after


def shifts(plan: Plan, day: date) -> list[tuple[datetime, datetime]]:
    """Return when work begins and ends in the shifts that begin on a day; the last may end on the next."""
    return [(instant(day, i.start, plan.zone), instant(day, i.end, plan.zone)) for i in plan.times_on(day)]


def next_opening(plan: Plan | None, now: datetime) -> datetime | None:
    """Return when working time next begins after `now`; None when it never does."""
    change = next_change(plan, now)
    return next_change(plan, change) if change and is_open(plan, now) else change


def is_open(plan: Plan | None, now: datetime) -> bool:
    """Return whether `now` is working time; no plan means always."""
    if plan is None:
        return True
    return opened_at(plan, now) is not None


def _around(plan: Plan, now: datetime) -> list[tuple[datetime, datetime]]:
    today = now.astimezone(plan.zone).date()
    return shifts(plan, today - timedelta(days=1)) + shifts(plan, today)


def opened_at(plan: Plan, now: datetime) -> datetime | None:
    """Return when the shift that `now` lies in began; None when `now` is not working time."""
    return min((start for start, end in _around(plan, now) if start <= now < end), default=None)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which nothing changes, so that asking again is only a comparison."""

    is_open: bool
    #: when the shift began; None when it is closed, or always open
    began: datetime | None
    since: datetime
    #: excluded
    until: datetime
    #: whether things change at `until`, or it is only time to look again
    ends: bool


def stretch(plan: Plan | None, now: datetime) -> Stretch:
    """Return how things stand from `now` until they change, or for a day when they do not."""
    began = opened_at(plan, now) if plan else None
    change = next_change(plan, now)
    return Stretch(plan is None or began is not None, began, now, change or now + timedelta(days=1), change is not None)


def next_change(plan: Plan | None, now: datetime) -> datetime | None:
    """Return when working time next begins or ends after `now`; None when it never does."""
    if plan is None:
        return None
    today = now.astimezone(plan.zone).date()
    state = is_open(plan, now)
    for offset in range(-1, _HORIZON_DAYS):
        edges = sorted(edge for shift in shifts(plan, today + timedelta(days=offset)) for edge in shift)
        for edge in edges:
            if edge > now and is_open(plan, edge) != state:
                return edge
    return None
