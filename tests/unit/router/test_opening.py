"""When a line opens again, as its clients are told: in words, and on their own clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.catalog import filled
from router.client_events import ClientMessage
from router.opening import in_words, zone_named
from router.people import Identity, Sender
from tests.unit.router.shops import shop
from tests.unit.router.texts import catalog
from tests.unit.router.world import World

BERLIN = ZoneInfo("Europe/Berlin")
#: a Friday evening
NOW = datetime(2026, 3, 6, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("opens", "english", "russian"),
    [
        (NOW + timedelta(hours=2), "at 21:30", "в 21:30"),
        (NOW + timedelta(hours=13, minutes=30), "tomorrow at 09:00", "завтра в 09:00"),
        (datetime(2026, 3, 9, 8, tzinfo=UTC), "on Monday at 09:00", "в понедельник в 09:00"),
        (datetime(2026, 3, 13, 8, tzinfo=UTC), "on 13 March at 09:00", "13 марта в 09:00"),
    ],
)
def test_near_days_are_named_as_people_name_them(opens: datetime, english: str, russian: str) -> None:
    """Today, tomorrow, a day of the week, and a date from a week on."""
    said = [in_words(catalog(), tongue, opens, NOW, BERLIN, named=False) for tongue in ("en", "ru")]
    assert said == [english, russian]


def test_whose_clock_it_is_is_said_where_the_clients_own_is_not_known() -> None:
    """By the city of the zone."""
    opens = datetime(2026, 3, 9, 13, tzinfo=UTC)
    zone = ZoneInfo("America/New_York")
    assert in_words(catalog(), "en", opens, NOW, zone, named=True) == "on Monday at 09:00 (New York)"


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../etc/passwd", "Europe/", "/etc/localtime", "x" * 100, "a/\x00"]
)
def test_what_names_no_zone_is_none(name: str) -> None:
    """Whatever a client's program says."""
    assert zone_named(name) is None


@given(st.text(max_size=30))
def test_any_text_is_a_zone_or_none(name: str) -> None:
    """And nothing else happens."""
    zone = zone_named(name)
    assert zone is None or str(zone) == name


def test_an_admins_own_text_is_filled_and_keeps_its_braces() -> None:
    """Braces that name nothing are text."""
    assert filled("Back {opens} {or} {} {", {"opens": "at nine"}) == "Back at nine {or} {} {"


def told(language: str = "", timezone: str = "", **line: Any) -> list[str]:
    """Return what a client hears who writes on a Friday evening to a shop in Berlin."""
    hours = {"timezone": "Europe/Berlin", "week": {"mon-fri": "09:00-18:00"}}
    world = World(shop(hours=hours, **line), now=NOW)
    identity = Identity("webchat", "shop", "visitor")
    sender = Sender(identity, language=language, timezone=timezone)
    world.receive(ClientMessage("x:1", "shop", "chat", sender, "hello", NOW))
    world.settle()
    return world.heard("chat")


def test_a_client_of_a_closed_line_is_told_when_it_opens_on_their_own_clock() -> None:
    """Where nobody knows theirs, whose clock it is is said."""
    closed = "Thank you for your message. We are closed right now, are back {}, and will answer you here."
    assert told() == [closed.format("on Monday at 09:00 (Berlin)")]
    assert "вернёмся в понедельник в 17:00 и ответим" in told("ru", "Asia/Tokyo")[0]
    assert "on Sunday at 22:00," in told(timezone="Pacific/Honolulu")[0]


def test_a_text_of_the_lines_own_may_say_when_it_opens() -> None:
    """Or need not, or may say nothing at all."""
    assert told(texts={"out_of_hours": "Back {opens}!"}) == ["Back on Monday at 09:00 (Berlin)!"]
    assert told(texts={"out_of_hours": "See you."}) == ["See you."]
    assert told(texts={"out_of_hours": ""}) == []
