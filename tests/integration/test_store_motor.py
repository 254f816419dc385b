"""The store on Motor."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from crm_store import MongoStore, open_store
from tests.contract.store import FilesContract, HistoryContract, LedgerContract, StoreContract


@pytest.fixture
async def store(mongo_url: str, database: str) -> AsyncIterator[MongoStore]:
    """An empty store that Motor reaches."""
    opened = await open_store(mongo_url, database, "motor")
    yield opened
    await opened.close()


class TestLedger(LedgerContract):
    pass


class TestStore(StoreContract):
    pass


class TestFiles(FilesContract):
    pass


class TestHistory(HistoryContract):
    pass
