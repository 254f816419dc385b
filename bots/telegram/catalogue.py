"""Everything clients read from the channel itself, and what stands for what Telegram alone can show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import cast

from router.rules import Language


@cache
def texts(language: Language) -> Mapping[str, str]:
    """Return key → text with {named} placeholders."""
    path = Path(__file__).parent / "locale" / f"{language}.json"
    return cast("Mapping[str, str]", json.loads(path.read_text("utf-8")))


def say(key: str, language: Language, **values: object) -> str:
    """Return the sentence `key` with its values filled in."""
    return texts(language)[key].format(**values)


def closest(tag: str) -> Language:
    """Return the language of the catalogue that serves a language code; English serves the unknown."""
    return "ru" if tag.lower().split("-")[0] in {"ru", "be", "kk", "uk"} else "en"
