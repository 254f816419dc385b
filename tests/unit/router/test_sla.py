"""Targets of the SLA: when they count, what is told, and what a breach does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from pydantic import ValidationError

from router.events import Close, Reopen, Reply, Skip, Take, Transfer
from router.model import Conversation, State
from router.people import Presence
from router.pledges import Target
from router.rules import ReferenceProblems, Rules
from tests.unit.router.engine import NOON
from tests.unit.router.shops import OFFICE, answered, opened, shop, staffed, two_lines
from tests.unit.router.world import World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FIRST, NEXT, RESOLUTION = Target
SLA: dict[str, Any] = {
    "first_response": "10m",
    "next_response": "20m",
    "resolution": "2h",
    "warn_at": ["50%", "80%"],
}


def served(*, hours: Any = None, **sla: Any) -> World:
    """Return a shop with an SLA in which an offer lasts for a day."""
    rules = shop(sla={**SLA, **sla}, hours=hours, offer_timeout="12h", unanswered="stay")
    return staffed({**rules, "priorities": {"urgent": "1h", "vip": "3h"}})


def told(world: World, conversation: Conversation) -> list[str]:
    """Return what staff were told of the SLA, with the shares."""
    events = [m for m in world.kept.of(conversation.id) if m.text.startswith("sla_")]
    return [f"{m.text.removeprefix('sla_')} {m.data.get('share', '')}".strip() for m in events]


# The rules


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"warn_at": ["0%"]}, "from 1% to 99%"),
        ({"warn_at": ["120%"]}, "from 1% to 99%"),
        ({"warn_at": [50]}, "from 1% to 99%"),
        ({"warn_at": ["80%", "50%"]}, "ascending"),
        ({"warn_at": ["50%", "50%"]}, "ascending"),
        ({"first_response": "3h"}, "first_response is longer than resolution"),
        ({"next_response": "3h"}, "next_response is longer than resolution"),
        ({"resolution": "91d"}, "less than or equal to"),
        ({"first_response": "0s"}, "greater than or equal to"),
        ({"on_breach": {"notify": True}}, "Extra inputs"),
    ],
)
def test_a_mistake_is_named(change: dict[str, Any], complaint: str) -> None:
    """Contradictions, too."""
    with pytest.raises(ValidationError, match=complaint):
        Rules.model_validate(shop(sla={**SLA, **change}))


def test_an_sla_without_targets_is_a_mistake() -> None:
    """It would do nothing."""
    with pytest.raises(ValidationError, match="expected at least one of first_response, next_response, resolution"):
        Rules.model_validate(shop(sla={"warn_at": ["50%"]}))


def test_breaches_raise_to_a_class_that_exists() -> None:
    """Its place in the file is told."""
    with pytest.raises(ValidationError) as caught:
        Rules.model_validate(shop(sla={**SLA, "on_breach": {"raise_to": "urgent"}}))
    problem = caught.value.errors()[0]["ctx"]["error"]
    assert isinstance(problem, ReferenceProblems)
    assert problem.problems == [
        (("lines", "sales", "sla", "on_breach", "raise_to"), "there is no priority named 'urgent' under priorities")
    ]


def test_there_is_no_sla_unless_somebody_writes_one() -> None:
    """Nothing is counted, and one warning at 80 % is the default."""
    world = staffed(shop())
    conversation = opened(world)
    world.advance(24 * HOUR)
    assert (world.now_of(conversation).sla, told(world, conversation)) == ({}, [])
    sla = Rules.model_validate(shop(sla={"resolution": "2h"})).lines["sales"].sla
    assert sla is not None
    assert (sla.warn_at, sla.working_hours, sla.on_breach.raise_to, sla.on_breach.reassign) == (
        (80,),
        True,
        None,
        False,
    )


# What counts


def test_the_first_response_counts_until_a_person_answers() -> None:
    """Taking it is no answer."""
    world = served()
    conversation = world.says("hello")
    world.advance(5 * MINUTE)
    assert told(world, conversation) == ["warned_first_response 50"]
    assert world.does(Take, conversation, "ann") == ""
    world.advance(3 * MINUTE)
    world.advance(2 * MINUTE)
    assert told(world, conversation)[1:] == ["warned_first_response 80", "breached_first_response"]
    assert world.does(Reply, conversation, "ann", text="Hi") == ""
    now = world.now_of(conversation)
    assert (set(now.sla), now.breached) == ({RESOLUTION}, (FIRST,))


def test_the_next_response_counts_from_the_first_unanswered_message() -> None:
    """Whoever asks again does not wait anew."""
    world = served()
    conversation = answered(world)
    world.advance(HOUR)
    world.says("and?")
    world.advance(15 * MINUTE)
    world.says("hello?")
    world.advance(5 * MINUTE)
    assert told(world, conversation) == ["warned_next_response 50", "warned_next_response 80", "breached_next_response"]


def test_a_new_question_is_a_new_target() -> None:
    """Each answer that is due can be late once."""
    world = served()
    conversation = answered(world)
    for _ in range(2):
        world.says("and?")
        world.advance(20 * MINUTE)
        world.does(Reply, conversation, "ann", text="Hi")
    assert told(world, conversation).count("breached_next_response") == 2
    assert world.now_of(conversation).breached == (NEXT,)


def test_the_resolution_pauses_while_we_wait_for_the_client() -> None:
    """An hour of ours, a day of theirs, and another hour of ours."""
    world = served(next_response=None)
    conversation = answered(world)
    world.advance(24 * HOUR)
    assert told(world, conversation) == []
    assert world.now_of(conversation).sla[RESOLUTION].due_at is None
    world.says("and?")
    world.advance(2 * HOUR - MINUTE)
    assert told(world, conversation) == ["warned_resolution 50", "warned_resolution 80"]
    world.advance(MINUTE)
    assert told(world, conversation)[-1] == "breached_resolution"


def test_closing_in_time_is_no_breach() -> None:
    """And a closed conversation has no timers."""
    world = served()
    conversation = answered(world)
    assert world.does(Close, conversation, "ann") == ""
    world.advance(24 * HOUR)
    assert told(world, conversation) == []
    assert world.now_of(conversation).timers == {}


def test_reopening_goes_on_where_the_resolution_stood() -> None:
    """The time it was closed does not count, and what was told is not told again."""
    world = served(next_response=None)
    conversation = opened(world)
    world.advance(5 * MINUTE)
    world.does(Reply, conversation, "ann", text="Hi")
    world.says("and?")
    world.advance(HOUR)
    world.does(Close, conversation, "ann")
    world.advance(3 * HOUR)
    world.does(Reopen, conversation, "ann")
    world.advance(3 * HOUR)
    world.says("still broken")
    assert world.now_of(conversation).sla[RESOLUTION].due_at == world.now + 55 * MINUTE
    world.advance(HOUR)
    assert told(world, conversation) == [
        "warned_first_response 50", "warned_resolution 50", "warned_resolution 80", "breached_resolution"
    ]  # fmt: skip


def test_nothing_counts_while_the_bot_talks() -> None:
    """The clock of a line begins when the client waits for a person."""
    world = staffed(shop(triage={"timeout": "1h"}, sla=SLA), triage=lambda question: "slow")
    conversation = world.says("hello")
    world.advance(30 * MINUTE)
    assert world.now_of(conversation).sla == {}
    world.advance(30 * MINUTE)
    assert world.now_of(conversation).sla[FIRST].since == world.now


def test_only_working_time_counts_unless_the_rules_say_otherwise() -> None:
    """Who writes five minutes before six is answered five minutes after nine."""
    hours = {"week": {"mon-fri": "09:00-18:00"}}
    world, always = served(hours=hours), served(hours=hours, working_hours=False)
    for each in (world, always):
        each.advance(6 * HOUR - 5 * MINUTE)
        each.says("hello")
    assert world.conversation().sla[FIRST].due_at == NOON + 21 * HOUR + 5 * MINUTE
    assert always.conversation().sla[FIRST].due_at == NOON + 6 * HOUR + 5 * MINUTE


def test_a_line_that_never_opens_breaks_no_target() -> None:
    """There is no working time to be late in."""
    world = served(hours={"week": {}})
    conversation = world.says("hello")
    world.advance(48 * HOUR)
    assert told(world, conversation) == []
    assert world.now_of(conversation).sla[FIRST].due_at is None


# Going on, whatever happens


def test_it_counts_on_through_offers_skips_and_transfers() -> None:
    """The client does not care who has it."""
    world = served()
    conversation = world.says("hello")
    world.does(Skip, conversation, "ann")
    world.advance(2 * MINUTE)
    world.does(Take, conversation, "bob")
    world.does(Transfer, conversation, "bob", to_operator="ann")
    world.advance(3 * MINUTE)
    assert told(world, conversation) == ["warned_first_response 50"]


def test_on_another_line_its_targets_apply_to_the_time_already_waited() -> None:
    """Being passed around does not make the client's waiting shorter; a line without targets counts nothing."""
    sla = {"first_response": "10m"}
    world = staffed(
        two_lines({"sla": sla, "offer_timeout": "12h", "unanswered": "stay"}, {"sla": {"first_response": "16m"}})
    )
    conversation = world.says("hello")
    world.advance(4 * MINUTE)
    world.does(Take, conversation, "ann")
    world.does(Transfer, conversation, "ann", to_line="support")
    assert world.now_of(conversation).sla[FIRST].due_at == world.now + 12 * MINUTE
    plain = staffed(two_lines({"sla": sla, "offer_timeout": "12h", "unanswered": "stay"}))
    conversation = plain.says("hello")
    plain.does(Take, conversation, "ann")
    plain.does(Transfer, conversation, "ann", to_line="support")
    assert (plain.now_of(conversation).sla, told(plain, conversation)) == ({}, [])


def test_what_came_due_while_the_hub_was_down_is_told_at_once_and_once() -> None:
    """One notice for the latest share, not one for each."""
    world = served()
    conversation = world.says("hello")
    world.start()
    world.jump(9 * MINUTE)
    assert told(world, conversation) == ["warned_first_response 80"]
    world.start()
    world.jump(HOUR)
    assert told(world, conversation)[1:] == ["breached_first_response", "warned_resolution 50"]
    world.start()
    world.jump(MINUTE)
    assert len(told(world, conversation)) == 3


@pytest.mark.parametrize("late", [timedelta(), 50 * MINUTE])
def test_an_answer_that_came_too_late_while_nobody_looked_is_a_breach(late: timedelta) -> None:
    """The reply was decided before the late timer: it is told, kept for reports, and nobody is punished for it."""
    world = served(on_breach={"reassign": True, "raise_to": "urgent"})
    conversation = opened(world)
    world.now += 10 * MINUTE + late
    assert world.does(Reply, conversation, "ann", text="Hi") == ""
    now = world.now_of(conversation)
    assert told(world, conversation) == ["breached_first_response"]
    assert (now.breached, now.operator, now.priority, now.state) == ((FIRST,), "ann", "", State.WAITING)


@pytest.mark.parametrize(
    ("sla", "expected"),
    [
        ({"first_response": "30m"}, ["breached_first_response"]),
        ({"first_response": "6m"}, ["breached_first_response"]),
        (None, []),
    ],
)
def test_changed_rules_apply_to_what_is_under_way(sla: dict[str, Any] | None, expected: list[str]) -> None:
    """At the next step of the conversation, of which its old timer is one; it is never stuck."""
    world = served(resolution=None, next_response=None, warn_at=[])
    conversation = world.says("hello")
    rules = shop(offer_timeout="12h", unanswered="stay", **({"sla": {"warn_at": [], **sla}} if sla else {}))
    world.book = replace_rules(world, rules)
    world.advance(10 * MINUTE)
    assert told(world, conversation) == (expected if sla and sla["first_response"] == "6m" else [])
    world.advance(20 * MINUTE)
    assert told(world, conversation) == expected


def replace_rules(world: World, rules: dict[str, Any]) -> Any:
    """Return the world's rules after an edit."""
    return type(world.book)(Rules.model_validate(rules), world.book.catalog, world.book.prompts)


# What a breach does


def test_programs_and_consoles_are_told() -> None:
    """With what they need to know, and the message that says it."""
    world = served()
    conversation = world.says("hello")
    world.advance(10 * MINUTE)
    whats = [dict(alert.what) for alert in world.kept.alerts]
    due = (NOON + 10 * MINUTE).isoformat()
    assert whats == [
        {"what": "sla_warned", "target": "first_response", "share": "50", "due_at": due},
        {"what": "sla_warned", "target": "first_response", "share": "80", "due_at": due},
        {"what": "sla_breached", "target": "first_response"},
    ]
    assert {alert.conversation for alert in world.kept.alerts} == {conversation.id}


@pytest.mark.parametrize(("own", "after"), [("", "urgent"), ("vip", "vip"), ("gone", "urgent")])
def test_a_breach_raises_the_class_and_never_lowers_it(own: str, after: str) -> None:
    """The greater head start stays."""
    world = served(on_breach={"raise_to": "urgent"})
    conversation = world.says("hello")
    held = replace(world.now_of(conversation), priority=own)
    world.kept.conversations[held.id] = held
    world.desks["sales"].put(held)
    world.advance(10 * MINUTE)
    assert world.now_of(conversation).priority == after


def test_a_late_answer_becomes_somebody_elses_once() -> None:
    """Who had it is not asked again at once, and nobody plays ping-pong with the client."""
    world = served(on_breach={"reassign": True})
    conversation = opened(world)
    world.advance(10 * MINUTE)
    now = world.now_of(conversation)
    assert (now.state, now.offered, now.passed["ann"]) == (State.OFFERED, ("bob",), world.now + 5 * MINUTE)
    assert world.happened(conversation)[-2:] == ["sla_breached_first_response", "reassigned"]
    world.does(Take, conversation, "bob")
    world.advance(HOUR)
    assert world.now_of(conversation).operator == "bob"


def test_a_late_resolution_stays_with_whoever_knows_it() -> None:
    """It is raised and told, and not taken away in the middle of the talk."""
    world = served(on_breach={"reassign": True, "raise_to": "urgent"}, next_response=None)
    conversation = answered(world)
    world.says("and?")
    world.advance(2 * HOUR)
    now = world.now_of(conversation)
    assert (now.operator, now.priority, now.breached) == ("ann", "urgent", (RESOLUTION,))


def test_what_is_reassigned_outlasts_a_shift() -> None:
    """With nobody else there it waits in the queue, and the clock goes on."""
    rules = shop(
        {"ann": {"hours": OFFICE}}, sla={**SLA, "on_breach": {"reassign": True}}, offer_timeout="12h", unanswered="stay"
    )
    world = staffed(rules)
    conversation = opened(world)
    world.advance(10 * MINUTE)
    assert world.now_of(conversation).state is State.QUEUED
    world.advance(5 * MINUTE)
    assert world.now_of(conversation).offered == ("ann",)
    world.presence(Presence.AWAY, "ann")
    assert world.now_of(conversation).state is State.QUEUED
