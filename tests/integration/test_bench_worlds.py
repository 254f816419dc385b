"""What the benchmark fills a database with is what the store itself would have kept."""

from __future__ import annotations

import pytest

from crm_store import open_store
from router.model import AuthorKind, State
from router.store import Filter
from tests.bench.sow import sow, talk_ids
from tests.bench.world import CHANNEL, FRONT, World, chat_name

pytestmark = pytest.mark.mongo
WORLD = World(lines=2, operators_per_line=2, talks=3, conversations=9, said=4, messages=96, front=1)
CLOSED = (96 - 9 * 4) // 20


async def test_a_filled_world_reads_like_one_that_was_lived_in(mongo_url: str, database: str) -> None:
    """Open conversations are held by who should hold them, closed ones hold the rest of the messages."""
    tokens = await sow(mongo_url, WORLD, database)
    store = await open_store(mongo_url, database)
    try:
        found, _ = await store.list_conversations(Filter(), limit=100)
        assert sorted(each.state for each in found) == [State.CLOSED] * CLOSED + [State.WAITING] * 9
        assert {name: load.counted for name, load in (await store.count_loads()).items()} == {
            "line001-01": 3,
            "line001-02": 2,
            "line002-01": 2,
            "line002-02": 2,
            "front-01": 0,
        }
        assert set(tokens) == {"line001-01", *WORLD.operators_of(FRONT)}
        assert {each.operator for each in await store.tokens()} == set(tokens)
        assert [entry async for entry in store.ledger.undecided()] == []
    finally:
        await store.close()


async def test_each_copy_is_a_conversation_of_its_own(mongo_url: str, database: str) -> None:
    """A talk has its own messages in order, its own client and deliveries, and is found by its chat."""
    await sow(mongo_url, WORLD, database)
    store = await open_store(mongo_url, database)
    try:
        talks = talk_ids(WORLD)
        latest = await store.latest_of_chats([(CHANNEL, chat_name(number)) for number in range(WORLD.talks)])
        assert [latest[CHANNEL, chat_name(number)].id for number in range(WORLD.talks)] == talks
        messages = await store.messages(talks[2])
        assert [message.n for message in messages] == [1, 2, 3, 4]
        assert [message.author.kind for message in messages] == [AuthorKind.CLIENT, AuthorKind.OPERATOR] * 2
        sent = await store.deliveries_of([message.id for message in messages])
        assert [len(sent.get(message.id, ())) for message in messages] == [0, 1, 0, 1]
        client = await store.client(latest[CHANNEL, chat_name(2)].client)
        assert client is not None
        assert client.identities == (f"http:{CHANNEL}:{chat_name(2)}",)
        assert "@" not in repr((messages, sent, client, latest))
        assert await store.last_cursor() == 96 + 1, "one for each message, and one for the staff"
    finally:
        await store.close()
