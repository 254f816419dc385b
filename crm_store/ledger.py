"""The ledger: every update any platform handed over, kept before the platform is told so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from msgspec.structs import replace
from pymongo.errors import BulkWriteError

from crm_store.codec import Document, clean, decode, decode_all
from crm_store.commits import CommitLog
from crm_store.driver import Database
from crm_store.failures import DUPLICATE_KEY, named_failures
from router.errors import Rejected
from router.ports import Update
from router.store import Entry

#: how many undecided updates are read at a time
PAGE = 500
#: MongoDB's limit of 16 MiB for a document, less room for the other fields
MAX_RAW = 16 * 1024 * 1024 - 16 * 1024
#: poison becomes undecided again, and why it was poison is kept
_REPLAYED: list[Document] = [
    {
        "$set": {
            "state": "new",
            "replayed": True,
            "reason": "",
            "reasons": {"$concatArrays": [{"$ifNull": ["$reasons", []]}, [{"$ifNull": ["$reason", ""]}]]},
        }
    }
]


class MongoLedger:
    """Implements `router.store.Ledger` on the collection `updates`."""

    def __init__(self, database: Database) -> None:
        self._updates = database["updates"]
        self._tallies = database["tallies"]
        self._log = CommitLog(database)
        # Updates of an append whose answer was lost: they may be in the ledger although nobody was told so.
        self._unsure: set[str] = set()

    async def append(self, channel: str, updates: Sequence[tuple[Update, int]], at: datetime) -> Sequence[Entry | None]:
        """Insert updates, each with its `seq`, durably (w:majority, journaled); None stands for a duplicate.

        When an earlier call failed after its updates had become durable, the repeated call returns them as new, so
        that they are decided. Raises `Retryable`, and `Rejected` when one is too large to be kept: then none is.
        """
        documents = [_document(channel, update, seq, at) for update, seq in updates]
        if not documents:
            return []
        ids = {document["_id"] for document in documents}
        try:
            duplicates = await self._insert(documents)
            found = await self._not_told_yet({documents[index]["_id"] for index in duplicates})
        except BaseException:
            self._unsure |= ids
            raise
        self._unsure -= ids
        return [
            found.pop(document["_id"], None) if index in duplicates else _entry(document)
            for index, document in enumerate(documents)
        ]

    async def _insert(self, documents: list[Document]) -> set[int]:
        """Insert all that are new and return the positions of those that are not."""
        try:
            await self._updates.insert(documents)
        except BulkWriteError as error:
            wrong = error.details["writeErrors"]
            if any(one["code"] != DUPLICATE_KEY for one in wrong):
                raise
            return {one["index"] for one in wrong}
        return set()

    async def _not_told_yet(self, duplicates: set[str]) -> dict[str, Entry]:
        wanted = duplicates & self._unsure
        if not wanted:
            return {}
        documents = await self._updates.find({"_id": {"$in": sorted(wanted)}, "state": "new"})
        return {entry.id: entry for entry in await self._still_new(documents)}

    async def find(self, update: str) -> Entry | None:
        """Return one update."""
        document = await self._updates.find_one({"_id": update})
        if document is None:
            return None
        decided = await self._log.decided([document["_id"]])
        if document["_id"] not in decided:
            return _entry(document)
        return replace(_entry(document), state="done", outcome=decided[document["_id"]])

    async def undecided(self) -> AsyncIterator[Entry]:
        """Yield all updates that are undecided at the time of the call: replayed ones, then by `seq`."""
        for entry in await self.replayed():
            yield entry
        behind = {"$gt": await self._log.decided_to(), "$lte": await self.last_seq()}
        query: Document = {"state": "new", "replayed": {"$ne": True}, "seq": behind}
        while documents := await self._updates.find(query, sort=[("seq", 1), ("_id", 1)], limit=PAGE):
            for entry in await self._still_new(documents):
                yield entry
            seq, id_ = documents[-1]["seq"], documents[-1]["_id"]
            query["seq"] = {**query["seq"], "$gte": seq}
            query["$nor"] = [{"seq": seq, "_id": {"$lte": id_}}]

    async def _still_new(self, documents: list[Document]) -> list[Entry]:
        """Return those that no commit has decided."""
        decided = await self._log.decided([document["_id"] for document in documents])
        return [entry for entry in _entries(documents) if entry.id not in decided]

    async def decided_to(self) -> int:
        """Return up to which `seq` nothing is undecided, besides what was replayed."""
        return await self._log.decided_to()

    async def poison(self, update: str, reason: str) -> None:
        """Quarantine an update."""
        await self._updates.update({"_id": update}, {"$set": {"state": "poison", "reason": clean(reason)}})

    async def poisoned(self, *, channel: str | None = None, limit: int = 100) -> list[Entry]:
        """Return the latest poison updates, latest first."""
        found = await self._updates.find(_poison(channel), sort=[("received_at", -1), ("_id", -1)], limit=limit)
        return _entries(found)

    async def replay(self, update: str) -> bool:
        """Make a poison update undecided again; return whether it was poison."""
        return await self._updates.update({"_id": update, "state": "poison"}, _REPLAYED)

    async def replay_all(self, channel: str | None = None) -> int:
        """Make every poison update undecided again, or every one of a channel; return how many there were."""
        with named_failures():
            done = await self._updates.raw.update_many(_poison(channel), _REPLAYED)
        return int(done.matched_count)

    async def replayed(self, limit: int = PAGE) -> list[Entry]:
        """Return updates that were made undecided again and still are, in the order of `seq`."""
        documents = await self._updates.find({"state": "new", "replayed": True}, sort=[("seq", 1)], limit=limit)
        found = await self._still_new(documents)
        settled = {document["_id"] for document in documents} - {entry.id for entry in found}
        if settled:
            with named_failures():
                await self._updates.raw.update_many({"_id": {"$in": sorted(settled)}}, {"$unset": {"replayed": ""}})
        return found

    async def repeated(self, channel: str, day: date, times: int) -> None:
        """Count repeats of updates that were dropped on a day."""
        at = datetime.combine(day, time(), UTC)
        fields = {"channel": clean(channel), "day": at}
        change: Document = {"$inc": {"duplicates": times}, "$setOnInsert": fields}
        await self._tallies.update({"_id": f"{day.isoformat()}:{channel}"}, change, upsert=True)

    async def last_seq(self) -> int:
        """Return the highest `seq` there is, 0 for none."""
        document = await self._updates.find_one({}, sort=[("seq", -1)], fields=["seq"])
        return int(document["seq"]) if document is not None else 0


def _poison(channel: str | None) -> Document:
    return {"state": "poison"} if channel is None else {"state": "poison", "channel": clean(channel)}


def _document(channel: str, update: Update, seq: int, at: datetime) -> Document:
    id_ = clean(f"{channel}:{update.external_id}")
    return {
        "_id": id_,
        "channel": channel,
        "raw": _kept(id_, update.raw),
        "received_at": at,
        "seq": seq,
        "state": "new",
    }


def _kept(id_: str, raw: str) -> str | bytes:
    """Return the raw text as BSON can hold it: as text, or as bytes when it has a lone surrogate."""
    data = raw.encode("utf-8", "surrogatepass")
    if len(data) > MAX_RAW:
        raise Rejected(f"The update {id_} has {len(data)} bytes: at most {MAX_RAW} can be kept.")
    try:
        data.decode()
    except UnicodeDecodeError:
        return data
    return raw


def _entry(document: Document) -> Entry:
    return decode(_readable(document), Entry)


def _entries(documents: list[Document]) -> list[Entry]:
    return decode_all(map(_readable, documents), Entry)


def _readable(document: Document) -> Document:
    raw: Any = document.get("raw")
    return {**document, "raw": raw.decode("utf-8", "surrogatepass")} if isinstance(raw, bytes) else document
