"""Fills a database before the hub starts on it."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, islice

from pymongo import AsyncMongoClient, WriteConcern
from pymongo.asynchronous.database import AsyncDatabase

from crm_store import MongoStore, open_store
from hub.passwords import Passwords
from hub.web.sessions import digest
from hub.web.tokens import make
from router.access import Account
from router.model import State
from router.people import OperatorState, Presence
from router.store import Batch
from router.tokens import Token
from tests.bench.mould import Document, Mould, Place, conversation_id, sample
from tests.bench.world import CHANNEL, FRONT, World, chat_name, client_name

#: the hub's own default
DATABASE = "trunkline"
_SAMPLES = "_samples"
#: messages in a closed conversation
_LONG = 20
_CHUNK = 2_000
#: chunks under way at a time
_AT_ONCE = 3
_OPERATORS_AT_ONCE = 200


async def sow(url: str, world: World, database: str = DATABASE) -> dict[str, str]:
    """Fill an empty database and return operator → bearer token, for everybody who answers in a measurement."""
    async with AsyncMongoClient[Document](url, tz_aware=True, tzinfo=UTC) as client:
        open_ones = await _mould(client, url, database + _SAMPLES, State.WAITING, world.said)
        closed = await _mould(client, url, database + _SAMPLES, State.CLOSED, _LONG)
        await _insert(client[database], chain(_open(world, open_ones), _closed(world, closed)))
    store = await open_store(url, database)
    try:
        await _staff(store, world)
        return await _tokens(store, [world.operators[0], *world.operators_of(FRONT)])
    finally:
        await store.close()


async def _mould(client: AsyncMongoClient[Document], url: str, database: str, state: State, said: int) -> Mould:
    store = await open_store(url, database)
    try:
        await sample(store, CHANNEL, state, said)
    finally:
        await store.close()
    kept = await client[database].list_collection_names()
    documents = {name: await client[database][name].find().to_list() for name in kept}
    await client.drop_database(database)
    return Mould(documents, said)


def _open(world: World, mould: Mould) -> Iterator[tuple[str, Document]]:
    for number, operator in enumerate(world.holders()):
        yield from mould.cast(place_of(number, operator), _moment(number), before=number * mould.said)


def place_of(number: int, operator: str) -> Place:
    """Return the place of an open conversation; those of the first operator are the talks."""
    return Place(number, operator.rpartition("-")[0], operator, chat_name(number), client_name(number))


def talk_ids(world: World) -> list[str]:
    """Return the conversations between which the traffic goes, by their clients' numbers."""
    return [conversation_id(place_of(number, world.operators[0])) for number in range(world.talks)]


def _closed(world: World, mould: Mould) -> Iterator[tuple[str, Document]]:
    before, operators = world.conversations * world.said, world.operators
    for number in range(max(0, world.messages - before) // mould.said):
        place = place_of(world.conversations + number, operators[number % len(operators)])
        yield from mould.cast(place, _moment(number), before=before + number * mould.said)


def _moment(number: int) -> datetime:
    """Return when a conversation took place: one a second, so that no two are alike."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(days=30) + timedelta(seconds=number)


async def _insert(database: AsyncDatabase[Document], documents: Iterator[tuple[str, Document]]) -> None:
    """Insert without waiting for the journal; mongod is shut down cleanly before the hub starts it again."""
    hasty, free = WriteConcern(w=1), asyncio.Semaphore(_AT_ONCE)

    async def insert(name: str, chunk: list[Document]) -> None:
        async with free:
            await database.get_collection(name, write_concern=hasty).insert_many(chunk, ordered=False)

    async with asyncio.TaskGroup() as group:
        while some := list(islice(documents, 5 * _CHUNK)):
            chunks: defaultdict[str, list[Document]] = defaultdict(list)
            for name, document in some:
                chunks[name].append(document)
            for name, chunk in chunks.items():
                group.create_task(insert(name, chunk))
            async with free:
                # Room for one more: what is cast waits in memory only until the ones before it are written.
                await asyncio.sleep(0)


async def _staff(store: MongoStore, world: World) -> None:
    """Make accounts, so that the hub need not, and have everybody at work. All have one password that nobody knows."""
    loads = Counter(world.holders())
    everybody = [*world.operators, *world.operators_of(FRONT)]
    nobody_knows = await Passwords().hash(make())
    for operator in everybody:
        await store.save_account(Account(operator, nobody_knows))
    for start in range(0, len(everybody), _OPERATORS_AT_ONCE):
        some = everybody[start : start + _OPERATORS_AT_ONCE]
        states = {name: OperatorState(name, Presence.AVAILABLE, load=loads[name]) for name in some}
        await store.commit(Batch(f"staff-{start}", await store.last_cursor() + 1, operators=states))


async def _tokens(store: MongoStore, operators: list[str]) -> dict[str, str]:
    tokens = {operator: make() for operator in operators}
    for operator, token in tokens.items():
        await store.add_token(Token(f"bench-{operator}", digest(token), operator, datetime.now(UTC)))
    return tokens
