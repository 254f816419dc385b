"""Offers to everybody at once: the first take wins, and whoever comes later sees them too."""

from __future__ import annotations

from router.events import Close, Reply, Skip, Take
from router.model import State
from router.people import Presence
from tests.unit.router.shops import shop, staffed


def test_a_broadcast_asks_everybody_free_and_the_first_take_wins() -> None:
    """An offer to all takes up nobody's capacity until one of them takes it."""
    world = staffed(shop({"ann": {"capacity": 1}, "bob": {}, "cid": {}}, distribution="broadcast"))
    conversation = world.says("hello")
    assert conversation.offered == ("ann", "bob", "cid")
    assert world.load("ann") == 0
    assert world.does(Take, conversation, "bob") == ""
    assert world.does(Take, conversation, "ann") == "taken"
    assert world.load("bob") == 1
    assert world.conversation().offered == ()


def test_a_broadcast_reaches_those_who_come_later() -> None:
    """Coming to work shows what waits for everybody, even beside somebody who spoke with this client before."""
    world = staffed(shop({"ann": {}, "bob": {}, "cid": {}}, distribution="broadcast"), "ann", "cid")
    first = world.says("hello")
    world.presence(Presence.AVAILABLE, "ann")
    world.does(Take, first, "ann")
    world.does(Reply, first, "ann", text="Hello!")
    world.presence(Presence.AWAY, "ann")
    assert world.says("one more thing").offered == ("bob",)
    world.presence(Presence.AVAILABLE, "ann", "cid")
    assert world.conversation().offered == ("bob", "ann", "cid")


def test_a_broadcast_reaches_those_who_become_free() -> None:
    """Somebody who was full when everybody was asked is asked as soon as they have room."""
    world = staffed(shop({"ann": {"capacity": 1}, "bob": {}}, distribution="broadcast"))
    first = world.says("hello", "c1")
    world.does(Take, first, "ann")
    assert world.says("hi", "c2").offered == ("bob",)
    world.does(Close, first, "ann")
    assert world.conversation("c2").offered == ("bob", "ann")


def test_skipping_a_broadcast_leaves_it_with_the_others() -> None:
    """One who skips is no longer asked; the last one to skip returns it to the queue."""
    world = staffed(shop(distribution="broadcast"))
    conversation = world.says("hello")
    world.does(Skip, conversation, "ann")
    assert world.conversation().offered == ("bob",)
    world.does(Skip, conversation, "bob")
    assert world.conversation().state is State.QUEUED
