"""Which of an edit's changes can be applied while the hub runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hub.settings.model import Settings
from hub.settings.problems import Problem
from router.review import Change, changes

_AT_START = ("hub", "store", "bus", "channels", "consoles", "webhooks")


def next_start_only(running: Settings, edited: Settings) -> tuple[str, ...]:
    """Return a sentence for each changed part that takes effect at the next start only.

    Rules (lines, operators, hours, triage, canned replies, language) apply at once and are never named here.
    """
    return tuple(f"{path} has changed: this takes effect at the next start" for path in _outside(running, edited))


def differences(before: Settings, after: Settings) -> tuple[Change, ...]:
    """Return every setting that differs; values are told of rules only, because others may hold secrets."""
    return (*changes(before.rules, after.rules), *map(Change, _outside(before, after)))


def cut_off(running: Settings, edited: Settings) -> Problem | None:
    """Return what is wrong with a file that ends in the middle of a line, when the one before it did not.

    What is left of a file that was saved half-written may well make sense, and have no operators any more.
    """
    if edited.text.endswith("\n") or not running.text.endswith("\n"):
        return None
    lines = edited.text.split("\n")
    message = (
        "the file ends in the middle of a line, as one does that was saved half-written; "
        "end the line if this is all of it"
    )
    return Problem(str(edited.file), len(lines), len(lines[-1]) + 1, "", message)


def _outside(before: Settings, after: Settings) -> Iterator[str]:
    """Yield the dot paths that differ outside the rules."""
    for part in _AT_START:
        yield from _changed(part, getattr(before, part), getattr(after, part))
    for path in _changed("operators", before.partners, after.partners):
        yield f"{path}.hub"


def _changed(part: str, before: Any, after: Any) -> Iterator[str]:
    """Yield the dot paths one level below a part that differ."""
    old, new = dict(before), dict(after)
    yield from (f"{part}.{key}" for key in old | new if old.get(key) != new.get(key))
