"""Relayed messages per second: one POST for each, as many as the hub takes from many connections."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle
from time import perf_counter, process_time

from tests.bench.exchange import AT_ONCE, Exchange
from tests.bench.wire import Connection


class Direction(StrEnum):
    """Who speaks."""

    #: a client and the operator in turns, so that half of the messages go either way
    BOTH = "both"
    CLIENTS = "clients"
    OPERATORS = "operators"


@dataclass(frozen=True, slots=True)
class Round:
    """What one round came to."""

    messages: int
    #: from the first one sent until the last one shown
    seconds: float
    #: seconds computed for it, the last by the load generator itself
    hub_cpu: float
    mongod_cpu: float
    own_cpu: float

    @property
    def rate(self) -> float:
        """Messages per second."""
        return self.messages / self.seconds

    @property
    def cost(self) -> float:
        """Microseconds that the hub and mongod computed for each message."""
        return (self.hub_cpu + self.mongod_cpu) / self.messages * 1e6


async def relay_round(it: Exchange, seconds: float, direction: Direction = Direction.BOTH) -> Round:
    """Send for some seconds and wait until everything was shown. Raises `BenchFailed` unless it was, exactly once."""
    before, cpu = it.clients.count + it.replies.count, _cpu(it)
    began = perf_counter()
    talks = range(len(it.stand.talks))
    await asyncio.gather(
        *(
            _talk(it, connection, talks[place::AT_ONCE], began + seconds, direction)
            for place, connection in enumerate(it.connections)
        )
    )
    await it.settled()
    computed = (after - earlier for after, earlier in zip(_cpu(it), cpu, strict=True))
    return Round(it.clients.count + it.replies.count - before, it.last_shown - began, *computed)


def _cpu(it: Exchange) -> tuple[float, float, float]:
    return *it.stand.cpu(), process_time()


async def _talk(it: Exchange, connection: Connection, talks: Sequence[int], until: float, direction: Direction) -> None:
    """Speak in these conversations, which nobody else speaks in, one after the other."""
    for talk in cycle(talks):
        if perf_counter() >= until:
            return
        if direction is not Direction.OPERATORS:
            await it.write(connection, talk)
        if direction is not Direction.CLIENTS:
            await it.reply(connection, talk)
