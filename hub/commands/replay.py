"""`hub replay`: decide poison again after a fix."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from hub.commands.store import DEFAULT, SettingsFile, opened
from router.errors import Misconfigured


def replay(
    update: Annotated[str | None, typer.Argument(metavar="[UPDATE]", help="The update's id, such as shop:42.")] = None,
    poison: Annotated[bool, typer.Option("--poison", help="Everything that is poison.")] = False,
    channel: Annotated[str | None, typer.Option(metavar="NAME", help="With --poison: only this channel.")] = None,
    file: SettingsFile = DEFAULT,
) -> None:
    """Decide poison updates again: a running hub does it within seconds, else the next one at its start."""
    if (update is None) is not poison or (channel is not None and not poison):
        raise Misconfigured("Name one update, or say --poison, which takes --channel NAME.")
    count = asyncio.run(_replay(file, update, channel))
    typer.echo(f"{count} {'update is' if count == 1 else 'updates are'} decided again.")


async def _replay(file: Path, update: str | None, channel: str | None) -> int:
    async with opened(file) as store:
        if update is None:
            return await store.ledger.replay_all(channel)
        if await store.ledger.replay(update):
            return 1
        entry = await store.ledger.find(update)
    if entry is None:
        raise Misconfigured(f"The ledger has no {update!r}. `hub ledger poison` lists what can be named.")
    raise Misconfigured(f"The update {update} is not poison but {_STATES.get(entry.state, entry.state)}.")


_STATES = {"done": "decided, and nothing is ever decided twice", "new": "undecided: a running hub is at it"}
