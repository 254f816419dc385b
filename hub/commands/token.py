"""`hub token`: bearer tokens for programs."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from hub.commands.operator import refuse_hub
from hub.commands.store import DEFAULT, SettingsFile, opened
from hub.commands.table import table
from hub.settings import Settings, load
from router.durations import parse_duration
from router.errors import Conflict, Misconfigured
from router.rules import Rules
from router.tokens import Token

app = typer.Typer(help="Bearer tokens for programs that use the API.", no_args_is_help=True, rich_markup_mode=None)
Name = Annotated[str, typer.Argument(metavar="NAME", help="What the token is called, for example the program's name.")]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_COLUMNS = ("name", "operator", "role", "made", "expires", "last used")


@app.command()
def create(
    name: Name,
    operator: Annotated[str, typer.Option(metavar="NAME", help="The operator it acts as, from the settings file.")],
    expires: Annotated[str | None, typer.Option(metavar="TIME", help="After how long it ends, such as 90d.")] = None,
    file: SettingsFile = DEFAULT,
) -> None:
    """Make a token that acts as an operator, and print it; it is shown once."""
    made = asyncio.run(new_token(load(file, os.environ), file, name, operator, _lifetime(expires)))
    typer.echo(f"{name} acts as {operator} with this token. It is shown only now:\n\n    {made}\n")


@app.command("list")
def list_(file: SettingsFile = DEFAULT) -> None:
    """Show all tokens: whom they act as, and when they were last used."""
    settings = load(file, os.environ)
    typer.echo(overview(asyncio.run(every_token(settings, file)), settings.rules, datetime.now(UTC)))


@app.command()
def revoke(name: Name, file: SettingsFile = DEFAULT) -> None:
    """Make a token worthless, in a running hub within 5 seconds."""
    asyncio.run(revoke_token(load(file, os.environ), file, name))
    typer.echo(f"{name} is revoked.")


async def new_token(settings: Settings, file: Path, name: str, operator: str, lifetime: timedelta | None = None) -> str:
    """Return a new token that acts as an operator, for ever or for a while. Raises `Misconfigured`."""
    # Imported only here: the other commands answer at once without the web's libraries.
    from hub.web.sessions import digest
    from hub.web.tokens import make

    if not _NAME.fullmatch(name):
        raise Misconfigured(
            f"A token cannot be called {name!r}: use up to 64 letters, digits, dots, dashes and underscores."
        )
    if operator not in settings.rules.operators:
        names = ", ".join(settings.rules.operators) or "none"
        raise Misconfigured(f"There is no operator named {operator!r} in the settings. The operators are: {names}.")
    refuse_hub(settings, operator)
    secret, now = make(), datetime.now(UTC)
    token = Token(name, digest(secret), operator, now, None if lifetime is None else now + lifetime)
    async with opened(file, settings) as store:
        try:
            await store.add_token(token)
        except Conflict as error:
            raise Misconfigured(
                f"There is a token named {name!r} already: choose another name, or run hub token revoke {name} first."
            ) from error
    return secret


async def every_token(settings: Settings, file: Path) -> list[Token]:
    """Return all tokens, by name."""
    async with opened(file, settings) as store:
        return await store.tokens()


async def revoke_token(settings: Settings, file: Path, name: str) -> None:
    """Revoke a token. Raises `Misconfigured` when there is none of that name."""
    async with opened(file, settings) as store:
        names = [token.name for token in await store.tokens()]
        if name not in names:
            raise Misconfigured(f"There is no token named {name!r}. The tokens are: {', '.join(names) or 'none'}.")
        await store.revoke_token(name)


def overview(tokens: Sequence[Token], rules: Rules, now: datetime) -> str:
    """Return tokens as aligned columns; times are in UTC."""
    if not tokens:
        return "There are no tokens. Make one with hub token create."
    return table([_COLUMNS, *(_row(token, rules, now) for token in tokens)])


def _row(token: Token, rules: Rules, now: datetime) -> tuple[str, ...]:
    known = rules.operators.get(token.operator)
    ended = token.expires_at is not None and token.expires_at <= now
    return (
        token.name,
        token.operator,
        # Somebody who is no longer in the settings: the token is refused.
        known.role.value if known else "gone",
        _said(token.made_at, ""),
        "expired" if ended else _said(token.expires_at, "never"),
        _said(token.last_used_at, "never"),
    )


def _said(at: datetime | None, otherwise: str) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at is not None else otherwise


def _lifetime(text: str | None) -> timedelta | None:
    if text is None:
        return None
    try:
        lifetime = parse_duration(text)
        _ = datetime.now(UTC) + lifetime
    except (ValueError, OverflowError) as error:
        raise Misconfigured(f"--expires {text} cannot be used: expected a time such as 12h, 90d or 52w.") from error
    if lifetime <= timedelta():
        raise Misconfigured("--expires must be longer than no time at all, for example 90d.")
    return lifetime
