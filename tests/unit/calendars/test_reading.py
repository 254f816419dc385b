"""What of a calendar is leave, and that nothing in a calendar can break the reading of the rest."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.calendars.process import Answer, Question
from hub.calendars.reading import AHEAD, MOST_EVENTS, MOST_SPANS, answer

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WEEK = "DTSTART;VALUE=DATE:20260309|DTEND;VALUE=DATE:20260314"
HOURS = "DTSTART:20260310T090000Z|DTEND:20260310T170000Z"


def calendar(*events: str, head: str = "") -> str:
    """Return a calendar of events written as lines with `|` between them."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test", *filter(None, head.split("|"))]
    for number, event in enumerate(events):
        own = [] if "UID:" in event else [f"UID:u{number}"]
        lines += ["BEGIN:VEVENT", "DTSTAMP:20260101T000000Z", *own, *event.split("|"), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def read(*events: str, zone: str = "UTC", only: tuple[str, ...] = (), head: str = "") -> Answer:
    return answer(Question(calendar(*events, head=head), NOW, zone, only))


def days(found: Answer) -> list[tuple[str, str]]:
    return [(since.isoformat(" ")[:16], until.isoformat(" ")[:16]) for since, until, _ in found.spans]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (f"{WEEK}|SUMMARY:Vacation in the Alps", "vacation"),
        (f"{WEEK}|SUMMARY:Отпуск", "vacation"),
        (f"{WEEK}|SUMMARY:Italy|CATEGORIES:Travel,Time off", "vacation"),
        (f"{WEEK}|SUMMARY:Vacation|TRANSP:TRANSPARENT", "vacation"),
        (f"{WEEK}|SUMMARY:Больничный", "sick"),
        (f"{HOURS}|SUMMARY:Sick (dentist)", "sick"),
        (f"{HOURS}|SUMMARY:Out of office", "other"),
        (f"{HOURS}|SUMMARY:Conference|X-MICROSOFT-CDO-BUSYSTATUS:OOF", "other"),
        (f"{WEEK}|SUMMARY:Планёрка", None),
        (f"{WEEK}|SUMMARY:Более важное", None),
        (f"{HOURS}|SUMMARY:Meeting about Hollywood", None),
        (f"{HOURS}|SUMMARY:Vacation of Bob|TRANSP:TRANSPARENT", None),
        (f"{HOURS}|SUMMARY:Vacation of Bob|X-MICROSOFT-CDO-BUSYSTATUS:FREE", None),
        (f"{WEEK}|SUMMARY:Vacation|STATUS:CANCELLED", None),
        (WEEK, None),
    ],
)
def test_which_events_are_leave(event: str, reason: str | None) -> None:
    """Those that Outlook calls out of office, and those whose title or category names an absence."""
    assert [why for _, _, why in read(event).spans] == ([reason] if reason else [])


def test_only_some_events_or_all() -> None:
    """An admin may say which words count; `*` is for calendars that hold nothing but leave."""
    events = (f"{WEEK}|SUMMARY:URLAUB", f"{HOURS}|SUMMARY:Vacation", f"{WEEK}|SUMMARY:Urlaub|STATUS:CANCELLED")
    assert days(read(*events, only=("urlaub",))) == [("2026-03-09 00:00", "2026-03-14 00:00")]
    assert [why for _, _, why in read(HOURS, only=("*",)).spans] == ["other"]


def test_days_are_the_operators_own() -> None:
    """A day, and a time that names no zone or one that nobody knows, is where the operator is."""
    found = read(
        f"{WEEK}|SUMMARY:Vacation",
        "DTSTART:20260316T090000|DTEND:20260316T100000|SUMMARY:Vacation",
        "DTSTART;TZID=Mars/Olympus:20260317T090000|DTEND;TZID=Mars/Olympus:20260317T100000|SUMMARY:Vacation",
        "DTSTART;TZID=W. Europe Standard Time:20260318T090000|DURATION:PT1H|SUMMARY:Vacation",
        zone="Europe/Moscow",
    )
    assert days(found) == [
        ("2026-03-08 21:00", "2026-03-13 21:00"),
        ("2026-03-16 06:00", "2026-03-16 07:00"),
        ("2026-03-17 06:00", "2026-03-17 07:00"),
        ("2026-03-18 08:00", "2026-03-18 09:00"),
    ]


def test_a_zone_that_the_calendar_brings_itself_is_used() -> None:
    """As calendars do whose names for zones nobody else has."""
    head = (
        "BEGIN:VTIMEZONE|TZID:Home|BEGIN:STANDARD|DTSTART:19700101T000000|TZOFFSETFROM:+0300|TZOFFSETTO:+0300"
        "|END:STANDARD|END:VTIMEZONE"
    )
    event = "DTSTART;TZID=Home:20260316T090000|DTEND;TZID=Home:20260316T100000|SUMMARY:Vacation"
    assert days(read(event, head=head)) == [("2026-03-16 06:00", "2026-03-16 07:00")]


def test_times_that_daylight_saving_skips_or_repeats() -> None:
    """One behaviour, stated: what does not exist is an hour later, and of two equal times the first counts."""
    berlin = "DTSTART;TZID=Europe/Berlin:{}|DTEND;TZID=Europe/Berlin:{}|SUMMARY:Vacation"
    assert days(read(berlin.format("20260329T023000", "20260329T040000"))) == [("2026-03-29 01:30", "2026-03-29 02:00")]
    autumn = Question(calendar(berlin.format("20261025T023000", "20261025T040000")), NOW + timedelta(days=200), "UTC")
    assert days(answer(autumn)) == [("2026-10-25 00:30", "2026-10-25 03:00")]


def test_what_repeats_is_found_with_its_exceptions() -> None:
    """Left out, moved and renamed occurrences."""
    found = read(
        "UID:a|DTSTART;VALUE=DATE:20260306|RRULE:FREQ=WEEKLY;COUNT=5|EXDATE;VALUE=DATE:20260313|SUMMARY:Day off",
        "UID:a|RECURRENCE-ID;VALUE=DATE:20260320|DTSTART;VALUE=DATE:20260323|SUMMARY:Day off",
        "UID:a|RECURRENCE-ID;VALUE=DATE:20260327|DTSTART;VALUE=DATE:20260327|SUMMARY:Working after all",
    )
    assert [since[:10] for since, _ in days(found)] == ["2026-03-06", "2026-03-23", "2026-04-03"]


def test_what_repeats_for_ever_is_found_for_three_months() -> None:
    """The calendar is read again long before they are over."""
    found = read("DTSTART;VALUE=DATE:20200106|RRULE:FREQ=DAILY;INTERVAL=2|SUMMARY:Day off")
    assert len(found.spans) in {46, 47}
    assert max(since for since, _, _ in found.spans) < NOW + AHEAD


def test_what_touches_or_overlaps_is_one() -> None:
    """Of the same reason; what is over is left out."""
    found = read(
        f"{WEEK}|SUMMARY:Vacation",
        "DTSTART;VALUE=DATE:20260314|DTEND;VALUE=DATE:20260316|SUMMARY:Vacation",
        "DTSTART;VALUE=DATE:20260312|DTEND;VALUE=DATE:20260313|SUMMARY:Sick",
        "DTSTART;VALUE=DATE:20260201|DTEND;VALUE=DATE:20260210|SUMMARY:Vacation",
    )
    assert [(*span, why) for span, (_, _, why) in zip(days(found), found.spans, strict=True)] == [
        ("2026-03-09 00:00", "2026-03-16 00:00", "vacation"),
        ("2026-03-12 00:00", "2026-03-13 00:00", "sick"),
    ]


@pytest.mark.parametrize(
    "event",
    [
        "DTSTART:20260310T090000Z|DTEND:20260309T090000Z|SUMMARY:Vacation",
        "SUMMARY:Vacation",
        "DTSTART:tomorrow|SUMMARY:Vacation",
        "DTSTART;TZID=Europe/Berlin:00010101T000000|DTEND;TZID=Europe/Berlin:99991231T235959|SUMMARY:Vacation",
        "DTSTART:20260310T090000Z|DURATION:PT1S|RRULE:FREQ=SECONDLY|SUMMARY:Vacation",
        "DTSTART:20260310T090000Z|DURATION:PT1S|RRULE:FREQ=MINUTELY;INTERVAL=1|SUMMARY:Vacation",
    ],
)
def test_an_event_that_makes_no_sense_hides_no_other(event: str) -> None:
    """It is left out, and counted."""
    found = read(event, f"{WEEK}|SUMMARY:Vacation")
    assert (days(found), found.skipped, found.error) == ([("2026-03-09 00:00", "2026-03-14 00:00")], 1, "")


def test_more_than_anybody_needs_is_left_out() -> None:
    """The nearest leave is taken; a calendar of absurdly many events is refused."""
    events = [
        f"DTSTART:202603{10 + n // 24:02}T{n % 24:02}0000Z|DURATION:PT30M|SUMMARY:Vacation"
        for n in range(MOST_SPANS + 20)
    ]
    random.Random(1).shuffle(events)
    found = read(*events)
    assert len(found.spans) == MOST_SPANS
    assert found.spans[-1][0] < datetime(2026, 3, 19, tzinfo=UTC)
    many = "BEGIN:VEVENT\r\nEND:VEVENT\r\n" * (MOST_EVENTS + 1)
    assert "20,001 events" in answer(Question(f"BEGIN:VCALENDAR\r\n{many}END:VCALENDAR\r\n", NOW, "UTC")).error


WHOLE = calendar(f"{WEEK}|SUMMARY:Vacation", "DTSTART;VALUE=DATE:20260306|RRULE:FREQ=WEEKLY;COUNT=5|SUMMARY:Day off")


@given(cut=st.integers(0, len(WHOLE) - 20))
@settings(deadline=None)
def test_what_is_cut_off_is_refused(cut: int) -> None:
    """Half a calendar would be taken for somebody who is back at work."""
    assert answer(Question(WHOLE[:cut], NOW, "UTC")).error


@given(place=st.integers(0, len(WHOLE)), noise=st.text(max_size=30), cut=st.integers(0, 30))
@settings(deadline=None, max_examples=300)
def test_nothing_breaks_the_reading(place: int, noise: str, cut: int) -> None:
    """Whatever is changed in a calendar: there is an answer, and every leave in it ends after it begins."""
    found = answer(Question(WHOLE[:place] + noise + WHOLE[place + cut :], NOW, "UTC", ("*",)))
    assert all(since < until for since, until, _ in found.spans)
