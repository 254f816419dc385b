"""Who follows the feed right now, so that a hub that stops does not wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import WSCloseCode, web


class Followers:
    """The open sockets and long polls."""

    def __init__(self) -> None:
        self._sockets: set[web.WebSocketResponse] = set()
        self._polls: set[asyncio.Timeout] = set()

    @contextmanager
    def socket(self, response: web.WebSocketResponse) -> Iterator[None]:
        """Count a socket in while it is served."""
        self._sockets.add(response)
        try:
            yield
        finally:
            self._sockets.discard(response)

    @contextmanager
    def poll(self, patience: asyncio.Timeout) -> Iterator[None]:
        """Count a long poll in while it waits; its patience ends when the hub stops."""
        self._polls.add(patience)
        try:
            yield
        finally:
            self._polls.discard(patience)

    async def close(self, _app: web.Application) -> None:
        """Tell everybody to come back later."""
        for patience in self._polls:
            patience.reschedule(asyncio.get_running_loop().time())
        for response in list(self._sockets):
            await response.close(code=WSCloseCode.GOING_AWAY, message=b"The hub is stopping.")
