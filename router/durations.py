"""Durations as people write them in YAML: `30s`, `5m`, `12h`, `3d`, `1h 30m`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h|d|w)")
_WHOLE = re.compile(rf"\s*(?:{_PART.pattern}\s*)+")


def parse_duration(value: Any) -> timedelta:
    """Return the duration written in `value`. Raises `ValueError` with what was expected."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not _WHOLE.fullmatch(value):
        raise ValueError("expected a duration such as 30s, 5m, 12h or 3d")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(value))
    try:
        return timedelta(seconds=seconds)
    except OverflowError as error:
        raise ValueError("expected a duration of less than a million years") from error


def written_as(duration: timedelta) -> str:
    """Return a duration as people write it: `12h`, `1m 30s`."""
    left, parts = duration.total_seconds(), []
    for unit in ("d", "h", "m"):
        whole, left = divmod(left, _UNITS[unit])
        parts += [f"{whole:.0f}{unit}"] if whole else []
    return " ".join([*parts, f"{left:g}s"] if left or not parts else parts)


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": "string", "examples": ["30s", "5m", "12h", "3d"], "description": "a duration"}),
]
