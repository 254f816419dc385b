"""Who could be asked at all, and in which order: capacity in all and of a line, weights, and what `even` evens out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from router.distribution import choose
from router.events import Close, Reply, Take
from router.model import State
from router.people import OperatorState, Presence
from router.pool import Pool
from router.roster import Roster
from router.skills import Needs
from tests.unit.router.engine import NOON
from tests.unit.router.shops import shop, staffed
from tests.unit.router.world import World

MINUTE = timedelta(minutes=1)


def serve(world: World, chat: str) -> str:
    """Let a client come, be answered by whoever is asked, and go; return who that was."""
    (operator,) = world.says("hello", chat).offered
    for what in (Take, Close):
        assert world.does(what, world.conversation(chat), operator) == ""
    return operator


def order(rules: Mapping[str, Any], *states: OperatorState) -> list[str]:
    """Return in which order the rules ask operators who are in these states."""
    pool = Pool.of("sales", World(rules).book, Roster({state.id: state for state in states}), NOON)
    return [name for _, name in pool.free]


def here(name: str, *, given: int = 0, minutes_ago: int = 0, waits: tuple[int, int] = (0, 0)) -> OperatorState:
    """Return an available operator, who was given so many, and holds so many that wait for (them, the client)."""
    last = {"sales": NOON - minutes_ago * MINUTE}
    return OperatorState(
        name, Presence.AVAILABLE, open=waits[0], waiting=waits[1], given={"sales": given}, given_at=last
    )


def test_even_by_longest_idle_asks_whoever_waited_longest_for_the_last_one() -> None:
    rules = shop({"ann": {}, "bob": {}, "cid": {}}, distribution="even", even_by="longest_idle")
    states = here("ann", given=1, minutes_ago=2), here("bob", given=9, minutes_ago=8), here("cid", given=3)
    assert order(rules, *states) == ["bob", "ann", "cid"]


def test_what_waits_for_us_weighs_more_than_what_waits_for_the_client() -> None:
    """Half by default; 0 leaves it out, 1 makes no difference."""
    people: dict[str, Any] = {"ann": {}, "bob": {}}
    states = here("ann", waits=(2, 0)), here("bob", waits=(0, 3))
    for weighs, first in ((None, "bob"), (0, "bob"), (1, "ann")):
        more = {} if weighs is None else {"waiting_weighs": weighs}
        assert order(shop(people, distribution="least_loaded", **more), *states)[0] == first


def test_twice_the_weight_may_hold_twice_as_many() -> None:
    rules = shop({"ann": {}, "bob": {"weight": 2}}, distribution="least_loaded")
    assert order(rules, here("ann", waits=(2, 0)), here("bob", waits=(3, 0))) == ["bob", "ann"]
    assert order(rules, here("ann", waits=(1, 0)), here("bob", waits=(3, 0))) == ["ann", "bob"]


@given(st.lists(st.sampled_from([0.5, 1, 2, 3]), min_size=1, max_size=4), st.integers(1, 30))
def test_under_even_each_is_given_as_many_as_their_weight_says(weights: list[float], clients: int) -> None:
    """By weight, no two are ever further apart than one conversation is worth to the lighter one."""
    people: dict[str, Any] = {f"op{n}": {"weight": weight} for n, weight in enumerate(weights)}
    world = staffed(shop(people, distribution="even", previous_operator_first=False))
    served = Counter(serve(world, f"c{n}") for n in range(clients))
    shares = [Fraction(served[name]) / Fraction(people[name]["weight"]) for name in people]
    assert max(shares) - min(shares) <= 1 / Fraction(min(weights))


def test_a_line_has_a_capacity_of_its_own() -> None:
    """Everybody's, or one operator's own; the reason tells it from being full in all."""
    people: dict[str, Any] = {"ann": {}, "bob": {"capacity_on": {"sales": 2}}}
    world = staffed(shop(people, capacity=1))
    offered = [world.says("hello", f"c{n}").offered for n in range(4)]
    assert offered == [("ann",), ("bob",), ("bob",), ()]
    why = world.kept.explanations[-1].considered
    assert why == (("ann", "full_line"), ("bob", "full_line"))
    assert world.does(Take, world.conversation("c3"), "ann") == "you_full_line"


def test_what_waits_for_the_client_may_take_up_no_capacity() -> None:
    """It does again when the client writes, even beyond what the operator may be given."""
    world = staffed(shop({"ann": {"capacity": 1}}, capacity_counts="open"))
    for chat in ("c1", "c2"):
        first = world.says("hello", chat)
        assert first.offered == ("ann",)
        assert world.does(Take, first, "ann") == ""
        assert world.does(Reply, first, "ann", text="One moment") == ""
    assert world.load("ann") == 0
    for chat in ("c1", "c2"):
        assert world.says("and?", chat).state is State.OPEN
    assert world.load("ann") == 2
    assert world.says("hello", "c3").state is State.QUEUED


@pytest.mark.parametrize("number", [3, 120])
def test_reasons_of_a_large_line_are_told_for_the_first_twenty_and_counted_for_the_others(number: int) -> None:
    people: dict[str, Any] = {f"op{n}": {"capacity": 1} for n in range(number)}
    world = staffed(shop(people), *(f"op{n}" for n in range(100)))
    world.says("hello")
    why = world.kept.explanations[-1]
    if number == 3:
        assert (len(why.considered), why.others) == (3, {})
    else:
        assert why.chosen == ("op100",)
        assert why.considered[-1] == ("op100", "chosen_strict")
        assert (len(why.considered), why.others) == (21, {"away": 80, "after_strict": 19})


def test_of_a_large_line_those_who_lack_something_and_those_who_let_it_go_are_counted_apart() -> None:
    """Whoever did both counts as having let it go; those who are told by name are not counted again."""
    people: dict[str, Any] = {f"op{n}": {"skills": {"cars": 2} if n % 2 else {}} for n in range(60)}
    world = staffed(shop(people, skills={"cars": 2}), *(f"op{n}" for n in range(10)))
    asked = world.says("hello")
    passed = {f"op{n}": NOON + MINUTE for n in (2, 11, 40, 41, 43)} | {"op45": NOON}
    choice = choose(replace(asked, state=State.QUEUED, passed=passed), world.pool("sales"), NOON)
    assert choice.chosen == ("op13",)
    assert dict(choice.considered)["op11"] == "let_go"
    assert choice.others == {"let_go": 3, "lacks_skill": 19, "after_strict": 18}


def test_more_needs_than_are_kept_in_mind_are_looked_up_again() -> None:
    """Clients name their languages themselves, and there are as many as they like."""
    people: dict[str, Any] = {"ann": {"languages": {"en": 5}}, "bob": {"languages": {"xa": 1}}}
    pool = staffed(shop(people)).pool("sales")
    for tongue in ("xa", *(f"x{n}" for n in range(200)), "xa"):
        fitting = [name for _, name in pool.able(Needs(language=tongue)).free]
        assert fitting == (["bob"] if tongue == "xa" else [])
    assert len(pool._able) <= 50
