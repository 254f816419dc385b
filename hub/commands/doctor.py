"""`hub doctor`: is everything there that a hub needs?"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import typer

from hub.commands.store import DEFAULT, SettingsFile
from hub.settings import Settings, SettingsErrors, load
from hub.settings.model import LogSettings


def doctor(file: SettingsFile = DEFAULT) -> None:
    """Look over everything the hub needs, and say what to do; exit with 1 when something is wrong."""
    try:
        settings = load(file, os.environ)
    except SettingsErrors as error:
        typer.echo(f"✗ {error}")
        raise typer.Exit(1) from None
    typer.echo(f"✓ The settings in {file} are right.")
    wrong = asyncio.run(_examine(file, settings))
    typer.echo(f"\n{_summary(wrong)}")
    if wrong:
        raise typer.Exit(1)


async def _examine(file: Path, settings: Settings) -> int:
    """Print findings as they come; return how many are not well."""
    from hub.doctor import examine
    from hub.logs import configure

    configure(LogSettings(level="warning"))
    wrong = 0
    async for finding in examine(file, settings):
        typer.echo(f"{'✓' if finding.well else '✗'} {finding.sentence}")
        wrong += not finding.well
    return wrong


def _summary(wrong: int) -> str:
    if not wrong:
        return "All is well."
    return "One thing is wrong." if wrong == 1 else f"{wrong} things are wrong."
