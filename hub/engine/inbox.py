"""A lane's queue: bounded for what comes from outside, open for what the hub itself has to say."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from router.events import Event


@dataclass(frozen=True, slots=True)
class Ring:
    """One of a conversation's timers is due; which one is read from the conversation."""

    conversation: str


@dataclass(frozen=True, slots=True)
class Work:
    """One thing for a lane to do."""

    event: Event | Ring
    #: the update in the ledger it came from; empty for the hub's own events
    update: str = ""


class Inbox:
    """First in, first out. `put` waits while it is full; `push` never does, so that lanes cannot block each other."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: deque[Work] = deque()
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def __len__(self) -> int:
        return len(self._items)

    async def put(self, work: Work) -> None:
        """Add work from outside as soon as there is room."""
        while len(self._items) >= self._limit:
            self._room.clear()
            await self._room.wait()
        self.push(work)

    def push(self, work: Work) -> None:
        """Add work of the hub's own."""
        self._items.append(work)
        self._filled.set()

    async def take(self, at_most: int) -> list[Work]:
        """Return everything that waits, at least one and at most `at_most`."""
        while not self._items:
            self._filled.clear()
            await self._filled.wait()
        taken = [self._items.popleft() for _ in range(min(at_most, len(self._items)))]
        if len(self._items) < self._limit:
            self._room.set()
        return taken
