"""`hub operator`: operators' accounts."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from hub.commands.store import DEFAULT, SettingsFile, opened
from hub.settings import Settings, load
from router.errors import Misconfigured

app = typer.Typer(help="Operators' accounts.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _accounts() -> None:
    """Operators' accounts."""


@app.command()
def password(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The operator's name under `operators`.")],
    file: SettingsFile = DEFAULT,
) -> None:
    """Give an operator a new password, shown once; whoever was signed in as them is signed out."""
    made = asyncio.run(new_password(load(file, os.environ), file, name))
    typer.echo(f"{name} signs in with this password from now on. It is shown only now:\n\n    {made}\n")


def refuse_hub(settings: Settings, operator: str) -> None:
    """Raise `Misconfigured` for an operator whose work another hub does."""
    if operator in settings.partners:
        raise Misconfigured(
            f"Nobody signs in as {operator!r}: another hub does their work, see operators.{operator}.hub."
        )


async def new_password(settings: Settings, file: Path, operator: str) -> str:
    """Return an operator's new password, whether the hub runs or not. Raises `Misconfigured`."""
    from hub.accounts import reset

    refuse_hub(settings, operator)
    async with opened(file, settings) as store:
        return await reset(store, settings.rules, operator)
