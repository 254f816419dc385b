"""The way in: updates go to the ledger in groups, and only then to the lanes. One intake per channel."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from router.ports import Clock, Update
from router.store import Entry, Ledger

#: callers that may wait for the ledger at a time; more wait before they are let in
_WAITING = 2_000
_GROUP = 500


class Sequencer:
    """Hands out rising numbers for the order of arrival, also after a restart and when the clock goes back."""

    def __init__(self, clock: Clock, last: int = 0) -> None:
        self._clock = clock
        self.last = last

    def next(self) -> int:
        """Return a number above all before it: microseconds since 1970 where possible."""
        self.last = max(self.last + 1, int(self._clock.now().timestamp() * 1_000_000))
        return self.last


@dataclass(slots=True)
class _Handed:
    updates: Sequence[Update]
    durable: asyncio.Future[list[bool]] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Intake:
    """Persists, then acknowledges, then passes on. A full hub makes callers wait; it drops nothing."""

    def __init__(
        self,
        channel: str,
        ledger: Ledger,
        clock: Clock,
        sequencer: Sequencer,
        route: Callable[[Entry], Awaitable[None]],
        doubt: Callable[[Sequence[str]], Awaitable[None]],
    ) -> None:
        self._channel = channel
        self._ledger = ledger
        self._clock = clock
        self._sequencer = sequencer
        self._route = route
        self._doubt = doubt
        self._handed: asyncio.Queue[_Handed] = asyncio.Queue(_WAITING)

    async def receive(self, updates: Sequence[Update]) -> list[bool]:
        """Return, for each update, whether it is new, once all are durable. Raises `Retryable`, `Rejected`."""
        handed = _Handed(updates)
        await self._handed.put(handed)
        return await handed.durable

    async def run(self) -> None:
        """Persist until cancelled."""
        while True:
            group = [await self._handed.get()]
            while not self._handed.empty() and sum(len(h.updates) for h in group) < _GROUP:
                group.append(self._handed.get_nowait())
            fresh, doubtful = await self._persist(group)
            for entry in fresh:
                await self._route(entry)
            if doubtful is not None:
                await self._doubt(doubtful)

    async def _persist(self, group: list[_Handed]) -> tuple[list[Entry], list[str] | None]:
        """Return what is new, and which updates may lie undecided: None for none, an empty list for any of them."""
        rows = [(update, self._sequencer.next()) for handed in group for update in handed.updates]
        try:
            entries = await self._ledger.append(self._channel, rows, self._clock.now())
        except Exception as error:
            return await self._part(group, error)
        _answer(group, entries)
        repeats = [f"{self._channel}:{row.external_id}" for (row, _), e in zip(rows, entries, strict=True) if e is None]
        return [entry for entry in entries if entry is not None], repeats or None

    async def _part(self, group: list[_Handed], error: Exception) -> tuple[list[Entry], list[str] | None]:
        """Let one caller's bad update fail for that caller alone; what may have been written is looked at again."""
        fresh: list[Entry] = []
        if len(group) > 1:
            for handed in group:
                fresh += (await self._persist([handed]))[0]
        elif not group[0].durable.done():
            group[0].durable.set_exception(error)
        return fresh, []


def _answer(group: list[_Handed], entries: Sequence[Entry | None]) -> None:
    position = 0
    for handed in group:
        mine = entries[position : position + len(handed.updates)]
        position += len(handed.updates)
        if not handed.durable.done():
            handed.durable.set_result([entry is not None for entry in mine])
