"""Opening the store."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from crm_store import open_store
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
