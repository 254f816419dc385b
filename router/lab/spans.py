"""Stretches of time: what they have in common, and how long they are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from router.people import OperatorState
from router.rulebook import Rulebook

#: from the first moment up to, and without, the second
Span = tuple[datetime, datetime]


def united(spans: Iterable[Span]) -> list[Span]:
    """Return the same time in spans that do not touch, ascending."""
    found: list[Span] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], until)
        elif since < until:
            found.append((since, until))
    return found


def common(one: list[Span], other: list[Span]) -> list[Span]:
    """Return the time that is in both, each ascending and without overlaps."""
    found, left, right = [], 0, 0
    while left < len(one) and right < len(other):
        since, until = max(one[left][0], other[right][0]), min(one[left][1], other[right][1])
        if since < until:
            found.append((since, until))
        if one[left][1] <= other[right][1]:
            left += 1
        else:
            right += 1
    return found


def length(spans: Iterable[Span]) -> float:
    """Return how long they are together, in seconds."""
    return sum((until - since).total_seconds() for since, until in spans)


def busiest(spans: Iterable[Span]) -> int:
    """Return how many there are at a time, at most; one that ends when another begins is not there with it."""
    now = most = 0
    for _, step in sorted(edge for since, until in spans for edge in ((since, 1), (until, -1))):
        now += step
        most = max(most, now)
    return most


def worked(book: Rulebook, operator: str, there: Iterable[Span]) -> list[Span]:
    """Return the part of some time that lies within an operator's hours, leave left out."""
    found, state = [], OperatorState(operator)
    for since, until in there:
        while since < until:
            change = min(until, book.shift_changes(state, since))
            if book.on_shift(state, since):
                found.append((since, change))
            since = change
    return found
