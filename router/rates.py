"""How much one sender may ask for: token buckets, and seats for what they hold open."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

from pydantic import Field

from router.strict import Strict

#: buckets remembered at a time; the longest unused is forgotten first, and by then is usually full again
REMEMBERED = 20_000


class Rate(Strict):
    """A token bucket: `burst` at once, refilled with `per_minute`."""

    per_minute: Annotated[float, Field(gt=0, le=10_000_000)]
    burst: Annotated[int, Field(ge=1, le=1_000_000)]


class Buckets:
    """Token buckets, one for each key."""

    def __init__(self, rate: Rate, now: Callable[[], datetime]) -> None:
        self.rate = rate
        self._now = now
        self._buckets: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def wait(self, key: str, count: int = 1) -> float:
        """Return the seconds until `key` may take so many tokens, 0 when it may now.

        More than a bucket holds may be taken when it is full, and are paid for afterwards.
        """
        lacking = min(count, self.rate.burst) - self._tokens(key)
        return max(0.0, lacking * 60 / self.rate.per_minute)

    def take(self, key: str, count: int = 1) -> None:
        """Take tokens; ask `wait` first."""
        self._buckets[key] = (self._tokens(key) - count, self._now())
        self._buckets.move_to_end(key)
        while len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)

    def _tokens(self, key: str) -> float:
        tokens, at = self._buckets.get(key, (float(self.rate.burst), self._now()))
        # A clock that was set back must not drain anybody's bucket.
        passed = max(0.0, (self._now() - at).total_seconds())
        return min(float(self.rate.burst), tokens + passed * self.rate.per_minute / 60)


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
