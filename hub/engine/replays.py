"""Has poison decided again that somebody replays while the hub runs, from this process or another.

`hub replay` changes the ledger and nothing else, so it works whether a hub runs or not. A running one looks for such
updates every other second: their index is empty nearly always, which makes the look cheaper than a change stream,
for which the server would hold every write of the ledger against a filter.
"""

from __future__ import annotations

from datetime import timedelta

from hub.engine.backoff import persist
from hub.engine.dispatcher import Dispatcher
from router.ports import Clock
from router.store import Entry, Ledger

EVERY = timedelta(seconds=2)
_PAGE = 500


class Replays:
    """Runs as one task."""

    def __init__(self, ledger: Ledger, clock: Clock, dispatcher: Dispatcher) -> None:
        self._ledger = ledger
        self._clock = clock
        self._dispatcher = dispatcher

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            for entry in await persist("look for replayed updates", self._replayed):
                await self._dispatcher.doubt([entry.id])
            await self._clock.sleep_until(self._clock.now() + EVERY)

    async def _replayed(self) -> list[Entry]:
        return list(await self._ledger.replayed(_PAGE))
