"""`hub operator`: operators' accounts."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.commands.store import DEFAULT, SettingsFile, opened
from hub.commands.table import short, table
from hub.settings import Settings, load
from router.errors import Misconfigured

if TYPE_CHECKING:
    from hub.link_codes import LinkOf

app = typer.Typer(help="Operators' accounts.", no_args_is_help=True, rich_markup_mode=None)

_COLUMNS = ("console", "account", "operator", "shown as", "since")


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


@app.command()
def link(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The operator's name under `operators`.")],
    file: SettingsFile = DEFAULT,
) -> None:
    """Make a code with which an operator links their account on a messenger; good once, for 15 minutes."""
    made = asyncio.run(new_link_code(load(file, os.environ), file, name))
    typer.echo(f"{name} sends this to the operator bot within 15 minutes. It is good once:\n\n    /link {made}\n")


@app.command()
def links(file: SettingsFile = DEFAULT) -> None:
    """Show whose accounts on messengers are linked."""
    settings = load(file, os.environ)
    found = asyncio.run(every_link(settings, file))
    rows = [
        (it.console, it.account, it.link.operator, short(it.link.name), f"{it.link.at:%Y-%m-%d %H:%M} UTC")
        for it in found
    ]
    typer.echo(table([_COLUMNS, *rows]) if rows else "No account is linked.")


@app.command()
def unlink(
    console: Annotated[str, typer.Argument(metavar="CONSOLE", help="The console's name under `consoles`.")],
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account, as `hub operator links` shows it.")],
    file: SettingsFile = DEFAULT,
) -> None:
    """Take an account's link away: it can do nothing any more, at once."""
    asyncio.run(take_link(load(file, os.environ), file, console, account))
    typer.echo(f"{account} on {console} is no operator's any more.")


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


async def new_link_code(settings: Settings, file: Path, operator: str) -> str:
    """Return a one-time code for an operator, whether the hub runs or not. Raises `Misconfigured`."""
    from hub.engine.clock import SystemClock
    from hub.link_codes import NOTEBOOK, LinkCodes

    refuse_hub(settings, operator)
    if operator not in settings.rules.operators:
        known = ", ".join(settings.rules.operators) or "none yet"
        raise Misconfigured(f"There is no operator named {operator!r} under operators; there are {known}.")
    if all(it.kind == "web" for it in settings.consoles.values()):
        raise Misconfigured("No console on a messenger is configured: add one under consoles, of kind telegram.")
    async with opened(file, settings) as store:
        return (await LinkCodes(store.notebook(NOTEBOOK), SystemClock()).make(operator))[0]


async def every_link(settings: Settings, file: Path) -> list[LinkOf]:
    """Return all linked accounts. Raises `Misconfigured`."""
    from hub.link_codes import links_of

    async with opened(file, settings) as store:
        return [it for name in settings.consoles for it in await links_of(store, name)]


async def take_link(settings: Settings, file: Path, console: str, account: str) -> None:
    """Take a link away. Raises `Misconfigured` when there is none."""
    from hub.link_codes import unlink as forget

    async with opened(file, settings) as store:
        if not await forget(store, console, account):
            raise Misconfigured(f"On {console!r} no account {account!r} is linked: hub operator links shows which are.")
