"""`hub operator`: operators' accounts."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer

from hub.settings import Settings, load
from router.errors import Misconfigured

app = typer.Typer(help="Operators' accounts.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _accounts() -> None:
    """Operators' accounts."""


@app.command()
def password(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The operator's name under `operators`.")],
    file: Annotated[Path, typer.Option(metavar="FILE", help="The settings file.")] = Path("config.yaml"),
) -> None:
    """Give an operator a new password, shown once; whoever was signed in as them is signed out."""
    made = asyncio.run(new_password(load(file, os.environ), file, name))
    typer.echo(f"{name} signs in with this password from now on. It is shown only now:\n\n    {made}\n")


async def new_password(settings: Settings, file: Path, operator: str) -> str:
    """Return an operator's new password, whether the hub runs or not. Raises `Misconfigured`."""
    # Imported only here: the other commands answer at once without the store's libraries.
    from crm_store import open_store
    from hub.accounts import reset

    async with _address(settings, file) as address:
        store = await open_store(address, settings.store.database, settings.store.driver)
        try:
            return await reset(store, settings.rules, operator)
        finally:
            await store.close()


@asynccontextmanager
async def _address(settings: Settings, file: Path) -> AsyncIterator[str]:
    """Yield the store's address; a MongoDB of the hub's own is started when no hub runs it."""
    from hub.bootstrap import data_folder
    from hub.mongod import start_mongod

    if settings.store.url is not None:
        yield settings.store.url
        return
    data = data_folder(file, settings)
    address = _of_running_hub(data / "mongo")
    if address is not None:
        yield address
        return
    local = await start_mongod(data)
    try:
        yield local.url
    finally:
        await local.stop()


def _of_running_hub(folder: Path) -> str | None:
    """Return where the MongoDB of the hub that runs on this folder is, or None when none runs."""
    from hub.mongod_orphan import hold
    from hub.mongod_process import REPLICA_SET

    try:
        hold(folder).close()
    except Misconfigured:
        port = (folder / "port").read_text()
        return f"mongodb://127.0.0.1:{port}/?replicaSet={REPLICA_SET}"
    return None
