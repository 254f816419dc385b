"""The store ports on MongoDB: the ledger, what lanes, deliveries and pages read, and files."""

from __future__ import annotations

from crm_store.accounts import Accounts
from crm_store.backup import refuse_unfinished
from crm_store.chats import ChatReads
from crm_store.commit import Commits
from crm_store.driver import Database, DriverName, connect
from crm_store.failures import not_a_replica_set
from crm_store.figures import Figures
from crm_store.files import GridFiles
from crm_store.history import MongoHistory
from crm_store.indexes import ensure_indexes
from crm_store.invitations import InvitationReads
from crm_store.lanes import LaneReads
from crm_store.ledger import MongoLedger
from crm_store.notebooks import NotebookReads
from crm_store.overview import OverviewReads
from crm_store.pages import PageReads
from crm_store.recordings import Recordings
from crm_store.webhooks import MongoWebhooks

__all__ = ["MongoStore", "open_store"]


class MongoStore(Commits, LaneReads, ChatReads, PageReads, OverviewReads, Accounts, NotebookReads, InvitationReads):
    """Implements `router.store.Store`; `ledger` implements `router.store.Ledger`, `figures` counts what is kept."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.ledger = MongoLedger(database)
        self.figures = Figures(database)
        self.files = GridFiles(database)
        self.history = MongoHistory(database)
        self.recordings = Recordings(database)
        self.webhooks = MongoWebhooks(database)

    @property
    def database(self) -> Database:
        """Where everything is kept."""
        return self._database

    async def ping(self) -> None:
        """Raise `Retryable` unless the database answers and accepts writes."""
        await self._database["meta"].update({"_id": "ping"}, {"$currentDate": {"at": True}}, upsert=True)

    async def beat(self) -> None:
        """Record that a hub works on this database now."""
        await self._database["meta"].update({"_id": "hub"}, {"$currentDate": {"at": True}}, upsert=True)

    async def close(self) -> None:
        """Apply what was committed, if that can be done at once, and let go of the connections."""
        await self._projection.close()
        await self._database.close()


async def open_store(url: str, database: str, driver: DriverName = "pymongo") -> MongoStore:
    """Connect to a replica set or sharded cluster and make the indexes that are missing.

    Raises `Retryable` when nobody answers within 3 s, and `Misconfigured` when the address, the database's name or
    the server cannot work.
    """
    connected = connect(url, database, driver)
    try:
        await _check_transactions(connected)
        await refuse_unfinished(connected)
        await ensure_indexes(connected)
        store = MongoStore(connected)
        await store.catch_up()
    except BaseException:
        await connected.close()
        raise
    return store


async def _check_transactions(database: Database) -> None:
    hello = await database.command("hello")
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise not_a_replica_set()
