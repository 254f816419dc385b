"""Arithmetic with working time, checked against walking through the minutes one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from router.hours import is_open
from router.timetable import Hours
from router.worktime import Calendar, passed, worked
from tests.unit.router.test_hours import at, plan

MINUTE = timedelta(minutes=1)
OFFICE = Calendar(plan("Europe/Berlin", mon_fri="09:00-13:00, 14:00-18:00"))
NEVER = Calendar(plan())
PLANS = (
    plan("Asia/Tokyo", mon_sun="20:00-04:00"),
    plan("America/New_York", fri="22:00-10:00", sat="08:00-09:00, 23:00-23:30", sun="01:00-04:00"),
    plan("Europe/Berlin", sat_sun="00:30-04:30"),
    plan("Australia/Lord_Howe", mon_sun="01:45-02:15"),
)
plans = st.sampled_from((None, OFFICE, NEVER, *map(Calendar, PLANS)))
#: around the changes of the clocks in Europe and America, and an ordinary week
moments = st.sampled_from(
    [datetime(2026, *day, tzinfo=UTC) for day in ((3, 2), (3, 7), (3, 28), (10, 24), (10, 31), (4, 4))]
).flatmap(lambda day: st.integers(0, 3 * 24 * 60).map(lambda minutes: day + timedelta(minutes=minutes)))
amounts = st.integers(0, 3 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))


def walked(calendar: Calendar | None, since: datetime, until: datetime) -> timedelta:
    """Return the working time between two full minutes, minute by minute."""
    hours, minutes = calendar and calendar.plan, int((until - since) / MINUTE)
    return sum(is_open(hours, since + n * MINUTE) for n in range(minutes)) * MINUTE


@given(plans, moments, st.integers(0, 36 * 60))
def test_working_time_is_a_count_of_open_minutes(hours: Calendar | None, since: datetime, minutes: int) -> None:
    """Split, overnight and overlapping shifts, and days with an hour more or less."""
    until = since + minutes * MINUTE
    assert worked(hours, since, until) == walked(hours, since, until)


@given(plans, moments, st.lists(amounts, min_size=2, max_size=2))
def test_it_adds_up_and_never_shrinks(hours: Calendar | None, since: datetime, steps: list[timedelta]) -> None:
    """However a stretch is cut, its parts are the whole."""
    middle = since + steps[0]
    until = middle + steps[1]
    assert worked(hours, since, middle) + worked(hours, middle, until) == worked(hours, since, until)
    assert timedelta() <= worked(hours, since, middle) <= worked(hours, since, until) <= until - since
    assert worked(hours, until, since) == timedelta()


@given(plans, moments, amounts)
def test_the_two_undo_each_other(hours: Calendar | None, since: datetime, amount: timedelta) -> None:
    """The moment is the first at which so much has passed."""
    moment = passed(hours, since, amount)
    assert (moment is None) == (hours is NEVER and amount > timedelta())
    if moment is not None:
        assert worked(hours, since, moment) == amount
        assert amount == timedelta() or worked(hours, since, moment - timedelta(microseconds=1)) < amount


@given(plans, moments, amounts, amounts)
def test_more_time_takes_longer(hours: Calendar | None, since: datetime, one: timedelta, other: timedelta) -> None:
    """And it does not matter where one stops on the way."""
    first, both = passed(hours, since, one), passed(hours, since, one + other)
    assume(first is not None and both is not None)
    assert first is not None
    assert both is not None
    assert first <= both
    assert passed(hours, first, other) == (both if other else first)


def test_nothing_has_passed_at_once() -> None:
    """Also in the middle of the night, and for a plan that never opens."""
    night = at("2026-03-02 03:00")
    assert passed(OFFICE, night, timedelta()) == passed(NEVER, night, timedelta(hours=-1)) == night


@pytest.mark.parametrize(
    ("since", "hours", "expected"),
    [
        ("2026-03-02 10:00", 2, "2026-03-02 12:00"),
        ("2026-03-02 12:30", 1, "2026-03-02 14:30"),
        ("2026-03-06 17:00", 1, "2026-03-06 18:00"),
        ("2026-03-06 17:00", 2, "2026-03-09 10:00"),
        ("2026-03-07 12:00", 8, "2026-03-09 18:00"),
    ],
)
def test_an_office_that_closes_at_noon_and_at_night(since: str, hours: int, expected: str) -> None:
    """Monday is 2 March 2026; what ends with the day ends at six, not the next morning."""
    moment = passed(OFFICE, at(since, "Europe/Berlin"), timedelta(hours=hours))
    assert moment == at(expected, "Europe/Berlin")


def test_a_week_at_home_between_two_years_is_no_end_of_work() -> None:
    """Days off are skipped, however many they are."""
    summer = Hours.model_validate(
        {"week": {}, "dates": {"2026-03-02": "09:00-10:00", "2027-03-01": "09:00-10:00"}, "timezone": "UTC"}
    )
    assert passed(Calendar(summer), at("2026-03-02 00:00"), timedelta(minutes=90)) == at("2027-03-01 09:30")


def test_months_are_counted_in_a_moment() -> None:
    """A year of days is no more than a hundredth of a second or two."""
    began = perf_counter()
    until = at("2027-03-02 00:00")
    total = worked(OFFICE, at("2026-03-02 00:00"), until)
    assert passed(OFFICE, at("2026-03-02 00:00"), total) <= until  # type: ignore[operator]  # it is some time
    assert total == timedelta(hours=8 * 261)
    assert perf_counter() - began < 1
