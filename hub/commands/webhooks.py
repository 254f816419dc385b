"""`hub webhooks`: how integrators' programs are told, what is dead, and sending it again."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.commands.store import DEFAULT, SettingsFile, opened
from hub.commands.table import Rows, plain, short, table
from hub.settings import Settings, load
from router.delivery import Delivery
from router.errors import HubError, Misconfigured
from router.webhooks import Standing, channel_of, stand_in

if TYPE_CHECKING:
    from hub.settings.model import SubscriptionSettings

app = typer.Typer(help="Programs that are told what happens.", no_args_is_help=True, rich_markup_mode=None)
Name = Annotated[str, typer.Argument(metavar="NAME", help="The webhook's name under `webhooks`.")]
Notice = Annotated[str, typer.Argument(metavar="ID", help="The notice's id, which is its webhook-id.")]


@app.callback()
def _webhooks() -> None:
    """Programs that are told what happens."""


@app.command("list")
def list_all(file: SettingsFile = DEFAULT) -> None:
    """List all webhooks with what waits, what is dead, and how the latest attempts went."""
    settings = load(file, os.environ)
    if not settings.webhooks:
        typer.echo(f"{file} has no webhooks: name them under `webhooks`.")
        return
    typer.echo(table(asyncio.run(_overview(settings, file))))


@app.command()
def dead(
    name: Name,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many to list, oldest first.")] = 50,
    file: SettingsFile = DEFAULT,
) -> None:
    """List the notices of a webhook that were given up or refused."""
    found = asyncio.run(_dead(file, name, limit))
    if not found:
        typer.echo(f"No notice of {name} is dead.")
        return
    rows = [(it.id, _type(it), it.conversation or "-", _moment(_last(it)), short(it.reason)) for it in found]
    typer.echo(table([("id", "event", "conversation", "given up", "reason"), *rows]))
    typer.echo(f"\n`hub webhooks resend {name} ID` posts one again, `hub webhooks resend {name} --all` all of them.")


@app.command()
def resend(
    name: Name,
    notice: Annotated[str | None, typer.Argument(metavar="[ID]", help="The dead notice's id.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every dead notice of the webhook.")] = False,
    file: SettingsFile = DEFAULT,
) -> None:
    """Post a dead notice, or all of a webhook's, again. Exit with 1 when there is none."""
    if (notice is None) != every:
        raise Misconfigured("Name one notice's id, or give --all, and not both.")
    count = asyncio.run(_resend(file, name, notice))
    if not count:
        typer.echo(f"No such notice of {name} is dead.", err=True)
        raise typer.Exit(1)
    what = "1 notice waits" if count == 1 else f"{count} notices wait"
    typer.echo(f"{what} to be posted again: a hub that runs begins within 2 seconds, else the next start does.")


@app.command()
def attempts(notice: Notice, file: SettingsFile = DEFAULT) -> None:
    """Show every attempt at a notice, and what it says."""
    it = asyncio.run(_find(file, notice))
    rows = [(_moment(each.at), each.state.value, plain(each.reason) or "-") for each in it.attempts]
    typer.echo(f"{it.id}, an event of the type {_type(it)} for {it.channel}, is {it.state.value}.\n")
    typer.echo(table([("at", "state", "reason"), *rows]) if rows else "Nothing was tried yet.")
    typer.echo(f"\n{plain(it.body)}")


@app.command("test")
def post_one(name: Name, file: SettingsFile = DEFAULT) -> None:
    """Post a signed sample to a webhook at once, and say what its receiver answered. Exit with 1 when it failed."""
    wanted = _subscription(load(file, os.environ), name)
    began = time.monotonic()
    try:
        sample = asyncio.run(post_sample(name, wanted))
    except HubError as error:
        typer.echo(f"The sample was not taken. {plain(str(error))}", err=True)
        raise typer.Exit(1) from None
    took = (time.monotonic() - began) * 1000
    typer.echo(f"{wanted.url} has taken the signed sample {sample} after {took:.0f} ms.")


async def post_sample(name: str, wanted: SubscriptionSettings) -> str:
    """Post an event of the type `test`, and return its id. Raises what the receiver's answer stands for."""
    # Imported only here: the other commands answer at once without the engine's libraries.
    from hub.engine.clock import SystemClock
    from hub.webhooks.receiver import Receiver

    clock = SystemClock()
    at = clock.now().isoformat()
    data = {"cursor": 0, "at": at, "type": "test", "text": "A sample, posted by hub webhooks test."}
    sample = Delivery(
        id=f"test-{secrets.token_hex(8)}",
        message="",
        conversation="",
        line="",
        channel=channel_of(name),
        chat="",
        body=json.dumps({"type": "test", "timestamp": at, "data": data}),
    )
    receiver = Receiver(name, wanted, clock)
    async with receiver.opened():
        await receiver.send(sample, stand_in(sample))
    return sample.id


async def _overview(settings: Settings, file: Path) -> Rows:
    rows = [("name", "status", "waiting", "dead", "last success", "last failure", "reason", "url")]
    async with opened(file, settings) as store:
        for name, wanted in settings.webhooks.items():
            rows.append(_row(name, wanted, await store.webhooks.standing(name)))
    return rows


def _row(name: str, wanted: SubscriptionSettings, it: Standing) -> tuple[str, str, str, str, str, str, str, str]:
    from hub.webhooks.status import status_of

    moments = (_moment(it.last_success), _moment(it.last_failure))
    status, reason = status_of(wanted, it.trouble), short(it.reason) or "-"
    return name, status, str(it.waiting), str(it.dead), *moments, reason, wanted.url


async def _dead(file: Path, name: str, limit: int) -> list[Delivery]:
    settings = load(file, os.environ)
    _subscription(settings, name)
    async with opened(file, settings) as store:
        return await store.webhooks.dead(name, 0, limit)


async def _resend(file: Path, name: str, notice: str | None) -> int:
    from hub.engine.clock import SystemClock

    settings = load(file, os.environ)
    _subscription(settings, name)
    async with opened(file, settings) as store:
        return await store.webhooks.resend(name, None if notice is None else [notice], SystemClock().now())


async def _find(file: Path, notice: str) -> Delivery:
    async with opened(file) as store:
        found = await store.webhooks.find(notice)
    if found is None:
        raise Misconfigured(f"There is no notice {notice!r}: they are forgotten 30 days after what they tell of.")
    return found


def _subscription(settings: Settings, name: str) -> SubscriptionSettings:
    if name not in settings.webhooks:
        known = ", ".join(settings.webhooks) or "none"
        raise Misconfigured(f"There is no webhook named {name!r} in the settings; there are: {known}.")
    return settings.webhooks[name]


def _type(notice: Delivery) -> str:
    return str(json.loads(notice.body)["type"])


def _last(notice: Delivery) -> datetime | None:
    return notice.attempts[-1].at if notice.attempts else None


def _moment(at: datetime | None) -> str:
    return "-" if at is None else f"{at:%Y-%m-%d %H:%M:%S}"
