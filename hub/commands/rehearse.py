"""`hub rehearse`: how recorded traffic would have fared under other rules."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import click
import typer

from hub.commands.plan import in_its_place
from hub.commands.store import DEFAULT, SettingsFile, connected
from hub.commands.when import known
from hub.settings import Settings, load
from router.durations import parse_duration
from router.errors import Misconfigured

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

    from hub.rehearsal import Rehearsal
    from router.lab.recording import Recording

New = Annotated[Path, typer.Argument(metavar="NEW", help="The settings file that is to be tried.")]
Last = Annotated[str, typer.Option(metavar="DURATION", help="The time up to now, such as 12h or 7d.  [default: 7d]")]
From = Annotated[str, typer.Option("--from", metavar="TIME", help="When it begins, such as 2026-12-01 or …T09:00.")]
To = Annotated[str, typer.Option("--to", metavar="TIME", help="When it ends.  [default: now]")]
Line = Annotated[str, typer.Option(metavar="LINE", help="Show only this line; all are played.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Chart = Annotated[Path | None, typer.Option(metavar="FILE", help="Draw a chart into this file, .svg or .png.")]
_WEEK = "7d"


def rehearse(
    new: New,
    last: Last = "",
    since: From = "",
    until: To = "",
    line: Line = "",
    as_json: AsJson = False,
    chart: Chart = None,
    file: SettingsFile = DEFAULT,
) -> None:
    """Play recorded traffic under the rules that run and under new ones, and compare. Changes nothing."""
    # Imported only here: the other commands answer at once without them.
    from hub.commands.rehearsal_chart import check, drawn
    from hub.commands.rehearsal_words import in_json, in_words

    if chart is not None:
        check(chart)
    old, wanted = load(file, os.environ), in_its_place(new, file)
    if line:
        known(line, {**old.rules.lines, **wanted.rules.lines}, "line")
    zone = zone_of(old, line)
    found = rehearsal(old, wanted, file, period(last, since, until, zone, datetime.now(UTC)), line, zone)
    if chart is not None:
        drawn(found, chart)
        typer.echo(f"The chart is in {chart}.", err=True)
    typer.echo(json.dumps(in_json(found), indent=2, ensure_ascii=False) if as_json else in_words(found, old, wanted))


def zone_of(settings: Settings, line: str) -> tzinfo:
    """Return the time zone of a line's hours, or of the first line that has any."""
    lines = settings.rules.lines
    hours = [it.hours for name, it in lines.items() if it.hours is not None and line in {"", name}]
    return hours[0].zone if hours else UTC


def period(last: str, since: str, until: str, zone: tzinfo, now: datetime) -> tuple[datetime, datetime]:
    """Return the period that is asked for. Raises `Misconfigured` with one sentence."""
    if last and since:
        raise Misconfigured("Give either --last or --from, not both.")
    end = _moment(until, zone) if until else now
    try:
        begin = _moment(since, zone) if since else end - parse_duration(last or _WEEK)
    except ValueError as error:
        raise Misconfigured(f"--last {last}: {error}") from error
    except OverflowError as error:
        raise Misconfigured(f"--last {last} is longer than time itself: give a duration such as 7d.") from error
    if end > now:
        raise Misconfigured(f"The period ends at {end.isoformat()}, which is still to come: name an earlier time.")
    if begin >= end:
        raise Misconfigured("The period ends before it begins: give a --from that is before --to.")
    return begin.astimezone(UTC), end.astimezone(UTC)


def _moment(text: str, zone: tzinfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Misconfigured(f"{text!r} is not a time: write one such as 2026-12-31 or 2026-12-31T17:58.") from error
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment


def rehearsal(
    old: Settings, new: Settings, file: Path, between: tuple[datetime, datetime], line: str, zone: tzinfo
) -> Rehearsal:
    """Read, play and compare, with a bar for whoever watches. Raises `Misconfigured`."""
    from hub.rehearsal import compared, rehearsed

    began = perf_counter()
    recording = asyncio.run(read(old, file, between))
    if not any(line in {"", life.line} for life in recording.lives):
        on = f" on the line {line}" if line else ""
        raise Misconfigured(
            f"Nobody came to wait for a person{on} between {_told(between[0], zone)} and {_told(between[1], zone)}: "
            "there is nothing to rehearse. Name another period with --last or --from."
        )
    with _bar("Rehearsing", 2 * len(recording.visits)) as bar:
        lives = rehearsed(recording, old, new, bar.update)
    seconds = perf_counter() - began
    return compared(recording, lives, (old, new), line=line, zone=zone, seconds=seconds)


async def read(settings: Settings, file: Path, between: tuple[datetime, datetime]) -> Recording:
    """Read the recording of a period from the store that a settings file names. Raises `Misconfigured`."""
    from crm_store.recordings import Recordings
    from hub.recordings import recorded
    from hub.rehearsal import directory

    async with connected(settings, file, settings.store.database) as database:
        records = Recordings(database)
        with _bar("Reading", await records.count(*between)) as bar:
            return await recorded(records, directory(settings), *between, bar.update)


def _told(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _bar(label: str, length: int) -> ProgressBar[int]:
    return click.progressbar(length=length, label=label, file=sys.stderr, update_min_steps=max(1, length // 200))
