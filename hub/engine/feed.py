"""The live feed: everything that happened, in order, resumable from any cursor."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from itertools import takewhile

from router.ports import FeedEvent
from router.store import Store

_KEPT = 10_000
_PAGE = 500
_FLEETING = 100


class Feed:
    """Keeps the latest events in memory for those who follow closely; the store has the rest.

    Followers hold nothing but a cursor, so a slow one costs no memory: it simply reads from the store again.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._recent: deque[FeedEvent] = deque(maxlen=_KEPT)
        self._fleeting: list[deque[FeedEvent]] = []
        self._moved = asyncio.Event()
        self.cursor = 0

    async def prepare(self) -> None:
        """Read where the feed stands."""
        self.cursor = await self._store.last_cursor()

    def publish(self, events: list[FeedEvent]) -> None:
        """Show committed events to everybody who follows."""
        if events:
            self._recent.extend(events)
            self.cursor = events[-1].cursor
            self._wake()

    def mention(self, event: FeedEvent) -> None:
        """Show something that is not kept, such as typing, to those who are here now."""
        for queue in self._fleeting:
            queue.append(event)
        self._wake()

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    async def follow(self, after: int) -> AsyncGenerator[list[FeedEvent], None]:
        """Yield events after a cursor, in order and without gaps, for ever; fleeting ones have cursor 0."""
        fleeting: deque[FeedEvent] = deque(maxlen=_FLEETING)
        self._fleeting.append(fleeting)
        try:
            while True:
                moved = self._moved
                page = await self._after(after)
                if page:
                    after = page[-1].cursor
                passing = [fleeting.popleft() for _ in range(len(fleeting))]
                if page or passing:
                    yield page + passing
                else:
                    await moved.wait()
        finally:
            self._fleeting = [queue for queue in self._fleeting if queue is not fleeting]

    async def _after(self, cursor: int) -> list[FeedEvent]:
        if cursor >= self.cursor:
            return []
        if self._recent and self._recent[0].cursor <= cursor + 1:
            newest = list(takewhile(lambda event: event.cursor > cursor, reversed(self._recent)))
            return newest[: -_PAGE - 1 : -1]
        return await self._store.events(cursor, _PAGE)
