"""A whole database into an archive, and back; see `archive` for what it is made of.

A backup reads every collection at one moment in time, while hubs go on writing. A restore looks the archive over before
it touches anything, and reads everything back afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bson.raw_bson import RawBSONDocument
from pymongo.errors import OperationFailure

from crm_store.archive import (
    MANIFEST,
    PART,
    Contents,
    Digest,
    Manifest,
    Writer,
    collection_of,
    documents_in,
    read_parts,
    verified,
)
from crm_store.driver import Database
from crm_store.failures import named_failures
from crm_store.indexes import ensure_indexes, missing_indexes
from router.errors import Misconfigured

#: told how many documents more have been done
Progress = Callable[[int], None]
#: the server's codes when it no longer has the moment that is read
_TOO_LATE = frozenset({239, 246})
#: the first release that reads many collections at one moment, as its wire version: MongoDB 5.0
_SNAPSHOTS = 13
#: a hub that has said within this time that it is alive is taken for a running one
_ALIVE = timedelta(seconds=20)
#: stands in this collection while a restore is under way
UNFINISHED = "restoring"


async def count(database: Database) -> int:
    """Return about how many documents there are."""
    with named_failures():
        counts = [await database.raw[name].estimated_document_count() for name in await _collections(database)]
    return sum(counts)


async def back_up(
    database: Database, path: Path, *, now: datetime, version: str, progress: Progress = lambda _: None
) -> Manifest:
    """Write everything into a new archive, which appears under its name once it is whole.

    Raises `Misconfigured` with one sentence, and `Retryable` when the database cannot be reached.
    """
    await refuse_unfinished(database)
    try:
        writer = await asyncio.to_thread(Writer, path)
        try:
            return await _write(database, writer, now, version, progress)
        finally:
            await asyncio.to_thread(writer.close)
    except OSError as error:
        raise Misconfigured(
            f"The backup cannot be written to {path} ({error.strerror}): name another place."
        ) from error


async def _write(database: Database, writer: Writer, now: datetime, version: str, progress: Progress) -> Manifest:
    collections: dict[str, Contents] = {}
    snapshot = int((await database.command("hello"))["maxWireVersion"]) >= _SNAPSHOTS
    with named_failures():
        async with _one_moment(database, snapshot) as session:
            for name in await _collections(database):
                collections[name] = await _write_collection(database.raw[name], session, writer, progress)
    manifest = Manifest(collections, writer.parts, now.isoformat(), database.raw.name, snapshot, version)
    await asyncio.to_thread(writer.finish, manifest)
    return manifest


@asynccontextmanager
async def _one_moment(database: Database, snapshot: bool) -> AsyncIterator[Any]:
    try:
        async with database.raw.client.start_session(snapshot=snapshot) as session:
            yield session
    except OperationFailure as error:
        if error.code not in _TOO_LATE:
            raise
        raise Misconfigured(
            "The backup took longer than the server remembers the moment at which it began: raise the server's "
            "parameter minSnapshotHistoryWindowInSeconds, which is 300 by default, and try again."
        ) from error


async def _write_collection(collection: Any, session: Any, writer: Writer, progress: Progress) -> Contents:
    digest, part, number = Digest(), bytearray(), 0
    async for batch in collection.find_raw_batches({}, sort=[("_id", 1)], session=session):
        before = digest.documents
        digest.add(batch)
        part += batch
        if len(part) >= PART:
            await asyncio.to_thread(writer.add, f"{collection.name}/{number:06}.bson", bytes(part))
            part, number = bytearray(), number + 1
        progress(digest.documents - before)
    if part:
        await asyncio.to_thread(writer.add, f"{collection.name}/{number:06}.bson", bytes(part))
    return digest.contents()


async def restore(
    database: Database, path: Path, manifest: Manifest, *, replace: bool, progress: Progress = lambda _: None
) -> None:
    """Write what a verified archive holds into a database, and read it back.

    The database must be empty, or is emptied with `replace`. When anything goes wrong it is left empty. Raises
    `Misconfigured` with one sentence, and `Retryable`.
    """
    if not replace and await _holds_something(database):
        raise Misconfigured(
            f"The database {database.raw.name!r} is not empty: say --replace to delete what is in it, or name another "
            "one with --database."
        )
    with named_failures():
        await _empty(database)
        await database.raw[UNFINISHED].insert_one({"_id": "unfinished"})
        try:
            await _fill(database, path, progress)
            await _check(database, manifest, progress)
            await ensure_indexes(database)
            await _check_indexes(database)
        except BaseException:
            await _empty(database)
            raise
        await database.raw.drop_collection(UNFINISHED)


async def refuse_living_hub(database: Database) -> None:
    """Raise `Misconfigured` when a hub has said within the last seconds that it works on this database."""
    beat = await database["meta"].find_one({"_id": "hub"})
    # The answer to a command has times without a zone: they are UTC.
    now = (await database.command("hello"))["localTime"].replace(tzinfo=UTC)
    if beat is not None and now - beat["at"] < _ALIVE:
        raise Misconfigured(
            f"A hub works on the database {database.raw.name!r}: stop it, wait {_ALIVE.seconds} seconds, and try again."
        )


async def refuse_unfinished(database: Database) -> None:
    """Raise `Misconfigured` when a restore of this database was cut off."""
    if await database[UNFINISHED].find_one({"_id": "unfinished"}) is not None:
        raise Misconfigured(
            f"The restore of the database {database.raw.name!r} was cut off: run hub restore again, with --replace."
        )


async def _fill(database: Database, path: Path, progress: Progress) -> None:
    parts = read_parts(path)
    while (part := await asyncio.to_thread(_next, parts)) is not None:
        name, data = part
        if name != MANIFEST:
            documents = [RawBSONDocument(document) for document in documents_in(data)]
            await database.raw[collection_of(name)].insert_many(documents, ordered=False)
            progress(len(documents))


def _next(parts: Iterator[tuple[str, bytes]]) -> tuple[str, bytes] | None:
    return next(parts, None)


async def _check(database: Database, manifest: Manifest, progress: Progress) -> None:
    """Read everything back; the indexes do not exist yet, so nothing has expired meanwhile."""
    for name, wanted in manifest.collections.items():
        digest = Digest()
        async for batch in database.raw[name].find_raw_batches({}, sort=[("_id", 1)]):
            before = digest.documents
            digest.add(batch)
            progress(digest.documents - before)
        if digest.contents() != wanted:
            raise Misconfigured(
                f"The restored collection {name!r} is not what was backed up: {digest.documents} documents instead of "
                f"{wanted.documents}, or other ones. Does anybody else write to this database?"
            )


async def _check_indexes(database: Database) -> None:
    missing = await missing_indexes(database)
    if missing:
        raise Misconfigured(f"These indexes are missing after the restore: {', '.join(missing)}. Try again.")


async def _collections(database: Database) -> list[str]:
    names: list[str] = await database.raw.list_collection_names()
    return sorted(name for name in names if not name.startswith("system."))


async def _holds_something(database: Database) -> bool:
    with named_failures():
        for name in await _collections(database):
            if await database.raw[name].find_one({}, ["_id"]) is not None:
                return True
    return False


async def _empty(database: Database) -> None:
    for name in await _collections(database):
        await database.raw.drop_collection(name)


async def verify(path: Path) -> Manifest:
    """Return the manifest of an archive that is whole. Raises `Misconfigured` with what is wrong."""
    return await asyncio.to_thread(verified, path)
