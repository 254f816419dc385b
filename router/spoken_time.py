"""Times as people write them in English and Russian: "tomorrow at 10", "in 2 hours", "завтра в 10:00", "через час".

A closed grammar: what it does not know is no time, and it never guesses. A day without a time of day is its morning at
nine; `today` is the end of its working day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MORNING, _END = time(9), time(18)
_NUMBERS: Mapping[str, float] = {
    "half an": 0.5, "half a": 0.5, "a couple of": 2, "an": 1, "a": 1, "one": 1, "two": 2, "three": 3, "four": 4,
    "five": 5, "six": 6, "ten": 10, "пол": 0.5, "полтора": 1.5, "полторы": 1.5, "пару": 2, "один": 1, "одну": 1,
    "два": 2, "две": 2, "три": 3, "четыре": 4, "пять": 5, "шесть": 6, "десять": 10, "": 1,
}  # fmt: skip
_UNITS = (("mi", "ми"), ("h", "ч"), ("d", "д", "с"), ("w", "н"))
_SECONDS = (60, 3600, 86400, 604800)
_DAYS = {"today": 0, "tomorrow": 1, "the day after tomorrow": 2, "сегодня": 0, "завтра": 1, "послезавтра": 2}
_WEEKDAYS = (("mon", "пон"), ("tue", "вто"), ("wed", "сре"), ("thu", "чет"), ("fri", "пят"), ("sat", "суб"),
             ("sun", "вос"))  # fmt: skip
_MONTHS = (("jan", "янв"), ("feb", "фев"), ("mar", "мар"), ("apr", "апр"), ("may", "мая"), ("jun", "июн"),
           ("jul", "июл"), ("aug", "авг"), ("sep", "сен"), ("oct", "окт"), ("nov", "ноя"), ("dec", "дек"))  # fmt: skip
_PARTS: Mapping[str, time] = {
    "morning": _MORNING, "noon": time(12), "midday": time(12), "afternoon": time(15), "evening": _END,
    "tonight": _END, "end of the day": _END, "end of day": _END, "утром": _MORNING, "днём": time(15),
    "днем": time(15), "полудня": time(12), "обеда": time(14), "вечером": _END, "вечера": _END, "конца дня": _END,
}  # fmt: skip


def _any(words: Mapping[str, object]) -> str:
    """Return the pattern of words, the longest first, as patterns with spaces of their own (VERBOSE) want it."""
    return "|".join(sorted(filter(None, words), key=len, reverse=True)).replace(" ", r"\s")


_MONTH = (
    "january|february|march|april|may|june|july|august|september|october|november|december|"
    "января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря"
)
#: what may follow a bare hour, so that "at 10 Main Street" and "до 15 штук" are no times
_ENDS = (
    r"(?=\s*(?:$|[,.;:!?)\n—–-])|\s+(?:and|with|to|about|on|in|o'clock|sharp|you|and|tomorrow|today|the|"
    r"и|с|до|по|вам|мск|завтра|сегодня|послезавтра|я|мы|напиш|позвон|перезвон|отве|сообщ|свяж|верн|i|we)\b|"
    r"\s+(?:напиш|позвон|перезвон|отве|сообщ|свяж|верн))"
)
_ELEMENT = re.compile(
    rf"""
    \b(?:
      (?:in|within|через)\s+(?:about\s+|примерно\s+)?
        (?:(?P<count>\d{{1,3}}(?:[.,]5)?|{_any(_NUMBERS)})\s*)??
        (?P<unit>minutes?|mins?|hours?|hrs?|days?|weeks?
          |минут[уы]?|мин|час(?:а|ов|ик)?|ч|день|дня|дней|сутки|неделю|недели|недель)\b
        (?P<half>\s+and\s+a\s+half)?
    | (?:by\s+|до\s+|к\s+|on\s+)?(?P<day>{_any(_DAYS)})\b
    | (?P<week>next\s+week|на\s+следующей\s+неделе)\b
    | (?:(?:on|by|next|this|в|во|к|до|следующ\w+)\s+){{0,2}}
        (?P<weekday>monday|tuesday|wednesday|thursday|friday|saturday|sunday
          |понедельник[ау]?|вторник[ау]?|сред[уые]|четверг[ау]?|пятниц[уые]|суббот[уые]|воскресень[еяю])\b
    | (?:on\s+|by\s+|до\s+|к\s+)?(?:the\s+)?(?P<monthday>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_MONTH})\b
    | (?:on\s+|by\s+)?(?P<month2>{_MONTH})\s+(?P<monthday2>\d{{1,2}})(?:st|nd|rd|th)?\b
    | (?<!в\s)(?<!к\s)(?<!at\s)(?<!by\s)(?<!до\s)
        (?P<d>0?[1-9]|[12]\d|3[01])\.(?P<mon>0[1-9]|1[0-2])(?:\.(?P<year>20\d\d))?\b(?!\.?\d)
    | (?P<prep>(?:at|by|before|around|after|between|from|в|к|до|около|после|с)\s+)?
        (?P<hour>[01]?\d|2[0-3])(?:[:.](?P<minute>[0-5]\d)\b|\s*(?:часов|часам|часа|ч)\b)?
        (?:\s*(?P<half_day>am|pm|утра|дня|вечера)\b|(?(minute)|{_ENDS}))(?![\d%])
    | (?:(?:in\s+the|this|by(?:\s+the)?|at|до|после|к)\s+)?(?P<part>{_any(_PARTS)})\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_BETWEEN = re.compile(r"\s*,?\s*(?:at\s+)?", re.IGNORECASE)
_KINDS = ("unit", "day", "week", "weekday", "month", "month2", "mon", "hour", "part")
_FAMILY = {"day": "day", "week": "day", "weekday": "day", "month": "day", "month2": "day", "mon": "day"}


@dataclass(frozen=True, slots=True)
class Spoken:
    """A time within a text."""

    start: int
    end: int
    at: datetime


def times(text: str, now: datetime, zone: ZoneInfo) -> Iterator[Spoken]:
    """Yield the future times that a text names, in order, each in UTC; `zone` is the writer's."""
    run: dict[str, re.Match[str]] = {}
    end = 0
    for match in _ELEMENT.finditer(text):
        kind = next(name for name in _KINDS if match[name] is not None)
        if kind == "hour" and not (match["prep"] or match["minute"] or match["half_day"]):
            continue
        family = _FAMILY.get(kind, kind)
        joins = run and _BETWEEN.fullmatch(text, end, match.start()) and family not in run
        if not joins or "unit" in (*run, family):
            yield from _spoken(run, now, zone)
            run = {}
        run[family] = match
        end = match.end()
    yield from _spoken(run, now, zone)


def _spoken(run: Mapping[str, re.Match[str]], now: datetime, zone: ZoneInfo) -> Iterator[Spoken]:
    if not run:
        return
    at = _later(run["unit"], now) if "unit" in run else _on_the_clock(run, now.astimezone(zone))
    if at is not None and at > now:
        yield Spoken(min(m.start() for m in run.values()), max(m.end() for m in run.values()), at.astimezone(UTC))


def _later(match: re.Match[str], now: datetime) -> datetime:
    count, unit = (match["count"] or "").lower(), match["unit"].lower()
    number = _NUMBERS[count] if count in _NUMBERS else float(count.replace(",", "."))
    seconds = next(s for s, stems in zip(_SECONDS, _UNITS, strict=True) if unit.startswith(stems))
    return now + timedelta(seconds=seconds * (number + 0.5 * bool(match["half"])))


def _on_the_clock(run: Mapping[str, re.Match[str]], now: datetime) -> datetime | None:
    """Return the time that a day, an hour and a part of the day make together; None when that is over."""
    day = _day(run["day"], now.date()) if "day" in run else now.date()
    if day is None:
        return None
    part = _PARTS[run["part"]["part"].lower()] if "part" in run else None
    whole_day = _MORNING if day > now.date() else _END
    wanted = _hours(run["hour"], part) if "hour" in run else [part or whole_day]
    moments = [datetime.combine(day, hour, now.tzinfo) for hour in wanted]
    if "day" not in run:
        moments[1:] = [datetime.combine(day + timedelta(days=1), wanted[0], now.tzinfo)]
    return next((at for at in moments if at > now), None)


def _hours(match: re.Match[str], part: time | None) -> list[time]:
    """Return what an hour may mean, likeliest first: a bare `5` is in the afternoon, `05` and `10` are as written."""
    hour, minute, half = int(match["hour"]), int(match["minute"] or 0), (match["half_day"] or "").lower()
    early, late = time(hour % 12, minute), time(hour % 12 + 12, minute)
    if hour > 12 or match["hour"].startswith("0"):
        return [time(hour, minute)]
    if half in {"am", "утра"}:
        return [early]
    if half or (part is not None and part > time(12)):
        return [late]
    if part == _MORNING:
        return [early]
    return [late] if hour < 7 or hour == 12 else [early, late]


def _day(match: re.Match[str], today: date) -> date | None:
    """Return the day that an element names, the next one where several are meant; None when there is no such day."""
    if match["day"]:
        return today + timedelta(days=_DAYS[match["day"].lower()])
    if match["week"]:
        return today + timedelta(days=7 - today.weekday())
    if match["weekday"]:
        ahead = _place(match["weekday"], _WEEKDAYS) - today.weekday()
        return today + timedelta(days=ahead if ahead > 0 else ahead + 7)
    month = int(match["mon"]) if match["mon"] else _place(match["month"] or match["month2"], _MONTHS) + 1
    number = int(match["d"] or match["monthday"] or match["monthday2"])
    years = [int(match["year"])] if match["year"] else [today.year, today.year + 1]
    days = (_date(year, month, number) for year in years)
    return next((day for day in days if day is not None and day >= today), None)


def _place(word: str, stems: tuple[tuple[str, ...], ...]) -> int:
    return next(place for place, each in enumerate(stems) if word.lower().startswith(each))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
