"""Medians, percentiles and spreads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median


@dataclass(frozen=True, slots=True)
class Spread:
    """Several rounds of the same measure: the one in the middle, and how far the others lie from it."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Return the spread of at least one value."""
    return Spread(median(values), min(values), max(values))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` (0 to 1) of the values do not exceed, by the nearest rank."""
    if not values:
        raise ValueError("There are no values to take a percentile of.")
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


def ratio(figure: float | None, limit: float | None) -> float | None:
    """Return how many times the limit a figure is; None where either was not measured."""
    return figure / limit if figure is not None and limit else None
