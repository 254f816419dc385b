"""`hub ledger`: the accounts of everything that came in and went out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.commands.store import DEFAULT, SettingsFile, opened
from hub.commands.table import plain, short, table
from router.errors import Misconfigured

if TYPE_CHECKING:
    from crm_store.figures import Day, Gaps
    from router.store import Entry

app = typer.Typer(help="Everything that came in and went out.", rich_markup_mode=None)
Channel = Annotated[str | None, typer.Option(metavar="NAME", help="Only this channel.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
_COLUMNS = (
    "received", "duplicates", "poison", "undecided", "decided", "committed", "sent", "waiting", "unknown", "failed",
)  # fmt: skip
#: stretches of missing numbers that are written out
_GAPS_SHOWN = 10


@app.callback(invoke_without_command=True)
def figures(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=3660, help="How many days to show, today included (UTC).")] = 7,
    channel: Channel = None,
    as_json: AsJson = False,
    file: SettingsFile = DEFAULT,
) -> None:
    """Show what came in and what went out, per channel and day; exit with 1 when a sum does not close."""
    if context.invoked_subcommand is not None:
        return
    since = datetime.combine(datetime.now(UTC).date() - timedelta(days=days - 1), time(), UTC)
    found, gaps = asyncio.run(_count(file, since, channel))
    typer.echo(in_json(found, gaps) if as_json else in_words(found, gaps))
    if any(day.unclosed for day in found):
        raise typer.Exit(1)


@app.command()
def poison(
    channel: Channel = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many to list, latest first.")] = 50,
    as_json: AsJson = False,
    file: SettingsFile = DEFAULT,
) -> None:
    """List updates that could not be understood or decided, with the reason."""
    found = asyncio.run(_poison(file, channel, limit))
    if as_json:
        typer.echo(json.dumps([_told(entry) for entry in found], indent=2, ensure_ascii=False))
    elif not found:
        typer.echo("There is no poison.")
    else:
        typer.echo("\n".join(map(in_one_line, found)))
        typer.echo("\n`hub ledger show UPDATE` shows one whole; `hub replay UPDATE` decides it again after a fix.")


@app.command()
def show(
    update: Annotated[str, typer.Argument(metavar="UPDATE", help="The update's id, such as shop:42.")],
    file: SettingsFile = DEFAULT,
) -> None:
    """Show one update as it came, with what people wrote in it."""
    typer.echo(in_full(asyncio.run(_find(file, update))))


async def _count(file: Path, since: datetime, channel: str | None) -> tuple[list[Day], list[Gaps]]:
    async with opened(file) as store:
        return await store.figures.days(since, channel), await store.figures.gaps(since, channel)


async def _poison(file: Path, channel: str | None, limit: int) -> list[Entry]:
    async with opened(file) as store:
        return await store.ledger.poisoned(channel=channel, limit=limit)


async def _find(file: Path, update: str) -> Entry:
    async with opened(file) as store:
        entry = await store.ledger.find(update)
    if entry is None:
        raise Misconfigured(f"The ledger has no {update!r}. `hub ledger poison` lists what is set aside.")
    return entry


def _told(entry: Entry) -> Mapping[str, object]:
    """Return what is known of an update besides its contents."""
    told = {
        "update": entry.id,
        "channel": entry.channel,
        "received_at": entry.received_at.isoformat(),
        "state": entry.state,
    }
    if entry.reason:
        told["reason"] = entry.reason
    return {**told, "before": list(entry.reasons)} if entry.reasons else told


def in_one_line(entry: Entry) -> str:
    """Return when an update came, its id, and the beginning of its reason."""
    return f"{entry.received_at:%Y-%m-%d %H:%M}  {plain(entry.id)}  {short(entry.reason)}"


def in_full(entry: Entry) -> str:
    """Return what is known of an update, below it the update as it came, line by line."""
    told = [f"{name:<12} {plain(str(value))}" for name, value in _told(entry).items()]
    return "\n".join([*told, "", *map(plain, entry.raw.splitlines())])


def in_json(days: Iterable[Day], gaps: Iterable[Gaps]) -> str:
    """Return the figures for programs."""
    rows = [{**asdict(day), "day": day.day.isoformat(), "unclosed": list(day.unclosed)} for day in days]
    missing = [{**asdict(each), "in_sequence": each.in_sequence} for each in gaps]
    return json.dumps({"days": rows, "gaps": missing}, indent=2, ensure_ascii=False)


def in_words(days: Sequence[Day], gaps: Sequence[Gaps]) -> str:
    """Return the figures as a table, below it what is missing, and whether the sums close."""
    if not days:
        return "Nothing came in and nothing went out in this time."
    unclosed = [f"✗ {day.channel} {day.day}: {wrong}." for day in days for wrong in day.unclosed]
    return "\n".join([_drawn(days), "", *filter(None, map(_missing, gaps)), *(unclosed or [_CLOSED])])


_CLOSED = "✓ The sums close: received = decided + poison + undecided, committed = sent + waiting + unknown + failed."


def _drawn(days: Sequence[Day]) -> str:
    rows: list[tuple[str, ...]] = [("channel", "day", *_COLUMNS)]
    rows += [(day.channel, day.day.isoformat(), *(str(getattr(day, name)) for name in _COLUMNS)) for day in days]
    rows.append(("all", "", *(str(sum(getattr(day, name) for day in days)) for name in _COLUMNS)))
    return table(rows, numbers=len(_COLUMNS))


def _missing(gaps: Gaps) -> str:
    if not gaps.in_sequence:
        return f"· {gaps.channel}: update ids are numbers, but do not follow one another; gaps are not looked for."
    if not gaps.missing:
        return f"✓ {gaps.channel}: no number is missing from {gaps.first} to {gaps.last}."
    count = sum(last - first + 1 for first, last in gaps.missing)
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in gaps.missing[:_GAPS_SHOWN]]
    more = f" and {len(gaps.missing) - _GAPS_SHOWN} stretches more" if len(gaps.missing) > _GAPS_SHOWN else ""
    return f"! {gaps.channel}: {count} missing from {gaps.first} to {gaps.last}: {', '.join(shown)}{more}."
