"""What the machine itself can do, measured in the same run: journaled inserts, and an echo of the same bodies."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
from pymongo import AsyncMongoClient, WriteConcern

from router.ids import derive
from tests.bench.exchange import AT_ONCE
from tests.bench.mould import Document
from tests.bench.processes import running, said
from tests.bench.samples import Samples
from tests.bench.sow import DATABASE
from tests.bench.stand import Stand
from tests.bench.texts import CLIENTS, numbered
from tests.bench.wire import Connection, connections, expect, request
from tests.bench.world import chat_name, client_name

_LIMITS = "bench_limits"
_MANY = 500
#: single inserts under way at a time, which is what the figures are held against
INSERTS_AT_ONCE = 64
#: batches under way at a time
_BATCHES = 2
_START_TIME = 30.0

Step = Callable[[], Awaitable[int]]


@dataclass(slots=True)
class Limits:
    """Measures limits on the MongoDB of a stand."""

    collection: Any
    #: a message as the store keeps it
    document: Document
    samples: Samples
    numbers: count[int]

    def fresh(self) -> Document:
        """Return a document that is not kept yet."""
        return {**self.document, "_id": derive("limit", str(next(self.numbers)))}

    async def one_at_64(self, seconds: float) -> None:
        """Insert journaled documents, each with its own command, 64 commands at a time."""
        self.samples.add("insert_one_64_per_s", await _rate(self._insert_one, INSERTS_AT_ONCE, seconds))

    async def one_by_one(self, inserts: int) -> None:
        """Insert journaled documents one after the other."""
        delays = []
        for _ in range(inserts):
            began = perf_counter()
            await self._insert_one()
            delays.append(perf_counter() - began)
        self.samples.add_delays("insert_one", delays)

    async def many(self, seconds: float) -> None:
        """Insert the same documents by 500."""
        self.samples.add("insert_many_per_s", await _rate(self._insert_many, _BATCHES, seconds))

    async def _insert_one(self) -> int:
        await self.collection.insert_one(self.fresh())
        return 1

    async def _insert_many(self) -> int:
        await self.collection.insert_many([self.fresh() for _ in range(_MANY)], ordered=False)
        return _MANY


async def _rate(step: Step, at_once: int, seconds: float) -> float:
    """Repeat a step side by side for some seconds and return how much it did per second."""
    began = perf_counter()

    async def repeat() -> int:
        done = 0
        while perf_counter() < began + seconds:
            done += await step()
        return done

    done = await asyncio.gather(*(repeat() for _ in range(at_once)))
    return sum(done) / (perf_counter() - began)


@asynccontextmanager
async def limits(stand: Stand, samples: Samples) -> AsyncIterator[Limits]:
    """Make a collection of its own beside the hub's, and drop it afterwards."""
    async with AsyncMongoClient[Document](stand.mongo_url) as client:
        document = await client[DATABASE]["messages"].find_one() or {}
        durable = WriteConcern(w="majority", j=True)
        collection = client.get_database(_LIMITS, write_concern=durable)["messages"]
        yield Limits(collection, document, samples, count())
        await client.drop_database(_LIMITS)


async def echo(body: bytes, seconds: float, rounds: int, samples: Samples, folder: Path) -> None:
    """Post the same body to a server that does nothing but answer, as many at a time as the hub gets."""
    log = folder / "echo.log"
    async with running(sys.executable, "-m", "tests.bench.echo", log=log) as process:
        url = (await said(process, "echo at", _START_TIME, log)).split()[-1]
        async with connections(url, AT_ONCE) as opened:
            for _ in range(rounds):
                samples.add("echo_per_s", await _echo_rate(opened, body, seconds))


async def _echo_rate(opened: list[Connection], body: bytes, seconds: float) -> float:
    data = request("POST", "/", {"Content-Type": "application/json"}).bytes(body)
    free = list(opened)

    async def post() -> int:
        connection = free.pop()
        expect(await connection.ask(data), 200, "An echo")
        free.append(connection)
        return 1

    return await _rate(post, AT_ONCE, seconds)


def typical_body() -> bytes:
    """Return a body of the size that clients' messages have here."""
    text = sorted(CLIENTS, key=len)[len(CLIENTS) // 2]
    person = {"id": chat_name(0), "name": client_name(0)}
    return msgspec.json.encode({"id": numbered("c", 0, "").strip(), "from": person, "text": numbered("c", 0, text)})
