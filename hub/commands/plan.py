"""`hub plan`: what a changed settings file comes to, before it takes the place of the one that runs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Annotated

import typer

from hub.commands.store import DEFAULT, SettingsFile
from hub.settings import Settings, load, next_start_only, parse
from hub.settings.load import read_bytes
from router.durations import written_as
from router.review import Change, Gap, changes, clashes, gaps, idle, loops, missing_skills, unled
from router.rules import Rules

#: gaps of one line that are written out
_MOST_GAPS = 5
_HEAD = {0: "No rule changes.", 1: "One setting changes:"}
_DAY, _TIME = "%a %d %b", "%H:%M"


def plan(
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The settings file that is to take its place.")],
    file: SettingsFile = DEFAULT,
) -> None:
    """Show what differs between the rules that run and new ones, and what to look at before they go live."""
    before = load(file, os.environ)
    typer.echo(in_words(before, in_its_place(new, file), datetime.now(UTC)))


def in_its_place(new: Path, file: Path) -> Settings:
    """Return the settings of a file as they are when they stand in another's place. Raises `SettingsErrors`."""
    return parse(read_bytes(new), file, os.environ, called=str(new))


def in_words(before: Settings | None, after: Settings, now: datetime) -> str:
    """Return what changes, unless there is nothing to compare with, and what to look at."""
    differences = _what_changes(before, after) if before else ()
    return "\n".join([*differences, "", *_what_to_look_at(after.rules, now)]).lstrip()


def _what_changes(before: Settings, after: Settings) -> Iterator[str]:
    found = changes(before.rules, after.rules)
    yield _HEAD.get(len(found), f"{len(found)} settings change:")
    for change in found:
        yield f"  {told(change)}"
    for sentence in next_start_only(before, after):
        yield f"  {sentence}"


def told(change: Change) -> str:
    """Return one line about a setting that differs."""
    if change.before is None and change.after is None:
        return f"{change.setting} has changed"
    if change.before is None:
        return f"{change.setting}: {_value(change.after)} (new)"
    if change.after is None:
        return f"{change.setting}: gone (was {_value(change.before)})"
    return f"{change.setting}: {_value(change.before)} → {_value(change.after)}"


def _value(value: object) -> str:
    if isinstance(value, dict) and "name" in value:
        return str(value["name"])
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _what_to_look_at(rules: Rules, now: datetime) -> Iterator[str]:
    warnings = [f"The line {name} has no operators." for name, line in rules.lines.items() if not line.operators]
    warnings += [f"{rules.operators[name].name} ({name}) serves no line." for name in idle(rules)]
    warnings += [
        f"Nobody of the line {line} has the skill {skill} at level {level}, which conversations there may need."
        for line, skill, level in missing_skills(rules)
    ]
    warnings += [
        f"The lines {' → '.join([*way, way[0]])} overflow in a circle; who has been on all of them stays on the last."
        for way in loops(rules)
    ]
    warnings += [f"The line {name} escalates to supervisors, and there are none." for name in unled(rules)]
    warnings += [
        f"On the line {line}, {longer} ({written_as(time)}) is not shorter than {shorter} ({written_as(limit)}), "
        "which is over first."
        for line, longer, time, shorter, limit in clashes(rules)
    ]
    for name, line in rules.lines.items():
        if line.operators:
            warnings += _deserted(gaps(rules, name, now), line.hours.zone if line.hours else UTC)
    yield "Look at this:" if warnings else "Nothing stands out: every line has somebody at work whenever it is open."
    for warning in warnings:
        yield f"  {warning}"


def _deserted(found: list[Gap], zone: tzinfo) -> Iterator[str]:
    for gap in found[:_MOST_GAPS]:
        since, until = gap.since.astimezone(zone), gap.until.astimezone(zone)
        yield (
            f"The line {gap.line} is open and nobody works from {since:{_DAY}} {since:{_TIME}} "
            f"to {until:{_DAY}} {until:{_TIME}}."
        )
    if len(found) > _MOST_GAPS:
        yield f"… and {len(found) - _MOST_GAPS} more times within the next two weeks."
