"""A hub and its mongod, each in a process of its own, killed in the middle of work and started again."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from hub.commands.token import new_token
from hub.mongod import LocalMongo, start_mongod
from hub.settings import load
from tests.bench.processes import ROOT, is_named, running
from tests.bench.stand import HUB, address_of

#: the variables that the settings refer to
TOKEN_NAME, STORE_NAME = "SIEGE_TOKEN", "SIEGE_STORE"  # names of variables
CHANNEL = "shop"


class Victim(StrEnum):
    """What is killed."""

    HUB = "hub"
    MONGOD = "mongod"


class Moment(NamedTuple):
    """When something is killed: as soon as so many messages were acknowledged."""

    acknowledged: int
    victim: Victim


@dataclass(slots=True)
class Siege:
    """The way to a hub that may die at any moment."""

    folder: Path
    mongo: LocalMongo
    moments: list[Moment]
    #: of the channel
    channel_token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    #: operator → bearer token
    tokens: dict[str, str] = field(default_factory=dict)
    #: messages of clients and operators that the hub said it has
    acknowledged: int = 0
    killed: list[Moment] = field(default_factory=list)
    #: seconds each start of the hub took until it answered
    starts: list[float] = field(default_factory=list)
    pid: int = 0
    _url: str = ""
    _up: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def file(self) -> Path:
        """The settings file."""
        return self.folder / "config.yaml"

    @property
    def environment(self) -> Mapping[str, str]:
        """What the settings refer to."""
        return {TOKEN_NAME: self.channel_token, STORE_NAME: self.mongo.url}

    async def address(self) -> str:
        """Return where the hub answers, once it runs; each run has another port."""
        await self._up.wait()
        return self._url

    def acknowledge(self, messages: int = 1) -> None:
        """Count what the hub said it has, and kill whoever's moment has come."""
        self.acknowledged += messages
        while self.moments and self.moments[0].acknowledged <= self.acknowledged and self._up.is_set():
            self._kill(self.moments.pop(0))

    def _kill(self, moment: Moment) -> None:
        pid = self.pid if moment.victim is Victim.HUB else self.mongo.pid
        assert is_named(pid, "mongod") or moment.victim is Victim.HUB, "mongod is not there to be killed"
        os.kill(pid, signal.SIGKILL)
        self.killed.append(moment)
        if moment.victim is Victim.HUB:
            self._up.clear()

    async def keep_hub(self) -> None:
        """Start the hub, and again whenever it has been killed. Raises `BenchFailed` when it does not come up."""
        log = self.folder / "hub.log"
        while True:
            began = perf_counter()
            async with running(*HUB, "run", self.file, log=log, env=self.environment) as process:
                self._url, self.pid = await address_of(process, log), process.pid
                self.starts.append(perf_counter() - began)
                self._up.set()
                code = await process.wait()
                assert code == -signal.SIGKILL, f"the hub ended by itself with code {code}"

    async def command(self, *words: str) -> tuple[int, str]:
        """Run `hub …` with the settings file; return its exit code and what it printed."""
        process = await asyncio.create_subprocess_exec(
            *(*HUB, *words, "--file", str(self.file)),
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdout=asyncio.subprocess.PIPE,
        )
        printed, _ = await process.communicate()
        return process.returncode or 0, printed.decode()


@asynccontextmanager
async def besieged(
    folder: Path, settings: str, operators: Iterable[str], moments: Iterable[Moment] = ()
) -> AsyncIterator[Siege]:
    """Run a hub on a mongod of its own, with a token for each operator; `settings` is YAML without hub and store."""
    async with AsyncExitStack() as stack:
        mongo = await start_mongod(folder / "mongod")
        stack.push_async_callback(mongo.stop)
        it = Siege(folder, mongo, sorted(moments))
        data = folder / "data"
        head = f"hub: {{ port: 0, data: {data}, api_rate: null }}\nstore: {{ url: '${{{STORE_NAME}}}' }}\n"
        it.file.write_text(head + settings, encoding="utf-8")
        checked = load(it.file, it.environment)
        for operator in operators:
            it.tokens[operator] = await new_token(checked, it.file, f"{operator}-program", operator)
        await stack.enter_async_context(_kept(it))
        # Should the hub not come up, the group of its keeper ends this with the reason.
        await it.address()
        yield it


@asynccontextmanager
async def _kept(it: Siege) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        keeper = group.create_task(it.keep_hub(), name="hub")
        yield
        keeper.cancel()
