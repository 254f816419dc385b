"""A real mongod for the whole run, and a database of its own for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient

from crm_store import MongoStore, open_store
from hub.mongod import start_mongod


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a mongod that the suite starts once, as the hub starts its own."""
    mongo = await start_mongod(Path(tmp_path_factory.mktemp("mongod")))
    yield mongo.url
    await mongo.stop()


@pytest.fixture
async def database(mongo_url: str) -> AsyncIterator[str]:
    """The name of a database that nobody else uses and that is dropped afterwards."""
    name = f"test_{uuid4().hex[:16]}"
    yield name
    async with AsyncMongoClient[dict[str, object]](mongo_url) as client:
        await client.drop_database(name)


@pytest.fixture
async def store(mongo_url: str, database: str) -> AsyncIterator[MongoStore]:
    """An empty store on a database of its own."""
    opened = await open_store(mongo_url, database)
    yield opened
    await opened.close()
