"""Opening the store."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from crm_store import MongoStore, open_store
from crm_store.indexes import INDEXES
from hub.mongod_process import find_program, launch
from router.errors import Misconfigured, Retryable

DRIVERS = pytest.mark.parametrize("driver", ["pymongo", "motor"])


@pytest.fixture
def nobodys_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@DRIVERS
async def test_a_server_that_does_not_answer_is_one_sentence(nobodys_port: int, driver: str) -> None:
    with pytest.raises(Retryable, match=r"^The database cannot be reached \(.*\): check that .*\.$"):
        await open_store(f"mongodb://127.0.0.1:{nobodys_port}/?serverSelectionTimeoutMS=50", "hub", driver)  # type: ignore[arg-type]  # a parameter


@DRIVERS
@pytest.mark.parametrize("url", ["http://127.0.0.1", "mongodb://a:b:c@d", "mongodb://h/?w=x&tls=maybe"])
async def test_an_address_that_cannot_work_is_one_sentence(url: str, driver: str) -> None:
    with pytest.raises(Misconfigured, match=r"^store\.url or store\.database cannot be used: "):
        await open_store(url, "hub", driver)  # type: ignore[arg-type]  # a parameter


@DRIVERS
async def test_a_name_that_no_database_may_have_is_one_sentence(mongo_url: str, driver: str) -> None:
    with pytest.raises(Misconfigured, match=r"^store\.url or store\.database cannot be used: "):
        await open_store(mongo_url, "a.b", driver)  # type: ignore[arg-type]  # a parameter


async def test_a_server_without_a_replica_set_is_one_sentence(tmp_path: Path, nobodys_port: int) -> None:
    mongod = await launch(find_program(), tmp_path, nobodys_port, 0.25)
    try:
        with pytest.raises(Misconfigured, match="start it with --replSet"):
            await open_store(f"mongodb://127.0.0.1:{nobodys_port}/?directConnection=true", "hub")
    finally:
        await mongod.end()


async def test_an_address_cannot_weaken_what_durable_means(mongo_url: str, database: str) -> None:
    store = await open_store(f"{mongo_url}&w=0&journal=false", database)
    concern = store._database.raw.write_concern
    await store.close()
    assert concern.document == {"w": "majority", "j": True}


async def test_opening_twice_makes_the_indexes_once(mongo_url: str, database: str) -> None:
    for _ in range(2):
        store = await open_store(mongo_url, database)
        made = {name: await store._database.raw[name].index_information() for name in INDEXES}
        await store.close()
    for name, indexes in INDEXES.items():
        assert set(made[name]) == {"_id_"} | {index.document["name"] for index in indexes}


async def test_indexes_that_take_long_to_build_are_waited_for(store: MongoStore, mongo_url: str, database: str) -> None:
    """Over millions of documents that takes minutes; here a transaction holds the collection."""
    messages = store.database.raw["messages"]
    await messages.drop_index("in_conversation")
    async with store.database.raw.client.start_session() as session:
        await session.start_transaction()
        await messages.insert_one({"_id": "m1"}, session=session)
        opening = asyncio.create_task(open_store(f"{mongo_url}&socketTimeoutMS=300", database))
        done, _ = await asyncio.wait({opening}, timeout=1)
        assert not done
        await session.abort_transaction()
    await (await opening).close()
    assert "in_conversation" in await messages.index_information()


async def test_an_index_that_a_former_release_made_otherwise_is_made_anew(
    store: MongoStore, mongo_url: str, database: str
) -> None:
    """Other keys, or other options; those that have not changed stay."""
    raw = store.database.raw
    before = await raw["messages"].index_information()
    await raw["messages"].drop_index("in_conversation")
    await raw["messages"].create_index([("n", 1)], name="in_conversation")
    await raw["messages"].drop_index("of_client")
    await raw["messages"].create_index([("channel", 1), ("chat", 1), ("external_id", 1)], name="of_client", unique=True)
    await (await open_store(mongo_url, database)).close()
    assert await raw["messages"].index_information() == before
