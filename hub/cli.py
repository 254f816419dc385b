"""The command `hub`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sized
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from hub.commands import ledger, operator, report, token, webhooks
from hub.commands.apply import apply, rollback
from hub.commands.backup import backup, restore
from hub.commands.doctor import doctor
from hub.commands.history import history
from hub.commands.plan import plan
from hub.commands.rehearse import rehearse
from hub.commands.replay import replay
from hub.commands.when import when
from hub.commands.why import why
from hub.schema import settings_schema
from hub.settings import Settings, SettingsErrors, load
from router.errors import Misconfigured

app = typer.Typer(
    help="Trunkline: one hub for every conversation a business has.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(operator.app, name="operator")
app.add_typer(token.app, name="token")
app.add_typer(ledger.app, name="ledger")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(report.app, name="report")
app.command()(plan)
app.command()(apply)
app.command()(rollback)
app.command()(history)
app.command()(replay)
app.command()(rehearse)
app.command()(backup)
app.command()(restore)
app.command()(doctor)
app.command()(when)
app.command()(why)
SettingsPath = Annotated[Path, typer.Argument(metavar="FILE", help="The settings file.")]
DEFAULT = Path("config.yaml")


def main() -> None:
    """Run the command line; what an admin must change is told in plain sentences, with exit code 2."""
    try:
        app()
    except Misconfigured as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"trunkline {version('trunkline')}")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Trunkline: one hub for every conversation a business has."""


@app.command()
def check(file: SettingsPath = DEFAULT) -> None:
    """Check the settings file without starting anything."""
    try:
        settings = load(file, os.environ)
    except SettingsErrors as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None
    print(f"{file} is fine: {_counts(settings)}.")


@app.command()
def schema(
    out: Annotated[Path | None, typer.Option(help="Write it to this file instead of printing it.")] = None,
) -> None:
    """Print the JSON Schema of the settings file, for editors."""
    text = json.dumps(settings_schema(), indent=2, ensure_ascii=False)
    if out is None:
        print(text)
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise Misconfigured(f"The schema cannot be written to {out}: {error.strerror}. Name another file.") from error


@app.command()
def openapi(file: SettingsPath = DEFAULT) -> None:
    """Print the OpenAPI document of the API, with the channels of the settings file."""
    # Imported only here: the other commands answer at once without the web's libraries.
    from hub.channels import KINDS
    from hub.web.app import OPERATIONS
    from hub.web.openapi import document

    settings = load(file, os.environ)
    channels = [KINDS[it.kind].build(name, it) for name, it in settings.channels.items()]
    print(json.dumps(document(OPERATIONS, channels, settings.hub.public_url or ""), indent=2, ensure_ascii=False))


@app.command()
def run(file: SettingsPath = DEFAULT) -> None:
    """Run the hub until it is stopped with Ctrl-C."""
    # Imported only here: the other commands answer at once without the engine's libraries.
    from hub.bootstrap import run as run_hub

    raise typer.Exit(run_hub(file))


def _counts(settings: Settings) -> str:
    rules = settings.rules
    return (
        f"{_count(settings.channels, 'channel', 'channels')}, {_count(rules.lines, 'line', 'lines')}, "
        f"{_count(rules.operators, 'operator', 'operators')} and "
        f"{_count(rules.canned, 'canned reply', 'canned replies')}"
    )


def _count(things: Sized, one: str, many: str) -> str:
    return f"{len(things)} {one if len(things) == 1 else many}"
