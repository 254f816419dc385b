"""What of a calendar is leave: `python -m hub.calendars.reading` answers one question from its standard input.

Calendars come from outside: a rule that repeats each second for ever, or a file made to be slow, must cost the hub
neither time nor memory. So the hub has this done in a process of its own, see `process.py`.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import recurring_ical_events
from icalendar import Calendar

from hub.calendars.process import Answer, Question, Span
from hub.calendars.words import counts, reason_of
from router.hours import instant

#: how far ahead leave is looked for; calendars are read again and again
AHEAD = timedelta(days=92)
#: stretches of leave that are taken, the nearest first
MOST_SPANS = 200
MOST_EVENTS = 20_000
_BEHIND = timedelta(days=1)
_TOO_OFTEN = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_MEMORY, _SECONDS = 1_000_000_000, 60


def answer(question: Question) -> Answer:
    """Return the leave in a calendar from yesterday on. Never raises because of what the calendar holds."""
    try:
        calendar = Calendar.from_ical(question.text)
        events = calendar.walk("VEVENT")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, RecursionError):
        return Answer(error="it is broken or cut off: expected one whole iCalendar file, BEGIN:VCALENDAR to the END")
    if len(events) > MOST_EVENTS:
        return Answer(error=f"it holds {len(events):,} events, and at most {MOST_EVENTS:,} are read")
    spans: list[Span] = []
    skipped = 0
    for series in _series(events):
        try:
            spans += _spans(calendar, series, question)
        except Exception:
            # Whatever a library makes of an event that makes no sense, it hides no other event.
            skipped += 1
    return Answer(tuple(sorted(_joined(spans))[:MOST_SPANS]), skipped)


def _series(events: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield what repeats together with the exceptions to it, which have the same UID."""
    named = sorted(((str(event.get("UID", "")), place, event) for place, event in enumerate(events)), key=itemgetter(0))
    for uid, group in groupby(named, key=itemgetter(0)):
        members = [event for _, _, event in group]
        yield from [members] if uid else ([event] for event in members)


def _spans(calendar: Any, series: list[Any], question: Question) -> Iterator[Span]:
    if not any(counts(event, question.only) for event in series):
        return
    alone = Calendar()
    if "X-WR-TIMEZONE" in calendar:
        alone.add("X-WR-TIMEZONE", calendar["X-WR-TIMEZONE"])
    for event in series:
        _check(event)
        alone.add_component(event)
    zone = ZoneInfo(question.zone)
    begin, end = question.now - _BEHIND, question.now + AHEAD
    for event in recurring_ical_events.of(alone).between(begin, end):
        since, until = _moment(event.start, zone), _moment(event.end, zone)
        if counts(event, question.only) and begin < until and since < min(until, end):
            yield since, until, reason_of(event)


def _check(event: Any) -> None:
    """Raise `ValueError` for an event that ends before it begins, or repeats more often than leave does."""
    zone = ZoneInfo("UTC")
    if "DTEND" in event and _moment(event["DTEND"].dt, zone) < _moment(event["DTSTART"].dt, zone):
        raise ValueError("the event ends before it begins")
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        if _TOO_OFTEN & {str(each).upper() for each in rule.get("FREQ", [])}:
            raise ValueError("the event repeats more often than daily")


def _moment(at: date | datetime, zone: ZoneInfo) -> datetime:
    """Return a moment in UTC; a time that daylight saving skips is an hour later, of two equal ones it is the first."""
    if not isinstance(at, datetime):
        return instant(at, 0, zone)
    return (at.replace(tzinfo=zone) if at.tzinfo is None else at).astimezone(UTC)


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Join what overlaps or touches and has the same reason."""
    last: Span | None = None
    for span in sorted(spans, key=itemgetter(2, 0)):
        if last is not None and span[2] == last[2] and span[0] <= last[1]:
            last = last[0], max(last[1], span[1]), last[2]
        else:
            yield from [last] if last is not None else []
            last = span
    yield from [last] if last is not None else []


def _main() -> None:
    for what, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CPU, _SECONDS)):
        resource.setrlimit(what, (most, most))
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    sys.stdout.buffer.write(msgspec.json.encode(answer(question)))


if __name__ == "__main__":
    _main()
