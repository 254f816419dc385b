"""The one writer of a hub: it merges what the lanes have decided into one transaction at a time.

One round of fsync serves everything that came together while the former round was under way, and feed cursors rise
in the order in which things were decided, so that a reader who has seen one has seen all before it.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from time import perf_counter

import structlog
from msgspec.structs import replace

from hub.engine.backoff import persist
from hub.engine.fold import fold, placed
from hub.engine.meters import Meters
from hub.engine.watermark import Watermark
from hub.said import said
from router.delivery import CURSORS_PER_EVENT, Attempt, Delivery, DeliveryState
from router.effects import AddDelivery, Stored
from router.model import Message
from router.ports import Clock, FeedEvent
from router.store import Batch, DeliveryChange, Store

_log = structlog.get_logger(__name__)
_MOST = 2000
#: seconds that what nobody waits for may wait
_SOON = 0.1


@dataclass(slots=True)
class Decided:
    """What one lane, or one outbox, wants written together."""

    effects: Sequence[Stored] = ()
    #: ledger updates that are decided by it
    updates: Sequence[str] = ()
    changes: Sequence[DeliveryChange] = ()
    #: pulled channel → up to where its platform has its deliveries
    fetched: Mapping[str, int] = field(default_factory=dict)
    #: events for the changes
    events: Sequence[FeedEvent] = ()
    committed: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def is_report(self) -> bool:
        """Whether it only says what has happened to deliveries, which nothing that others write makes untrue."""
        return not self.effects and not self.updates


@dataclass(frozen=True, slots=True)
class Committed:
    """What is durable now, in the order in which it was decided."""

    batch: Batch
    #: the batch's deliveries with what they carry
    outgoing: list[tuple[Delivery, Message]]

    def by_channel(self) -> dict[str, list[tuple[Delivery, Message]]]:
        """Return channel → what goes out over it, in order."""
        sorted_out: dict[str, list[tuple[Delivery, Message]]] = {}
        for delivery, message in self.outgoing:
            sorted_out.setdefault(delivery.channel, []).append((delivery, message))
        return sorted_out


class Committer:
    """Runs as one task. `submit` is synchronous: what is submitted first is written first."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        publish: Callable[[Committed], None],
        meters: Meters,
        watermark: Watermark,
    ) -> None:
        self._store = store
        self._clock = clock
        self._publish = publish
        self._meters = meters
        self._watermark = watermark
        self._pending: list[Decided] = []
        #: travels with whatever is written next
        self._postponed: list[Decided] = []
        self._filled = asyncio.Event()
        self._cursor = 0
        self._busy = False

    async def prepare(self) -> None:
        """Read where the feed stands."""
        self._cursor = await self._store.last_cursor()

    @property
    def idle(self) -> bool:
        """Whether everything submitted has been written."""
        return not (self._pending or self._postponed or self._busy)

    def submit(self, decided: Decided) -> asyncio.Future[None]:
        """Queue a piece of work; the future is done when it is durable, or raises why it cannot be."""
        self._pending.append(decided)
        self._filled.set()
        return decided.committed

    def postpone(self, decided: Decided) -> None:
        """Queue what nobody waits for: it spares a transaction of its own when there is another one soon."""
        if not self._postponed:
            asyncio.get_running_loop().call_later(_SOON, self._hurry)
        self._postponed.append(decided)

    def _hurry(self) -> None:
        self._pending += self._postponed
        self._postponed = []
        if self._pending:
            self._filled.set()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            while not self._pending:
                self._filled.clear()
                await self._filled.wait()
            self._hurry()
            group, self._pending = self._pending[:_MOST], self._pending[_MOST:]
            self._busy = True
            try:
                await self._write(group)
            finally:
                self._busy = False

    async def _write(self, group: list[Decided]) -> None:
        batch = self._batch(group)
        began = perf_counter()
        try:
            await persist("commit", lambda: self._store.commit(batch))
        except Exception as error:
            await self._part(group, error)
            return
        self._meters.wrote(batch, perf_counter() - began)
        self._cursor = batch.last
        self._publish(Committed(batch, _outgoing(group, batch)))
        for decided in group:
            if not decided.committed.done():
                decided.committed.set_result(None)

    async def _part(self, group: list[Decided], error: Exception) -> None:
        """Write one by one what cannot be written together, so that only the guilty piece is given back."""
        _log.warning("commit.refused", pieces=len(group), reason=said(error))
        before, self._cursor = self._cursor, await persist("read the cursor", self._store.last_cursor)
        # A former hub's late commit took its place. What was decided is decided again; a report is as true as before.
        displaced = self._cursor != before and group[0].is_report
        if len(group) > 1 or displaced:
            for decided in group:
                await self._write([decided])
        elif not group[0].committed.done():
            group[0].committed.set_exception(error)

    def _batch(self, group: list[Decided]) -> Batch:
        batch = Batch(uuid.uuid4().hex, self._cursor + 1, decided_to=self._watermark.low)
        events: list[FeedEvent] = []
        for decided in group:
            batch.done |= dict.fromkeys(decided.updates)
            events += fold(batch, decided.effects, self._clock.now())
            batch.changes += decided.changes
            batch.fetched |= decided.fetched
            events += decided.events
        batch.loads = {name: load for name, load in batch.loads.items() if not load.is_empty}
        batch.events = placed(_once(events), batch, self._cursor)
        _line_up(batch, self._clock.now())
        return batch


def _line_up(batch: Batch, now: datetime) -> None:
    """Give deliveries their places among all deliveries; those of a batch share the room before the next event."""
    places = count(batch.last * CURSORS_PER_EVENT)
    batch.deliveries = [replace(delivery, cursor=next(places)) for delivery in batch.deliveries]
    batch.changes = [
        replace(change, cursor=next(places), attempt=Attempt(now, DeliveryState.QUEUED))
        if change.state is DeliveryState.QUEUED
        else change
        for change in batch.changes
    ]


def _outgoing(group: list[Decided], batch: Batch) -> list[tuple[Delivery, Message]]:
    messages = [e.message for decided in group for e in decided.effects if isinstance(e, AddDelivery)]
    return list(zip(batch.deliveries, messages, strict=True))


def _once(events: list[FeedEvent]) -> list[FeedEvent]:
    """Keep the last of several events about the same thing: a batch writes its final state only."""
    return list({(event.type, event.subject): event for event in events}.values())
