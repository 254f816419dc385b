"""Clients and operators talk while the hub and its database are killed again and again: nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random, SystemRandom
from time import perf_counter

import pytest
import yaml

from tests.integration import siege_audit as audit
from tests.integration.siege import CHANNEL, TOKEN_NAME, Moment, Siege, Victim, besieged
from tests.integration.siege_caller import Caller, Callers, callers
from tests.integration.siege_clients import ANSWERS, MESSAGES, Client
from tests.integration.siege_operators import Operator, at_work
from tests.integration.siege_readers import ARRIVED, Follower, Reader

pytestmark = pytest.mark.mongo
CLIENTS = 50
OPERATORS = ("anna", "boris", "clara", "dmitri", "elena")
SUPERVISOR = "sofia"
TOTAL = CLIENTS * (MESSAGES + ANSWERS)
HUB_DEATHS, MONGOD_DEATHS = 10, 2
#: seconds for the whole exchange, on a machine that has much else to do
PATIENCE = 400
_LINE = {"operators": list(OPERATORS), "triage": False, "offer_timeout": "30s", "ask_again_after": "2s"}
SETTINGS = yaml.safe_dump(
    {
        "channels": {CHANNEL: {"kind": "http", "line": "sales", "tokens": [f"${{{TOKEN_NAME}}}"]}},
        "lines": {"sales": {"name": "Sales", **_LINE}, "support": {"name": "Support", **_LINE}},
        "operators": {
            **{name: {"name": name.capitalize(), "capacity": 12} for name in OPERATORS},
            SUPERVISOR: {"name": "Sofia", "role": "supervisor"},
        },
    }
)


def moments(rng: Random) -> list[Moment]:
    """Return when the hub and mongod are killed: at counts of acknowledged messages, in the middle of work."""
    places = rng.sample(range(TOTAL // 100, TOTAL - TOTAL // 100), HUB_DEATHS + MONGOD_DEATHS)
    victims = [Victim.HUB] * HUB_DEATHS + [Victim.MONGOD] * MONGOD_DEATHS
    return [Moment(place, victim) for place, victim in zip(places, victims, strict=True)]


@dataclass(frozen=True, slots=True)
class People:
    """Everybody who takes part."""

    clients: list[Client]
    operators: list[Operator]
    reader: Reader
    follower: Follower
    supervisor: Caller

    def missing(self) -> list[str]:
        """Return what clients still wait for."""
        return [f"{client.chat} wants {client.wants}" for client in self.clients if client.wants]


def people(through: Callers, seed: int) -> People:
    """Return everybody, each with chances of their own, so that one who is late changes nothing for the others."""
    clients = [
        Client(chat, through.channel, Random(f"{seed} {chat}"), in_batches=number % 3 == 0, ends=number % 2 == 0)
        for number, chat in enumerate(f"c{number:02}" for number in range(CLIENTS))
    ]
    operators = [
        Operator(name, [it for it in OPERATORS if it != name], through.operator(name), Random(f"{seed} {name}"))
        for name in OPERATORS
    ]
    reader = Reader(through.channel, {it.chat: it for it in clients}, Random(f"{seed} reader"))
    supervisor = through.operator(SUPERVISOR)
    return People(clients, operators, reader, Follower(supervisor, reader), supervisor)


@asynccontextmanager
async def listening(they: People) -> AsyncIterator[None]:
    """Have both readers read; afterwards every receipt was taken."""
    async with asyncio.TaskGroup() as group:
        reading = [group.create_task(work) for work in (they.reader.read(), they.reader.report())]
        following = group.create_task(they.follower.follow())
        yield
        await they.reader.finish()
        for task in (*reading, following):
            task.cancel()


async def talk(siege: Siege, they: People) -> None:
    """Let everybody talk until all was said and answered, and the hub says that all was fetched."""
    async with listening(they):
        async with at_work(they.operators), asyncio.TaskGroup() as group:
            for client in they.clients:
                group.create_task(client.talk(), name=client.chat)
        assert siege.moments == []
        await until(they.supervisor, lambda: settled(they))


async def settled(they: People) -> bool:
    """Whether the follower knows everything, every delivery has arrived, and loads are what operators hold."""
    found = await audit.kept(they.supervisor)
    arrived = all(delivery["state"] in ARRIVED for delivery in found.deliveries())
    told = sum(map(len, they.follower.told.values())) == sum(map(len, found.messages.values()))
    return arrived and told and await audit.loads_are_right(they.supervisor)


async def until(caller: Caller, holds: Callable[[], Awaitable[bool]]) -> None:
    """Return when something holds, looking again whenever anything happens, and now and then."""
    cursor = (await caller.get("/me"))["cursor"]
    while not await holds():
        cursor = (await caller.get(f"/events?after={cursor}&wait=1"))["cursor"]


def told(siege: Siege, through: Callers, they: People, seconds: float) -> str:
    """Return how it went, for people."""
    done = sum((operator.done for operator in they.operators), start=type(they.operators[0].done)())
    return "\n".join(
        [
            f"{siege.acknowledged} acknowledged in {seconds:.1f} s; killed: {[tuple(it) for it in siege.killed]}",
            f"the hub started in {[round(each, 1) for each in siege.starts]} s",
            f"requests sent again: {dict(through.calls.repeated)}; commands: {dict(done)}",
            f"{len(they.reader.seen)} deliveries, given again {they.reader.again}",
            f"the socket ended: {dict(they.follower.ends)}, messages told again {they.follower.again}",
            f"missing: {they.missing()}; faults: {through.calls.faults}",
        ]
    )


@pytest.mark.timeout(PATIENCE + 100)
async def test_nothing_is_lost_doubled_or_falsely_reported_while_hub_and_mongod_are_killed(tmp_path: Path) -> None:
    """50 clients and 5 operators exchange 5,000 messages; the hub is killed ten times meanwhile and mongod twice.

    The moments are random. `SIEGE_SEED`, which a failure shows, chooses the same ones again.
    """
    seed = int(os.environ.get("SIEGE_SEED") or SystemRandom().randrange(10**9))
    print(f"SIEGE_SEED={seed}")  # noqa: T201 - a failure shows it
    everybody = (*OPERATORS, SUPERVISOR)
    async with besieged(tmp_path, SETTINGS, everybody, moments(Random(seed))) as siege, callers(siege) as through:
        they, began = people(through, seed), perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                await talk(siege, they)
        finally:
            print(told(siege, through, they, perf_counter() - began))  # noqa: T201 - likewise
        assert through.calls.faults == []
        assert siege.acknowledged >= TOTAL
        await check(they)


async def check(they: People) -> None:
    """Hold what is kept against what everybody was told."""
    found = await audit.kept(they.supervisor)
    audit.messages_are_numbered(found)
    audit.clients_are_heard(found, they.clients)
    audit.replies_are_there(found, they.operators)
    audit.floor_was_kept(found)
    audit.deliveries_are_true(found, they.reader)
    await audit.second_reader_sees_all(they.reader)
    audit.follower_missed_nothing(found, they.follower)
    print(await audit.sums_close(they.supervisor, they.clients))  # noqa: T201 - likewise
