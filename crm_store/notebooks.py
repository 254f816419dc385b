"""Notebooks: small texts by key, written together or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pymongo import DeleteOne, UpdateOne

from crm_store.codec import Document
from crm_store.driver import Database, storable_values
from crm_store.failures import named_failures
from crm_store.room import Room
from router.notebooks import Entry, Notebook

#: sorts behind whatever a key may go on with
_LAST = "\U0010ffff"


class MongoNotebook:
    """Implements `router.notebooks.Notebook`: `_id` is the notebook's name, a line feed, and the key."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._notes = database["notebooks"]
        self._name = name

    async def get(self, key: str) -> str | None:
        """Return what is written under a key."""
        found = await self._notes.find_one({"_id": self._id(key), **_fresh()})
        return str(found["text"]) if found is not None else None

    async def read(self, prefix: str) -> dict[str, str]:
        """Return everything whose key begins with `prefix`."""
        first = self._id(prefix)
        query = {"_id": {"$gte": first, "$lt": first + _LAST}, **_fresh()}
        found = await self._notes.find(query, sort=[("_id", 1)])
        return {each["_id"].partition("\n")[2]: each["text"] for each in found}

    async def write(self, changes: Mapping[str, Entry | None]) -> None:
        """Write all of this, or nothing."""
        calls = [self._call(key, entry) for key, entry in changes.items()]
        if not calls:
            return
        if len(calls) == 1:
            with named_failures():
                await self._notes.raw.bulk_write(calls)
            return

        async def work(session: Any) -> None:
            await self._notes.raw.bulk_write(calls, session=session)

        await self._database.transaction(work)

    async def take(self, key: str) -> str | None:
        """Take a key out and return what was written there."""
        with named_failures():
            found = await self._notes.raw.find_one_and_delete({"_id": self._id(key), **_fresh()})
        return str(found["text"]) if found is not None else None

    def _call(self, key: str, entry: Entry | None) -> UpdateOne | DeleteOne:
        if entry is None:
            return DeleteOne({"_id": self._id(key)})
        fields = storable_values({"text": entry.text, "until": entry.until})
        return UpdateOne({"_id": self._id(key)}, {"$set": fields}, upsert=True)

    def _id(self, key: str) -> str:
        written: str = storable_values(f"{self._name}\n{key}")
        return written


def _fresh() -> Document:
    # The server forgets what is over only once a minute.
    return {"$or": [{"until": None}, {"until": {"$gt": datetime.now(UTC)}}]}


class NotebookReads(Room):
    """All notebooks."""

    def notebook(self, name: str) -> Notebook:
        """Return the notebook of a name."""
        return MongoNotebook(self._database, name)
