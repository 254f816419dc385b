"""`hub history`: who changed the settings, what and when."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import typer

from hub.commands.plan import told
from hub.commands.store import DEFAULT, SettingsFile, opened
from hub.commands.table import plain, short, table
from hub.history import recorded
from hub.settings import Settings
from hub.settings.rescue import rescue
from router.errors import Misconfigured
from router.history import How, Progress, Version

_HEAD = ("version", "when (UTC)", "who", "how", "state", "settings", "note")
_HOW = {How.FIRST: "first", How.EDITED: "edited", How.APPLIED: "applied", How.ROLLED_BACK: "rolled back"}
Number = Annotated[int | None, typer.Argument(metavar="[VERSION]", min=1, help="The version to show.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def history(
    version: Number = None,
    text: Annotated[bool, typer.Option("--text", help="Print the version's file as it was written.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many to list, newest first.")] = 20,
    as_json: AsJson = False,
    file: SettingsFile = DEFAULT,
) -> None:
    """List who changed the settings, when and how; of one version, show what it changed or its text."""
    if text and version is None:
        raise Misconfigured("Name the version whose text is wanted: hub history 3 --text.")
    settings, whole = rescue(file, os.environ)
    found = asyncio.run(versions(settings, whole, version, limit))
    if text:
        typer.echo(found[0].text.encode(), nl=False)
    elif as_json:
        shown = list(map(in_json, found))
        typer.echo(json.dumps(shown if version is None else shown[0], indent=2, ensure_ascii=False))
    else:
        typer.echo(overview(found) if version is None else in_words(found[0]))


async def versions(settings: Settings, whole: bool, version: int | None, limit: int) -> list[Version]:
    """Return one version, or the newest, after the file's own was recorded. Raises `Misconfigured` for an unknown one.

    Settings that are not `whole` are not recorded: no hub has gone by them.
    """
    async with opened(settings.file, settings) as store:
        if whole:
            await recorded(store.history, settings, os.environ, datetime.now(UTC))
        if version is None:
            return await store.history.page(0, limit)
        found = await store.history.find(version)
    if found is None:
        raise Misconfigured(f"There is no version {version}: hub history lists those there are.")
    return [found]


def overview(found: Sequence[Version]) -> str:
    """Return versions as aligned columns, newest first."""
    saved = [it.id for it in found if it.progress is not Progress.BEGUN]
    rows = [
        (str(it.id), _when(it), _who(it), _HOW[it.how], _state(it, it.id in saved[:1]), _extent(it), short(it.note))
        for it in found
    ]
    return table([_HEAD, *rows])


def in_words(it: Version) -> str:
    """Return one version with every setting that it changed."""
    note = f" “{plain(it.note)}”" if it.note else ""
    head = f"Version {it.id}, {_HOW[it.how]} at {_when(it)} UTC ({_who(it)}).{note}"
    if it.changes is None:
        return f"{head}\nThere was nothing that it could be compared with."
    lines = [f"  {plain(told(change))}" for change in it.changes]
    return "\n".join([head, *(lines or ["  Nothing but comments and spelling has changed."])])


def in_json(it: Version) -> Any:
    """Return a version for programs."""
    plain_ = msgspec.to_builtins(it)
    return plain_ if it.text else {name: value for name, value in plain_.items() if name != "text"}


def _when(it: Version) -> str:
    return f"{it.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _who(it: Version) -> str:
    return plain(it.by) or ("by hand" if it.how is How.EDITED else "-")


def _state(it: Version, latest: bool) -> str:
    if it.progress is Progress.BEGUN:
        return "never took effect"
    if it.progress is Progress.SAVED:
        return "saved"
    return "in force" if latest else "former"


def _extent(it: Version) -> str:
    return "-" if it.changes is None else str(len(it.changes))
