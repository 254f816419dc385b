"""Durations as admins write them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from router.durations import Duration, parse_duration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("250ms", timedelta(milliseconds=250)),
        ("30s", timedelta(seconds=30)),
        ("1.5m", timedelta(seconds=90)),
        (" 12 h ", timedelta(hours=12)),
        ("1h 30m", timedelta(minutes=90)),
        ("2w3d", timedelta(days=17)),
        ("0s", timedelta(0)),
    ],
)
def test_what_people_write_is_understood(text: str, expected: timedelta) -> None:
    """Numbers with units, several of them, with or without spaces."""
    assert parse_duration(text) == expected


@pytest.mark.parametrize("value", ["", "5", "5 minutes", "-5s", "1h,30m", "s", 5, 1.5, None, True, [], "٥s "])
def test_anything_else_is_refused_with_an_example(value: object) -> None:
    """A bare number has no unit, so it is an error rather than a guess; only Western digits are digits here."""
    with pytest.raises(ValueError, match="expected a duration such as 30s, 5m, 12h or 3d"):
        parse_duration(value)


@pytest.mark.parametrize("text", ["9" * 20 + "w", "9" * 400 + "s"])
def test_what_no_clock_can_count_is_refused(text: str) -> None:
    """Absurd lengths are an error that says so, not a crash."""
    with pytest.raises(ValueError, match="less than a million years"):
        parse_duration(text)


@given(st.integers(0, 10**6), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_writing_a_duration_out_and_reading_it_back_changes_nothing(days: int, h: int, m: int, s: int) -> None:
    """Parts add up."""
    wanted = timedelta(days=days, hours=h, minutes=m, seconds=s)
    assert parse_duration(f"{days}d {h}h {m}m {s}s") == wanted


def test_a_duration_that_is_one_already_stays() -> None:
    """Defaults in the models are durations themselves."""
    assert parse_duration(timedelta(minutes=5)) == timedelta(minutes=5)


def test_the_model_reports_a_bad_duration_like_any_other_mistake() -> None:
    """Inside settings it is a validation error with a place."""
    with pytest.raises(ValidationError, match="expected a duration"):
        TypeAdapter(Duration).validate_python("soon")
