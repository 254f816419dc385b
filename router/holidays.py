"""Public holidays of countries and of their parts, from the library `holidays`, which is loaded by who has them."""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import date
from difflib import get_close_matches
from functools import cache
from importlib import import_module


@cache
def _holidays(place: str) -> Container[date]:
    country, _, part = place.partition("-")
    found: Container[date] = import_module("holidays").country_holidays(country, subdiv=part or None)
    return found


def known_place(place: str) -> str:
    """Return a place whose holidays are known, `DE` or `DE-BY`. Raises `ValueError` with what was expected."""
    countries: dict[str, list[str]] = import_module("holidays").list_supported_countries()
    country, _, part = place.partition("-")
    if country not in countries:
        raise ValueError(f"expected a country by its two letters, such as DE{_meant(country, countries)}")
    parts = countries[country]
    if part and not parts:
        raise ValueError(f"expected {country} alone: no holidays of its parts are known")
    if part and part not in parts:
        raise ValueError(f"expected a part of {country}, such as {country}-{parts[0]}{_meant(part, parts)}")
    return place


def _meant(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word.upper(), list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def is_holiday(place: str | None, day: date) -> bool:
    """Return whether a day is a public holiday there; nowhere has none."""
    return place is not None and day in _holidays(place)
