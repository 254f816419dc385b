"""Working time as admins write it in YAML: hours of lines and operators, and operators' leave."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, WithJsonSchema, model_validator

from router.durations import Duration
from router.holidays import is_holiday, known_place
from router.hours import WHOLE_DAY, Interval, Weekday, parse_days, parse_intervals
from router.ids import derive
from router.strict import Strict


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())  # reads the disk for tens of milliseconds


def _known_zone(value: str) -> str:
    if value not in _zones():
        raise ValueError("expected a time zone of the IANA database such as Europe/Berlin")
    return value


TimeZone = Annotated[str, AfterValidator(_known_zone)]


def _week(value: Any) -> Mapping[Weekday, tuple[Interval, ...]]:
    """Turn `{mon-fri: "09:00-13:00, 14:00-18:00"}` into weekday → intervals."""
    if not isinstance(value, Mapping):
        raise ValueError('expected days and times such as {mon-fri: "09:00-18:00"}')
    week: dict[Weekday, tuple[Interval, ...]] = {}
    for days, times in value.items():
        for day in parse_days(str(days)):
            if day in week:
                raise ValueError(f"{day.name.lower()} is given twice")
            week[day] = parse_intervals(times)
    return week


def _times(example: Mapping[str, str]) -> WithJsonSchema:
    """Return the schema of times by day."""
    return WithJsonSchema(
        {"type": "object", "additionalProperties": {"type": ["string", "null"]}, "examples": [example]}
    )


Week = Annotated[
    Mapping[Weekday, tuple[Interval, ...]],
    BeforeValidator(_week),
    _times({"mon-fri": "09:00-13:00, 14:00-18:00", "sat": "10:00-02:00"}),
]


def _dates(value: Any) -> Mapping[date, tuple[Interval, ...]]:
    """Turn `{2026-12-24: "09:00-13:00"}` into date → intervals."""
    if not isinstance(value, Mapping):
        raise ValueError('expected dates and times such as {2026-12-24: "09:00-13:00"}')
    return {_date(day): parse_intervals(times) for day, times in value.items()}


def _date(value: Any) -> date:
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError(f"{value!r} is not a date: expected one such as 2026-12-24") from error


Dates = Annotated[Mapping[date, tuple[Interval, ...]], BeforeValidator(_dates), _times({"2026-12-24": "09:00-13:00"})]
Place = Annotated[str, AfterValidator(known_place)]


class Hours(Strict):
    """Working time. Days that are not named are free; an interval may pass midnight."""

    timezone: TimeZone = "UTC"
    week: Week
    #: days without work
    closed: tuple[date, ...] = ()
    #: a country, or a part of one, whose public holidays are days without work: `DE`, `DE-BY`
    holidays: Place | None = None
    #: days with other times than the week's, which they have also when they are closed or holidays
    dates: Dates = Field(default={})

    @property
    def zone(self) -> ZoneInfo:
        """The time zone the week is written in."""
        return ZoneInfo(self.timezone)

    def times_on(self, day: date) -> tuple[Interval, ...]:
        """Return when there is work on a day."""
        if day in self.dates:
            return self.dates[day]
        if day in self.closed or is_holiday(self.holidays, day):
            return ()
        return self.week.get(Weekday(day.weekday()), ())


def _feed(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"(https?|webcal)://[!-~]+", value.get_secret_value()):
        raise ValueError("expected an address that begins with https://, http:// or webcal://")
    return value


class Leave(Strict):
    """Days on which an operator does not work, whatever their hours say."""

    first: date = Field(alias="from")
    #: included; one day when it is not given
    last: date | None = Field(None, alias="to")
    reason: Literal["vacation", "sick", "other"] = Field("vacation", alias="why")

    @model_validator(mode="after")
    def _ends_behind_its_beginning(self) -> Leave:
        if self.last is not None and self.last < self.first:
            raise ValueError(f"the leave ends on {self.last}, before it begins on {self.first}")
        return self

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= (self.last or self.first)


class CalendarRules(Strict):
    """An iCalendar file or feed of an operator's, and which of its events are leave."""

    #: the feed's address; a secret, since whoever knows it reads the calendar
    url: Annotated[SecretStr, AfterValidator(_feed)] | None = None
    #: or a file; a relative path begins at the settings file's folder
    file: Annotated[str, Field(min_length=1)] | None = None
    #: how often it is looked at
    every: Annotated[Duration, Field(ge=timedelta(minutes=1), le=timedelta(days=1))] = timedelta(minutes=15)
    #: only events whose title or a category contains one of these texts are leave; `*` stands for every event
    only: tuple[Annotated[str, Field(min_length=1)], ...] = ()

    @model_validator(mode="after")
    def _one_source(self) -> CalendarRules:
        if (self.url is None) == (self.file is None):
            raise ValueError("expected either the url or the file of a calendar")
        return self

    @property
    def source(self) -> str:
        """A digest that tells one calendar from another and nobody its address."""
        return derive("calendar", self.url.get_secret_value() if self.url else "", self.file or "")


def _calendar(value: Any) -> Any:
    """Let an address or a path stand alone."""
    if isinstance(value, str):
        return {"url" if "://" in value else "file": value}
    return value


Calendar = Annotated[CalendarRules, BeforeValidator(_calendar, json_schema_input_type=str | CalendarRules)]


@dataclass(frozen=True, slots=True)
class Shifts:
    """An operator's working time: their hours, or always, without their leave."""

    hours: Hours | None
    leave: tuple[Leave, ...]

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which their days begin and end."""
        return self.hours.zone if self.hours else ZoneInfo("UTC")

    def times_on(self, day: date) -> tuple[Interval, ...]:
        """Return when they work on a day."""
        if self._leave_of(day) is not None:
            return ()
        return self.hours.times_on(day) if self.hours else WHOLE_DAY

    def on_leave(self, now: datetime) -> Leave | None:
        """Return the leave that `now` lies in."""
        return self._leave_of(now.astimezone(self.zone).date())

    def _leave_of(self, day: date) -> Leave | None:
        return next((leave for leave in self.leave if day in leave), None)
