"""Keeps channels running: one that fails is started again and touches nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from hub.engine.backoff import backoff
from hub.engine.tasks import end
from hub.said import said

_log = structlog.get_logger(__name__)
#: seconds after which a run counts as a success, so that the next failure is the first again
_STEADY = 60.0


class Supervisor:
    """Runs each part in a task of its own."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}
        #: part → why it is not running at the moment
        self.faults: dict[str, str] = {}

    def keep(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Run a part, and again whenever it fails, until `stop`."""
        self._tasks[name] = asyncio.create_task(self._keep(name, run), name=f"channel {name}")

    async def _keep(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            began = loop.time()
            try:
                await run()
            except Exception as error:
                failures = 1 if loop.time() - began > _STEADY else failures + 1
                self.faults[name] = said(error)
                _log.exception("channel.failed", channel=name, failures=failures)
                await asyncio.sleep(backoff(failures, first=1.0, longest=60.0).total_seconds())
                del self.faults[name]
            else:
                return

    async def stop(self) -> None:
        """End every part and wait for it."""
        await end(self._tasks.values())
