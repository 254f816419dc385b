"""`hub backup` and `hub restore`: everything the hub keeps, in one file."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click
import typer

from hub.commands.store import DEFAULT, SettingsFile, connected, of_running_hub
from hub.settings import Settings, load

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

    from crm_store.archive import Manifest

_MEGABYTE = 1_000_000
Archive = Annotated[Path, typer.Argument(metavar="ARCHIVE", help="The archive, such as trunkline.tar.gz.")]


def backup(archive: Archive, file: SettingsFile = DEFAULT) -> None:
    """Write everything into an archive, while the hub runs or not. It holds secrets: keep it like the database."""
    made = asyncio.run(_back_up(load(file, os.environ), file, archive))
    typer.echo(f"{archive} holds {_counted(made)} and is {_size(archive.stat().st_size)} large.")
    if not made.snapshot:
        typer.echo("The server is older than MongoDB 5.0: what was written meanwhile may be in it in part.", err=True)


def restore(
    archive: Archive,
    database: Annotated[str, typer.Option(metavar="NAME", help="Another database than that of the settings.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Delete what is in the database.")] = False,
    file: SettingsFile = DEFAULT,
) -> None:
    """Write what an archive holds into an empty database, and check it. The hub must not run on that database."""
    settings = load(file, os.environ)
    name = database or settings.store.database
    manifest = asyncio.run(_restore(settings, file, archive, name, replace))
    typer.echo(f"{archive} is restored to the database {name}: {_counted(manifest)}, all as they were backed up.")


async def _back_up(settings: Settings, file: Path, archive: Path) -> Manifest:
    from crm_store.backup import back_up, count

    async with connected(settings, file, settings.store.database) as database:
        with _bar("Backing up", await count(database)) as bar:
            return await back_up(
                database, archive, now=datetime.now(UTC), version=version("trunkline"), progress=bar.update
            )


async def _restore(settings: Settings, file: Path, archive: Path, name: str, replace: bool) -> Manifest:
    from crm_store.backup import refuse_living_hub, restore, verify

    typer.echo(f"Checking {archive} …", err=True)
    manifest = await verify(archive)
    alone = _nobody_else_can(settings, file)
    async with connected(settings, file, name) as database:
        if not alone:
            await refuse_living_hub(database)
        with _bar("Restoring", 2 * manifest.documents) as bar:
            await restore(database, archive, manifest, replace=replace, progress=bar.update)
    return manifest


def _nobody_else_can(settings: Settings, file: Path) -> bool:
    """Return whether the MongoDB is the hub's own and no hub runs it: whoever was there has left."""
    from hub.bootstrap import data_folder

    return settings.store.url is None and of_running_hub(data_folder(file, settings) / "mongo") is None


def _bar(label: str, length: int) -> ProgressBar[int]:
    return click.progressbar(length=length, label=label, file=sys.stderr, update_min_steps=max(1, length // 200))


def _size(size: int) -> str:
    return f"{size / 1000:,.0f} KB" if size < _MEGABYTE else f"{size / _MEGABYTE:,.1f} MB"


def _counted(manifest: Manifest) -> str:
    return f"{manifest.documents:,} documents in {len(manifest.collections)} collections"
