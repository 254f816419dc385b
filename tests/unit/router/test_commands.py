"""What operators do: each command carried out, and each reason to refuse it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from router.delivery import DeliveryState
from router.events import Close, Join, Note, Reply, Resend, Seen, SetPresence, Skip, Take
from router.media import Attachment
from router.model import AuthorKind, Floor, FloorHolder, JoinMode, MessageKind, State
from router.people import Presence
from tests.unit.router.engine import NOON, SLOW
from tests.unit.router.shops import OFFICE, answered, ended, opened, scripted, shop, staffed, two_lines
from tests.unit.router.world import World

PHOTO = Attachment("f1", "photo.png", "image/png", 10)
HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> World:
    """A shop with Ann and Bob, who come in this order, and the supervisor Eve, all there."""
    return staffed(shop())


def test_what_does_not_exist_or_is_none_of_their_business_is_not_found() -> None:
    """An operator of another line cannot even learn that a conversation exists."""
    world = staffed(two_lines())
    conversation = world.says("hello")
    assert world.does(Note, conversation, "cid", text="hm") == "not_found"
    assert world.perform(Take(world.fresh_id(), "nothing", "ann")) == "not_found"


# Take


def test_taking_gives_the_floor_and_counts_once(world: World) -> None:
    """The offer becomes theirs; their load does not grow twice."""
    conversation = opened(world)
    assert (conversation.state, conversation.operator) == (State.OPEN, "ann")
    assert conversation.floor == Floor(FloorHolder.OPERATOR, "ann")
    assert (world.load("ann"), conversation.taken_at) == (1, world.now)
    assert world.happened(conversation)[-1] == "taken"


def test_taking_is_refused_with_the_reason(world: World) -> None:
    """Somebody else's, one's own, and what is over cannot be taken."""
    offered = world.says("hello", "c0")
    assert world.does(Take, offered, "bob") == "offered_to"
    conversation = opened(world)
    assert world.does(Take, conversation, "ann") == "already_yours"
    assert world.does(Take, conversation, "bob") == "taken"
    assert world.does(Take, ended(world, "c2"), "ann") == "closed"


@pytest.mark.parametrize(
    ("presence", "refusal"), [(Presence.AWAY, "you_away"), (Presence.BREAK, "you_break"), (Presence.AVAILABLE, "")]
)
def test_only_who_is_available_takes(presence: Presence, refusal: str) -> None:
    """The refusal says what to change."""
    world = staffed(shop(hours={"week": {}}))
    conversation = world.says("hello")
    world.presence(presence, "ann")
    assert world.does(Take, conversation, "ann") == refusal


def test_nobody_takes_outside_their_hours_or_over_their_capacity() -> None:
    """The rules bind those who help themselves, too."""
    people = {"ann": {"hours": OFFICE}, "bob": {"capacity": 1}}
    world = staffed(shop(people, hours={"week": {}}), now=NOON + 8 * HOUR)
    first, second = world.says("hello", "c1"), world.says("hi", "c2")
    assert world.does(Take, first, "ann") == "you_off_hours"
    assert world.does(Take, first, "bob") == ""
    assert world.does(Take, second, "bob") == "you_full"


def test_a_full_operator_takes_what_is_offered_to_them() -> None:
    """The offer already counts."""
    world = staffed(shop({"ann": {"capacity": 1}}))
    assert world.does(Take, world.says("hello"), "ann") == ""


def test_a_supervisor_takes_over_and_the_operator_stays_as_a_colleague(world: World) -> None:
    """The floor changes hands in one step; the relieved operator can no longer answer."""
    conversation = opened(world)
    assert world.does(Take, conversation, "eve") == ""
    conversation = world.conversation()
    assert conversation.floor == Floor(FloorHolder.SUPERVISOR, "eve")
    assert conversation.joined == {"ann": JoinMode.OPEN}
    assert (world.load("ann"), world.load("eve")) == (0, 1)
    assert world.does(Reply, conversation, "ann", text="But…") == "floor"


def test_an_openly_joined_colleague_may_take_over_a_hidden_one_may_not(world: World) -> None:
    """Taking over from somebody needs to have been seen there."""
    conversation = opened(world)
    assert world.does(Take, conversation, "bob") == "taken"
    world.does(Join, conversation, "bob")
    assert world.does(Take, conversation, "bob") == ""
    assert world.conversation().operator == "bob"


def test_taking_over_at_rest_keeps_waiting_for_the_client() -> None:
    """Nobody owes an answer, so the clock of the client's silence begins anew."""
    world = staffed(shop(auto_close={"after": "1h"}))
    answered(world)
    world.advance(HOUR / 2)
    world.does(Take, world.conversation(), "eve")
    conversation = world.conversation()
    assert (conversation.state, conversation.due_at) == (State.WAITING, world.now + HOUR)


# Skip


def test_skipping_what_one_holds_returns_it(world: World) -> None:
    """It goes to somebody else, and not straight back."""
    conversation = opened(world)
    assert world.does(Skip, conversation, "ann") == ""
    conversation = world.conversation()
    assert (conversation.offered, conversation.operator, conversation.returns) == (("bob",), "", 1)
    assert "skipped" in world.happened(conversation)


def test_there_is_nothing_to_skip_in_what_is_not_theirs(world: World) -> None:
    """Neither offered nor held, or already over."""
    assert world.does(Skip, opened(world), "bob") == "nothing_to_skip"
    assert world.does(Skip, ended(world, "c2"), "ann") == "nothing_to_skip"


# Reply


def test_a_reply_goes_to_the_client_under_the_operators_name(world: World) -> None:
    """One message, one delivery, and now we wait for the client."""
    conversation = opened(world)
    assert world.does(Reply, conversation, "ann", text="Hello!", attachments=(PHOTO,)) == ""
    message = world.kept.of(conversation.id)[-1]
    assert (message.author.kind, message.author.name, message.text) == (AuthorKind.OPERATOR, "Ann", "Hello!")
    assert message.attachments == (PHOTO,)
    assert [d.message for d in world.kept.deliveries.values()][-1] == message.id
    assert world.conversation().state is State.WAITING


def test_a_reply_may_be_a_file_alone_but_not_nothing(world: World) -> None:
    """A picture says enough."""
    conversation = opened(world)
    assert world.does(Reply, conversation, "ann", text="  \n") == "empty"
    assert world.does(Reply, conversation, "ann", text="", attachments=(PHOTO,)) == ""


def test_only_the_holder_of_the_floor_replies(world: World) -> None:
    """Not who was offered it, not a colleague, not a supervisor, not the former holder."""
    conversation = world.says("hello")
    assert world.does(Reply, conversation, "ann", text="Hi") == "take_first"
    conversation = opened(world)
    world.does(Join, conversation, "bob")
    for name in ("bob", "eve"):
        assert world.does(Reply, conversation, name, text="Hi") == "floor"
    world.does(Close, conversation, "ann")
    assert world.does(Reply, conversation, "ann", text="Hi") == "closed"


# Note and whisper


@pytest.mark.parametrize("kind", ["note", "whisper"])
def test_notes_and_whispers_never_reach_the_client(world: World, kind: Any) -> None:
    """They are messages without a delivery, and change nothing about who owes whom an answer."""
    conversation = opened(world)
    before = (conversation.preview, len(world.kept.deliveries))
    assert world.does(Note, conversation, "bob", text="Careful!", kind=kind) == ""
    message = world.kept.of(conversation.id)[-1]
    assert (message.kind, message.visible) == (MessageKind(kind), False)
    assert (world.conversation().preview, len(world.kept.deliveries)) == before


def test_an_empty_note_and_a_whisper_to_nobody_are_refused(world: World) -> None:
    """Before anybody took it, a note is the thing."""
    conversation = world.says("hello")
    assert world.does(Note, conversation, "bob", text=" ") == "empty"
    assert world.does(Note, conversation, "bob", text="Psst", kind="whisper") == "nobody_to_whisper_to"
    assert world.does(Note, conversation, "bob", text="", attachments=(PHOTO,)) == ""


# Resend, presence, reading


@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        (state, "" if state in {DeliveryState.FAILED, DeliveryState.UNKNOWN} else "no_need_to_resend")
        for state in DeliveryState
    ],
)
def test_what_failed_or_may_have_failed_is_sent_again(world: World, state: DeliveryState, refusal: str) -> None:
    """Sending again really sends; what is on its way or has arrived is left alone."""
    conversation = answered(world)
    delivery = list(world.kept.deliveries)[-1]
    world.kept.settle_delivery(delivery, state)
    assert world.does(Resend, conversation, "ann", delivery=delivery) == refusal
    assert world.kept.requeued == ([] if refusal else [delivery])


def test_only_a_delivery_of_this_conversation_is_sent_again(world: World) -> None:
    """Ids of others are as good as unknown."""
    conversation = answered(world)
    delivery = list(world.kept.deliveries)[-1]
    other = world.says("hi", "c2")
    assert world.does(Resend, other, "ann", delivery=delivery) == "no_delivery"
    assert world.does(Resend, conversation, "ann", delivery="nothing") == "no_delivery"


def test_somebody_unknown_has_no_presence(world: World) -> None:
    """Whoever was taken out of the rules is told so."""
    assert world.perform(SetPresence(world.fresh_id(), "zoe", Presence.AVAILABLE)) == "unknown_operator"


def test_reading_is_shown_to_the_client_once(world: World) -> None:
    """Only what the client wrote counts as read, and reading less later changes nothing."""
    conversation = opened(world)
    for n in (99, 1):
        world.post(Seen(world.fresh_id("hub:seen"), conversation.id, "ann", n))
        world.settle()
    assert world.shown == {conversation.id: conversation.client_n}
    assert world.conversation().seen == conversation.client_n


@pytest.mark.parametrize(("reader", "counts"), [("ann", True), ("bob", False), ("eve", False)])
def test_onlookers_do_not_count_as_readers(world: World, reader: str, counts: bool) -> None:
    """The client sees that those who answer have read, not that a supervisor watches."""
    conversation = opened(world)
    world.does(Join, conversation, "eve", mode=JoinMode.HIDDEN)
    world.post(Seen(world.fresh_id("hub:seen"), conversation.id, reader, 99))
    world.settle()
    assert bool(world.shown) is counts


def test_taking_from_the_bot_is_possible() -> None:
    """Whoever sees that the bot does not get it need not wait for it to give up."""
    world = staffed(shop(triage={"misses": 2}), triage=scripted(slow=SLOW))
    conversation = world.says("slow")
    assert conversation.state is State.TRIAGE
    assert world.does(Take, conversation, "bob") == ""
    assert (world.conversation().operator, world.conversation().timers) == ("bob", {})
