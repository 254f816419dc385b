"""Relayed messages per second when clients' messages are posted by 500."""

from __future__ import annotations

import asyncio
from itertools import count, islice
from time import perf_counter

import msgspec

from tests.bench.exchange import Exchange
from tests.bench.failure import BenchFailed
from tests.bench.wire import Connection, expect

SIZE = 500
#: batches under way at a time
_AT_ONCE = 4


class Result(msgspec.Struct):
    """What became of one message of a batch."""

    duplicate: bool
    problem: str | None = None


class Results(msgspec.Struct):
    """What became of all."""

    results: list[Result]


async def batch_round(it: Exchange, seconds: float) -> float:
    """Post for some seconds, wait until everything was shown, and return messages per second. Raises `BenchFailed`."""
    before, began, talks = it.clients.count, perf_counter(), count()

    async def post(connection: Connection) -> None:
        while perf_counter() < began + seconds:
            await _post(it, connection, [talk % len(it.stand.talks) for talk in islice(talks, SIZE)])

    await asyncio.gather(*(post(connection) for connection in it.connections[:_AT_ONCE]))
    await it.settled()
    return (it.clients.count - before) / (it.last_shown - began)


async def _post(it: Exchange, connection: Connection, talks: list[int]) -> None:
    body = b'{"messages":[%s]}' % b",".join(it.message(talk) for talk in talks)
    answer = await connection.ask(it.posting.bytes(body))
    expect(answer, 202, "A batch of clients' messages")
    results = msgspec.json.decode(answer.body, type=Results).results
    refused = next((each for each in results if each.duplicate or each.problem), None)
    if refused is not None or len(results) != len(talks):
        raise BenchFailed(f"A batch of {len(talks)} new messages was not taken whole: {refused}")
