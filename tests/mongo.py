"""A real mongod for the whole run, and an empty database for each test.

Databases are emptied and used again: making and dropping one takes a third of a second, and mongod keeps the files of
dropped ones open for minutes, of which a long run would have more than a process may open.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from crm_store import MongoStore, open_store
from hub.mongod import start_mongod

#: collections with more documents than this are dropped, which is faster than emptying them
_MANY = 2_000
#: milliseconds; what a test left under way may hold locks
_PATIENCE = 2_000


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a mongod that the suite starts once, as the hub starts its own."""
    mongo = await start_mongod(Path(tmp_path_factory.mktemp("mongod")))
    yield mongo.url
    await mongo.stop()


@pytest.fixture(scope="session")
def spare_databases() -> list[str]:
    """Databases that were emptied after a test."""
    return []


@pytest.fixture
async def database(mongo_url: str, spare_databases: list[str]) -> AsyncIterator[str]:
    """The name of an empty database that nobody else uses meanwhile."""
    name = spare_databases.pop() if spare_databases else f"test_{uuid4().hex[:16]}"
    yield name
    async with AsyncMongoClient[dict[str, Any]](mongo_url) as client:
        try:
            # What a test left in flight may arrive behind the broom: sweep until nothing was found.
            while await _swept(client[name]):
                pass
            spare_databases.append(name)
        except PyMongoError:
            await client.drop_database(name)


async def _swept(database: Any) -> int:
    """Empty a database; return how many collections held something."""
    found = 0
    for name in await database.list_collection_names():
        count = await database[name].estimated_document_count()
        if name.startswith("system.") or count > _MANY:
            await database.drop_collection(name)
        elif count:
            await database.command("delete", name, deletes=[{"q": {}, "limit": 0}], maxTimeMS=_PATIENCE)
            found += 1
    return found


@pytest.fixture
async def store(mongo_url: str, database: str) -> AsyncIterator[MongoStore]:
    """An empty store on a database of its own."""
    opened = await open_store(mongo_url, database)
    yield opened
    await opened.close()
