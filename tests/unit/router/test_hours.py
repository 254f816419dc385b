"""Working time, checked against walking through the minutes one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.hours import (
    Interval,
    Weekday,
    is_open,
    next_change,
    next_opening,
    opened_at,
    parse_days,
    parse_intervals,
    stretch,
)
from router.rules import OperatorRules
from router.timetable import Hours

MINUTE = timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")


def plan(zone: str = "UTC", closed: tuple[date, ...] = (), **days: str) -> Hours:
    """Return a plan written as `mon_fri="09:00-18:00"`."""
    week = {key.replace("_", "-"): times for key, times in days.items()}
    return Hours.model_validate({"timezone": zone, "week": week, "closed": closed})


def at(text: str, zone: str = "UTC", fold: int = 0) -> datetime:
    """Return the UTC time of a wall-clock time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


# Monday is 2 March 2026.


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-03-02 08:59", False),
        ("2026-03-02 09:00", True),
        ("2026-03-02 12:59", True),
        ("2026-03-02 13:00", False),
        ("2026-03-02 14:00", True),
        ("2026-03-02 18:00", False),
        ("2026-03-07 10:00", False),
    ],
)
def test_a_split_day_has_a_break(when: str, expected: bool) -> None:
    """The start is included, the end is not."""
    assert is_open(plan(mon_fri="09:00-13:00, 14:00-18:00"), at(when)) is expected


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-03-06 21:59", False),
        ("2026-03-06 22:00", True),
        ("2026-03-07 03:59", True),
        ("2026-03-07 04:00", False),
        ("2026-03-07 22:30", False),
    ],
)
def test_a_shift_may_pass_midnight(when: str, expected: bool) -> None:
    """Friday's night shift ends on Saturday."""
    assert is_open(plan(fri="22:00-04:00"), at(when)) is expected


def test_equal_times_are_a_whole_day() -> None:
    """From nine to nine is around the clock, not nothing; 24:00 is a time of day as an end."""
    assert is_open(plan(mon="09:00-09:00"), at("2026-03-03 08:59"))
    assert is_open(plan(mon="00:00-24:00"), at("2026-03-02 23:59"))
    assert not is_open(plan(mon="00:00-24:00"), at("2026-03-03 00:00"))


def test_a_closed_day_has_no_shifts_but_last_nights_ends_in_peace() -> None:
    """Shifts belong to the day on which they begin."""
    night = plan(mon_sun="22:00-04:00", closed=(date(2026, 3, 3),))
    assert is_open(night, at("2026-03-03 03:00"))
    assert not is_open(night, at("2026-03-03 23:00"))
    assert not is_open(night, at("2026-03-04 03:00"))


def test_each_plan_lives_in_its_own_time_zone() -> None:
    """Nine in Tokyo is midnight in UTC."""
    tokyo = plan("Asia/Tokyo", mon="09:00-18:00")
    assert is_open(tokyo, at("2026-03-02 00:00"))
    assert not is_open(tokyo, at("2026-03-02 09:00"))


def test_a_shift_that_begins_in_the_skipped_hour_begins_at_the_jump() -> None:
    """On 29 March 2026 Berlin's clocks go from 02:00 to 03:00: 02:00 and 02:30 are the moment 01:00 UTC."""
    jump = datetime(2026, 3, 29, 1, tzinfo=UTC)
    for start in ("02:00", "02:30"):
        early = plan("Europe/Berlin", sun=f"{start}-06:00")
        assert not is_open(early, jump - MINUTE)
        assert is_open(early, jump)
        assert next_change(early, jump - timedelta(hours=1)) == jump


def test_a_shift_wholly_in_the_skipped_hour_does_not_happen() -> None:
    """There is no time between 02:10 and 02:50 on that day."""
    nothing = plan("Europe/Berlin", sun="02:10-02:50")
    walk = [datetime(2026, 3, 28, 23, tzinfo=UTC) + n * MINUTE for n in range(300)]
    assert not any(is_open(nothing, now) for now in walk)


def test_a_night_shift_is_shorter_or_longer_when_the_clocks_change() -> None:
    """22:00 to 06:00 lasts seven hours in spring and nine in autumn."""
    night = plan("Europe/Berlin", sat="22:00-06:00")
    for day, hours in (("2026-03-28", 7), ("2026-10-24", 9)):
        start = at(f"{day} 22:00", "Europe/Berlin")
        assert next_change(night, start) == start + timedelta(hours=hours)


def test_a_time_that_comes_twice_means_the_first() -> None:
    """On 25 October 2026 02:30 comes twice in Berlin; a shift that ends then ends the first time."""
    first = at("2026-10-25 02:30", "Europe/Berlin")
    night = plan("Europe/Berlin", sat="22:00-02:30")
    assert is_open(night, first - MINUTE)
    assert not is_open(night, first)
    assert not is_open(night, first + timedelta(hours=1) - MINUTE)


def test_without_a_plan_it_is_always_working_time() -> None:
    """No hours means around the clock, and nothing ever changes."""
    assert is_open(None, at("2026-03-02 03:00"))
    assert next_change(None, at("2026-03-02 03:00")) is None


def test_an_empty_week_never_opens() -> None:
    """And says so instead of searching for ever."""
    assert next_change(plan(), at("2026-03-02 03:00")) is None
    assert opened_at(plan(), at("2026-03-02 03:00")) is None


def test_seamless_shifts_are_one_stretch() -> None:
    """The clock striking from one shift to the next changes nothing."""
    assert next_change(plan(mon="09:00-12:00, 12:00-15:00"), at("2026-03-02 10:00")) == at("2026-03-02 15:00")
    assert next_change(plan(mon_sun="00:00-24:00"), at("2026-03-02 10:00")) is None


def test_a_stretch_is_how_things_stand_until_they_change() -> None:
    """Without a change in sight it is looked at again after a day."""
    now = at("2026-03-02 10:00")
    known = stretch(plan(mon="09:00-12:00"), now)
    assert (known.is_open, known.until, known.ends) == (True, at("2026-03-02 12:00"), True)
    endless = stretch(plan(), now)
    assert (endless.is_open, endless.until, endless.ends) == (False, now + timedelta(days=1), False)


@pytest.mark.parametrize("text", ["25:00-26:00", "09:60-10:00", "9-10", "09:00", "09:00-10:00;", "24:00-25:00", ","])
def test_times_that_do_not_exist_are_refused(text: str) -> None:
    """The message shows how times are written."""
    with pytest.raises(ValueError, match="expected times such as 09:00-18:00"):
        parse_intervals(text)


def test_days_may_be_ranges_and_lists_and_pass_the_weekend() -> None:
    """`fri-mon` is four days."""
    assert [day.name for day in parse_days("fri-mon")] == ["FRI", "SAT", "SUN", "MON"]
    assert [day.name for day in parse_days("Sat, sun")] == ["SAT", "SUN"]


# Against an oracle

_minutes = st.integers(0, 95).map(lambda quarter: quarter * 15)


@st.composite
def _plans(draw: st.DrawFn) -> Hours:
    week: dict[Weekday, tuple[Interval, ...]] = {}
    for day in draw(st.sets(st.sampled_from(Weekday))):
        start, length = draw(_minutes), draw(st.integers(1, 96)) * 15
        shifts = [Interval(start, start + length)]
        if draw(st.booleans()) and shifts[0].end < 23 * 60:
            shifts.append(Interval(shifts[0].end + 15, shifts[0].end + 15 + draw(st.integers(1, 40)) * 15))
        week[day] = tuple(shifts)
    zone = draw(st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]))
    closed = draw(st.sets(st.integers(0, 9), max_size=2))
    return Hours.model_construct(
        timezone=zone, week=week, closed=tuple(_FIRST + timedelta(days=n) for n in sorted(closed))
    )


_FIRST = date(2026, 3, 26)
#: around the clock changes of Berlin (spring, autumn), New York and Lord Howe Island
_moments = st.builds(
    lambda day, quarter: datetime.combine(day, datetime.min.time(), UTC) + quarter * 15 * MINUTE,
    st.sampled_from([date(2026, 3, 8), date(2026, 3, 28), date(2026, 10, 4), date(2026, 10, 24), date(2026, 11, 1)]),
    st.integers(0, 4 * 48),
)


def _by_the_wall(shifts: Hours, now: datetime) -> bool:
    """Return whether the wall clock shows working time; only right where the clock is not being changed."""
    wall = now.astimezone(shifts.zone)
    minute = wall.hour * 60 + wall.minute
    for back in (0, 1):
        day = wall.date() - timedelta(days=back)
        for shift in () if day in shifts.closed else shifts.week.get(Weekday(day.weekday()), ()):
            if shift.start <= minute + back * 1440 < shift.end:
                return True
    return False


def _steady(zone: ZoneInfo, now: datetime) -> bool:
    offsets = {(now + timedelta(hours=h)).astimezone(zone).utcoffset() for h in (-3, 0, 3)}
    return len(offsets) == 1


@given(_plans(), _moments)
def test_it_is_open_when_the_wall_clock_shows_working_time(shifts: Hours, now: datetime) -> None:
    """Away from clock changes, nothing but the wall clock and the calendar count."""
    if _steady(shifts.zone, now):
        assert is_open(shifts, now) == _by_the_wall(shifts, now)


@given(_plans(), _moments, st.integers(0, 14))
def test_the_next_change_is_the_first_minute_that_differs(shifts: Hours, now: datetime, offset: int) -> None:
    """Walking ahead minute by minute for eight days finds the same change, clock changes included."""
    now += offset * MINUTE
    state = is_open(shifts, now)
    walk = (now + n * 5 * MINUTE - (now.minute % 5) * MINUTE for n in range(1, 8 * 288))
    expected = next((moment for moment in walk if is_open(shifts, moment) != state), None)
    found = next_change(shifts, now)
    if expected is not None:
        assert found == expected
    else:
        assert found is None or found > now + timedelta(days=7)


@given(_plans(), _moments)
def test_a_shift_began_at_a_change_into_working_time(shifts: Hours, now: datetime) -> None:
    """It is open from the beginning of the shift until now."""
    began = opened_at(shifts, now)
    assert (began is not None) == is_open(shifts, now)
    if began is not None:
        assert began <= now
        assert is_open(shifts, began)


def _on(hours: Hours, *days: str) -> list[bool]:
    return [is_open(hours, at(f"{day} 12:00", hours.timezone)) for day in days]


def test_public_holidays_are_days_without_work() -> None:
    """Of a country, and of a part of it that has more."""
    week = {"mon-sun": "09:00-18:00"}
    days = ("2026-12-25", "2027-01-06", "2027-01-07")
    assert _on(Hours.model_validate({"week": week, "holidays": "DE"}), *days) == [False, True, True]
    assert _on(Hours.model_validate({"week": week, "holidays": "DE-BY"}), *days) == [False, False, True]


def test_dates_have_their_own_times_whatever_else_the_day_is() -> None:
    hours = Hours.model_validate(
        {
            "week": {"mon-fri": "09:00-18:00"},
            "holidays": "DE",
            "closed": ["2026-12-24"],
            "dates": {"2026-12-24": "08:00-12:30", "2026-12-25": "11:00-13:00", "2026-12-28": None},
        }
    )
    assert _on(hours, "2026-12-23", "2026-12-24", "2026-12-25", "2026-12-26", "2026-12-28") == [
        True, True, True, False, False,
    ]  # fmt: skip
    assert not is_open(hours, at("2026-12-24 14:00"))
    assert next_change(hours, at("2026-12-24 12:00")) == at("2026-12-24 12:30")
    assert next_opening(hours, at("2026-12-24 12:00")) == at("2026-12-25 11:00")
    assert next_opening(hours, at("2026-12-24 13:00")) == at("2026-12-25 11:00")


def test_what_never_opens_again_has_no_next_opening() -> None:
    assert next_opening(plan(), at("2026-03-02 12:00")) is None
    assert next_opening(None, at("2026-03-02 12:00")) is None


@pytest.mark.parametrize("hours", [None, {"timezone": "Europe/Berlin", "week": {"mon-sun": "00:00-24:00"}}])
def test_leave_is_whole_days_of_the_operators_own_time(hours: dict[str, object] | None) -> None:
    """The last day is included; without an end it is one day; dated times do not call anybody back."""
    leave = [{"from": "2026-07-01", "to": "2026-07-03", "why": "sick"}, {"from": "2026-08-05"}]
    ann = OperatorRules.model_validate({"name": "Ann", "hours": hours, "leave": leave})
    zone = "Europe/Berlin" if hours else "UTC"
    told = {
        when: (is_open(ann.shifts, at(when, zone)), getattr(ann.on_leave(at(when, zone)), "reason", ""))
        for when in ("2026-06-30 23:59", "2026-07-01 00:00", "2026-07-03 23:59", "2026-07-04 00:00", "2026-08-05 12:00")
    }
    assert list(told.values()) == [(True, ""), (False, "sick"), (False, "sick"), (True, ""), (False, "vacation")]


def test_a_leave_that_ends_before_it_begins_is_told() -> None:
    with pytest.raises(ValueError, match="ends on 2026-07-01, before it begins on 2026-07-03"):
        OperatorRules.model_validate({"name": "Ann", "leave": [{"from": "2026-07-03", "to": "2026-07-01"}]})
