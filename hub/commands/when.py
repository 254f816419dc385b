"""`hub when`: who would get a client at some time, and what the client would be told."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, tzinfo
from difflib import get_close_matches
from typing import Annotated, Any

import typer

from hub.commands.store import DEFAULT, SettingsFile
from hub.commands.table import table
from hub.settings import Settings, load
from router.errors import Misconfigured
from router.forecast import Forecast, forecast
from router.opening import zone_named
from router.rulebook import Rulebook

_DAY, _TIME = "%A, %d %B %Y", "%H:%M"
Line = Annotated[str, typer.Argument(metavar="LINE", help="The line a client comes to.")]
At = Annotated[str, typer.Option(metavar="TIME", help="When, such as 2026-12-31T17:58; in the line's time zone. Now.")]
Language = Annotated[str, typer.Option(metavar="TAG", help="The client's language, such as ru.")]
Timezone = Annotated[str, typer.Option(metavar="ZONE", help="The client's time zone, such as Asia/Tokyo.")]
Away = Annotated[list[str] | None, typer.Option(metavar="OPERATOR", help="Somebody who is not there; may be repeated.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def when(
    line: Line,
    at: At = "",
    language: Language = "",
    timezone: Timezone = "",
    away: Away = None,
    as_json: AsJson = False,
    file: SettingsFile = DEFAULT,
) -> None:
    """Say who would get a client at a time, and what the client would be told.

    Whoever works then is taken to be available and free. Only the settings are looked at: neither calendars nor
    leave that was entered while the hub runs.
    """
    # Imported only here: the other commands answer at once without them.
    from hub.catalogs import read_catalog
    from nlu.answers import load_answers

    settings = load(file, os.environ)
    known(line, settings.rules.lines, "line")
    for name in away or ():
        known(name, settings.rules.operators, "operator")
    if timezone and zone_named(timezone) is None:
        raise Misconfigured(f"{timezone!r} is no time zone: name one such as Europe/Berlin.")
    book = Rulebook(settings.rules, read_catalog("router"), load_answers(None), settings.where)
    zone = _zone(settings, line)
    moment = _moment(at, zone)
    found = forecast(book, line, moment.astimezone(UTC), language, timezone, away or ())
    if as_json:
        typer.echo(json.dumps(asdict(found) | {"at": moment}, default=_plain, indent=2, ensure_ascii=False))
    else:
        typer.echo(_told(found, book, line, moment, zone))


def known(name: str, names: Mapping[str, object], what: str) -> None:
    """Raise `Misconfigured` unless the settings have something of that name."""
    if name not in names:
        meant = get_close_matches(name, names, n=1)
        hint = f" Did you mean {meant[0]}?" if meant else f" There are: {', '.join(names) or 'none'}."
        raise Misconfigured(f"There is no {what} named {name!r}.{hint}")


def _zone(settings: Settings, line: str) -> tzinfo:
    hours = settings.rules.lines[line].hours
    return hours.zone if hours else UTC


def _moment(text: str, zone: tzinfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text) if text else datetime.now(UTC)
    except ValueError as error:
        raise Misconfigured(f"{text!r} is not a time: write one such as 2026-12-31T17:58.") from error
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def _told(found: Forecast, book: Rulebook, line: str, at: datetime, zone: tzinfo) -> str:
    lines = [f"On {at.strftime(_DAY)} at {at.strftime(_TIME)} ({zone}), the line {line} is {_standing(found, at)}."]
    if found.chosen:
        lines.append(f"The conversation is offered to {', '.join(map(book.name, found.chosen))}.")
    else:
        lines.append("The conversation waits in the queue.")
    lines += [f"The client is told: {text}" for text in found.told] or ["The client is told nothing."]
    if found.considered:
        reasons = [(book.name(name), book.catalog.say("en", f"why.{reason}")) for name, reason in found.considered]
        lines += ["", table(reasons)]
    return "\n".join([*lines, "", f"Decided by {found.rule}; who works then is taken to be available and free."])


def _standing(found: Forecast, now: datetime) -> str:
    if found.is_open:
        return f"open until {_seen_from(now, found.changes_at)}" if found.changes_at else "open, as it always is"
    return f"closed until {_seen_from(now, found.opens_at)}" if found.opens_at else "closed for good"


def _seen_from(now: datetime, moment: datetime) -> str:
    local = moment.astimezone(now.tzinfo)
    time = local.strftime(_TIME)
    return time if local.date() == now.date() else f"{local.strftime(_DAY)} at {time}"


def _plain(value: Any) -> str:
    return str(value.isoformat()) if isinstance(value, datetime) else str(value)
