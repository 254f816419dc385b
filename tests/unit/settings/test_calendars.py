"""Operators' calendars in the settings file: how they are written, and that their addresses stay secret."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from hub.commands.plan import in_words
from hub.logs import secrets_in
from tests.unit.calendars.test_reading import NOW
from tests.unit.settings.conftest import GOOD, Loads, Refuses

URL = "https://calendar.example/private-4f1d2c9a/basic.ics"


def written(calendar: str) -> str:
    return f"{GOOD}    calendar: {calendar}\n"


def test_a_calendar_is_an_address_or_a_file(loads: Loads, tmp_path: Path) -> None:
    """Alone, or with what else there is to say."""
    alone = loads(written('"${C}"'), C=URL).rules.operators["anna"].calendar
    assert alone is not None
    assert alone.url is not None
    assert (alone.url.get_secret_value(), alone.file, alone.every, alone.only) == (URL, None, timedelta(minutes=15), ())
    settings = loads(written("leave/anna.ics"))
    file = settings.rules.operators["anna"].calendar
    assert file is not None
    assert (file.url, file.file, settings.file.parent) == (None, "leave/anna.ics", tmp_path)
    full = loads(written('{ url: "${C}", every: 1h, only: [urlaub] }'), C=URL).rules.operators["anna"].calendar
    assert full is not None
    assert (full.every, full.only, full.source) == (timedelta(hours=1), ("urlaub",), alone.source)
    assert loads(written("${C:-}")).rules.operators["anna"].calendar is None


@pytest.mark.parametrize("calendar", [URL, f"{{ url: {URL} }}", f'"${{C:-{URL}}}"'])
def test_an_address_stands_in_the_environment(refuses: Refuses, calendar: str) -> None:
    """Whoever knows it reads the calendar."""
    (problem,) = refuses(written(calendar))
    assert problem.path.startswith("operators.anna.calendar")
    assert problem.message.startswith("a secret stands here in plain")
    assert "4f1d2c9a" not in str(problem)


@pytest.mark.parametrize(
    ("calendar", "place", "message"),
    [
        ("{ every: 1h }", "operators.anna.calendar", "expected either the url or the file of a calendar"),
        ('{ url: "${C}", file: a.ics }', "operators.anna.calendar", "expected either the url or the file"),
        ("{ file: a.ics, every: 5s }", "operators.anna.calendar.every", "expected"),
        ("{ file: a.ics, olny: [x] }", "operators.anna.calendar.olny", "there is no key 'olny' here"),
        ('"${BAD}"', "operators.anna.calendar", "expected an address that begins with https://"),
    ],
)
def test_what_cannot_work_is_refused(refuses: Refuses, calendar: str, place: str, message: str) -> None:
    """At its place, and without quoting an address."""
    (problem,) = refuses(written(calendar), C=URL, BAD="ftp://calendar.example/4f1d2c9a")
    assert problem.path.startswith(place)
    assert problem.message.startswith(message)
    assert "4f1d2c9a" not in str(problem)


def test_an_address_is_never_shown(loads: Loads) -> None:
    """It is blotted out in the log, and a plan says that it changes and not to what."""
    before, after = loads(written('"${C}"'), C=URL), loads(written('"${C}"'), C=URL + "?new")
    assert URL in set(secrets_in(before))
    assert "4f1d2c9a" not in repr(before)
    changes = in_words(before, after, NOW)
    assert "operators.anna.calendar.url: [secret" in changes
    assert "4f1d2c9a" not in changes
