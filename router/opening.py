"""When a line opens again, in words, on the client's clock where that is known."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from router.catalog import Catalog

_WEEK = timedelta(days=6)


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo | None:
    """Return the time zone of an IANA name, such as `Europe/Berlin`; None for anything else."""
    try:
        return ZoneInfo(name) if "/" in name or name == "UTC" else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def in_words(catalog: Catalog, language: str, opens: datetime, now: datetime, zone: tzinfo, *, named: bool) -> str:
    """Return a phrase such as `tomorrow at 09:00`; with `named`, it says whose clock that is: `09:00 (Berlin)`."""
    at, today = opens.astimezone(zone), now.astimezone(zone).date()
    time = f"{at:%H:%M}{f' ({_place(zone)})' if named else ''}"
    if at.date() == today:
        return catalog.say(language, "opens.today", time=time)
    if at.date() == today + timedelta(days=1):
        return catalog.say(language, "opens.tomorrow", time=time)
    if at.date() <= today + _WEEK:
        return catalog.say(language, f"opens.weekday_{at.isoweekday()}", time=time)
    month = catalog.say(language, f"opens.month_{at.month}")
    return catalog.say(language, "opens.date", day=str(at.day), month=month, time=time)


def _place(zone: tzinfo) -> str:
    return str(zone).rpartition("/")[2].replace("_", " ")
