"""Versions of the settings file."""

from __future__ import annotations

from pymongo.errors import BulkWriteError

from crm_store.codec import Document, decode, decode_all, encode
from crm_store.room import Room
from router.errors import Conflict
from router.history import Progress, Version

#: versions that are kept
_KEPT = 1_000
_NEWEST = [("_id", -1)]
_WITHOUT_TEXT = [name for name in Version.__struct_fields__ if name not in {"id", "text"}]
_BEFORE = {
    Progress.BEGUN: (),
    Progress.SAVED: (Progress.BEGUN,),
    Progress.IN_FORCE: (Progress.BEGUN, Progress.SAVED),
}


class MongoHistory(Room):
    """Implements `router.history.History`. Everything is looked up by number, which needs no further index."""

    async def add(self, version: Version) -> None:
        """Keep a version, and forget those that are too old. Raises `Conflict` when its number is taken."""
        try:
            await self._database["versions"].insert([encode(version)])
        except BulkWriteError as error:
            raise Conflict(f"There is a version {version.id} of the settings already.") from error
        await self._database["versions"].delete({"_id": {"$lte": version.id - _KEPT}})

    async def advance(self, version: int, progress: Progress) -> None:
        """Note that a version has come further; it never goes back."""
        query = {"_id": version, "progress": {"$in": [each.value for each in _BEFORE[progress]]}}
        await self._database["versions"].update(query, {"$set": {"progress": progress.value}})

    async def withdraw(self, version: int) -> None:
        """Forget a version that has only begun."""
        await self._database["versions"].delete({"_id": version, "progress": Progress.BEGUN.value})

    async def latest(self, *, begun: bool = False) -> Version | None:
        """Return the latest version that was saved, or with `begun` the latest of all."""
        query: Document = {} if begun else {"progress": {"$ne": Progress.BEGUN.value}}
        found = await self._database["versions"].find_one(query, sort=_NEWEST)
        return decode(found, Version) if found is not None else None

    async def find(self, version: int) -> Version | None:
        """Return one version."""
        found = await self._database["versions"].find_one({"_id": version})
        return decode(found, Version) if found is not None else None

    async def page(self, before: int, limit: int) -> list[Version]:
        """Return versions with a number below `before` (0: from the end), newest first, without their texts."""
        query: Document = {"_id": {"$lt": before}} if before else {}
        documents = await self._database["versions"].find(query, sort=_NEWEST, limit=limit, fields=_WITHOUT_TEXT)
        return decode_all(documents, Version)
