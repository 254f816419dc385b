"""Arithmetic with working time: how much of it lies between two moments, and when so much of it has passed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from router.hours import Plan, shifts

_DAY = timedelta(days=1)
#: so many days without any work mean that there is none to come: a year covers every weekly plan with holidays
_DROUGHT = 370
#: days remembered of a calendar
_REMEMBERED = 1000
_Shifts = list[tuple[datetime, datetime]]


@dataclass(frozen=True, slots=True)
class Calendar:
    """A plan that remembers its days: looking one up costs as much as everything else about it."""

    plan: Plan
    _known: dict[date, _Shifts] = field(default_factory=dict, repr=False, compare=False)

    def on(self, day: date) -> _Shifts:
        """Return the shifts that begin on a day."""
        if day not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[day] = shifts(self.plan, day)
        return self._known[day]


def worked(calendar: Calendar | None, since: datetime, until: datetime) -> timedelta:
    """Return the working time between two moments, none when `until` lies before `since`; None works always."""
    if calendar is None:
        return max(until - since, timedelta())
    total, last = timedelta(), until.astimezone(calendar.plan.zone).date()
    for day, stretches in _days(calendar, since):
        if day > last:
            break
        total += sum((max(min(end, until) - start, timedelta()) for start, end in stretches), timedelta())
    return total


def passed(calendar: Calendar | None, since: datetime, amount: timedelta) -> datetime | None:
    """Return the first moment at which so much working time has passed since `since`; None when there never is.

    An `amount` of nothing, or less, has passed at once.
    """
    if calendar is None or amount <= timedelta():
        return since + max(amount, timedelta())
    dry = 0
    for _, stretches in _days(calendar, since):
        for start, end in stretches:
            if end - start >= amount:
                return start + amount
            amount -= end - start
        dry = 0 if stretches else dry + 1
        if dry > _DROUGHT:
            break
    return None


def _days(calendar: Calendar, since: datetime) -> Iterator[tuple[date, _Shifts]]:
    """Yield each day with its working time from `since` on, in order; what shifts share counts once."""
    # A shift of the day before may last until the end of today.
    day = since.astimezone(calendar.plan.zone).date() - _DAY
    counted = since
    while True:
        stretches = []
        for start, end in calendar.on(day):
            if end > counted:
                stretches.append((max(start, counted), end))
                counted = end
        yield day, stretches
        day += _DAY
