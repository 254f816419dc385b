"""Handing on, joining, ending and beginning again: each command carried out, and each reason to refuse it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from router.events import Close, Join, Leave, Note, Reopen, Transfer
from router.media import Attachment
from router.model import Floor, JoinMode, MessageKind, State
from router.people import Presence
from tests.unit.router.shops import answered, ended, opened, shop, staffed, two_lines
from tests.unit.router.world import World

PHOTO = Attachment("f1", "photo.png", "image/png", 10)
HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> World:
    """A shop with Ann and Bob, who come in this order, and the supervisor Eve, all there."""
    return staffed(shop())


# Transfer


def test_a_transfer_to_a_colleague_is_an_offer_with_the_comment(world: World) -> None:
    """Unanswered, it returns to the queue, and whoever transferred it knows the client."""
    conversation = answered(world)
    assert world.does(Transfer, conversation, "ann", to_operator="bob", comment="VIP") == ""
    conversation = world.conversation()
    assert (conversation.state, conversation.offered, conversation.floor) == (State.OFFERED, ("bob",), Floor())
    note = next(m for m in world.kept.of(conversation.id) if m.kind is MessageKind.NOTE)
    assert (note.text, note.author.name) == ("VIP", "Ann")
    assert (world.load("ann"), world.load("bob")) == (0, 1)
    assert world.kept.explanations[-1].decision == "transfer"
    world.advance(timedelta(minutes=1))
    assert world.conversation().offered == ("ann",)


def test_a_transfer_to_a_line_queues_it_there() -> None:
    """The other line's people are asked, by its rules."""
    world = staffed(two_lines())
    conversation = answered(world)
    assert world.does(Transfer, conversation, "ann", to_line="support") == ""
    conversation = world.conversation()
    assert (conversation.line, conversation.offered) == ("support", ("bob",))
    assert world.happened(conversation)[-1] == "transferred"
    assert world.load("ann") == 0


def test_a_transfer_to_its_own_line_asks_the_others(world: World) -> None:
    """Whoever gave it away is not asked again at once."""
    assert world.does(Transfer, answered(world), "ann", to_line="sales") == ""
    assert world.conversation().offered == ("bob",)


@pytest.mark.parametrize(
    ("to", "refusal"),
    [
        ({}, "transfer_target"),
        ({"to_operator": "bob", "to_line": "sales"}, "transfer_target"),
        ({"to_line": "nowhere"}, "unknown_line"),
        ({"to_operator": "ann"}, "already_theirs"),
        ({"to_operator": "zoe"}, "they_unknown"),
        ({"to_operator": "cid"}, "they_away"),
        ({"to_operator": "dan"}, "they_break"),
        ({"to_operator": "fay"}, "they_off_hours"),
        ({"to_operator": "gus"}, "they_full"),
    ],
)
def test_a_transfer_needs_one_target_that_can_take_it(to: dict[str, str], refusal: str) -> None:
    """The refusal names what is wrong with the target."""
    people: dict[str, Any] = {name: {} for name in ("ann", "bob", "cid", "dan", "fay", "gus")}
    people["fay"]["hours"] = {"week": {}}
    people["gus"]["capacity"] = 1
    world = staffed(shop(people), "cid")
    full = world.says("hello", "c0")
    assert world.does(Transfer, full, "eve", to_operator="gus") == ""
    world.presence(Presence.BREAK, "dan")
    assert world.does(Transfer, opened(world), "ann", **to) == refusal


def test_only_its_operator_or_a_supervisor_transfers_and_closes(world: World) -> None:
    """Before anybody took it, only a supervisor disposes of it."""
    waiting = world.says("hello", "c0")
    held = opened(world)
    for command, to in ((Close, {}), (Transfer, {"to_line": "sales"})):
        assert world.does(command, waiting, "bob", **to) == "take_first"
        assert world.does(command, held, "bob", **to) == "not_yours"
    assert world.does(Transfer, waiting, "eve", to_operator="bob") == ""
    assert world.does(Close, held, "eve") == ""
    assert world.does(Close, held, "eve") == "closed"
    assert world.does(Transfer, held, "eve", to_line="sales") == "closed"


def test_a_full_operator_can_be_given_what_is_already_offered_to_them() -> None:
    """A supervisor who insists finds no room lacking."""
    world = staffed(shop({"ann": {"capacity": 1}}))
    conversation = world.says("hello")
    assert world.does(Transfer, conversation, "eve", to_operator="ann") == ""
    assert (world.conversation().offered, world.load("ann")) == (("ann",), 1)


# Join and leave


def test_joining_openly_is_told_to_the_client_hidden_joining_is_not(world: World) -> None:
    """And a hidden colleague may step forward."""
    conversation = opened(world)
    before = len(world.heard())
    assert world.does(Join, conversation, "eve", mode=JoinMode.HIDDEN) == ""
    assert len(world.heard()) == before
    assert world.does(Join, conversation, "eve", mode=JoinMode.OPEN) == ""
    assert world.heard()[before:] == ["Eve has joined the conversation."]
    assert world.conversation().joined == {"eve": JoinMode.OPEN}


def test_joining_is_refused_with_the_reason(world: World) -> None:
    """One's own, twice, unseen without the right, and what is over."""
    conversation = opened(world)
    assert world.does(Join, conversation, "ann") == "already_yours"
    assert world.does(Join, conversation, "bob", mode=JoinMode.HIDDEN) == "hidden_is_for_supervisors"
    assert world.does(Join, conversation, "bob") == ""
    assert world.does(Join, conversation, "bob") == "already_joined"
    world.does(Close, conversation, "ann")
    assert world.does(Join, conversation, "bob") == "closed"


def test_leaving_ends_joining(world: World) -> None:
    """Who is not there cannot leave."""
    conversation = opened(world)
    assert world.does(Leave, conversation, "bob") == "not_joined"
    world.does(Join, conversation, "bob")
    assert world.does(Leave, conversation, "bob") == ""
    assert world.conversation().joined == {}


# Close and reopen


def test_closing_says_goodbye_asks_for_a_rating_and_frees(world: World) -> None:
    """Only the question is said where the line has no farewell."""
    conversation = ended(world)
    assert (conversation.state, conversation.closed_by, conversation.rating_asked) == (State.CLOSED, "ann", True)
    assert world.heard()[-1].startswith("How did we do?")
    assert (world.load("ann"), conversation.timers) == (0, {})


def test_reopening_gives_it_to_who_reopens_it(world: World) -> None:
    """The client is not waiting for us, so nobody is asked and nothing is overdue."""
    conversation = ended(world)
    assert world.does(Reopen, conversation, "bob") == ""
    conversation = world.conversation()
    assert (conversation.state, conversation.operator, conversation.floor.operator) == (State.WAITING, "bob", "bob")
    assert world.load("bob") == 1


def test_reopening_is_refused_with_the_reason() -> None:
    """What runs, what has a successor, and who has no room."""
    world = staffed(shop({"ann": {"capacity": 1}, "bob": {}}, reopen_within="0s"))
    old = ended(world)
    world.presence(Presence.AWAY, "bob")
    assert world.does(Reopen, old, "bob") == "you_away"
    other = opened(world, "c2")
    assert world.does(Reopen, other, "ann") == "not_closed"
    assert world.does(Reopen, old, "ann") == "you_full"
    world.says("a new question")
    assert world.does(Reopen, old, "eve") == "newer_exists"


def test_a_successor_on_another_line_or_out_of_memory_counts_too() -> None:
    """One chat never has two running conversations."""
    world = staffed(two_lines({"reopen_within": "0s"}))
    old = ended(world)
    world.advance(timedelta(seconds=1))
    fresh = world.says("a new question")
    world.does(Transfer, fresh, "eve", to_line="support")
    world.forget_idle()
    assert world.does(Note, old, "ann", text="as before") == ""
    assert world.does(Reopen, old, "eve") == "newer_exists"
    assert world.says("hello?").id == fresh.id
