"""Which of an edit's changes can be applied while the hub runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hub.settings.model import Settings

_AT_START = ("hub", "store", "bus", "channels", "consoles", "webhooks")


def next_start_only(running: Settings, edited: Settings) -> tuple[str, ...]:
    """Return a sentence for each changed part that takes effect at the next start only.

    Rules (lines, operators, hours, triage, canned replies, language) apply at once and are never named here.
    """
    return tuple(
        f"{path} has changed: this takes effect at the next start"
        for part in _AT_START
        for path in _changed(part, getattr(running, part), getattr(edited, part))
    )


def _changed(part: str, before: Any, after: Any) -> Iterator[str]:
    """Yield the dot paths one level below a part that differ."""
    old, new = dict(before), dict(after)
    yield from (f"{part}.{key}" for key in old | new if old.get(key) != new.get(key))
