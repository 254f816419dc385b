"""Follows the feed from a durable cursor, and posts what is made of it through an outbox of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, suppress
from typing import Any, Protocol

from hub.engine.backoff import persist
from hub.engine.engine import Engine
from hub.engine.outbox import Outbox
from hub.engine.tasks import end
from router.ports import Channel, FeedEvent

#: events drawn, and notices written, at once
_STRETCH = 100
#: the cursor of a receiver that is told of little is written this seldom; the same events are then looked at again
UNWRITTEN = 1_000
#: seconds that what is being posted has when the hub stops; what is not ended by then is posted again
_FAREWELL = 1.5


class Receiving(Channel, Protocol):
    """Whoever is posted to."""

    #: why the latest notice was not taken; empty when it was
    trouble: str

    def opened(self) -> AbstractAsyncContextManager[None]:
        """Keep connections while it is open."""


class Follower:
    """Runs under the supervisor: when it fails it begins again at what is kept, and touches nobody else."""

    def __init__(self, name: str, receiver: Receiving, engine: Engine) -> None:
        self.receiver = receiver
        self._name = name
        self._engine = engine
        self._store = engine.store.webhooks
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()
        #: notices have been made of everything up to here, and so it is written
        self._cursor = 0
        self.outbox = self._new_outbox()

    def _new_outbox(self) -> Outbox:
        engine = self._engine
        return Outbox(self.receiver, engine.store, engine.clock, engine.committer, engine.meters)

    async def run(self) -> None:
        """Tell the receiver until `stop`."""
        self._ended.clear()
        self.outbox = self._new_outbox()
        try:
            async with self.receiver.opened():
                try:
                    await self._work()
                finally:
                    try:
                        await self.outbox.abandon()
                    finally:
                        await self._close()
        finally:
            self._ended.set()

    async def _work(self) -> None:
        parts = [asyncio.create_task(part) for part in (self.outbox.run(), self._follow(), self._besides())]
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            ended, _ = await asyncio.wait([*parts, stopping], return_when=asyncio.FIRST_COMPLETED)
            for part in ended - {stopping}:
                part.result()
        finally:
            await end([*parts, stopping])
        with suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL):
                await self.outbox.drain()

    async def _follow(self) -> None:
        feed = self._engine.feed
        self._cursor = await persist("read a webhook's cursor", lambda: self._store.cursor(self._name, feed.cursor))
        await self._begin()
        async with aclosing(feed.follow(self._cursor)) as news:
            async for batch in news:
                kept = [event for event in batch if event.cursor]
                for start in range(0, len(kept), _STRETCH):
                    await self._make(kept[start : start + _STRETCH])

    async def _begin(self) -> None:
        """Read what else is kept, before the feed is followed."""

    async def _make(self, events: Sequence[FeedEvent]) -> None:
        """Make notices of a stretch of the feed and move on behind it, both or neither."""
        raise NotImplementedError

    def _besides(self) -> Coroutine[Any, Any, None]:
        """Return what else is to be done until the end."""
        raise NotImplementedError

    async def _close(self) -> None:
        """Let go of what was being read."""

    @property
    def behind(self) -> int:
        """How many events of the feed have not been looked at yet, or not for good."""
        return max(0, self._engine.feed.cursor - self._cursor)

    async def stop(self) -> None:
        """Make no more notices, and let what is being posted come to its end."""
        self._stopping.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(2 * _FAREWELL):
                await self._ended.wait()
