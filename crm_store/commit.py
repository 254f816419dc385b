"""One transaction per batch, exactly once.

What a batch writes is laid out beforehand as a few commands and sent in one session. Its entry in the commit log comes
first: feed cursors are unique there, and so is every update decided, so a batch that had been committed before (its
answer was lost) stops at once, is recognised by its id, and counts as done.
"""

from __future__ import annotations

from typing import Any

from pymongo.errors import BulkWriteError

from crm_store.commits import CommitLog
from crm_store.driver import Database
from crm_store.failures import duplicate_in
from crm_store.room import Room
from crm_store.writes import planned
from router.errors import Conflict
from router.ports import FeedEvent
from router.store import Batch


class Commits(Room):
    """Writes batches."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.log = CommitLog(database)

    async def last_cursor(self) -> int:
        """Return the feed's highest cursor, 0 for none."""
        return await self.log.last_cursor()

    async def events(self, after: int, limit: int) -> list[FeedEvent]:
        """Return the feed after a cursor, in order."""
        return await self.log.events(after, limit)

    async def commit(self, batch: Batch) -> None:
        """Write the batch in one transaction, exactly once, however often it is called with the same batch.

        Raises `Conflict` when a guard fails, `Retryable` when the database cannot be reached, `Rejected` when a
        document is too large, and `ValueError` when a message for the client has no event. Nothing is written then,
        except after `Retryable`: all of it may have been. Call again with the same batch.
        """
        _within_capacity(batch)
        if batch.is_empty:
            return
        writes = [write for write in planned(batch) if write.documents or write.operations]

        async def work(session: Any) -> None:
            for write in writes:
                await write.run(self._database.raw, session)

        try:
            await self._database.transaction(work)
        except BulkWriteError as error:
            taken = duplicate_in(error)
            if taken is None:
                raise
            if not await self.log.has(batch):
                raise Conflict(f"Somebody else wrote first, or an operator is full: {taken}") from error


def _within_capacity(batch: Batch) -> None:
    """Refuse what no operator could hold; the guard in the database looks only at operators that are known to it."""
    for operator, (change, capacity) in batch.loads.items():
        if change > max(capacity, 0):
            raise Conflict(f"{operator} cannot take {change} conversations more: their capacity is {capacity}.")
