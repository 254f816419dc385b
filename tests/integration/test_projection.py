"""What is committed is applied behind the commit: once, whoever died when, and seen by whoever reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from crm_store import MongoStore, open_store, projection, transactions
from crm_store.backup import back_up, restore, verify
from crm_store.driver import Database, connect
from hub.mongod import start_mongod
from router.delivery import Attempt, DeliveryState
from router.errors import Conflict, Retryable
from router.model import State
from router.people import Client
from router.store import Batch, DeliveryChange
from tests.contract.store_samples import NOW, Batches, at, conversation, delivery, message

pytestmark = pytest.mark.mongo
QUEUED, SENT = DeliveryState.QUEUED, DeliveryState.SENT


@asynccontextmanager
async def _unapplied(store: MongoStore) -> AsyncIterator[None]:
    """Let commits be durable, but not applied by this store, as if its process had died right behind them."""
    async with store._projection._one_at_a_time:
        yield


def _sibling(store: MongoStore) -> MongoStore:
    """Return another store on the same database, as another process has one."""
    ours = store.database
    return MongoStore(Database(ours._client, ours.raw.name, ours._bucket))


async def _logged(store: MongoStore, kept: str = "writes") -> list[int]:
    """Return the cursors of commits that still have this."""
    found = await store.database.raw["commits"].find({kept: {"$exists": True}}, sort=[("_id", 1)]).to_list()
    return [each["_id"] for each in found]


def _everything(batches: Batches, n: int = 1) -> Batch:
    """A batch with something of every kind that is applied behind the commit."""
    key, said = f"k{n}", message(f"m{n}", conversation=f"k{n}", n=1)
    return batches.make(
        messages=[said],
        conversations={key: conversation(key, n=1)},
        deliveries=[delivery(f"d{n}", said.id)],
        clients={"c1": Client("c1", "Ann", NOW)},
        fetched={"shop": 3},
    )


async def _shown(store: MongoStore) -> dict[str, Any]:
    names = ("messages", "conversations", "deliveries", "clients", "outlets", "explanations")
    await store.database.settled()
    return {name: await store.database.raw[name].find({}, sort=[("_id", 1)]).to_list() for name in names}


async def test_what_a_dead_hub_committed_is_there_when_the_store_is_opened(
    store: MongoStore, mongo_url: str, database: str
) -> None:
    """And when the one that was only slow goes on, nothing is there twice."""
    batch = _everything(Batches())
    async with _unapplied(store):
        await store.commit(batch)
        assert await _logged(store) == [batch.first]
        assert await store.database.raw["messages"].count_documents({}) == 0
        other = await open_store(mongo_url, database)
        assert await other.messages("k1") == batch.messages
        assert await other.conversations(["k1"]) == batch.conversations
    assert await store.messages("k1") == batch.messages
    assert await _logged(store) == []
    await other.close()


async def test_a_commit_that_somebody_else_won_can_be_read_by_whoever_lost(store: MongoStore) -> None:
    other = _sibling(store)
    theirs = _everything(Batches())
    async with _unapplied(store):
        await store.commit(theirs)
        mine = _everything(Batches(), 2)
        mine.id = "mine"
        with pytest.raises(Conflict):
            await other.commit(mine)
        assert await other.messages("k1") == theirs.messages
        assert await other.conversations(["k2"]) == {}


async def test_stores_that_apply_the_same_commits_apply_them_once(store: MongoStore) -> None:
    """A delivery's attempts, which are added to, would tell."""
    batches = Batches()
    others = [_sibling(store) for _ in range(3)]
    await store.commit(batches.make(messages=[message("m1")], deliveries=[delivery("d1")]))
    change = DeliveryChange("d1", QUEUED, (QUEUED,), Attempt(NOW, QUEUED))
    async with _unapplied(store):
        for _ in range(30):
            await store.commit(batches.make(changes=[change]))
    await asyncio.gather(store.database.settled(), *(other.catch_up() for other in others))
    [(kept, _)] = (await store.deliveries(["d1"])).values()
    assert len(kept.attempts) == 30


async def test_commits_applied_together_come_to_the_same_as_one_by_one(store: MongoStore) -> None:
    """What several of them change is written once, as the last one left it."""
    batches = Batches()
    begun = conversation(timers={"offer": at(5)}, n=1)
    steps = [
        begun,
        replace(begun, timers={}, state=State.OPEN, operator="olga", n=2),
        replace(begun, timers={"close": at(9)}, state=State.OPEN, operator="olga", n=3),
        replace(begun, timers={}, state=State.CLOSED, operator="olga", n=4, closed_at=at(9)),
    ]
    commits = [
        batches.make(
            messages=[message(f"m{n}")],
            conversations={"k1": it},
            clients={"c1": Client("c1", f"Ann {n}", NOW)},
            deliveries=[delivery(f"d{n}", f"m{n}")],
            changes=[DeliveryChange("d1", SENT, (QUEUED,), Attempt(at(n), SENT))],
            fetched={"shop": n},
        )
        for n, it in enumerate(steps, 1)
    ]
    for commit in commits:
        await store.commit(commit)
        await store.database.settled()
    alone = await _shown(store)
    for name in (*alone, "commits"):
        await store.database.raw[name].delete_many({})
    async with _unapplied(store):
        for commit in commits[:2]:
            await store.commit(commit)
    await store.database.settled()
    async with _unapplied(store):
        for commit in commits[2:]:
            await store.commit(commit)
    assert await _shown(store) == alone
    assert "due_at" not in alone["conversations"][0]


async def test_reading_about_one_thing_does_not_wait_for_another(store: MongoStore) -> None:
    async with _unapplied(store):
        await store.commit(_everything(Batches()))
        assert await store.conversations(["k2"]) == {}
        assert await store.latest_of_chats([("shop", "v2")]) == {}
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await store.conversations(["k1"])
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await store.latest_of_chats([("shop", "v1")])
    assert list(await store.conversations(["k1"])) == ["k1"]
    assert list(await store.latest_of_chats([("shop", "v1")])) == [("shop", "v1")]


async def test_what_cannot_be_applied_is_kept_and_holds_up_nothing(store: MongoStore) -> None:
    """Here a message's id is taken, which no hub would do; the commits before and behind it are read as ever."""
    batches = Batches()
    await store.database.raw["messages"].insert_one({"_id": "m2"})
    commits = [_everything(batches, n) for n in (1, 2, 3)]
    async with _unapplied(store):
        for commit in commits:
            await store.commit(commit)
    assert list(await store.conversations(["k1", "k2", "k3"])) == ["k1", "k3"]
    assert await _logged(store, "refused") == [commits[1].first]
    [(cursor, reason)] = await store.log.refused()
    assert cursor == commits[1].first
    assert "duplicate key" in reason
    assert "text of m2" not in reason


async def test_commits_wait_while_too_much_waits_to_be_applied(
    store: MongoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projection, "_MOST", 3)
    batches = Batches()
    async with _unapplied(store):
        await store.commit(_everything(batches, 1))
        waiting = asyncio.create_task(store.commit(_everything(batches, 2)))
        done, _ = await asyncio.wait({waiting}, timeout=0.2)
        assert not done
    await waiting
    assert len(await store.messages("k2")) == 1


async def test_a_cancelled_commit_is_looked_for_by_the_next_reader(store: MongoStore) -> None:
    """Whether it got through or not: what is in the log is read, and what is not is not."""
    batches, told = Batches(), 0
    for n in range(1, 31):
        batch = _everything(batches, n)
        call = asyncio.create_task(store.commit(batch))
        for _ in range(n):
            await asyncio.sleep(0)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        await store.commit(batch)
        told += len(await store.messages(f"k{n}"))
    assert told == 30


async def test_readers_are_told_when_nothing_can_be_applied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is shown less than what was committed, and nobody waits for ever."""
    monkeypatch.setattr(transactions, "TRANSACTION_TIME", 0)
    mongo = await start_mongod(tmp_path)
    store = await open_store(f"{mongo.url}&serverSelectionTimeoutMS=100", "hub")
    async with _unapplied(store):
        await store.commit(_everything(Batches()))
        await mongo.stop()
    with pytest.raises(Retryable):
        await store.messages("k1")
    again = await start_mongod(tmp_path)
    await store.close()
    store = await open_store(again.url, "hub")
    assert len(await store.messages("k1")) == 1
    await store.close()
    await again.stop()


async def test_readers_are_told_when_it_takes_too_long(store: MongoStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "_READERS_WAIT", 0.1)
    async with _unapplied(store):
        await store.commit(_everything(Batches()))
        with pytest.raises(Retryable, match="slow"):
            await store.messages("k1")


async def test_a_backup_holds_what_is_not_applied_yet(
    store: MongoStore, mongo_url: str, database: str, tmp_path: Path
) -> None:
    """A store that opens on what was restored shows it."""
    async with _unapplied(store):
        await store.commit(_everything(Batches()))
        await back_up(store.database, tmp_path / "all", now=NOW + timedelta(days=1), version="0.1")
    copy = connect(mongo_url, f"{database}_copy")
    await restore(copy, tmp_path / "all", await verify(tmp_path / "all"), replace=False)
    restored = await open_store(mongo_url, f"{database}_copy")
    assert len(await restored.messages("k1")) == 1
    await restored.close()
    await copy.raw.client.drop_database(f"{database}_copy")
    await copy.close()


async def test_commits_of_former_releases_do_not_confuse_the_feed(store: MongoStore) -> None:
    """Those without events had texts for ids, and nothing to apply."""
    await store.commit(_everything(Batches()))
    await store.database.raw["commits"].insert_one({"_id": "f00d", "batch": "f00d", "at": NOW, "decided_to": 0})
    assert await store.last_cursor() == 1
    assert [event.cursor for event in await store.events(0, 9)] == [1]
    await store.catch_up()
