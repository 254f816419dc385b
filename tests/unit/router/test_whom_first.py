"""Whom first: skills and languages, the client's own operator, who is waited for, and what may overtake what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from router.effects import Explain
from router.events import Close, Reply, Skip, Take
from router.model import Conversation, State
from router.people import Presence
from tests.unit.router.shops import answered, scripted, shop, staffed, sure
from tests.unit.router.world import World

MINUTE = timedelta(minutes=1)


def why(world: World) -> Explain:
    """Return the last decision's reasons."""
    return world.kept.explanations[-1]


def test_only_those_with_the_skill_at_its_level_are_asked() -> None:
    """The intent's skills come on top of the line's; of two levels, the higher one counts."""
    people: dict[str, Any] = {
        "ann": {},
        "bob": {"skills": {"returns": 2}},
        "cid": {"skills": {"returns": 3, "cars": 1}},
    }
    triage = {"intents": {"refund": {"skills": {"returns": 3}}}}
    world = staffed(
        shop(people, triage, skills={"cars": 1, "returns": 1}), triage=scripted(refund=sure("refund"), boom=None)
    )
    assert world.says("refund").offered == ("cid",)
    assert why(world).considered == (("ann", "lacks_skill"), ("bob", "lacks_skill"), ("cid", "chosen_strict"))


def test_skills_are_insisted_on_for_a_time_only() -> None:
    """Whoever has waited long enough is offered to anybody of the line, without anything else having to happen."""
    world = staffed(shop({"ann": {}}, skills={"cars": 1}, relax_after="10m"))
    assert world.says("hello").state is State.QUEUED
    world.advance(9 * MINUTE)
    assert world.conversation().state is State.QUEUED
    world.advance(MINUTE)
    assert world.conversation().offered == ("ann",)


@pytest.mark.parametrize(
    ("match", "asked"),
    [("off", ("ann",)), ("prefer", ("bob",)), ("require", ("bob",))],
    ids=["off", "prefer", "require"],
)
def test_the_clients_language_may_decide(match: str, asked: tuple[str, ...]) -> None:
    people: dict[str, Any] = {"ann": {"languages": {"en": 5}}, "bob": {"languages": {"en": 2, "ru": 5}}}
    world = staffed(shop(people, match_language=match))
    assert world.says("Привет", language="ru-RU").offered == asked


def test_a_preferred_language_nobody_free_speaks_keeps_nobody_waiting() -> None:
    people: dict[str, Any] = {"ann": {"languages": {"en": 5}}}
    assert staffed(shop(people, match_language="prefer")).says("Hallo", language="de").offered == ("ann",)
    world = staffed(shop(people, match_language="require"))
    assert world.says("Hallo", language="de").state is State.QUEUED
    assert why(world).considered == (("ann", "lacks_language"),)


def test_one_who_cannot_be_served_holds_up_nobody_behind() -> None:
    """A queue of clients without an operator for their language, and one behind them who has one."""
    world = staffed(shop({"ann": {"languages": {"en": 5}}}, match_language="require"))
    for n in range(5):
        assert world.says("Hallo", f"de{n}", language="de").state is State.QUEUED
    assert world.says("Hello", "en", language="en").offered == ("ann",)


def test_the_operator_who_looks_after_a_client_comes_before_everybody() -> None:
    people: dict[str, Any] = {"ann": {}, "bob": {}, "cid": {}}
    world = staffed(shop(people, reopen_within="0s"))
    answered(world)
    _closed(world)
    _known(world, responsible="cid")
    assert world.says("me again").offered == ("cid",)
    assert why(world).considered[-1] == ("cid", "chosen_responsible")


def test_a_conversation_waits_for_its_operator_for_a_set_time_and_not_in_vain() -> None:
    """Only while they are at work; then, or when they leave, the rule decides."""
    people: dict[str, Any] = {"ann": {"capacity": 1}, "bob": {}}
    for leaves in (False, True):
        world = staffed(shop(people, sticky="5m", reopen_within="0s"))
        answered(world)
        _closed(world)
        taken = world.says("somebody else", "c2")
        assert world.does(Take, taken, "ann") == ""
        assert world.does(Reply, taken, "ann", text="Yes?") == ""
        assert world.says("me again").state is State.QUEUED
        assert why(world).considered == (("ann", "awaited"), ("bob", "after_sticky"))
        if leaves:
            world.presence(Presence.AWAY, "ann")
        else:
            world.advance(5 * MINUTE)
        assert world.conversation().offered == ("bob",)


def test_whoever_is_waited_for_gets_it_once_they_have_room() -> None:
    world = staffed(shop({"ann": {"capacity": 1}, "bob": {}}, sticky="5m", reopen_within="0s"))
    answered(world)
    _closed(world)
    taken = world.says("somebody else", "c2")
    assert world.does(Take, taken, "ann") == ""
    assert world.says("me again").state is State.QUEUED
    assert world.does(Close, world.conversation("c2"), "ann") == ""
    assert world.conversation().offered == ("ann",)


def test_priority_goes_ahead_of_those_who_came_shortly_before() -> None:
    """By its head start and no more, so that nobody waits for ever."""
    world = World(shop({"ann": {"capacity": 1}}) | {"priorities": {"vip": "10m"}})
    world.says("hello", "early")
    world.advance(11 * MINUTE)
    world.says("hello", "late")
    world.advance(MINUTE)
    world.says("hello", "vip")
    _closed(world, "vip", by="eve")
    _known(world, "vip", priority="vip")
    world.says("it is me", "vip")
    world.presence(Presence.AVAILABLE, "ann")
    served = []
    for _ in range(3):
        (offered,) = [c for c in world.kept.conversations.values() if c.offered]
        served.append(offered.chat)
        assert world.does(Take, offered, "ann") == ""
        assert world.does(Close, offered, "ann") == ""
    assert served == ["early", "vip", "late"]


def test_priority_comes_from_the_client_else_the_intent_else_the_line() -> None:
    classes = {"vip": "10m", "urgent": "5m", "slow": "0s"}
    triage = {"intents": {"refund": {"priority": "urgent"}}}
    rules = shop(None, triage, priority="slow", reopen_within="0s") | {"priorities": classes}
    world = World(rules, triage=scripted(refund=sure("refund"), boom=None))
    assert _rank(world.says("boom", "c1")) == ("slow", timedelta())
    assert _rank(world.says("refund", "c2")) == ("urgent", 5 * MINUTE)
    _closed(world, "c2", by="eve")
    _known(world, "c2", priority="vip")
    assert _rank(world.says("refund", "c2")) == ("vip", 10 * MINUTE)


def _rank(conversation: Conversation) -> tuple[str, timedelta]:
    return conversation.priority, conversation.head_start


def _closed(world: World, chat: str = "c1", by: str = "ann") -> None:
    assert world.does(Close, world.conversation(chat), by) == ""


def _known(world: World, chat: str = "c1", **about: str) -> None:
    """Let it be known of a client, as their card says it."""
    client = world.conversation(chat).client
    changed = {key: replace(it, **about) for key, it in world.kept.clients.items() if it.id == client}
    world.kept.clients |= changed
    for desk in world.desks.values():
        desk.clients |= changed


def test_of_several_who_need_what_nobody_has_each_stops_insisting_in_its_own_time() -> None:
    """Looked at together when somebody without it comes, they still do not wait for each other."""
    world = staffed(shop({"ann": {}}, skills={"cars": 2}, relax_after="10m", unanswered="stay"), "ann")
    for chat in ("c1", "c2", "c3"):
        world.says("hello", chat)
        world.advance(MINUTE)
    world.presence(Presence.AVAILABLE, "ann")
    world.advance(6 * MINUTE)
    assert set(world.states().values()) == {State.QUEUED}
    for count in (1, 2, 3):
        world.advance(MINUTE)
        assert [world.conversation(chat).state for chat in ("c1", "c2", "c3")].count(State.OFFERED) == count


def test_who_may_not_have_one_conversation_may_have_the_next() -> None:
    """Bob has let the first one go and rested; both have been looked at since, in vain, and the second is his."""
    people = {"ann": {}, "bob": {"skills": {"cars": 3}}}
    world = staffed(shop(people, skills={"cars": 2}))
    assert world.does(Skip, world.says("hello", "c1"), "bob") == ""
    world.presence(Presence.BREAK, "bob")
    world.advance(MINUTE)
    world.says("hello", "c2")
    world.presence(Presence.AVAILABLE, "bob")
    assert world.states() == {"c1": State.QUEUED, "c2": State.OFFERED}


def test_new_rules_have_all_that_waits_looked_at_again() -> None:
    """Nobody has come or gone, but what was needed is needed no more."""
    people = {"ann": {}, "bob": {"skills": {"cars": 3}}}
    world = staffed(shop(people, skills={"cars": 2}), "bob")
    assert world.says("hello", "c1").state is State.QUEUED
    world.book = World(shop(people)).book
    world.says("hello", "c2")
    assert world.states() == {"c1": State.OFFERED, "c2": State.OFFERED}
