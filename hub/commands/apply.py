"""`hub apply` and `hub rollback`: other settings go live, and those before them are kept."""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from hub.commands.plan import in_its_place, in_words
from hub.commands.store import DEFAULT, SettingsFile, opened
from hub.history import Deed, exchange
from hub.settings import Settings, SettingsErrors, parse
from hub.settings.load import read_bytes, revision_of
from hub.settings.rescue import rescue
from router.errors import Misconfigured, Retryable
from router.history import History, How, Progress, Version

#: versions looked through for a former one
_FAR = 1_000
By = Annotated[str, typer.Option(metavar="NAME", help="Who makes the change. The user who runs the command.")]
Note = Annotated[str, typer.Option(metavar="TEXT", help="What it is for; shown in the history.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")]


def apply(
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The settings file that takes its place.")],
    by: By = "",
    note: Note = "",
    yes: Yes = False,
    file: SettingsFile = DEFAULT,
) -> None:
    """Check new settings, show what changes, and put them in the place of those that run. The former ones are kept."""
    wanted, raw = in_its_place(new, file), read_bytes(file)
    try:
        before = parse(raw, file, os.environ)
    except SettingsErrors as errors:
        before = None
        typer.echo(f"{errors}\nSo nothing can be compared with {file} as it is; it is replaced.\n", err=True)
    _go_live(revision_of(raw), before, before or wanted, wanted, Deed(How.APPLIED, by or _user(), note), yes)


def rollback(
    to: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="A version of hub history. The former one.")
    ] = None,
    by: By = "",
    note: Note = "",
    yes: Yes = False,
    file: SettingsFile = DEFAULT,
) -> None:
    """Show what changes, and return to the former settings or to a certain version. It can be rolled back as well."""
    current, whole = rescue(file, os.environ)
    version = asyncio.run(_find(current, to))
    wanted = parse(version.text.encode(), file, os.environ, called=f"version {version.id}")
    typer.echo(f"Back to version {version.id} of {version.at:%Y-%m-%d %H:%M} UTC.\n")
    deed = Deed(How.ROLLED_BACK, by or _user(), note or f"to version {version.id}")
    _go_live(current.revision, current if whole else None, current, wanted, deed, yes)


def _go_live(shown: str, before: Settings | None, keeper: Settings, wanted: Settings, deed: Deed, yes: bool) -> None:
    """Show what changes, ask, and exchange the file of the revision `shown`; `keeper` names the store."""
    if shown == wanted.revision:
        typer.echo(f"Nothing changes: this is what {wanted.file} says already.")
        return
    typer.echo(in_words(before, wanted, datetime.now(UTC)))
    if not yes and sys.stdin.isatty() and not typer.confirm("\nLet this take effect?"):
        raise typer.Exit(1)
    version = asyncio.run(_exchange(shown, keeper, wanted, deed))
    typer.echo(
        f"\n{wanted.file} is version {version.id} now: a hub that runs goes by it within two seconds, else the next "
        "one does at its start. `hub rollback` returns to what was before."
    )


async def _exchange(shown: str, keeper: Settings, wanted: Settings, deed: Deed) -> Version:
    async with _history(keeper) as history:
        return await exchange(history, shown, wanted, deed, env=os.environ, now=datetime.now(UTC))


async def _find(current: Settings, wanted: int | None) -> Version:
    """Return a version by its number, None for the latest that differs from what is in the file."""
    async with _history(current) as history:
        if wanted is None:
            listed = await history.page(0, _FAR)
            saved = (it for it in listed if it.progress is not Progress.BEGUN and it.revision != current.revision)
            wanted = next((it.id for it in saved), None)
        found = await history.find(wanted) if wanted is not None else None
    if found is None:
        raise Misconfigured(
            f"There is no version {wanted}: hub history lists those there are."
            if wanted is not None
            else "There are no former settings: none but these have been in force since versions are kept."
        )
    return found


@asynccontextmanager
async def _history(settings: Settings) -> AsyncIterator[History]:
    """Yield the history in the store that settings name. Raises `Misconfigured` when it cannot be reached."""
    try:
        async with opened(settings.file, settings) as store:
            yield store.history
    except Retryable as error:
        raise Misconfigured(f"{str(error).removesuffix('.')}: nothing was done. Try again when it can.") from error


def _user() -> str:
    """Return who runs the command, also as another user."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (OSError, KeyError):
        # Containers may run as a number that no user has.
        return f"user {os.getuid()}"
