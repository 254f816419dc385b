"""The store as commands reach it, whether a hub runs or not."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.settings import Settings, load
from router.errors import Misconfigured, Retryable

if TYPE_CHECKING:
    from crm_store import MongoStore
    from crm_store.driver import Database

#: which settings file a command goes by
SettingsFile = Annotated[Path, typer.Option("--file", metavar="FILE", help="The settings file.")]
DEFAULT = Path("config.yaml")


@asynccontextmanager
async def opened(file: Path, settings: Settings | None = None) -> AsyncIterator[MongoStore]:
    """Yield the store that a settings file names. Raises `Misconfigured` with one sentence."""
    # Imported only here: the other commands answer at once without the store's libraries.
    from crm_store import open_store

    settings = settings or load(file, os.environ)
    async with address(settings, file) as url:
        try:
            store = await open_store(url, settings.store.database, settings.store.driver)
        except Retryable as error:
            raise Misconfigured(str(error)) from error
        try:
            yield store
        finally:
            await store.close()


@asynccontextmanager
async def connected(settings: Settings, file: Path, name: str) -> AsyncIterator[Database]:
    """Yield a database as it is, without making or mending anything in it. Raises `Misconfigured` with one sentence."""
    from crm_store.driver import connect

    async with address(settings, file) as url:
        # One driver reads documents as they are, which archives need, and it is always there.
        database = connect(url, name, "pymongo")
        try:
            yield database
        except Retryable as error:
            raise Misconfigured(str(error)) from error
        finally:
            await database.close()


@asynccontextmanager
async def address(settings: Settings, file: Path) -> AsyncIterator[str]:
    """Yield the store's address; a MongoDB of the hub's own is started when no hub runs it."""
    from hub.bootstrap import data_folder
    from hub.mongod import start_mongod

    if settings.store.url is not None:
        yield settings.store.url
        return
    data = data_folder(file, settings)
    running = of_running_hub(data / "mongo")
    if running is not None:
        yield running
        return
    local = await start_mongod(data)
    try:
        yield local.url
    finally:
        await local.stop()


def of_running_hub(folder: Path) -> str | None:
    """Return where the MongoDB of the hub that runs on this folder is, or None when none runs."""
    from hub.mongod_orphan import hold
    from hub.mongod_process import REPLICA_SET

    try:
        hold(folder).close()
    except Misconfigured:
        port = (folder / "port").read_text()
        return f"mongodb://127.0.0.1:{port}/?replicaSet={REPLICA_SET}"
    return None
