"""What a running channel works with, from its `run` to the end of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus

from bots.http.door import Room
from bots.http.problems import later
from bots.http.settings import HttpSettings
from router.ports import Host, Outgoing
from router.rates import Buckets

#: long polls at a time; one reader needs one
_READERS = 100


class Running:
    """The hub's side of one running channel, and what is under way in it."""

    def __init__(self, name: str, settings: HttpSettings, host: Host) -> None:
        self.name = name
        self.settings = settings
        self.host = host
        self.room = Room()
        self._buckets = None if settings.rate is None else Buckets(settings.rate, host.clock.now)
        self._fetched = 0
        self._readers = 0
        self._stopping = asyncio.Event()

    def spend(self, count: int = 1) -> None:
        """Let `count` messages pass, as a batch wholly or not at all. Raises `Problem` that says when to come back."""
        if self._buckets is None:
            return
        wait = self._buckets.wait(self.name, count)
        if wait:
            rate = self._buckets.rate.per_minute
            detail = f"This channel may hand over {rate:g} messages a minute: send this again later."
            raise later(HTTPStatus.TOO_MANY_REQUESTS, detail, wait)
        self._buckets.take(self.name, count)

    def stop(self) -> None:
        """Answer whoever waits for deliveries; they come back when the hub does."""
        self._stopping.set()

    async def fetched(self, cursor: int) -> None:
        """Tell the hub, once, that the system has everything up to a cursor."""
        if cursor > self._fetched:
            await self.host.fetched(cursor)
            self._fetched = max(self._fetched, cursor)

    async def outgoing(self, after: int | None, limit: int, wait: float) -> Sequence[Outgoing]:
        """Return deliveries, at once when there are any or when the channel stops. Raises `Problem`."""
        if not wait:
            return await self.host.outgoing(after=after, limit=limit)
        if self._readers >= _READERS:
            detail = f"{_READERS} readers are waiting for this channel's deliveries: one is enough."
            raise later(HTTPStatus.SERVICE_UNAVAILABLE, detail, 5)
        self._readers += 1
        try:
            return await self._unless_stopping(after, limit, wait)
        finally:
            self._readers -= 1

    async def _unless_stopping(self, after: int | None, limit: int, wait: float) -> Sequence[Outgoing]:
        asking = asyncio.create_task(self.host.outgoing(after=after, limit=limit, wait=wait))
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return asking.result() if asking.done() else ()
        finally:
            asking.cancel()
            stopping.cancel()
            await asyncio.gather(asking, stopping, return_exceptions=True)
