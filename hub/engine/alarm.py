"""A line's alarm clock: timers are data in the store; the near ones are held here."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from hub.engine.backoff import persist
from hub.engine.inbox import Ring, Work
from router.events import Wake
from router.model import Conversation
from router.ports import Clock
from router.store import Store

#: how far ahead timers are held in memory
_HORIZON = timedelta(minutes=10)
_PAGE = 1000


class Alarm:
    """Rings for conversations whose timers are due, and for the line when somebody's hours begin or end.

    A clock that is set on makes what it passes due at once; after one that is set back the line is looked at anew.
    """

    def __init__(
        self,
        line: str,
        store: Store,
        clock: Clock,
        ring: Callable[[Work], None],
        next_change: Callable[[datetime], datetime | None],
    ) -> None:
        self._line = line
        self._store = store
        self._clock = clock
        self._ring = ring
        self._next_change = next_change
        self._near: list[tuple[datetime, str]] = []
        self._read_to = self._latest = clock.now()
        self._sooner = asyncio.Event()

    def set(self, conversations: Iterable[Conversation]) -> None:
        """Take in the timers of conversations that were just committed."""
        # Further ahead when the clock has gone back: the store is not read again before.
        horizon = max(self._clock.now() + _HORIZON, self._read_to)
        for conversation in conversations:
            due = conversation.due_at
            if due is not None and due <= horizon:
                heapq.heappush(self._near, (due, conversation.id))
                if self._near[0][0] == due:
                    self._sooner.set()

    def hours_changed(self) -> None:
        """Look again at when work begins or ends: the rules have changed."""
        self._sooner.set()

    async def run(self) -> None:
        """Ring until cancelled; what came due while nobody was running rings at once."""
        while True:
            now = self._clock.now()
            if now < self._latest:
                self._ring(Work(Wake(f"hub:clock:{now.isoformat()}", self._line)))
            self._latest = now
            if self._read_to - now <= _HORIZON / 2:
                await self._read_ahead(now)
            self._ring_due(now)
            change = self._next_change(now)
            refill = max(self._read_to - _HORIZON / 2, now + timedelta(seconds=1))
            next_due = self._near[0][0] if self._near else refill
            wake_at = min(next_due, refill, change or refill)
            await self._sleep(wake_at)
            if change is not None and self._clock.now() >= change:
                self._ring(Work(Wake(f"hub:hours:{change.isoformat()}", self._line)))

    async def _read_ahead(self, now: datetime) -> None:
        """Hold everything due within the horizon; of a flood of overdue timers, the first page."""
        horizon = now + _HORIZON
        rows = await persist("read timers", lambda: self._store.due(self._line, horizon, _PAGE))
        self._near = sorted(set(self._near) | set(rows))
        self._read_to = rows[-1][0] if len(rows) == _PAGE else horizon

    def _ring_due(self, now: datetime) -> None:
        while self._near and self._near[0][0] <= now:
            self._ring(Work(Ring(heapq.heappop(self._near)[1])))

    async def _sleep(self, until: datetime) -> None:
        """Sleep until a time, or until an earlier timer was set."""
        self._sooner.clear()
        sleeping = asyncio.ensure_future(self._clock.sleep_until(until))
        waiting = asyncio.ensure_future(self._sooner.wait())
        try:
            await asyncio.wait({sleeping, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            waiting.cancel()
            await asyncio.gather(sleeping, waiting, return_exceptions=True)
