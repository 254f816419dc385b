"""Who is connected, so that whoever has lost the connection is not taken to be at work for long."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import structlog
from aiohttp import web

from hub.consoles import WebConsoleSettings
from hub.engine.tasks import end
from hub.web.facade import Hub
from router.errors import Retryable
from router.people import Presence

_log = structlog.get_logger(__name__)
#: between tries to say that somebody is away, while the store cannot be reached
_AGAIN = timedelta(seconds=10)


class Attendance:
    """Sets operators away a while after their last socket has closed; who never had one comes and goes alone."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._sockets: Counter[str] = Counter()
        self._waits: dict[str, asyncio.Task[None]] = {}
        self._over = False

    @contextmanager
    def present(self, operator: str) -> Iterator[None]:
        """Count an operator's socket in while it is served."""
        self._sockets[operator] += 1
        wait = self._waits.pop(operator, None)
        if wait is not None:
            wait.cancel()
        try:
            yield
        finally:
            self._sockets[operator] -= 1
            patience = self._patience()
            if not self._sockets[operator] and not self._over and patience is not None:
                self._waits[operator] = asyncio.create_task(self._miss(operator, patience), name=f"missing {operator}")

    def _patience(self) -> timedelta | None:
        pages = (it for it in self._hub.settings.consoles.values() if isinstance(it, WebConsoleSettings))
        return next((page.away_after for page in pages), None)

    async def _miss(self, operator: str, patience: timedelta) -> None:
        """Set somebody away who does not come back in time; what they have not answered goes to others."""
        clock, key = self._hub.clock, f"lost {uuid4().hex}"
        await clock.sleep_until(clock.now() + patience)
        while self._is_here(operator):
            try:
                if await self._hub.consoles.reach(operator):
                    break  # closing the page is no leaving for whoever works in a messenger
                await self._hub.command(operator, key, {"type": "presence", "presence": Presence.AWAY.value})
            except Retryable:
                await clock.sleep_until(clock.now() + _AGAIN)
            else:
                _log.info("operator.lost", operator=operator)
                break
        self._waits.pop(operator, None)

    def _is_here(self, operator: str) -> bool:
        state = self._hub.roster.get(operator)
        return state is not None and state.presence is not Presence.AWAY and operator in self._hub.rules.operators

    async def close(self, _app: web.Application) -> None:
        """Miss nobody any more: the hub stops, and everybody is cut off."""
        self._over = True
        await end(self._waits.values())
