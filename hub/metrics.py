"""What the hub counts about itself, in the words of Prometheus. Nothing is worked out before somebody asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import accumulate
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from hub.console_desk import ConsoleDesk
from hub.engine.engine import Engine
from hub.engine.lane import Lane
from hub.engine.meters import BOUNDS, Latency
from router.errors import Retryable

#: seconds that the store has to answer
_PATIENCE = 1.0
#: how the text is announced to whoever reads it
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics(Collector):
    """The hub's own registry; two hubs in one process share nothing."""

    def __init__(
        self, engine: Engine, calendars: Callable[[], Mapping[str, int]], consoles: Callable[[], ConsoleDesk]
    ) -> None:
        self._engine = engine
        #: returns operator → 1 while their calendar cannot be read, else 0
        self._calendars = calendars
        self._consoles = consoles
        #: channel → when its oldest waiting delivery was made; empty while the store does not answer
        self._oldest: Mapping[str, datetime] = {}
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        # Processor time, memory and open files, where the system tells them.
        ProcessCollector(registry=self._registry)

    async def text(self) -> bytes:
        """Return everything, in the text format 0.0.4."""
        self._oldest = await self._ask_store()
        return generate_latest(self._registry)

    async def _ask_store(self) -> dict[str, datetime]:
        found: dict[str, datetime] = {}
        try:
            async with asyncio.timeout(_PATIENCE):
                for channel in self._engine.ways_out:
                    made_at = await self._engine.store.oldest_undelivered(channel)
                    if made_at is not None:
                        found[channel] = made_at
        except (Retryable, TimeoutError):
            # That the store does not answer is told by `trunkline_ready` and the log.
            return {}
        return found

    def collect(self) -> Iterator[Metric]:
        """Yield every family; called by the registry."""
        yield from self._counts()
        yield from self._lengths()
        yield from self._console_figures()
        yield from self._ages()
        yield from self._latencies()

    def _counts(self) -> Iterator[Metric]:
        meters = self._engine.meters
        repeats: dict[str, int] = {}
        for (channel, _), times in meters.repeats.items():
            repeats[channel] = repeats.get(channel, 0) + times
        yield _counter("updates_received", "Updates put into the ledger.", ("channel",), meters.received)
        yield _counter("updates_duplicate", "Updates dropped because the ledger had them.", ("channel",), repeats)
        yield _counter("updates_poison", "Updates set aside.", ("channel",), meters.poison)
        yield _counter("events_decided", "Events decided.", ("line",), meters.decided)
        yield _counter("committed", "What transactions have made durable.", ("what",), meters.committed)
        states = ("channel", "state")
        yield _counter("delivery_attempts", "Attempts at deliveries, by outcome.", states, meters.deliveries)
        yield _counter("commands", "Operators' commands, by outcome.", ("type", "outcome"), meters.commands)

    def _lengths(self) -> Iterator[Metric]:
        engine = self._engine
        lanes, out = engine.lanes, engine.ways_out
        intakes = {name: len(intake) for name, intake in engine.intakes.items()}
        inboxes = {line: len(lane.inbox) for line, lane in lanes.items()}
        queued = {line: len(lane.desk.queue) for line, lane in lanes.items()}
        offered = {line: len(lane.desk.offered) for line, lane in lanes.items()}
        held = {line: len(lane.desk.conversations) for line, lane in lanes.items()}
        waiting = {name: len(way_out) for name, way_out in out.items()}
        faults = {name: int(bool(way_out.fault)) for name, way_out in out.items()}
        yield _gauge("intake_waiting", "Callers waiting for the ledger.", ("channel",), intakes)
        yield _gauge("lane_events", "Events waiting to be decided.", ("line",), inboxes)
        yield _gauge("conversations_queued", "Conversations waiting for an operator.", ("line",), queued)
        yield _gauge("conversations_offered", "Conversations somebody is asked to take.", ("line",), offered)
        yield _gauge("conversations_held", "Conversations in memory.", ("line",), held)
        yield _gauge("outbox_waiting", "Deliveries in memory that wait to be sent.", ("channel",), waiting)
        yield _gauge(
            "unapplied", "Committed documents and changes that readers wait for.", (), {(): engine.store.unapplied}
        )
        yield _gauge("channel_fault", "1 while the channel cannot send.", ("channel",), faults)
        yield _gauge("calendar_fault", "1 while the calendar cannot be read.", ("operator",), self._calendars())
        yield _gauge("faults", "Parts of the hub that have died.", (), {(): len(engine.faults)})

    def _console_figures(self) -> Iterator[Metric]:
        faults, found = self._consoles().faults, self._consoles().figures()
        linked = {name: it.linked for name, it in found.items()}
        undrawn = {name: it.undrawn for name, it in found.items()}
        behind = {name: it.behind for name, it in found.items()}
        slowed = {name: it.slowed for name, it in found.items()}
        yield _gauge("console_fault", "1 while the console does not run.", ("console",), faults)
        yield _gauge("console_linked", "Operators whose account is linked.", ("console",), linked)
        yield _gauge("console_undrawn", "Conversations still to be drawn, in each chat.", ("console",), undrawn)
        yield _gauge("console_behind_events", "Events by which it lags behind the feed.", ("console",), behind)
        yield _counter("console_slowed", "Calls refused because they came too fast.", ("console",), slowed)

    def _ages(self) -> Iterator[Metric]:
        now = self._engine.clock.now()
        waiting = {line: _longest_wait(lane, now) for line, lane in self._engine.lanes.items()}
        deliveries = {name: (now - made_at).total_seconds() for name, made_at in self._oldest.items()}
        yield _gauge("oldest_conversation_seconds", "How long a client has waited for somebody.", ("line",), waiting)
        yield _gauge("oldest_delivery_seconds", "How long a delivery has waited.", ("channel",), deliveries)

    def _latencies(self) -> Iterator[Metric]:
        meters = self._engine.meters
        requests = {(operation, str(status)): it for (operation, status), it in meters.requests.items()}
        yield _histogram("stage_seconds", "Each batch's time in a stage.", ("stage",), meters.stages)
        yield _histogram("delivery_seconds", "One attempt at a delivery.", ("channel",), meters.sending)
        yield _histogram("http_request_seconds", "HTTP requests.", ("operation", "status"), requests)
        yield _histogram("event_loop_lag_seconds", "How late the event loop is.", (), {(): meters.lag})


def _longest_wait(lane: Lane, now: datetime) -> float:
    begun = [it.queued_at or it.created_at for it in (*lane.desk.queue[:1], *lane.desk.offered)]
    return (now - min(begun, default=now)).total_seconds()


def _labels(key: str | tuple[str, ...]) -> list[str]:
    return [key] if isinstance(key, str) else [*key]


def _counter(name: str, what: str, labels: tuple[str, ...], values: Mapping[Any, int]) -> Metric:
    family = CounterMetricFamily(f"trunkline_{name}", what, labels=labels)
    for key, value in values.items():
        family.add_metric(_labels(key), value)
    return family


def _gauge(name: str, what: str, labels: tuple[str, ...], values: Mapping[Any, float]) -> Metric:
    family = GaugeMetricFamily(f"trunkline_{name}", what, labels=labels)
    for key, value in values.items():
        family.add_metric(_labels(key), value)
    return family


def _histogram(name: str, what: str, labels: tuple[str, ...], values: Mapping[Any, Latency]) -> Metric:
    family = HistogramMetricFamily(f"trunkline_{name}", what, labels=labels)
    bounds = [*(f"{bound:g}" for bound in BOUNDS), "+Inf"]
    for key, latency in values.items():
        buckets = list(zip(bounds, map(float, accumulate(latency.counts)), strict=True))
        family.add_metric(_labels(key), buckets, latency.seconds)
    return family
