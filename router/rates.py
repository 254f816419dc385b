"""How much one sender may ask for: token buckets, and seats for what they hold open."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

from pydantic import Field

from router.rules import Strict

#: buckets remembered at a time; the longest unused is forgotten first, and by then is usually full again
REMEMBERED = 20_000


class Rate(Strict):
    """A token bucket: `burst` at once, refilled with `per_minute`."""

    per_minute: Annotated[float, Field(gt=0, le=100_000)]
    burst: Annotated[int, Field(ge=1, le=100_000)]


class Buckets:
    """Token buckets, one for each key."""

    def __init__(self, rate: Rate, now: Callable[[], datetime]) -> None:
        self._rate = rate
        self._now = now
        self._buckets: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def wait(self, key: str) -> float:
        """Return the seconds until `key` may take a token, 0 when it may now."""
        return max(0.0, (1 - self._tokens(key)) * 60 / self._rate.per_minute)

    def take(self, key: str) -> None:
        """Take a token; ask `wait` first."""
        self._buckets[key] = (self._tokens(key) - 1, self._now())
        self._buckets.move_to_end(key)
        while len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)

    def _tokens(self, key: str) -> float:
        tokens, at = self._buckets.get(key, (float(self._rate.burst), self._now()))
        # A clock that was set back must not drain anybody's bucket.
        passed = max(0.0, (self._now() - at).total_seconds())
        return min(float(self._rate.burst), tokens + passed * self._rate.per_minute / 60)


class Seats:
    """How many connections each key holds."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken: Counter[str] = Counter()

    @contextmanager
    def seat(self, key: str) -> Iterator[bool]:
        """Hold a seat while the block runs; yields False, holding none, when all of the key's are taken."""
        if self._taken[key] >= self._limit:
            yield False
            return
        self._taken[key] += 1
        try:
            yield True
        finally:
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]
