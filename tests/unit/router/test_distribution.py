"""Who is asked: each rule, its reasons, and that nobody is skipped unfairly."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.distribution import Choice, choose, levelled
from router.events import Close, Skip, Take
from router.model import Conversation
from router.people import OperatorState, Presence
from router.pool import Pool
from router.roster import Roster
from tests.unit.router.engine import NOON
from tests.unit.router.shops import OFFICE, shop, staffed
from tests.unit.router.world import CHANNEL, World

MINUTE = timedelta(minutes=1)
HERE = Presence.AVAILABLE
PEOPLE: Mapping[str, Any] = {"ann": {"capacity": 2}, "bob": {"capacity": 2}, "cid": {"capacity": 2}}


def chosen(rules: Mapping[str, Any], *states: OperatorState, **conversation: Any) -> Choice:
    """Return whom the rules choose among operators in these states."""
    waiting = Conversation("v1", "sales", CHANNEL, "webchat", "c1", "k1", "Zed", NOON, **conversation)
    pool = Pool.of("sales", World(rules).book, Roster({state.id: state for state in states}), NOON)
    return choose(waiting, pool, NOON)


def given_(name: str, count: int, minutes_ago: int = 0, load: int = 0) -> OperatorState:
    """Return an available operator who was given so many, the last one so long ago."""
    last = {"sales": NOON - minutes_ago * MINUTE}
    return OperatorState(name, HERE, load, {"sales": load}, load, given={"sales": count}, given_at=last)


def test_strict_asks_in_the_order_written() -> None:
    """Whoever comes first gets everything they have room for."""
    choice = chosen(shop(PEOPLE), given_("cid", 0), given_("bob", 9), given_("ann", 5, load=2))
    assert choice.chosen == ("bob",)
    assert choice.considered == (("ann", "full"), ("bob", "chosen_strict"), ("cid", "after_strict"))


def test_even_asks_whoever_was_given_the_fewest_then_the_longest_ago() -> None:
    """Counts first, then time since the last, then the order written."""
    even = shop(PEOPLE, distribution="even")
    assert chosen(even, given_("ann", 2), given_("bob", 1), given_("cid", 3)).chosen == ("bob",)
    tied = chosen(even, given_("ann", 1, 5), given_("bob", 1, 9), given_("cid", 1, 7))
    assert tied.chosen == ("bob",)
    assert [name for name, _ in tied.considered] == ["bob", "cid", "ann"]
    assert chosen(even, *(OperatorState(name, HERE) for name in ("cid", "bob", "ann"))).chosen == ("ann",)


def test_least_loaded_asks_whoever_holds_the_fewest() -> None:
    """Ties go to whoever was given fewer."""
    rules = shop(PEOPLE, distribution="least_loaded")
    assert chosen(rules, given_("ann", 0, load=1), given_("bob", 9), given_("cid", 8, load=1)).chosen == ("bob",)
    assert chosen(rules, given_("ann", 4), given_("bob", 3), given_("cid", 3, load=1)).chosen == ("bob",)


def test_broadcast_asks_everybody_free() -> None:
    """In the order written."""
    choice = chosen(
        shop(PEOPLE, distribution="broadcast"), given_("ann", 0), given_("bob", 0, load=2), given_("cid", 0)
    )
    assert choice.chosen == ("ann", "cid")
    assert dict(choice.considered)["bob"] == "full"


@pytest.mark.parametrize("distribution", ["strict", "even", "least_loaded", "broadcast"])
def test_the_previous_operator_comes_first_under_every_rule(distribution: str) -> None:
    """As long as they can take it; the others are told why they were not asked."""
    rules = shop(PEOPLE, distribution=distribution)
    states = (given_("ann", 0), given_("bob", 0), given_("cid", 9, load=1))
    choice = chosen(rules, *states, previous_operator="cid")
    assert (choice.chosen, choice.rule) == (("cid",), "previous")
    assert dict(choice.considered) == {"cid": "chosen_previous", "ann": "after_previous", "bob": "after_previous"}
    without = chosen(rules, given_("ann", 0), given_("bob", 0), given_("cid", 9, load=2), previous_operator="cid")
    assert "cid" not in without.chosen


def test_previous_first_can_be_switched_off() -> None:
    """Then the rule alone decides."""
    rules = shop(PEOPLE, previous_operator_first=False)
    assert chosen(rules, given_("ann", 0), given_("cid", 0), previous_operator="cid").chosen == ("ann",)


def test_everybody_leaves_with_a_reason() -> None:
    """Away, resting, after hours, full or having let it go: each is told apart, in the order considered."""
    people: dict[str, Any] = {name: {"capacity": 1} for name in ("ann", "bob", "cid", "dan", "fay")}
    people["cid"]["hours"] = {"week": {"sat": "09:00-18:00"}}
    until = NOON + MINUTE
    choice = chosen(
        shop(people),
        OperatorState("bob", Presence.BREAK),
        OperatorState("cid", HERE),
        given_("dan", 0, load=1),
        given_("fay", 0),
        passed={"fay": until},
    )
    reasons = [("ann", "away"), ("bob", "break"), ("cid", "off_hours"), ("dan", "full"), ("fay", "let_go")]
    assert list(choice.considered) == reasons
    assert (choice.chosen, choice.retry_at) == ((), until)


def test_leave_is_told_apart_from_hours() -> None:
    """Also of somebody who has signed in nevertheless."""
    today = NOON.date().isoformat()
    people: dict[str, Any] = {"ann": {"leave": [{"from": today}]}, "bob": {"leave": [{"from": today, "why": "sick"}]}}
    choice = chosen(shop(people), given_("ann", 0), given_("bob", 0))
    assert list(choice.considered) == [("ann", "leave_vacation"), ("bob", "leave_sick")]
    assert choice.chosen == ()


def test_whoever_let_it_go_is_asked_again_when_the_time_has_come() -> None:
    """The moment itself counts as come."""
    assert chosen(shop(PEOPLE), given_("ann", 0), passed={"ann": NOON}).chosen == ("ann",)


def test_why_is_kept_for_offers_and_for_waiting() -> None:
    """`/why` has an answer whether somebody was found or not."""
    world = World(shop({"ann": {}, "bob": {}}, hours=OFFICE))
    world.says("hello")
    why = world.kept.explanations[-1]
    assert (why.decision, why.chosen, why.considered) == ("queue", (), (("ann", "away"), ("bob", "away")))
    world.presence(HERE, "bob")
    why = world.kept.explanations[-1]
    assert (why.decision, why.chosen, why.considered) == (
        "offer",
        ("bob",),
        (("ann", "away"), ("bob", "chosen_strict")),
    )


def test_why_says_which_line_of_the_rules_decided() -> None:
    """The place in the file of the distribution, of previous_operator_first, or of the hours."""
    world = World(shop(hours=OFFICE, distribution="strict"))
    places = {f"lines.sales.{key}": f"config.yaml:{n}" for n, key in enumerate(("distribution", "hours"), 40)}
    world.book = type(world.book)(world.book.rules, world.book.catalog, world.book.prompts, places)
    world.presence(HERE, "ann")
    world.says("hello", "c1")
    assert world.kept.explanations[-1].rule == "config.yaml:40"
    world.advance(timedelta(hours=8))
    world.says("hello", "c2")
    why = world.kept.explanations[-1]
    assert (why.decision, why.considered, why.rule) == ("queue", (), "config.yaml:41")


def test_whoever_comes_joins_the_pool_level() -> None:
    """Neither everything until they have caught up, nor nothing until the others have."""
    book = World(shop(PEOPLE, distribution="even")).book
    busy = Roster({s.id: s for s in (given_("ann", 0), given_("bob", 50), given_("cid", 51))})
    assert levelled("sales", book, busy, NOON, joining="ann") == {"ann": 50}
    ahead = Roster({s.id: s for s in (given_("ann", 90), given_("bob", 3), given_("cid", 4))})
    assert levelled("sales", book, ahead, NOON, joining="ann") == {"ann": 4}
    alone = Roster({"ann": given_("ann", 7)})
    assert levelled("sales", book, alone, NOON, joining="ann") == {"ann": 7}


def _serve(world: World, chat: str) -> str:
    """Let a client come, be answered by whoever is asked, and go; return who that was."""
    conversation = world.says("hello", chat)
    (operator,) = conversation.offered
    world.does(Take, conversation, operator)
    world.does(Close, conversation, operator)
    return operator


def test_whoever_was_away_for_long_does_not_get_everything() -> None:
    """Ann comes back from leave to a pool that has moved on."""
    world = staffed(shop(PEOPLE, distribution="even"), "ann", "eve")
    for n in range(10):
        _serve(world, f"early{n}")
    world.presence(HERE, "ann")
    served = [_serve(world, f"late{n}") for n in range(6)]
    assert sorted(served) == ["ann", "ann", "bob", "bob", "cid", "cid"]


def test_whoever_served_others_before_is_not_skipped_for_it() -> None:
    """Ann served the night alone; Bob and Cid, who come without her, must not leave her idle when she is back."""
    world = staffed(shop(PEOPLE, distribution="even"), "bob", "cid", "eve")
    for n in range(10):
        _serve(world, f"night{n}")
    world.presence(Presence.AWAY, "ann")
    world.presence(HERE, "bob", "cid")
    world.presence(HERE, "ann")
    served = [_serve(world, f"day{n}") for n in range(6)]
    assert sorted(served) == ["ann", "ann", "bob", "bob", "cid", "cid"]


def test_a_shift_that_begins_counts_as_coming() -> None:
    """Bob never touches his presence; his hours decide when he is there, and he too joins level."""
    people = {"ann": {}, "bob": {"hours": OFFICE}}
    world = staffed(shop(people, distribution="even"), "eve", now=NOON - timedelta(hours=6))
    for n in range(10):
        assert _serve(world, f"night{n}") == "ann"
    world.advance(timedelta(hours=3))
    served = [_serve(world, f"day{n}") for n in range(4)]
    assert sorted(served) == ["ann", "ann", "bob", "bob"]


def test_offers_skipped_go_on_and_count_for_who_was_asked() -> None:
    """Skipping does not make somebody the next to be asked again."""
    world = staffed(shop(PEOPLE, distribution="even"), "eve")
    conversation = world.says("hello")
    assert conversation.offered == ("ann",)
    world.does(Skip, conversation, "ann")
    assert world.conversation().offered == ("bob",)
    assert world.says("hi", "c2").offered == ("cid",)


_coming = st.lists(
    st.one_of(st.just("client"), st.tuples(st.sampled_from(["ann", "bob", "cid", "dan"]), st.sampled_from(Presence))),
    max_size=40,
)


@given(_coming, st.booleans())
def test_under_even_the_counts_of_those_present_differ_by_at_most_one(days: list[Any], in_shifts: bool) -> None:
    """Promise 4: whoever comes and goes, those present and free are asked equally often."""
    people: dict[str, Any] = {name: {"capacity": 1000} for name in ("ann", "bob", "cid", "dan")}
    if in_shifts:
        people["ann"]["hours"], people["bob"]["hours"] = OFFICE, {"week": {"mon-sun": "16:00-02:00"}}
    world = World(shop(people, distribution="even", previous_operator_first=False, offer_timeout="12h"))
    for n, what in enumerate(days):
        if what == "client":
            world.says("hello", f"c{n}")
        else:
            world.presence(what[1], what[0])
        world.advance(timedelta(minutes=29))
        _take_everything(world)
        counts = [
            world.roster.get(name).given.get("sales", 0)
            for name in people
            if world.roster.get(name).presence is HERE and world.book.on_shift(world.roster.get(name), world.now)
        ]
        assert not counts or max(counts) - min(counts) <= 1


def _take_everything(world: World) -> None:
    """Leave nothing unanswered, so that nothing goes back to the queue and is given twice."""
    for conversation in list(world.kept.conversations.values()):
        for name in conversation.offered:
            world.does(Take, conversation, name)
            world.does(Close, conversation, name)
