"""One entry in the commit log per batch, exactly once; what the batch writes elsewhere is applied behind that.

Feed cursors are unique in the log, and so is every update decided, so a batch that had been committed before (its
answer was lost) stops there, is recognised by its id, and counts as done.
"""

from __future__ import annotations

from typing import Any

from pymongo.errors import BulkWriteError, DuplicateKeyError

from crm_store.codec import Document
from crm_store.commits import CommitLog, committed
from crm_store.driver import Database
from crm_store.failures import duplicate_in, named_failures
from crm_store.projection import Projection
from crm_store.room import Room
from crm_store.writes import Write, guards, logged
from router.errors import Conflict
from router.ports import FeedEvent
from router.store import Batch


class Commits(Room):
    """Writes batches."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.log = CommitLog(database)
        self._projection = Projection(database)

    @property
    def unapplied(self) -> int:
        """How many documents and changes are committed that those who read them wait for."""
        return self._projection.waiting

    async def catch_up(self) -> None:
        """Apply what was committed before a crash. Raises `Retryable`."""
        await self._projection.catch_up()

    async def last_cursor(self) -> int:
        """Return the feed's highest cursor, 0 for none."""
        return await self.log.last_cursor()

    async def events(self, after: int, limit: int) -> list[FeedEvent]:
        """Return the feed after a cursor, in order."""
        return await self.log.events(after, limit)

    async def commit(self, batch: Batch) -> None:
        """Write the batch, exactly once, however often it is called with the same batch.

        Raises `Conflict` when a guard fails, `Retryable` when the database cannot be reached, `Rejected` when it is
        too large, and `ValueError` when a message for the client has no event. Nothing is written then, except after
        `Retryable`: all of it may have been. Call again with the same batch.
        """
        _within_capacity(batch)
        if batch.is_empty:
            return
        await self._projection.room()
        writes = logged(batch)
        try:
            await self._log_batch(committed(batch, writes), guards(batch))
        except (BulkWriteError, DuplicateKeyError) as error:
            taken = duplicate_in(error)
            if taken is None:
                raise
            # Whoever was faster may have died before all of it could be read.
            self._projection.doubt()
            await self._projection.catch_up()
            if not await self.log.has(batch):
                raise Conflict(f"Somebody else wrote first, or an operator is full: {taken}") from error
        except BaseException:
            self._projection.doubt()
            raise
        else:
            self._projection.follow(batch.first, writes, batch)

    async def _log_batch(self, entry: Document, guarding: list[Write]) -> None:
        """Write the entry, which is atomic; a transaction is needed only where there are guards."""
        if not guarding:
            with named_failures():
                await self._database.raw["commits"].insert_one(entry)
            return

        async def work(session: Any) -> None:
            await self._database.raw["commits"].insert_one(entry, session=session)
            for write in guarding:
                await write.run(self._database.raw, session)

        await self._database.transaction(work)


def _within_capacity(batch: Batch) -> None:
    """Refuse what no operator could hold; the guard in the database looks only at operators that are known to it."""
    for operator, load in batch.loads.items():
        if load.is_impossible:
            raise Conflict(f"{operator} cannot take {load.all.by} conversations more: that is beyond their capacity.")
