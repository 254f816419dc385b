"""The console shows exactly what would be carried out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.console import allowed, holds_floor, is_staff, may_see
from router.decide import decide
from router.effects import Outcome
from router.events import Close, Join, Reply, Snooze, Take, Transfer
from router.model import JoinMode
from router.people import Presence
from tests.unit.router.engine import NOON, copy_of
from tests.unit.router.lives import ANSWERS, OPERATORS, Deed, act, deeds, rule_sets
from tests.unit.router.shops import scripted, shop, staffed, two_lines
from tests.unit.router.world import World

ACTIONS = (
    "take",
    "skip",
    "reply",
    "note",
    "whisper",
    "transfer",
    "join_open",
    "join_hidden",
    "leave",
    "close",
    "reopen",
    "snooze",
    "unsnooze",
    "rank",
    "client",
)


def able(world: World, operator: str, chat: str = "c1") -> set[str]:
    """Return what an operator may do with a chat's conversation."""
    return set(allowed(world.book, world.roster, world.conversation(chat), operator, world.now))


def test_who_is_offered_a_conversation_may_take_or_skip_it() -> None:
    """A colleague on the line may look on and write notes; a supervisor may do more."""
    world = staffed(shop())
    world.says("hello")
    assert able(world, "ann") == {"take", "skip", "note", "join_open"}
    assert able(world, "bob") == {"note", "join_open"}
    assert able(world, "eve") == {"take", "note", "transfer", "close", "join_open", "join_hidden", "client"}


def test_who_holds_it_may_do_everything_but_take_and_join() -> None:
    """The holder answers; nobody else does."""
    world = staffed(shop())
    world.does(Take, world.says("hello"), "ann")
    assert able(world, "ann") == {"skip", "reply", "note", "whisper", "transfer", "close", "snooze", "client"}
    assert able(world, "bob") == {"note", "whisper", "join_open"}


def test_what_is_over_may_be_reopened_by_who_has_room() -> None:
    """An absent operator is not shown a button that would be refused."""
    world = staffed(shop())
    conversation = world.says("hello")
    world.does(Take, conversation, "ann")
    world.does(Close, conversation, "ann")
    assert able(world, "bob") == {"note", "reopen"}
    world.presence(Presence.AWAY, "bob")
    assert able(world, "bob") == {"note"}


def test_strangers_to_the_line_see_nothing() -> None:
    """Unless a conversation was given to them, wherever it is."""
    world = staffed(two_lines())
    conversation = world.says("hello")
    assert able(world, "cid") == set()
    world.does(Transfer, conversation, "eve", to_operator="cid")
    conversation = world.conversation()
    assert may_see(world.book, conversation, "cid")
    assert is_staff(conversation, "cid")
    assert "take" in able(world, "cid")


def test_holding_the_floor_is_more_than_having_spoken() -> None:
    """The former holder of a closed conversation holds nothing."""
    world = staffed(shop())
    conversation = world.says("hello")
    world.does(Take, conversation, "ann")
    assert holds_floor(world.conversation(), "ann")
    world.does(Join, conversation, "eve", mode=JoinMode.OPEN)
    assert not holds_floor(world.conversation(), "eve")
    world.does(Reply, conversation, "ann", text="Hello!")
    world.does(Close, conversation, "ann")
    assert not holds_floor(world.conversation(), "ann")


@given(rule_sets(), st.lists(deeds, max_size=25), st.integers(0, 7))
def test_an_action_is_shown_exactly_when_it_would_be_carried_out(
    rules: dict[str, Any], life: list[Deed], hours: int
) -> None:
    """Whatever has happened before: `allowed` and `decide` never disagree."""
    world = World(rules, now=NOON + timedelta(hours=hours), triage=scripted(**ANSWERS))
    world.presence(Presence.AVAILABLE, "ann", "bob", "eve")
    for deed in life:
        world.receive(*deed.updates(world))
        world.settle()
        world.advance(timedelta(seconds=20))
    for conversation in world.kept.conversations.values():
        for operator in OPERATORS:
            shown = allowed(world.book, world.roster, conversation, operator, world.now)
            carried_out = {action for action in ACTIONS if _carried_out(world, conversation.id, operator, action)}
            assert shown - {"reopen"} == carried_out - {"reopen"}
            assert "reopen" in shown or "reopen" not in carried_out


def _carried_out(world: World, key: str, operator: str, action: str) -> bool:
    """Return whether a command would be carried out; a transfer, whether there is any target for it."""
    conversation = world.kept.conversations[key]
    desk = copy_of(world.desks[conversation.line])
    if desk.get(key) is None:
        desk.put(conversation)
    for pick in range(6) if action == "transfer" else (0,):
        command = act(world, conversation, operator, action, pick)
        outcome = next(e for e in decide(copy_of(desk), command, world.book, world.now) if isinstance(e, Outcome))
        if not outcome.refused:
            return True
    return False


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_is_shown_to_somebody_at_some_time(action: str) -> None:
    """No action is listed that nobody can ever do."""
    world = staffed(shop())
    seen: set[str] = set()
    world.presence(Presence.AWAY, "ann", "bob")
    conversation = world.says("hello")
    seen |= able(world, "eve")
    world.presence(Presence.AVAILABLE, "ann", "bob")
    seen |= able(world, "ann") | able(world, "eve")
    world.does(Take, conversation, "ann")
    world.does(Join, conversation, "bob")
    seen |= able(world, "ann") | able(world, "bob")
    world.does(Snooze, conversation, "ann", until=world.now + timedelta(hours=1))
    seen |= able(world, "ann")
    world.does(Close, conversation, "ann")
    seen |= able(world, "ann")
    assert action in seen


def test_one_message_in_particular_is_answered_where_the_client_sees_which() -> None:
    """Where the channel shows no quotes, the console offers none."""
    world = staffed(shop())
    world.does(Take, world.says("hello"), "ann")
    assert "answer" not in able(world, "ann")
    world.book = replace(world.book, quotes=frozenset({world.conversation("c1").channel}))
    assert "answer" in able(world, "ann")
    assert "answer" not in able(world, "bob")
