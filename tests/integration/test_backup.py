"""Backing up and restoring: what comes back is what was there, and a damaged archive touches nothing."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import tarfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient, MongoClient

from crm_store import MongoStore, open_store
from crm_store.archive import MANIFEST, Manifest
from crm_store.backup import back_up, refuse_living_hub, restore, verify
from crm_store.driver import Database, connect
from crm_store.indexes import INDEXES
from hub.commands.backup import _back_up, _restore
from hub.mongod import start_mongod
from hub.settings import load
from router.errors import Misconfigured
from router.ports import Update
from tests.contract.store_files import put
from tests.contract.store_samples import NOW
from tests.integration.stage import ScriptedChannel, running, stage_of
from tests.integration.test_store_indexes import filled

pytestmark = pytest.mark.mongo


@pytest.fixture
async def source(store: MongoStore) -> Database:
    """A database with something in every collection, two files among it."""
    await filled(store)
    await put(store, b"x" * 700_000)
    await store.secret("cookies")
    await store.database.settled()
    return store.database


@pytest.fixture
async def target(mongo_url: str, database: str) -> AsyncIterator[Database]:
    """An empty database."""
    connected = connect(mongo_url, f"{database}_copy")
    yield connected
    await connected.raw.client.drop_database(f"{database}_copy")
    await connected.close()


async def _backed_up(source: Database, path: Path) -> Manifest:
    return await back_up(source, path, now=NOW, version="0.1")


async def _everything(database: Database) -> dict[str, list[dict[str, Any]]]:
    names = await database.raw.list_collection_names()
    return {name: await database.raw[name].find({}, sort=[("_id", 1)]).to_list() for name in sorted(names)}


async def test_what_is_restored_is_what_was_there(
    source: Database, target: Database, mongo_url: str, tmp_path: Path
) -> None:
    """Every document of every collection, files too, and every index; a store opens on it."""
    archive = tmp_path / "all.tar.gz"
    before = await _everything(source)
    made = await _backed_up(source, archive)
    manifest = await verify(archive)
    assert manifest == made
    assert manifest.snapshot
    assert manifest.collections["updates"].documents == len(before["updates"])
    done: list[int] = []
    await restore(target, archive, manifest, replace=False, progress=done.append)
    after = await _everything(target)
    assert {name: found for name, found in after.items() if found} == {n: f for n, f in before.items() if f}
    assert sum(done) == 2 * manifest.documents
    for name, indexes in INDEXES.items():
        there = await target.raw[name].index_information()
        assert {index.document["name"] for index in indexes} <= set(there)
    await (await open_store(mongo_url, target.raw.name)).close()


async def test_a_backup_is_of_one_moment_while_the_hub_writes(source: Database, mongo_url: str, tmp_path: Path) -> None:
    """What is written after the first collection was read is in no other one, and nobody waits for anybody."""
    there = await source.raw["updates"].count_documents({})
    seen: list[int] = []
    with MongoClient[dict[str, Any]](mongo_url) as somebody:

        def write_meanwhile(count: int) -> None:
            seen.append(count)
            somebody[source.raw.name]["updates"].insert_one({"_id": f"shop:late{len(seen)}"})

        made = await back_up(source, tmp_path / "a.tar.gz", now=NOW, version="0.1", progress=write_meanwhile)
    assert made.collections["updates"].documents == there
    assert sum(seen) == made.documents
    assert await source.raw["updates"].count_documents({}) == there + len(seen)


async def test_a_database_that_holds_something_is_not_overwritten(source: Database, tmp_path: Path) -> None:
    """Unless that is asked for; then only the archive's contents are left."""
    archive = tmp_path / "all.tar.gz"
    manifest = await _backed_up(source, archive)
    await source.raw["updates"].insert_one({"_id": "shop:new", "state": "new"})
    with pytest.raises(Misconfigured, match=r"is not empty: say --replace"):
        await restore(source, archive, manifest, replace=False)
    assert await source.raw["updates"].count_documents({"_id": "shop:new"}) == 1
    await restore(source, archive, manifest, replace=True)
    assert await source.raw["updates"].count_documents({"_id": "shop:new"}) == 0


async def test_an_archive_is_never_overwritten(source: Database, tmp_path: Path) -> None:
    """And only its owner may read it: it holds everything."""
    archive = tmp_path / "all.tar.gz"
    await _backed_up(source, archive)
    assert archive.stat().st_mode & 0o077 == 0
    with pytest.raises(Misconfigured, match="There is a file"):
        await _backed_up(source, archive)
    with pytest.raises(Misconfigured, match="cannot be written"):
        await _backed_up(source, tmp_path / "nowhere" / "all.tar.gz")
    assert list(await asyncio.to_thread(tmp_path.glob, "*")) == [archive]


def _flipped(raw: bytes) -> bytes:
    members = bytearray(gzip.decompress(raw))
    at = members.index(b"text of m7")
    members[at] ^= 1
    return gzip.compress(bytes(members))


def _without_a_part(raw: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(raw)) as old, tarfile.open(fileobj=out, mode="w:gz") as new:
        for member in old:
            if member.name != "messages/000000.bson":
                new.addfile(member, old.extractfile(member))
    return out.getvalue()


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (_flipped, "is damaged"),
        (_without_a_part, "is damaged"),
        (lambda raw: raw[: len(raw) // 2], "cannot be read as a backup"),
        (lambda raw: b"hello", "cannot be read as a backup"),
        (lambda raw: gzip.compress(b""), "cannot be read as a backup|is not whole"),
    ],
    ids=["a bit", "a part", "half", "no archive", "nothing"],
)
async def test_a_damaged_archive_is_refused(source: Database, tmp_path: Path, damage: Any, told: str) -> None:
    """Before anything is written: nobody has to trust a half."""
    archive = tmp_path / "all.tar.gz"
    await _backed_up(source, archive)
    archive.write_bytes(damage(archive.read_bytes()))
    with pytest.raises(Misconfigured, match=told):
        await verify(archive)


async def test_a_newer_archive_says_so(source: Database, tmp_path: Path) -> None:
    """Rather than being taken for a damaged one."""
    archive = tmp_path / "all.tar.gz"
    body = json.dumps({"format": 2, "version": "9.0"}).encode()
    with tarfile.open(archive, "w:gz") as tar:
        member = tarfile.TarInfo(MANIFEST)
        member.size = len(body)
        tar.addfile(member, io.BytesIO(body))
    with pytest.raises(Misconfigured, match=r"newer release \(9.0\)"):
        await verify(archive)


async def test_what_cannot_be_restored_whole_leaves_nothing(
    source: Database, target: Database, mongo_url: str, tmp_path: Path
) -> None:
    """A collection that differs from what was backed up, as when somebody else writes to it, is no restored one."""
    archive = tmp_path / "all.tar.gz"
    manifest = await _backed_up(source, archive)
    async with AsyncMongoClient[dict[str, object]](mongo_url) as client:
        manifest.collections["updates"].documents += 1
        with pytest.raises(Misconfigured, match="'updates' is not what was backed up"):
            await restore(target, archive, manifest, replace=False)
        assert await client[target.raw.name].list_collection_names() == []


async def test_a_restore_that_was_cut_off_is_told_at_the_next_start(target: Database, mongo_url: str) -> None:
    """A hub never runs on half of its data."""
    await target.raw["restoring"].insert_one({"_id": "unfinished"})
    with pytest.raises(Misconfigured, match="was cut off"):
        await open_store(mongo_url, target.raw.name)


async def test_a_running_hub_is_not_restored_under(store: MongoStore) -> None:
    """It says every few seconds that it is alive."""
    await refuse_living_hub(store._database)
    async with running(stage_of(store, [ScriptedChannel()])) as stage:
        await stage.settled()

        async def has_beaten() -> bool:
            return await store._database["meta"].find_one({"_id": "hub"}) is not None

        async with asyncio.timeout(20):
            while not await has_beaten():  # noqa: ASYNC110 - what is written is no event
                await asyncio.sleep(0)
        with pytest.raises(Misconfigured, match="A hub works on the database"):
            await refuse_living_hub(store._database)
    old = NOW - timedelta(days=900)
    await store._database.raw["meta"].update_one({"_id": "hub"}, {"$set": {"at": old}})
    await refuse_living_hub(store._database)


async def test_the_commands_use_the_hubs_own_mongod(tmp_path: Path) -> None:
    """Started for the purpose when no hub runs it; nobody waits for a hub that has gone."""
    file = tmp_path / "config.yaml"
    file.write_text("hub: {data: data}\nlines: {sales: {name: Sales}}\n", "utf-8")
    (tmp_path / "data").mkdir()
    mongo = await start_mongod(tmp_path / "data")
    opened = await open_store(mongo.url, "trunkline")
    await opened.ledger.append("shop", [(Update("u1", "x"), 1)], NOW)
    await opened.beat()
    await opened.close()
    archive = tmp_path / "all.tar.gz"
    settings = load(file, {})
    made = await _back_up(settings, file, archive)
    assert made.collections["updates"].documents == 1
    with pytest.raises(Misconfigured, match="A hub works on"):
        await _restore(settings, file, archive, "trunkline", replace=True)
    await mongo.stop()
    assert (await _restore(settings, file, archive, "trunkline", replace=True)).documents == made.documents
