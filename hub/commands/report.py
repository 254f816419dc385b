"""`hub report`: figures of what happened, for those who lead."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from hub.commands.rehearse import From, Last, To, period, read, zone_of
from hub.commands.store import DEFAULT, SettingsFile
from hub.commands.table import table
from hub.commands.when import known
from hub.settings import Settings, load

if TYPE_CHECKING:
    from router.effort import Efforts, Work

app = typer.Typer(help="Figures of what happened.", no_args_is_help=True, rich_markup_mode=None)
Line = Annotated[str, typer.Option(metavar="LINE", help="Only conversations that came to this line.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
_NOTHING = "–"


@app.callback()
def _reports() -> None:
    """Figures of what happened."""


@app.command()
def effort(
    last: Last = "",
    since: From = "",
    until: To = "",
    line: Line = "",
    as_json: AsJson = False,
    file: SettingsFile = DEFAULT,
) -> None:
    """Say who had, and passed on, how many of the easy and of the hard conversations. Changes nothing."""
    # Imported only here: the other commands answer at once without it.
    from router.effort import efforts

    settings = load(file, os.environ)
    if line:
        known(line, settings.rules.lines, "line")
    zone = zone_of(settings, line)
    between = period(last, since, until, zone, datetime.now(UTC))
    found = efforts(asyncio.run(read(settings, file, between)), line)
    typer.echo(in_json(found) if as_json else in_words(found, settings))


def in_json(found: Efforts) -> str:
    """Return everything for programs; shares are from 0 to 1."""
    import msgspec

    return json.dumps(msgspec.to_builtins(found), indent=2, ensure_ascii=False)


def in_words(found: Efforts, settings: Settings) -> str:
    """Return how many there were, a row for each operator, and a sentence for each who stands out."""
    counts = ", ".join(f"{count:,} {effort}" for effort, count in found.conversations.items())
    parts = [f"{sum(found.conversations.values()):,} conversations came, were taken and ended: {counts}."]
    if found.operators:
        parts.append(table([_HEAD, *_rows(found, settings)], numbers=len(_HEAD) - 1))
        parts.append("Passed on: let go, left unanswered, returned or handed on, and not ended up with.")
    parts += _sentences(found, settings)
    return "\n\n".join(parts)


_HEAD = ("", "had", "easy", "usual", "hard", "let go", "unanswered", "returned", "handed on")


def _rows(found: Efforts, settings: Settings) -> Iterator[tuple[str, ...]]:
    for name, work in found.operators.items():
        every = list(work.values())
        counts = (sum(getattr(each, field) for each in every) for field in _COUNTS)
        had = sum(each.involved for each in every)
        yield (_name(settings, name), f"{had:,}", *map(_share, every), *(f"{count:,}" for count in counts))


_COUNTS = ("skipped", "unanswered", "returned", "handed_on")


def _share(work: Work) -> str:
    """Return how many of one kind were passed on, of how many."""
    return f"{work.share:.0%} of {work.involved:,}" if work.share is not None else _NOTHING


def _sentences(found: Efforts, settings: Settings) -> Iterator[str]:
    for each in found.findings:
        yield (
            f"{_name(settings, each.operator)} passes on {each.share:.0%} of the {each.effort} conversations, "
            f"colleagues {each.colleagues:.0%}."
        )
    if found.operators and not found.findings:
        yield "Nobody passes on clearly more easy or hard ones than their colleagues."


def _name(settings: Settings, operator: str) -> str:
    person = settings.rules.operators.get(operator)
    return person.name if person else operator
