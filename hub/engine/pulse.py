"""The hub's pulse: every few seconds it tells the store that it is alive, and how many repeats it has dropped.

Repeats leave nothing behind in the ledger, so they are counted in memory and written down here. A hub that is killed
takes the count of its last seconds with it; nothing else rests on it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import date, timedelta

import structlog

from hub.engine.backoff import persist
from hub.engine.meters import Meters
from router.errors import Retryable
from router.ports import Clock
from router.store import Ledger, Store

EVERY = timedelta(seconds=5)
#: seconds that the end may take
_LAST_WORDS = 1.0
_log = structlog.get_logger(__name__)


class Pulse:
    """Runs as one task; `tell` once more at the end."""

    def __init__(self, store: Store, ledger: Ledger, clock: Clock, meters: Meters) -> None:
        self._store = store
        self._ledger = ledger
        self._clock = clock
        self._meters = meters
        self._told: Counter[tuple[str, date]] = Counter()

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            await persist("say that the hub is alive", self._store.beat)
            await persist("count repeats", self.tell)
            await self._clock.sleep_until(self._clock.now() + EVERY)

    async def end(self) -> None:
        """Beat a last time, after `run` has ended; without the store the count of the last seconds is lost."""
        try:
            async with asyncio.timeout(_LAST_WORDS):
                await self.tell()
        except (Retryable, TimeoutError) as error:
            _log.warning("pulse.repeats_not_counted", reason=str(error))

    async def tell(self) -> None:
        """Write down how many repeats have been dropped since the last time. Raises `Retryable`."""
        for (channel, day), times in (self._meters.repeats - self._told).items():
            await self._ledger.repeated(channel, day, times)
            self._told[channel, day] += times
