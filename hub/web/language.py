"""Which of the languages a page speaks."""

from __future__ import annotations

from typing import Literal

from aiohttp import web

from router.rules import Rules

Language = Literal["en", "ru"]
COOKIE = "trunkline_language"


def _known(value: str | None) -> Language | None:
    languages: dict[str | None, Language] = {"en": "en", "ru": "ru"}
    return languages.get(value)


def language_of(request: web.Request, rules: Rules, operator: str) -> Language:
    """Return the language chosen in the console, else the one the rules give the operator."""
    chosen = _known(request.cookies.get(COOKIE))
    known = rules.operators.get(operator)
    return chosen or (known.language if known else rules.language)


def visitor_language(request: web.Request) -> Language:
    """Return the language asked for in `?lang=`, chosen before, or preferred by the browser; else English."""
    asked = _known(request.query.get("lang")) or _known(request.cookies.get(COOKIE))
    return asked or _preferred(request.headers.get("Accept-Language", ""))


def _preferred(header: str) -> Language:
    for part in header.lower().split(","):
        found = _known(part.split(";")[0].strip()[:2])
        if found is not None:
            return found
    return "en"
