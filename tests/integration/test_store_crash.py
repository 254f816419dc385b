"""A mongod that dies in the middle, and an answer that is lost: everything is written exactly once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from crm_store import MongoStore, open_store, transactions
from hub.mongod import LocalMongo, start_mongod
from router.errors import Retryable
from router.ports import Update
from router.store import Batch
from tests.contract.store_samples import NOW, Batches, load, message


@pytest.fixture
async def mongo(tmp_path: Path) -> AsyncIterator[LocalMongo]:
    running = await start_mongod(tmp_path)
    yield running
    await running.stop()


async def commit_until_done(store: MongoStore, batch: Batch) -> int:
    """Commit as the engine does, again and again, and return how often it failed."""
    failures = 0
    while True:
        try:
            await store.commit(batch)
        except Retryable:
            failures += 1
        else:
            return failures


@pytest.mark.parametrize("driver", ["pymongo", "motor"])
async def test_commits_during_a_crash_are_written_exactly_once(mongo: LocalMongo, driver: str) -> None:
    store = await open_store(mongo.url, "hub", driver)  # type: ignore[arg-type]  # a parameter
    batches = Batches()
    made = [batches.make(messages=[message(f"m{n}")], loads={f"op{n % 7}": load(1, 1000)}) for n in range(1, 301)]
    halfway = asyncio.Event()

    async def lane(part: list[Batch]) -> None:
        for batch in part:
            await commit_until_done(store, batch)
            if batch is made[30]:
                halfway.set()

    lanes = [asyncio.create_task(lane(made[offset::3])) for offset in range(3)]
    await halfway.wait()
    os.kill(mongo.pid, signal.SIGKILL)
    await asyncio.gather(*lanes)
    said = await store.messages("k1", limit=1000)
    loads = {name: operator.load for name, operator in (await store.operators()).items()}
    cursors = [event.cursor for event in await store.events(0, 1000)]
    await store.close()
    assert [each.n for each in said] == list(range(1, 301))
    assert sum(loads.values()) == 300
    assert cursors == list(range(1, 301))


async def test_a_commit_without_a_server_is_retryable_and_can_be_repeated(
    mongo: LocalMongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "TRANSACTION_TIME", 0)
    store = await open_store(f"{mongo.url}&serverSelectionTimeoutMS=100", "hub")
    batch = Batches().make(messages=[message("m1")], loads={"olga": load(1, 5)})
    os.kill(mongo.pid, signal.SIGKILL)
    with pytest.raises(Retryable):
        await store.commit(batch)
    assert await commit_until_done(store, batch) >= 0
    await store.commit(batch)
    loads = (await store.operators())["olga"].load
    await store.close()
    assert loads == 1


async def test_an_update_whose_answer_was_lost_is_new_once_more(store: MongoStore) -> None:
    told = []
    for number in range(30):
        update = [(Update(f"u{number}", "x"), number)]
        call = asyncio.create_task(store.ledger.append("shop", update, NOW))
        for _ in range(number):
            await asyncio.sleep(0)
        call.cancel()
        entries = (await asyncio.gather(call, return_exceptions=True))[0]
        if isinstance(entries, BaseException):
            entries = await store.ledger.append("shop", update, NOW)
        told += [entry.id for entry in entries if entry is not None]
        assert list(await store.ledger.append("shop", update, NOW)) == [None]
    assert told == [f"shop:u{number}" for number in range(30)]
