"""Texts by language and key. A language without a text falls back to English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

FALLBACK = "en"
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Catalog:
    """Language → key → text with `{named}` places."""

    texts: Mapping[str, Mapping[str, str]]

    def language(self, wanted: str, default: str = FALLBACK) -> str:
        """Return the catalogue's language for a BCP 47 tag, or `default`."""
        primary = wanted.replace("_", "-").partition("-")[0].lower()
        return primary if primary in self.texts else default

    def say(self, language: str, key: str, **values: object) -> str:
        """Return the text of `key`, or the key itself when no language has it."""
        text = self.texts.get(self.language(language), {}).get(key)
        if text is None:
            text = self.texts.get(FALLBACK, {}).get(key, key)
        return text.format_map(_Places(values))


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return an admin's own text with its `{named}` places filled; braces that name nothing stay as they are."""
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), text)


class _Places(dict[str, object]):
    """A place nobody filled stays visible instead of raising."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
