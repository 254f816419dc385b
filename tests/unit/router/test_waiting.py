"""Clients who wait: how many, for how long, what they are told, and which line takes over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from router.conversation import LEFT
from router.events import Close, Reply, Skip, Take
from router.model import State
from router.people import Presence
from router.rules import Rules
from tests.unit.router.engine import NOON
from tests.unit.router.shops import OFFICE, opened, scripted, shop, staffed, sure, two_lines
from tests.unit.router.world import World

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
NIGHT = {"week": {"mon-sun": "18:00-09:00"}}


def busy(queue: dict[str, Any], **line: Any) -> World:
    """Return a world in which Ann, who has room for one, has her hands full."""
    world = staffed(shop({"ann": {"capacity": 1}}, queue=queue, **line))
    opened(world, "first")
    return world


def test_clients_are_told_their_place_and_again_when_it_has_changed() -> None:
    world = busy({"tell_position": True, "tell_every": "1m"})
    for chat in ("c1", "c2", "c3"):
        world.says("hello", chat)
        world.advance(SECOND)
    assert world.heard("c3") == ["Thank you for waiting. You are number 3 in the queue."]
    world.advance(MINUTE)
    assert len(world.heard("c3")) == 1
    assert world.does(Close, world.conversation("first"), "ann") == ""
    world.advance(MINUTE)
    assert world.heard("c3")[1:] == ["Thank you for waiting. You are number 2 in the queue."]


def test_how_long_it_takes_is_told_once_enough_have_been_served() -> None:
    """As long as the latest ones took, for each who is before and for oneself."""
    world = busy({"tell_position": True}, offer_timeout="1h")
    for n in range(4):
        world.says("hello", f"c{n}")
        world.advance(SECOND)
    for chat in ("first", "c0", "c1"):
        world.advance(2 * MINUTE)
        if chat != "first":
            assert world.does(Take, world.conversation(chat), "ann") == ""
        assert world.does(Close, world.conversation(chat), "ann") == ""
    world.says("hello", "late")
    assert world.heard("late") == [
        "Thank you for waiting. You are number 2 in the queue; it takes about 3 min.",
    ]


def test_whoever_is_served_at_once_is_not_told_a_place() -> None:
    world = staffed(shop(queue={"tell_position": True}))
    world.says("hello")
    assert world.heard() == ["One moment please, a colleague will answer you here."]


def test_a_full_queue_overflows_to_another_line() -> None:
    world = staffed(two_lines({"operators": ["ann"], "queue": {"limit": 1, "overflow": "support"}}), "bob", "cid")
    opened(world, "first")
    assert world.says("hello", "c1").line == "sales"
    moved = world.says("hello", "c2")
    assert (moved.line, moved.state, moved.overflowed) == ("support", State.QUEUED, ("sales",))
    assert "overflowed" in world.happened(moved)
    assert len(world.heard("c2")) == 1


def test_a_full_queue_without_another_line_loses_nobody() -> None:
    """They are told that it takes longer, once, and wait."""
    world = busy({"limit": 1})
    world.says("hello", "c1")
    waiting = world.says("hello", "c2")
    assert waiting.state is State.QUEUED
    assert world.heard("c2")[0].startswith("So many people are writing to us right now")
    world.says("hello?", "c2")
    assert len([text for text in world.heard("c2") if text.startswith("So many")]) == 1


def test_whoever_has_waited_too_long_waits_on_another_line() -> None:
    world = staffed(two_lines({"operators": ["ann"], "queue": {"max_wait": "10m", "overflow": "support"}}), "bob")
    opened(world, "first")
    world.says("hello", "c1")
    world.advance(9 * MINUTE)
    assert world.conversation("c1").line == "sales"
    world.advance(MINUTE)
    assert (world.conversation("c1").line, world.conversation("c1").offered) == ("support", ("cid",))


def test_two_lines_that_overflow_into_each_other_send_nobody_in_circles() -> None:
    each = {"limit": 1, "max_wait": "5m"}
    rules = two_lines({"queue": {**each, "overflow": "support"}}, {"queue": {**each, "overflow": "sales"}})
    world = World(rules)
    for n in range(6):
        world.says("hello", f"c{n}")
    world.advance(timedelta(hours=2))
    assert {c.state for c in world.kept.conversations.values()} == {State.QUEUED}
    assert all(world.happened(c).count("overflowed") <= 1 for c in world.kept.conversations.values())


def test_a_client_may_be_called_back_and_keeps_their_place() -> None:
    world = busy({"call_back_after": "5m", "tell_position": True, "tell_every": "1m"})
    world.says("hello", "c1")
    world.advance(5 * MINUTE)
    (question,) = [m for m in world.kept.messages.values() if m.choices and m.chat == "c1"]
    assert question.choices == ("Yes, please get back to me", "No, I will wait")
    world.says("yes, please get back to me", "c1")
    assert (world.conversation("c1").state, world.conversation("c1").call_back) == (State.QUEUED, "wanted")
    assert "call_back_wanted" in world.happened(world.conversation("c1"))
    heard = len(world.heard("c1"))
    world.says("hello", "c2")
    world.advance(10 * MINUTE)
    assert len(world.heard("c1")) == heard, "who need not wait is not told how long it takes"
    assert world.does(Close, world.conversation("first"), "ann") == ""
    assert world.conversation("c1").offered == ("ann",)


def test_a_client_who_would_rather_wait_goes_on_waiting() -> None:
    world = busy({"call_back_after": "5m"})
    world.says("hello", "c1")
    world.advance(5 * MINUTE)
    assert world.says("No, I will wait", "c1").call_back == "asked"


def test_at_night_the_line_that_is_at_work_takes_over() -> None:
    """Whoever comes then, and whoever still waits when the line closes."""
    rules = two_lines({"hours": OFFICE, "out_of_hours": {"hand_to": ["support"]}}, {"hours": NIGHT})
    world = World(rules)
    world.says("hello", "late")
    assert world.conversation("late").line == "sales"
    world.advance(timedelta(hours=6, minutes=1))
    assert world.conversation("late").line == "support"
    assert world.says("hello", "night").line == "support"
    assert "handed_round" in world.happened(world.conversation("night"))


def test_nobody_is_handed_to_a_line_that_is_closed_too() -> None:
    world = World(two_lines({"hours": OFFICE, "out_of_hours": {"hand_to": ["support"]}}, {"hours": OFFICE}))
    world.advance(timedelta(hours=8))
    assert world.says("hello").line == "sales"
    (told,) = world.heard()
    assert "are back tomorrow at 09:00 (UTC)" in told


def test_out_of_hours_the_bot_may_go_on_answering_what_it_knows() -> None:
    """The client keeps their place meanwhile; what it does not know waits for a person."""
    answers = scripted(hours=sure("hours", "From nine to six."), boom=None, hm=sure("hm"))
    world = World(shop(None, {}, hours=OFFICE, out_of_hours={"bot": True}), triage=answers)
    world.advance(timedelta(hours=8))
    world.says("boom")
    before = world.conversation().queued_at
    world.says("hours")
    assert world.heard()[-1] == "From nine to six."
    said = len(world.heard())
    world.says("hm")
    assert (len(world.heard()), world.conversation().queued_at) == (said, before)
    assert world.conversation().state is State.QUEUED


def test_an_offer_may_stay_until_somebody_acts() -> None:
    world = staffed(shop(unanswered="stay"))
    conversation = world.says("hello")
    world.advance(timedelta(hours=3))
    assert world.conversation().offered == ("ann",)
    assert world.happened(conversation).count("unanswered_stays") == 1
    assert world.does(Skip, conversation, "ann") == ""
    assert world.conversation().offered == ("bob",)
    world.presence(Presence.AWAY, "bob")
    assert world.conversation().state is State.QUEUED


@pytest.mark.parametrize(("to", "asked"), [("supervisors", ("eve",)), ("everyone", ("ann", "bob", "cid"))])
def test_after_some_returns_others_are_asked(to: str, asked: tuple[str, ...]) -> None:
    """All of them at once, and whoever is first takes it."""
    people: dict[str, Any] = {"ann": {}, "bob": {}, "cid": {}}
    world = staffed(shop(people, escalate={"after": 2, "to": to}, ask_again_after="0s"))
    world.says("hello")
    world.advance(timedelta(seconds=60))
    assert len(world.conversation().offered) == 1
    world.advance(timedelta(seconds=60))
    assert (world.conversation().offered, world.conversation().broadcast) == (asked, True)
    why = world.kept.explanations[-1].considered
    assert [reason for name, reason in why if name in asked] == [f"chosen_{to}"] * len(asked)
    assert world.does(Take, world.conversation(), asked[-1]) == ""
    assert world.conversation().escalated == ""


def test_escalation_to_nobody_goes_on_by_the_rule() -> None:
    """Without a supervisor at work, the line's own operators are still asked."""
    world = staffed(shop(escalate={"after": 1, "to": "supervisors"}), "eve")
    world.says("hello")
    world.advance(timedelta(seconds=60))
    assert world.conversation().offered == ("bob",)
    world.presence(Presence.AVAILABLE, "eve")
    world.advance(timedelta(seconds=60))
    assert world.conversation().offered == ("eve",)


def test_escalation_to_another_line_happens_once() -> None:
    rules = two_lines({"escalate": {"after": 1, "to_line": "support"}}, {"escalate": {"after": 1, "to_line": "sales"}})
    world = staffed(rules)
    world.says("hello")
    world.advance(timedelta(seconds=60))
    assert world.conversation().line == "support"
    world.advance(timedelta(minutes=30))
    assert world.conversation().line == "support"


def test_what_somebody_holds_who_left_returns_after_a_set_time() -> None:
    """Unless they are back by then; what waits for an answer returns at once."""
    for back in (False, True):
        world = staffed(shop(return_held_after="20m"))
        opened(world)
        assert world.does(Reply, world.conversation(), "ann", text="Yes?") == ""
        world.presence(Presence.AWAY, "ann")
        assert world.conversation().timers == {LEFT: world.now + 20 * MINUTE}
        if back:
            world.presence(Presence.AVAILABLE, "ann")
        world.advance(20 * MINUTE)
        conversation = world.conversation()
        holder = (State.WAITING, "ann", ()) if back else (State.OFFERED, "", ("bob",))
        assert (conversation.state, conversation.operator, conversation.offered) == holder


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ({"queue": {"overflow": "sales"}}, "leads to the line itself"),
        ({"queue": {"overflow": "moon"}}, "no line named 'moon'"),
        ({"escalate": {"to_line": "moon"}}, "no line named 'moon'"),
        ({"out_of_hours": {"hand_to": ["moon"]}}, "no line named 'moon'"),
        ({"escalate": {"after": 2}}, "expected either to: supervisors or everyone, or to_line"),
        ({"escalate": {"to": "everyone", "to_line": "sales"}}, "expected either"),
        ({"offer_timeout": "13h"}, "43200"),
    ],
)
def test_rules_that_lead_nowhere_are_refused(line: dict[str, Any], told: str) -> None:
    with pytest.raises((ValidationError, ValueError), match=told):
        Rules.model_validate(shop(**line))


def test_noon_is_within_office_hours() -> None:
    """What the tests above rely on."""
    assert World(shop(hours=OFFICE)).book.is_open("sales", NOON)
