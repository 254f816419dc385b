"""What supervisors decide beside the rules: the order of a queue, who a client is to us, and whether a line pauses."""

from __future__ import annotations

from datetime import timedelta

from router.events import Close, Rank, SetClient, SetPaused, Take
from router.model import State
from router.people import Presence
from tests.unit.router.shops import opened, shop, staffed
from tests.unit.router.world import World

SECOND = timedelta(seconds=1)


def queue(world: World) -> list[str]:
    """Return who waits, in order."""
    return [conversation.chat for conversation in world.desks["sales"].queue]


def waiting(*chats: str) -> World:
    """Return a world in which nobody but Eve is there, and clients wait."""
    world = staffed(shop({"ann": {"capacity": 1}}) | {"priorities": {"vip": "10m", "slow": "0s"}}, "ann")
    for chat in chats:
        world.says("hello", chat)
        world.advance(SECOND)
    return world


def test_a_supervisor_changes_the_order_of_the_queue() -> None:
    """First, or before somebody; also further back than it was; and it outlives a crash."""
    world = waiting("c1", "c2", "c3", "c4")
    assert world.does(Rank, world.conversation("c3"), "eve") == ""
    assert queue(world) == ["c3", "c1", "c2", "c4"]
    assert world.does(Rank, world.conversation("c3"), "eve", before=world.conversation("c4").id) == ""
    assert queue(world) == ["c1", "c2", "c3", "c4"]
    assert world.does(Rank, world.conversation("c4"), "eve", before=world.conversation("c2").id) == ""
    world.start()
    world.settle()
    assert queue(world) == ["c1", "c4", "c2", "c3"]
    assert "ranked" in world.happened(world.conversation("c4"))


def test_of_two_put_before_the_same_one_the_second_is_right_before_it() -> None:
    world = waiting("c1", "c2", "c3", "c4")
    for chat in ("c3", "c4"):
        assert world.does(Rank, world.conversation(chat), "eve", before=world.conversation("c2").id) == ""
    assert queue(world) == ["c1", "c3", "c4", "c2"]


def test_only_supervisors_change_the_order_and_only_of_what_waits() -> None:
    world = waiting("c1", "c2")
    assert world.does(Rank, world.conversation("c2"), "ann") == "for_supervisors"
    world.presence(Presence.AVAILABLE, "ann")
    assert world.does(Rank, world.conversation("c1"), "eve") == "not_in_queue"
    assert world.does(Rank, world.conversation("c2"), "eve", before=world.conversation("c1").id) == "not_in_queue"
    assert world.does(Rank, world.conversation("c2"), "eve", before="gone") == "not_in_queue"


def test_what_a_client_is_to_us_counts_here_and_in_what_comes_after() -> None:
    world = waiting("c1", "c2")
    second = world.conversation("c2")
    assert world.does(SetClient, second, "eve", responsible="eve", priority="vip") == ""
    assert (world.conversation("c2").priority, queue(world)) == ("vip", ["c2", "c1"])
    assert "client_set" in world.happened(second)
    assert world.does(Close, second, "eve") == ""
    fresh = world.says("again", "c2")
    assert fresh.id != second.id
    assert (fresh.responsible, fresh.priority, fresh.head_start) == ("eve", "vip", timedelta(minutes=10))
    assert world.does(SetClient, fresh, "eve", priority="") == ""
    assert (world.conversation("c2").responsible, world.conversation("c2").priority) == ("eve", "")
    assert queue(world) == ["c1", "c2"]


def test_who_a_client_is_is_for_their_operator_and_supervisors_to_say() -> None:
    world = staffed(shop() | {"priorities": {"vip": "10m"}})
    conversation = opened(world)
    assert world.does(SetClient, conversation, "bob", priority="vip") == "not_theirs_to_say"
    assert world.does(SetClient, conversation, "ann", priority="vip") == ""
    assert world.does(SetClient, conversation, "ann", priority="gold") == "unknown_priority"
    assert world.does(SetClient, conversation, "ann", responsible="zoe") == "unknown_operator"


def test_a_paused_line_offers_nothing_until_it_is_resumed() -> None:
    """What is offered or held goes on, clients are told, and a crash changes nothing."""
    world = staffed(shop())
    offered = world.says("hello", "c1")
    assert world.perform(SetPaused(world.fresh_id(), "eve", "sales", paused=True)) == ""
    assert world.says("hello", "c2").state is State.QUEUED
    assert world.heard("c2")[0].startswith("Thank you for your message. Nobody is at the desk")
    assert world.does(Take, offered, "ann") == ""
    world.start()
    world.settle()
    assert world.conversation("c2").state is State.QUEUED
    assert world.perform(SetPaused(world.fresh_id(), "eve", "sales", paused=False)) == ""
    assert world.conversation("c2").offered == ("ann",)


def test_only_supervisors_pause_a_line_that_there_is() -> None:
    world = staffed(shop())
    assert world.perform(SetPaused(world.fresh_id(), "ann", "sales", paused=True)) == "for_supervisors"
    assert world.perform(SetPaused(world.fresh_id(), "eve", "moon", paused=True)) == "unknown_line"
