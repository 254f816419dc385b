"""What is done to a text before anything looks at it: whatever a client sends becomes harmless and comparable."""

from __future__ import annotations

import re
import unicodedata

#: characters of a message that engines look at: more only costs time, and what somebody wants stands at the beginning
MAX_TEXT = 1000

_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
_SPACES = re.compile(r"\s+")
_FOLDED = str.maketrans({"ё": "е", "’": "'", "ʼ": "'", "`": "'"})


def clean(text: str) -> str:
    """Return the first 1,000 characters in compatibility form, without anything invisible.

    Control characters, lone surrogates, direction overrides and zero-width characters go; runs of spaces become one.
    """
    # Cut before and after: compatibility forms of one character can be eighteen.
    compatible = unicodedata.normalize("NFKC", text[:MAX_TEXT])[:MAX_TEXT]
    if not compatible.isprintable():
        compatible = "".join(" " if c.isspace() else c for c in compatible if c.isspace() or not _invisible(c))
    return _SPACES.sub(" ", compatible).strip()


def _invisible(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"}


def has_words(text: str) -> bool:
    """Return whether there is any letter or digit: emoji and punctuation alone say nothing an engine may act on."""
    return any(character.isalnum() for character in text)


def fold(text: str) -> str:
    """Return the text as it is compared: without differences of case, of ё and е, and of apostrophes."""
    return text.casefold().translate(_FOLDED)


def answer_language(language: str, text: str) -> str:
    """Return `en` or `ru`: what the client's BCP 47 tag says, else the alphabet of the text."""
    primary = re.split(r"[-_]", language.strip().casefold(), maxsplit=1)[0]
    if primary in {"en", "ru"}:
        return primary
    return "ru" if _CYRILLIC.search(text[:MAX_TEXT]) else "en"
