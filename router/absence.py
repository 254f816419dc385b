"""Leave to the moment, entered while the hub runs or read from a calendar, and what it does to working time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from router.hours import Stretch, instant

Reason = Literal["vacation", "sick", "other"]
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: years in which leave may lie, so that nothing can be calculated beyond what calendars know
_YEARS = range(2000, 2101)
#: for as long at least, hours that do not change stay as they are
_FAR = timedelta(days=365)
_EXPECTED = "expected a date such as 2026-07-01, or a moment with its offset such as 2026-07-01T14:00+02:00"


class Absence(Struct, frozen=True):
    """A stretch of time in which an operator does not work, whatever their hours say."""

    id: str
    since: datetime
    #: excluded
    until: datetime
    reason: Reason = "vacation"
    #: for supervisors and the operator themselves
    note: str = ""
    #: who entered it; empty for what a calendar says
    by: str = ""

    def __contains__(self, now: datetime) -> bool:
        return self.since <= now < self.until


def absent(absences: Sequence[Absence], now: datetime) -> Absence | None:
    """Return the absence that `now` lies in; of several, the first."""
    return next((absence for absence in absences if now in absence), None)


def interrupted(base: Stretch, absences: Sequence[Absence], now: datetime) -> Stretch:
    """Return how things stand from `now` on for somebody who works as `base` says, without their absences."""
    limit = base.until if base.ends else now + _FAR
    edges = [edge for it in absences for edge in (it.since, it.until) if now < edge < limit]
    until, ends = min(edges, default=base.until), bool(edges) or base.ends
    if not base.is_open or absent(absences, now):
        return Stretch(False, None, now, until, ends)
    returned = (it.until for it in absences if it.until <= now)
    began = max((*returned, *filter(None, [base.began])), default=None)
    return Stretch(True, began, now, until, ends)


def moment(text: str, zone: ZoneInfo, *, end: bool = False) -> datetime:
    """Return the moment that a text stands for: an exact one, or the beginning of a date in a zone, or its end.

    Raises `ValueError` with what was expected.
    """
    try:
        at: date | datetime = date.fromisoformat(text) if _DATE.fullmatch(text) else datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no time: {_EXPECTED}") from error
    if at.year not in _YEARS:
        raise ValueError(f"{text!r} lies outside the years {_YEARS[0]} to {_YEARS[-1]}")
    if not isinstance(at, datetime):
        return instant(at + timedelta(days=end), 0, zone)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} does not say in which time zone it is: {_EXPECTED}")
    return at.astimezone(UTC).replace(microsecond=0)


def end_of_day(at: datetime, zone: ZoneInfo) -> datetime:
    """Return when the day that a moment lies in ends in a zone."""
    return instant(at.astimezone(zone).date() + timedelta(days=1), 0, zone)
