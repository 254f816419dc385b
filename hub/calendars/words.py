"""Which events are leave, and of what kind: by what Outlook calls out of office, and by how people name them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from router.absence import Reason

_NAMED: dict[Reason, re.Pattern[str]] = {
    "sick": re.compile(r"\b(sick|sickness|ill|illness|больничн\w*|болезн\w*|боле(ю|ет|ют|л|ла))\b", re.IGNORECASE),
    "vacation": re.compile(
        r"\b(vacations?|holidays?|pto|time off|days? off|(annual|paid) leave|on leave|отпуск\w*|отгул\w*|выходн\w+)\b",
        re.IGNORECASE,
    ),
    "other": re.compile(
        r"\b(out[ -]of[ -](the )?office|ooo|oof|absent|absence|not working"
        r"|(parental|maternity|paternity|unpaid) leave|sabbatical|отсутств\w*|не работа\w+|не на работе|вне офиса)\b",
        re.IGNORECASE,
    ),
}


def counts(event: Any, only: Sequence[str] = ()) -> bool:
    """Return whether an event is leave.

    It is when Outlook marks it out of office, or when its title or a category names an absence, unless it has times of
    day and is marked as free; with `only`, when its title or a category contains one of those texts (`*`: always).
    Cancelled events never are.
    """
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return False
    if only:
        text = _text(event).casefold()
        return any(each == "*" or each.casefold() in text for each in only)
    status = str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper()
    if status == "OOF":
        return True
    start = event.get("DTSTART")
    timed = start is not None and isinstance(start.dt, datetime)
    free = status == "FREE" or str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
    return any(pattern.search(_text(event)) for pattern in _NAMED.values()) and not (timed and free)


def reason_of(event: Any) -> Reason:
    """Return what kind of leave an event is."""
    text = _text(event)
    return next((reason for reason, pattern in _NAMED.items() if pattern.search(text)), "other")


def _text(event: Any) -> str:
    """Return the title and the categories."""
    return " | ".join([str(event.get("SUMMARY", "")), *map(str, event.categories)])
