"""What would become of a client is what does become of one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from router.forecast import forecast
from router.model import State
from router.people import Presence
from tests.unit.router.shops import OFFICE, shop, staffed
from tests.unit.router.world import World

RULES = shop({"ann": {"hours": OFFICE}, "bob": {}}, hours={"week": {"mon-fri": "09:00-20:00"}})


@pytest.mark.parametrize("hours", range(0, 168, 5))
def test_a_forecast_comes_true(hours: int) -> None:
    """At any time of the week: the same operator is asked, and the client hears the same."""
    world = staffed(RULES)
    world.advance(timedelta(hours=hours))
    found = forecast(world.book, "sales", world.now)
    conversation = world.says("hello")
    assert conversation.offered == found.chosen
    assert world.heard() == list(found.told)
    assert (conversation.state is State.OFFERED) == bool(found.chosen)


def test_whoever_is_said_to_be_away_is_not_asked() -> None:
    world = World(RULES)
    found = forecast(world.book, "sales", world.now, away=["ann"])
    world.presence(Presence.AVAILABLE, "bob")
    assert world.says("hello").offered == found.chosen == ("bob",)
    assert dict(found.considered)["ann"] == "away"


def test_a_closed_line_tells_when_it_opens() -> None:
    """And an open one when it closes; nothing is asked of a line that is always open."""
    world = World(shop(hours={"week": {"mon-fri": "09:00-20:00"}}))
    found = forecast(world.book, "sales", world.now)
    assert found.is_open
    assert found.changes_at is not None
    later = forecast(world.book, "sales", found.changes_at)
    assert (later.is_open, later.chosen) == (False, ())
    assert later.opens_at is not None
    assert forecast(world.book, "sales", later.opens_at).is_open
    always = forecast(World(shop()).book, "sales", world.now)
    assert (always.is_open, always.changes_at, always.opens_at) == (True, None, None)
