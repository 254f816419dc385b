"""Reads Telegram's JSON piece by piece: what has to be there and is not makes the update poison, with its reason."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from router.errors import Unparsable

Json = Mapping[str, Any]
_BROKEN = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
#: Telegram's ids are below this
_LARGEST = 2**63


def read(raw: str) -> Json:
    """Return an update as it came. Raises `Unparsable`."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Unparsable(f"Expected an update of Telegram as JSON, but it cannot be read: {error}.") from error
    if not isinstance(body, dict):
        raise Unparsable(f"Expected an update of Telegram as a JSON object, not as {type(body).__name__}.")
    return body


def part(of: Json, name: str) -> Json:
    """Return an object that has to be there."""
    found = of.get(name)
    if not isinstance(found, dict):
        raise Unparsable(f"Expected the object {name} in an update of Telegram, not {_shown(found)}.")
    return found


def maybe(of: Json, name: str) -> Json:
    """Return an object, empty when it is not there."""
    return part(of, name) if of.get(name) is not None else {}


def listed(of: Json, name: str) -> list[Json]:
    """Return the objects of a list, empty when it is not there."""
    found = of.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Unparsable(f"Expected a list of objects as {name} in an update of Telegram, not {_shown(found)}.")
    return found


def number(of: Json, name: str) -> int:
    """Return a whole number that has to be there."""
    found = of.get(name)
    if isinstance(found, bool) or not isinstance(found, int) or abs(found) >= _LARGEST:
        raise Unparsable(f"Expected a whole number as {name} in an update of Telegram, not {_shown(found)}.")
    return found


def size(of: Json, name: str) -> int:
    """Return a number that says how large something is, 0 when it does not."""
    found = of.get(name)
    whole = isinstance(found, int) and not isinstance(found, bool)
    return min(max(0, found), _LARGEST) if whole and isinstance(found, int) else 0


def words(of: Json, name: str) -> str:
    """Return a text as it is, empty when it is not there; what no store can keep is replaced."""
    found = of.get(name)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise Unparsable(f"Expected a text as {name} in an update of Telegram, not {_shown(found)}.")
    return _BROKEN.sub("\ufffd", found)


def one_line(of: Json, name: str) -> str:
    """Return a name without control characters and line breaks, empty when it is not there."""
    return _CONTROL.sub(" ", words(of, name)).strip()


def moment(of: Json, name: str, received: datetime) -> datetime:
    """Return when something was done: what Telegram says, but never after the hub heard of it."""
    found = of.get(name)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 < found < received.timestamp():
        return received
    return datetime.fromtimestamp(found, UTC)


def _shown(found: object) -> str:
    return "nothing" if found is None else type(found).__name__
