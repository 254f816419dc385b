"""The way in: updates go to the ledger in groups, and only then to the lanes. One intake per channel."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

from hub.engine.meters import Meters
from hub.engine.watermark import Watermark
from router.errors import Retryable
from router.ports import Clock, Update
from router.store import Entry, Ledger

#: callers that may wait for the ledger at a time; more wait before they are let in
_WAITING = 2_000
_GROUP = 500
_STOPPING = "The hub is stopping. Please hand this over again when it is back."


class Sequencer:
    """Hands out rising numbers for the order of arrival, also after a restart and when the clock goes back."""

    def __init__(self, clock: Clock, watermark: Watermark) -> None:
        self._clock = clock
        self.watermark = watermark
        self.last = 0

    def next(self) -> int:
        """Return a number above all before it: microseconds since 1970 where possible."""
        self.last = max(self.last + 1, int(self._clock.now().timestamp() * 1_000_000))
        self.watermark.begin(self.last)
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
        meters: Meters,
    ) -> None:
        self._channel = channel
        self._ledger = ledger
        self._clock = clock
        self._sequencer = sequencer
        self._route = route
        self._doubt = doubt
        self._meters = meters
        self._handed: asyncio.Queue[_Handed] = asyncio.Queue(_WAITING)
        #: whose updates are being put into the ledger or passed on
        self._under_way: list[_Handed] = []
        #: nobody is let in any more: the hub is about to stop
        self.closed = False

    def __len__(self) -> int:
        """Callers that wait to be let into the ledger."""
        return self._handed.qsize()

    @property
    def idle(self) -> bool:
        """Whether everything handed over has been passed on."""
        return self._handed.empty() and not self._under_way

    def close(self) -> None:
        """Let nobody hand over anything more: the hub is about to stop."""
        self.closed = True

    def turn_away(self) -> None:
        """Refuse those who still wait, after `run` has ended: nobody told them that anything is durable."""
        while not self._handed.empty():
            self._under_way.append(self._handed.get_nowait())
        for handed in self._under_way:
            if not handed.durable.done():
                handed.durable.set_exception(Retryable(_STOPPING))

    async def receive(self, updates: Sequence[Update]) -> list[bool]:
        """Return, for each update, whether it is new, once all are durable. Raises `Retryable`, `Rejected`."""
        if self.closed:
            raise Retryable(_STOPPING)
        handed = _Handed(updates)
        await self._handed.put(handed)
        return await handed.durable

    async def run(self) -> None:
        """Persist until cancelled."""
        while True:
            group = [await self._handed.get()]
            updates = len(group[0].updates)
            while not self._handed.empty() and updates < _GROUP:
                group.append(self._handed.get_nowait())
                updates += len(group[-1].updates)
            self._under_way = group
            kept, in_doubt = await self._persist(group)
            # In their order: a repeat may lie undecided, and what came after it must not overtake it.
            for it in kept:
                await (self._route(it) if isinstance(it, Entry) else self._doubt([it]))
            if in_doubt:
                await self._doubt(())
            self._under_way = []

    async def _persist(self, group: list[_Handed]) -> tuple[list[Entry | str], bool]:
        """Return what the ledger has, in order: what is new, and the ids of repeats; and whether it may have more."""
        rows = [(update, self._sequencer.next()) for handed in group for update in handed.updates]
        now, began = self._clock.now(), perf_counter()
        try:
            entries = await self._ledger.append(self._channel, rows, now)
        except Exception as error:
            self._sequencer.watermark.doubtful.update(seq for _, seq in rows)
            return await self._part(group, error)
        seconds = perf_counter() - began
        _answer(group, entries)
        for (_, seq), entry in zip(rows, entries, strict=True):
            if entry is None or entry.seq != seq:
                self._sequencer.watermark.end(seq)
        repeats = sum(entry is None for entry in entries)
        self._meters.appended(self._channel, now.date(), seconds, rows=len(rows), repeats=repeats)
        pairs = zip(rows, entries, strict=True)
        return [entry or f"{self._channel}:{update.external_id}" for (update, _), entry in pairs], False

    async def _part(self, group: list[_Handed], error: Exception) -> tuple[list[Entry | str], bool]:
        """Let one caller's bad update fail for that caller alone; what may have been written is looked at again."""
        kept: list[Entry | str] = []
        if len(group) > 1:
            for handed in group:
                kept += (await self._persist([handed]))[0]
        elif not group[0].durable.done():
            group[0].durable.set_exception(error)
        return kept, True


def _answer(group: list[_Handed], entries: Sequence[Entry | None]) -> None:
    position = 0
    for handed in group:
        mine = entries[position : position + len(handed.updates)]
        position += len(handed.updates)
        if not handed.durable.done():
            handed.durable.set_result([entry is not None for entry in mine])
