"""A hub in its own process, filled, started, measured and stopped."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from pymongo import AsyncMongoClient

from hub.mongod import start_mongod
from hub.mongod_process import REPLICA_SET
from tests.bench.failure import BenchFailed
from tests.bench.mould import Document
from tests.bench.processes import cpu_seconds, is_named, running, said, tail
from tests.bench.sow import sow, talk_ids
from tests.bench.world import TOKEN_NAME, World

HUB = (sys.executable, "-m", "hub")
#: seconds until the hub answers: with a hundred thousand conversations it counts for a while
_START_TIME = 120.0


@dataclass(frozen=True, slots=True)
class Stand:
    """A running hub and the way to it."""

    world: World
    url: str
    pid: int
    mongo_url: str
    mongo_pid: int
    #: operator → bearer token
    tokens: dict[str, str]
    #: of the channels
    channel_token: str
    #: conversations between which the traffic goes, by their clients' numbers
    talks: list[str]

    @property
    def operator(self) -> str:
        """Who answers in the talks."""
        return self.world.operators[0]

    def as_operator(self, operator: str) -> dict[str, str]:
        """Return the headers with which a program acts as an operator."""
        return {"Authorization": f"Bearer {self.tokens[operator]}", "Content-Type": "application/json"}

    @property
    def as_channel(self) -> dict[str, str]:
        """The headers with which a channel's system speaks."""
        return {"Authorization": f"Bearer {self.channel_token}", "Content-Type": "application/json"}

    def cpu(self) -> tuple[float, float]:
        """Return the seconds that the hub and mongod have computed so far."""
        return cpu_seconds(self.pid), cpu_seconds(self.mongo_pid)


@asynccontextmanager
async def standing(world: World, folder: Path) -> AsyncIterator[Stand]:
    """Fill a database in a folder of its own, run a hub on it, and stop it. Raises `BenchFailed`."""
    data = folder / "data"
    data.mkdir(parents=True)
    # What triage has learned is shared by all hubs of a run, so that only the first one learns.
    (folder.parent / "nlu").mkdir(exist_ok=True)
    (data / "nlu").symlink_to(folder.parent / "nlu")
    tokens = await _fill(world, data)
    file, log, channel_token = folder / "config.yaml", folder / "hub.log", secrets.token_urlsafe(32)
    file.write_text(world.settings(data), encoding="utf-8")
    async with running(*HUB, "run", file, log=log, env={TOKEN_NAME: channel_token}) as process:
        url = await address_of(process, log)
        mongo_url = f"mongodb://127.0.0.1:{(data / 'mongo' / 'port').read_text()}/?replicaSet={REPLICA_SET}"
        async with AsyncMongoClient[Document](mongo_url) as client:
            mongo_pid = int((await client.admin.command("serverStatus"))["pid"])
        try:
            await _ready(url, log)
            yield Stand(world, url, process.pid, mongo_url, mongo_pid, tokens, channel_token, talk_ids(world))
        finally:
            await _stop(process, mongo_pid)


async def _fill(world: World, data: Path) -> dict[str, str]:
    mongod = await start_mongod(data)
    try:
        return await sow(mongod.url, world)
    finally:
        await mongod.stop()


async def address_of(process: Process, log: Path) -> str:
    """Return where a hub answers that was just started, once it does. Raises `BenchFailed`."""
    line = await said(process, "/console", _START_TIME, log)
    url = next(word for word in line.split() if word.startswith("http"))
    return f"http://{urlsplit(url).netloc}"


async def _ready(url: str, log: Path) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{url}/readyz") as answer:
        if answer.status != 200:
            raise BenchFailed(f"The hub is not ready: {await answer.text()} {tail(log)}")


async def _stop(process: Process, mongo_pid: int) -> None:
    """Stop the hub; its mongod ends with it, or is ended here when the hub was killed and could not."""
    if process.returncode is None:
        process.terminate()
        with suppress(TimeoutError):
            async with asyncio.timeout(30):
                await process.wait()
                return
        process.kill()
        await process.wait()
    if is_named(mongo_pid, "mongod"):
        os.kill(mongo_pid, signal.SIGTERM)
