"""How long a message takes from one end to the other at a steady pace."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from time import perf_counter

from tests.bench.exchange import Exchange
from tests.bench.relay import Direction
from tests.bench.wire import Connection

#: so that the pace does not beat with mongod's own rhythms: each message is early or late by up to this share of a gap
_JITTER = 0.3
_SEED = 11


async def paced(it: Exchange, per_second: float, seconds: float, direction: Direction) -> None:
    """Send at a pace, whatever the hub does meanwhile, and wait until everything was shown. Raises `BenchFailed`.

    The tallies hold the delays, from the moment a message was due to be posted.
    """
    chance, gap = random.Random(_SEED), 1 / per_second
    began, free = perf_counter(), _free(it)
    async with asyncio.TaskGroup() as group:
        for place in range(int(per_second * seconds)):
            due = began + (place + chance.uniform(0, _JITTER)) * gap
            await asyncio.sleep(max(0.0, due - perf_counter()))
            group.create_task(_send(free, _step(it, direction, place), place % len(it.stand.talks)))
    await it.settled()


def _free(it: Exchange) -> asyncio.Queue[Connection]:
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for connection in it.connections:
        free.put_nowait(connection)
    return free


Step = Callable[[Connection, int], Awaitable[None]]


def _step(it: Exchange, direction: Direction, place: int) -> Step:
    """Return what is done next; both ways are taken in turns."""
    if direction is Direction.BOTH:
        return it.write if place % 2 else it.reply
    return it.write if direction is Direction.CLIENTS else it.reply


async def _send(free: asyncio.Queue[Connection], step: Step, talk: int) -> None:
    connection = await free.get()
    await step(connection, talk)
    free.put_nowait(connection)
