"""The store on PyMongo's own asyncio API."""

from __future__ import annotations

from tests.contract.store import FilesContract, HistoryContract, LedgerContract, StoreContract


class TestLedger(LedgerContract):
    pass


class TestStore(StoreContract):
    pass


class TestFiles(FilesContract):
    pass


class TestHistory(HistoryContract):
    pass
