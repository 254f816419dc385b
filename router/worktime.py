"""Arithmetic with working time: how much of it lies between two moments, and when so much of it has passed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from router.hours import Plan, shifts

_DAY = timedelta(days=1)
#: so many days without any work mean that there is none to come: a year covers every weekly plan with holidays
_DROUGHT = 370


def worked(plan: Plan | None, since: datetime, until: datetime) -> timedelta:
    """Return the working time between two moments, none when `until` lies before `since`; no plan means always."""
    if plan is None:
        return max(until - since, timedelta())
    total, last = timedelta(), until.astimezone(plan.zone).date()
    for day, stretches in _days(plan, since):
        if day > last:
            break
        total += sum((max(min(end, until) - start, timedelta()) for start, end in stretches), timedelta())
    return total


def passed(plan: Plan | None, since: datetime, amount: timedelta) -> datetime | None:
    """Return the first moment at which so much working time has passed since `since`; None when there never is.

    An `amount` of nothing, or less, has passed at once.
    """
    if plan is None or amount <= timedelta():
        return since + max(amount, timedelta())
    dry = 0
    for _, stretches in _days(plan, since):
        for start, end in stretches:
            if end - start >= amount:
                return start + amount
            amount -= end - start
        dry = 0 if stretches else dry + 1
        if dry > _DROUGHT:
            break
    return None


def _days(plan: Plan, since: datetime) -> Iterator[tuple[date, list[tuple[datetime, datetime]]]]:
    """Yield each day with its working time from `since` on, in order; what shifts share counts once."""
    # A shift of the day before may last until the end of today.
    day = since.astimezone(plan.zone).date() - _DAY
    counted = since
    while True:
        stretches = []
        for start, end in shifts(plan, day):
            if end > counted:
                stretches.append((max(start, counted), end))
                counted = end
        yield day, stretches
        day += _DAY
