"""The commit log: one document for each batch, with the feed events it caused and the updates it decided.

A batch is committed when it is here. What it writes elsewhere travels in the same document until it is applied (see
`projection`).

An update in the ledger is written once and not touched again: that it was decided, and what became of it, is said here.
Nothing in the ledger up to the latest commit's `decided_to` is undecided, so that only what is behind it is looked at.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from crm_store.codec import Document, clean, decode, encode_all
from crm_store.driver import Database
from router.effects import Outcome
from router.ports import FeedEvent
from router.store import Batch

#: commits read at a time; a busy hub's hold hundreds of events each
_PAGE = 20
_LATEST = [("_id", -1)]


def committed(batch: Batch, writes: dict[str, list[Document]]) -> Document:
    """Return the document of a batch with what is still to be applied of it."""
    at = decided_at(batch)
    document: Document = {"_id": batch.first, "last": batch.last, "batch": batch.id, "at": at}
    document |= {"decided_to": batch.decided_to, "events": encode_all(batch.events)}
    if batch.done:
        document["done"] = [clean(update) for update in batch.done]
        document["outcomes"] = encode_all(outcome for outcome in batch.done.values() if outcome is not None)
    if writes:
        document["writes"] = writes
    return document


def decided_at(batch: Batch) -> datetime:
    """Return when what a batch holds was decided."""
    return batch.events[-1].at if batch.events else datetime.now(UTC)


class CommitLog:
    """Reads the commit log."""

    def __init__(self, database: Database) -> None:
        self._commits = database["commits"]

    async def has(self, batch: Batch) -> bool:
        """Return whether a batch was committed before."""
        found = await self._commits.find_one({"_id": batch.first}, fields=["batch"])
        return found is not None and found["batch"] == batch.id

    async def last_cursor(self) -> int:
        """Return the feed's highest cursor, 0 for none."""
        latest = await self._latest()
        return int(latest["last"]) if latest is not None else 0

    async def decided_to(self) -> int:
        """Return up to which `seq` nothing in the ledger is undecided, 0 when nobody knows."""
        latest = await self._latest()
        return int(latest["decided_to"]) if latest is not None else 0

    async def _latest(self) -> Document | None:
        # Numbers only: before ADR 10, commits without events had ids of their own.
        return await self._commits.find_one({"_id": {"$gt": 0}}, sort=_LATEST, fields=["last", "decided_to"])

    async def events(self, after: int, limit: int) -> list[FeedEvent]:
        """Return the feed after a cursor, in order."""
        first = await self._commits.find_one({"_id": {"$lte": after + 1}}, sort=_LATEST, fields=["_id"])
        position: Any = {"$gte": first["_id"] if first is not None else 0}
        found: list[FeedEvent] = []
        while len(found) < limit:
            page = await self._commits.find({"_id": position}, sort=[("_id", 1)], limit=_PAGE, fields=["events"])
            wanted = (event for commit in page for event in commit["events"] if event["cursor"] > after)
            found += [decode(event, FeedEvent) for event in islice(wanted, limit - len(found))]
            if len(page) < _PAGE:
                break
            position = {"$gt": page[-1]["_id"]}
        return found

    async def decided(self, updates: Collection[str]) -> dict[str, Outcome | None]:
        """Return which of these updates were decided, with what became of those that were commands."""
        wanted = set(updates)
        query = {"done": {"$in": sorted(wanted)}}
        found: dict[str, Outcome | None] = {}
        for commit in await self._commits.find(query, fields=["done", "outcomes"]) if wanted else ():
            outcomes = {each["update"]: decode(each, Outcome) for each in commit["outcomes"]}
            found |= {update: outcomes.get(update) for update in wanted.intersection(commit["done"])}
        return found

    async def refused(self) -> list[tuple[int, str]]:
        """Return the first cursor of each commit that could not be applied, with the reason; a hundred at most."""
        query = {"refusal": {"$exists": True}}
        found = await self._commits.find(query, sort=[("last", 1)], limit=100, fields=["refusal"])
        return [(each["_id"], each["refusal"]) for each in found]
