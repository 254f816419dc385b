"""A lane's queue: bounded for what comes from outside, open for what the hub itself has to say."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
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
    """First in, first out. `admit` refuses while full; `push` never does, so that lanes cannot block each other."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: deque[Work] = deque()
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def __len__(self) -> int:
        return len(self._items)

    @property
    def _full(self) -> bool:
        return len(self._items) >= self._limit

    def admit(self, work: Work) -> bool:
        """Add work from outside and return True; return False when it has to wait for `room` first."""
        if self._full:
            return False
        self.push(work)
        return True

    async def room(self) -> None:
        """Return when there is room for work from outside."""
        while self._full:
            self._room.clear()
            await self._room.wait()

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
        self._make_room()
        return taken

    def put_back(self, works: Sequence[Work]) -> None:
        """Return what was taken and not done to its place, before everything else."""
        self._items.extendleft(reversed(works))
        if works:
            self._filled.set()

    def withdraw(self, wanted: Callable[[Work], bool]) -> list[Work]:
        """Take out what somebody else is to do, in its order."""
        taken = [work for work in self._items if wanted(work)]
        if taken:
            self._items = deque(work for work in self._items if not wanted(work))
            self._make_room()
        return taken

    def _make_room(self) -> None:
        if not self._full:
            self._room.set()
