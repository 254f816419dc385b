"""Slows down whoever guesses passwords."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

_REMEMBERED = 10_000


@dataclass
class Failures:
    """Counts failures by key within a window; over `limit`, the key must wait for the window's end."""

    limit: int
    window: timedelta
    _counted: OrderedDict[str, tuple[datetime, int]] = field(default_factory=OrderedDict)

    def wait(self, key: str, now: datetime) -> timedelta:
        """Return how long this key must wait; zero when it may try."""
        began, count = self._counted.get(key, (now, 0))
        # A clock that was set back must not make anybody wait longer than the window.
        left = min(began + self.window - now, self.window)
        return left if count >= self.limit and left > timedelta() else timedelta()

    def add(self, key: str, now: datetime) -> None:
        """Count one failure."""
        began, count = self._counted.get(key, (now, 0))
        if now - began >= self.window:
            began, count = now, 0
        self._counted[key] = (began, count + 1)
        self._counted.move_to_end(key)
        while len(self._counted) > _REMEMBERED:
            self._counted.popitem(last=False)

    def take_back(self, key: str) -> None:
        """Count one failure less: what was counted beforehand was none."""
        if key in self._counted:
            began, count = self._counted[key]
            self._counted[key] = (began, max(0, count - 1))

    def forget(self, key: str) -> None:
        """Forget a key's failures, after a success."""
        self._counted.pop(key, None)
