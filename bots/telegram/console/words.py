"""Texts for operators, in their language, with parts shown in their own way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from router.media import Entity, EntityKind
from router.rules import Language

LANGUAGES: tuple[Language, ...] = ("en", "ru")


@cache
def _texts(language: Language) -> Mapping[str, str]:
    path = Path(__file__).parent / "locale" / f"{language}.json"
    return cast("Mapping[str, str]", json.loads(path.read_text("utf-8")))


def say(language: Language, key: str, **values: object) -> str:
    """Return a text of the catalogue with its values filled in."""
    return _texts(language)[key].format(**values)


def keys(beginning: str) -> list[str]:
    """Return the catalogue's keys that begin so, in the order written."""
    return [key for key in _texts("en") if key.startswith(beginning)]


@dataclass(slots=True)
class Rich:
    """A text that grows piece by piece."""

    text: str = ""
    entities: list[Entity] = field(default_factory=list)

    def add(self, text: str, kind: EntityKind | None = None) -> Rich:
        """Put a piece behind, shown in its own way if a kind is given."""
        if kind is not None and text:
            self.entities.append(Entity(kind, len(self.text), len(text)))
        self.text += text
        return self

    def join(self, other: Rich, between: str = "") -> Rich:
        """Put another text behind."""
        if between and self.text and other.text:
            self.text += between
        start = len(self.text)
        self.entities += [replace(it, start=it.start + start) for it in other.entities]
        self.text += other.text
        return self

    def quote(self, text: str, entities: tuple[Entity, ...] = ()) -> Rich:
        """Put somebody's own words behind, with what they showed in its own way."""
        return self.join(Rich(text, list(entities)))


def short(text: str, most: int = 60) -> str:
    """Return the beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def lasting(language: Language, span: timedelta) -> str:
    """Return how long something takes, roughly."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return say(language, "span.seconds", n=seconds)
    if seconds < 3600:
        return say(language, "span.minutes", n=seconds // 60)
    if seconds < 48 * 3600:
        return say(language, "span.hours", n=seconds // 3600)
    return say(language, "span.days", n=seconds // 86400)


def clock(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Return a time in somebody's zone, with its date when that is not today."""
    there = at.astimezone(zone)
    return f"{there:%H:%M}" if there.date() == now.astimezone(zone).date() else f"{there:%d.%m. %H:%M}"
