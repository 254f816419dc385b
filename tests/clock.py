"""Clocks of which tests say how time passes."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta


class FastClock:
    """A clock that goes ten times as fast, for the hub and for Telegram, so that limits of seconds take less."""

    def __init__(self, began: datetime | None = None) -> None:
        #: another process that begins with the same has the same time
        self.began = began or datetime.now(UTC)

    def now(self) -> datetime:
        """Return the time, in whole milliseconds as the hub's own clock does."""
        now = self.began + (datetime.now(UTC) - self.began) * 10
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    async def sleep_until(self, at: datetime) -> None:
        """Return when `at` has come."""
        await asyncio.sleep(max(timedelta(), at - self.now()).total_seconds() / 10)


class ManualClock:
    """Implements `router.ports.Clock`: time passes only when `advance` is called."""

    def __init__(self, at: datetime = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)) -> None:
        self._now = at
        self._moved = asyncio.Event()
        self._sleepers: Counter[datetime] = Counter()
        self._slept = asyncio.Event()

    def now(self) -> datetime:
        """Return the time the test has set."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Let time pass, or set the clock back, and wake whoever sleeps."""
        self._now += by
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep_until(self, at: datetime) -> None:
        """Return when the test has moved the clock to `at`, or back."""
        self._sleepers[at] += 1
        self._slept.set()
        self._slept = asyncio.Event()
        seen = self._now
        try:
            while seen < at:
                await self._moved.wait()
                before, seen = seen, self._now
                if seen < before:
                    return
        finally:
            self._sleepers[at] -= 1

    async def awaited(self, at: datetime) -> None:
        """Return once somebody sleeps until `at`."""
        async with asyncio.timeout(20):
            while not self._sleepers[at]:
                await self._slept.wait()
