"""The queue: who is asked, what happens when nobody answers, and what the client is told meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest

from router.effects import WakeLines
from router.events import Close, Reply, Skip, Take, TimerFired, Transfer
from router.model import State
from router.people import Presence
from tests.unit.router.engine import NOON
from tests.unit.router.shops import OFFICE, shop, staffed, two_lines
from tests.unit.router.world import CHANNEL, World

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def test_an_unanswered_offer_goes_to_the_next_operator() -> None:
    """After the time-out the offer is taken away, and who let it pass is not asked at once again."""
    world = staffed(shop(offer_timeout="60s"))
    assert world.says("hello").offered == ("ann",)
    world.advance(timedelta(seconds=59))
    assert world.conversation().offered == ("ann",)
    world.advance(timedelta(seconds=1))
    assert world.conversation().offered == ("bob",)
    assert "unanswered" in world.happened(world.conversation())
    assert (world.load("ann"), world.load("bob")) == (0, 1)


def test_when_everybody_let_it_go_the_first_is_asked_again_after_a_while() -> None:
    """With nobody left to ask, the retry timer brings the conversation back to whoever let it go first."""
    world = staffed(shop(offer_timeout="60s", ask_again_after="5m"))
    world.says("hello")
    world.advance(2 * MINUTE)
    assert world.conversation().state is State.QUEUED
    world.advance(4 * MINUTE)
    assert world.conversation().offered == ("ann",)
    assert world.conversation().returns == 2


def test_a_skipped_offer_goes_on_at_once() -> None:
    """Skipping is letting go without waiting for the time-out."""
    world = staffed(shop())
    conversation = world.says("hello")
    assert world.does(Skip, conversation, "ann") == ""
    assert world.conversation().offered == ("bob",)


def test_a_break_returns_offers_and_keeps_conversations() -> None:
    """Whoever rests gets nothing new, and keeps what they already hold."""
    world = staffed(shop())
    taken = world.says("hello", "c1")
    world.does(Take, taken, "ann")
    world.says("hi", "c2")
    assert world.conversation("c2").offered == ("ann",)
    world.presence(Presence.BREAK, "ann")
    assert world.conversation("c1").operator == "ann"
    assert world.conversation("c2").offered == ("bob",)


def test_leaving_returns_what_waits_for_an_answer() -> None:
    """Offers and unanswered conversations of somebody who left go to others at once."""
    world = staffed(shop())
    for chat in ("c1", "c2", "c3"):
        world.says("hello", chat)
    world.does(Take, world.conversation("c1"), "ann")
    world.does(Take, world.conversation("c2"), "ann")
    world.does(Reply, world.conversation("c2"), "ann", text="Hello!")
    world.presence(Presence.AWAY, "ann")
    assert world.conversation("c1").offered == ("bob",)
    assert world.conversation("c3").offered == ("bob",)
    assert "left" in world.happened(world.conversation("c1"))
    answered = world.conversation("c2")
    assert (answered.state, answered.operator) == (State.WAITING, "ann")


def test_a_client_who_answers_somebody_absent_is_queued() -> None:
    """An answered conversation stays with its operator until the client writes; then it needs somebody present."""
    world = staffed(shop())
    conversation = world.says("hello")
    world.does(Take, conversation, "ann")
    world.does(Reply, conversation, "ann", text="Hello!")
    world.presence(Presence.AWAY, "ann")
    assert world.says("and now?").offered == ("bob",)


def test_an_operator_whose_shift_ends_returns_what_waits() -> None:
    """The end of a shift counts as leaving, though nobody pressed anything."""
    world = staffed(shop({"ann": {"hours": OFFICE}, "bob": {}}))
    world.does(Take, world.says("hello"), "ann")
    world.advance(6 * HOUR)
    assert world.conversation().offered == ("bob",)


def test_a_colleague_from_another_line_returns_what_waits_when_their_shift_ends() -> None:
    """Who got a conversation by transfer need not serve its line, and still cannot keep it after work."""
    rules = two_lines()
    rules["operators"]["cid"]["hours"] = OFFICE
    world = staffed(rules)
    conversation = world.says("hello")
    world.does(Take, conversation, "ann")
    assert world.does(Transfer, conversation, "ann", to_operator="cid") == ""
    world.does(Take, conversation, "cid")
    assert world.conversation().operator == "cid"
    world.advance(6 * HOUR)
    assert world.conversation().operator == ""


def test_out_of_hours_the_client_is_told_once_and_opening_time_asks_the_operators() -> None:
    """Nobody is asked while the line is closed; the queue drains when it opens."""
    world = staffed(shop(hours=OFFICE), now=NOON + 8 * HOUR)
    world.says("hello")
    conversation = world.says("anybody?")
    assert conversation.state is State.QUEUED
    assert len(world.heard()) == 1
    assert world.heard()[0].startswith("Thank you for your message. We are closed")
    world.advance(12 * HOUR)
    assert world.conversation().state is State.QUEUED
    world.advance(HOUR)
    assert world.conversation().offered == ("ann",)
    assert len(world.heard()) == 1


def test_a_client_who_writes_after_hours_to_somebody_who_left_is_told_so() -> None:
    """Coming back to the queue when nobody works is something the client must hear, whatever they heard at noon."""
    world = staffed(shop(hours=OFFICE))
    conversation = world.says("hello")
    world.does(Take, conversation, "ann")
    world.does(Reply, conversation, "ann", text="Hello!")
    world.presence(Presence.AWAY, "ann")
    world.advance(7 * HOUR)
    world.says("are you there?")
    assert world.heard()[-1].startswith("Thank you for your message. We are closed")


@pytest.mark.parametrize(
    ("absent", "expected"), [((), "One moment please"), (("ann", "bob"), "Thank you for your message. Nobody")]
)
def test_the_client_is_told_what_to_expect(absent: tuple[str, ...], expected: str) -> None:
    """Somebody at work means soon; nobody at work is said honestly."""
    world = staffed(shop(), *absent)
    world.says("hello")
    assert [text.startswith(expected) for text in world.heard()] == [True]


def test_a_line_with_empty_texts_says_nothing() -> None:
    """An empty text in the rules silences the line, it is not a message without words."""
    world = staffed(shop(texts={"queued": ""}))
    world.says("hello")
    assert world.heard() == []


def test_the_longest_waiting_is_offered_first() -> None:
    """The queue is in the order in which clients began to wait."""
    world = World(shop({"ann": {"capacity": 1}}))
    for chat in ("c1", "c2"):
        world.says("hello", chat)
        world.advance(MINUTE)
    world.presence(Presence.AVAILABLE, "ann")
    assert world.states() == {"c1": State.OFFERED, "c2": State.QUEUED}


def test_writing_again_while_waiting_costs_no_place_in_the_queue() -> None:
    """Whoever was taken and given back unanswered keeps the place of their first message."""
    world = staffed(shop({"ann": {"capacity": 1}}))
    impatient = world.says("hello", "c1")
    world.does(Take, impatient, "ann")
    world.advance(MINUTE)
    world.says("hi", "c2")
    world.advance(MINUTE)
    world.says("hello?", "c1")
    world.presence(Presence.AWAY, "ann")
    world.advance(MINUTE)
    world.presence(Presence.AVAILABLE, "ann")
    assert world.states() == {"c1": State.OFFERED, "c2": State.QUEUED}


def test_a_freed_operator_is_offered_what_waits() -> None:
    """Closing one conversation drains the queue in the same decision."""
    world = staffed(shop({"ann": {"capacity": 1}}))
    first = world.says("hello", "c1")
    world.does(Take, first, "ann")
    assert world.says("hi", "c2").state is State.QUEUED
    world.does(Close, first, "ann")
    assert world.conversation("c2").offered == ("ann",)


def test_an_operator_freed_on_one_line_is_offered_what_waits_on_another() -> None:
    """Bob serves both lines: an offer he lets time out on one must not leave the other waiting."""
    world = staffed(two_lines(), "ann", "cid")
    moved = world.says("to support, please", "c1")
    assert moved.offered == ("bob",)
    world.does(Take, moved, "bob")
    other = world.says("hello", "c2")
    assert world.does(Transfer, other, "eve", to_line="support") == ""
    assert world.now_of(other).state is State.QUEUED
    world.does(Skip, moved, "bob")
    assert world.now_of(other).offered == ("bob",)
    assert world.says("still here", "c1").state is State.QUEUED
    world.advance(MINUTE)
    assert world.now_of(other).state is State.QUEUED
    world.advance(4 * MINUTE)
    assert world.now_of(moved).offered == ("bob",)


def test_an_offer_that_times_out_wakes_the_operators_other_lines() -> None:
    """The lines of whoever let the offer pass are told that they are free again."""
    world = staffed(two_lines(), "ann", "cid")
    world.says("hello", "c1")
    waits = world.says("hi", "c2")
    world.does(Transfer, waits, "eve", to_line="support")
    assert world.now_of(waits).state is State.QUEUED
    world.decisions.clear()
    world.advance(MINUTE)
    woken = [effect.lines for d in world.decisions for effect in d.effects if isinstance(effect, WakeLines)]
    assert ("support",) in woken
    assert world.now_of(waits).offered == ("bob",)


def test_silence_closes_a_conversation_and_frees_its_operator() -> None:
    """Auto-close says its text, asks for no rating, and lets the queue move on."""
    world = staffed(shop({"ann": {"capacity": 1}}, auto_close={"after": "1h", "text": "Bye then."}))
    first = world.says("hello", "c1")
    world.does(Take, first, "ann")
    world.does(Reply, first, "ann", text="Hello!")
    world.says("hi", "c2")
    world.advance(HOUR)
    assert world.now_of(first).closed_by == "silence"
    assert world.heard("c1")[-1] == "Bye then."
    assert world.conversation("c2").offered == ("ann",)


def test_a_crash_loses_no_offer_and_late_timers_fire_once() -> None:
    """What was offered before the crash times out after it, as if nothing had happened."""
    world = staffed(shop(offer_timeout="60s"))
    world.says("hello")
    world.start()
    world.jump(10 * MINUTE)
    conversation = world.conversation()
    assert (conversation.offered, conversation.returns) == (("bob",), 1)


def test_a_timer_that_was_overtaken_does_nothing() -> None:
    """Taken at the last moment, the offer's time-out finds nothing to take away."""
    world = staffed(shop(offer_timeout="60s"))
    offered = world.says("hello")
    world.does(Take, offered, "ann")
    taken = world.conversation()
    world.post(TimerFired("hub:late", offered.id, "offer", offered.timers["offer"]))
    world.settle()
    assert world.conversation() == taken


def test_a_moved_conversation_survives_a_crash_before_its_lane_heard_of_it() -> None:
    """The move was committed, the word to the other lane was lost: starting again finds it in the other queue."""
    world = staffed(two_lines())
    conversation = world.says("hello")
    world.receive(Transfer(world.fresh_id(), conversation.id, "eve", to_line="support"))
    world.decide_all()
    world.commit()
    world.start()
    world.settle()
    moved = world.now_of(conversation)
    assert (moved.line, moved.offered, moved.channel) == ("support", ("bob",), CHANNEL)
