"""Edits and deletions, by clients and by operators."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from router.amending import MOST_VERSIONS
from router.client_events import ClientDeleted, ClientEdited
from router.delivery import Action, Delivery, DeliveryState
from router.events import Close, Edit, Note, Reply, Resend, Retract, Transfer
from router.model import Conversation, Message, MessageKind, Version
from tests.unit.router.engine import NOON
from tests.unit.router.shops import answered, ended, opened, scripted, shop, staffed, sure, two_lines
from tests.unit.router.world import CHANNEL, World

LATER = timedelta(minutes=1)


@pytest.fixture
def world() -> World:
    """A shop with Ann and Bob and the supervisor Eve, all there."""
    return staffed(shop(texts={"queued": "", "nobody": ""}))


def said(world: World, conversation: Conversation) -> Message:
    """Return the last message of a conversation that its client can see."""
    return [m for m in world.kept.of(conversation.id) if m.visible][-1]


def sent(world: World, message: Message) -> list[tuple[Action, str]]:
    """Return what was done to a message at the client's, with the text it then had, in order."""
    effects = (effect for decision in world.decisions for effect in decision.effects)
    return [(e.delivery.action, e.message.text) for e in effects if getattr(e, "delivery", None) and _of(e, message)]


def _of(effect: Any, message: Message) -> bool:
    return isinstance(effect.delivery, Delivery) and effect.delivery.message == message.id


def edits(world: World, message: Message, text: str, chat: str = "c1") -> None:
    """Let a client edit a message of theirs."""
    world.receive(ClientEdited(world.fresh_id(), CHANNEL, chat, message.external_id, text, world.now))
    world.settle()


def takes_back(world: World, message: Message, chat: str = "c1") -> None:
    """Let a client delete a message of theirs."""
    world.receive(ClientDeleted(world.fresh_id(), CHANNEL, chat, message.external_id, world.now))
    world.settle()


# Clients


def test_staff_see_a_clients_edit_and_the_words_before(world: World) -> None:
    """Nothing else about the conversation changes but what lists show of it."""
    before = opened(world)
    world.advance(LATER)
    edits(world, said(world, before), "hello there")
    after = said(world, before)
    assert (after.text, after.edited_at) == ("hello there", NOON + LATER)
    assert after.versions == (Version("hello", NOON + LATER),)
    assert world.conversation() == replace(before, preview="hello there")
    assert sent(world, after) == []


def test_a_client_takes_a_message_back_and_staff_keep_its_text(world: World) -> None:
    """They have read it; lists no longer show it."""
    conversation = opened(world)
    takes_back(world, said(world, conversation))
    after = said(world, conversation)
    assert (after.text, after.deleted_at) == ("hello", NOON)
    assert world.conversation().preview == ""


def test_what_is_gone_unknown_or_another_chats_is_not_changed(world: World) -> None:
    """Nor does an empty edit, or one to the same words, change anything."""
    conversation = opened(world)
    message = said(world, conversation)
    edits(world, message, "mine now", chat="c2")
    edits(world, replace(message, external_id="nothing"), "what?")
    edits(world, replace(message, external_id=""), "what?")
    edits(world, message, "  ")
    edits(world, message, "hello")
    takes_back(world, message, chat="c2")
    assert said(world, conversation) == message
    takes_back(world, message)
    gone = said(world, conversation)
    world.advance(LATER)
    edits(world, message, "too late")
    takes_back(world, message)
    assert said(world, conversation) == gone


def test_a_message_can_be_edited_in_the_batch_that_brings_it(world: World) -> None:
    """The store does not have it yet; both edits are there afterwards."""
    first = world.client_message("helo")
    again = ClientEdited(world.fresh_id(), CHANNEL, "c1", first.external_id, "hello", world.now)
    world.receive(first, again, replace(again, id=world.fresh_id(), text="Hello!"))
    world.settle()
    message = said(world, world.conversation())
    assert (message.text, [version.text for version in message.versions]) == ("Hello!", ["helo", "hello"])


def test_only_the_latest_versions_are_kept(world: World) -> None:
    """Somebody who edits for ever fills nothing."""
    conversation = opened(world)
    message = said(world, conversation)
    for n in range(MOST_VERSIONS + 5):
        edits(world, message, f"version {n}")
    kept = said(world, conversation).versions
    assert [version.text for version in kept] == [f"version {n}" for n in range(4, MOST_VERSIONS + 4)]


def test_an_edit_is_not_dated_in_the_future(world: World) -> None:
    """Platforms' clocks are wrong at times."""
    conversation = opened(world)
    key = said(world, conversation).external_id
    world.receive(ClientEdited(world.fresh_id(), CHANNEL, "c1", key, "hi", world.now + LATER))
    world.settle()
    assert said(world, conversation).edited_at == NOON


def test_a_message_of_a_former_conversation_can_still_be_edited() -> None:
    """It is decided where that conversation is, which begins nothing anew and changes nothing about the latest one."""
    world = staffed(shop(reopen_within="0s"))
    former = ended(world)
    message = world.kept.of(former.id)[0]
    latest = world.says("me again")
    assert latest.id != former.id
    world.forget_idle()
    edits(world, message, "hello back then")
    assert world.kept.messages[message.id].text == "hello back then"
    assert world.conversation() == latest


def test_triage_looks_at_what_was_first_written() -> None:
    """An edit neither asks it again nor takes its answer away."""
    asked: list[str] = []

    def understand(question: Any) -> Any:
        asked.append(question.text)
        return scripted(hours=sure("hours", "From nine to six."))(question)

    world = staffed(shop(triage={"intents": {"hours": {"do": "answer"}}}), triage=understand)
    first = world.client_message("hours")
    world.receive(first, ClientEdited(world.fresh_id(), CHANNEL, "c1", first.external_id, "refund", world.now))
    world.settle()
    assert (asked, world.heard()) == (["hours"], ["From nine to six."])


# Operators


def test_an_operator_corrects_what_they_said(world: World) -> None:
    """Here and at the client's, once for each correction, behind what was sent before."""
    conversation = answered(world)
    message = said(world, conversation)
    for text in ("Hello, dear client!", "Hello, dear Carl!"):
        assert world.does(Edit, conversation, "ann", message=message.id, text=text) == ""
    after = said(world, conversation)
    assert (after.text, after.edited_at) == ("Hello, dear Carl!", NOON)
    assert [version.text for version in after.versions] == ["Hello!", "Hello, dear client!"]
    assert sent(world, after) == [
        (Action.SEND, "Hello!"),
        (Action.EDIT, "Hello, dear client!"),
        (Action.EDIT, "Hello, dear Carl!"),
    ]
    assert world.conversation() == replace(conversation, preview="Hello, dear Carl!")


def test_an_operator_takes_back_what_they_said(world: World) -> None:
    """After that nothing can be done to it."""
    conversation = answered(world)
    message = said(world, conversation)
    assert world.does(Retract, conversation, "ann", message=message.id) == ""
    after = said(world, conversation)
    assert (after.deleted_at, sent(world, after)[1:]) == (NOON, [(Action.DELETE, "Hello!")])
    assert world.does(Retract, conversation, "ann", message=message.id) == "already_deleted"
    assert world.does(Edit, conversation, "ann", message=message.id, text="but") == "already_deleted"


def test_an_edit_to_the_same_words_sends_nothing(world: World) -> None:
    """And one to no words is refused."""
    conversation = answered(world)
    message = said(world, conversation)
    assert world.does(Edit, conversation, "ann", message=message.id, text="Hello!") == ""
    assert world.does(Edit, conversation, "ann", message=message.id, text=" \n") == "empty"
    assert (said(world, conversation), len(sent(world, message))) == (message, 1)


def test_a_reply_can_be_edited_in_the_batch_that_brings_it(world: World) -> None:
    """Its delivery comes first."""
    conversation = opened(world)
    reply = Reply(world.fresh_id(), conversation.id, "ann", "Helo!")
    world.receive(reply)
    world.decide_all()
    [made] = [m for desk in world.desks.values() for m in desk.messages.values() if m.text == "Helo!"]
    world.receive(Edit(world.fresh_id(), conversation.id, "ann", made.id, "Hello!"))
    world.settle()
    assert said(world, conversation).text == "Hello!"
    assert [action for action, _ in sent(world, made)] == [Action.SEND, Action.EDIT]


def test_operators_change_only_their_own_words(world: World) -> None:
    """What clients said, notes, what happened, and messages of other conversations stay as they are."""
    conversation = answered(world)
    elsewhere = said(world, answered(world, "c2"))
    world.does(Note, conversation, "ann", text="careful")
    refusals = [
        world.does(what, conversation, "ann", message=message.id, **more)
        for message in world.kept.of(conversation.id)
        if message.kind is not MessageKind.TEXT or message.author.id != "ann"
        for what, more in ((Retract, {}), (Edit, {"text": "x"}))
    ]
    assert set(refusals) == {"not_amendable"}
    assert world.does(Retract, conversation, "ann", message=elsewhere.id) == "no_message"
    assert world.does(Retract, conversation, "ann", message="nothing") == "no_message"
    assert world.does(Retract, conversation, "bob", message=said(world, conversation).id) == "not_your_message"


def test_a_supervisor_changes_a_colleagues_words_and_that_is_written_down(world: World) -> None:
    """So that nobody is made to have said what they did not."""
    conversation = answered(world)
    message = said(world, conversation)
    assert world.does(Edit, conversation, "eve", message=message.id, text="Good day!") == ""
    assert world.does(Retract, conversation, "eve", message=message.id) == ""
    assert world.happened(conversation)[-2:] == ["amended_edit", "amended_delete"]
    assert [action for action, _ in sent(world, message)] == [Action.SEND, Action.EDIT, Action.DELETE]
    assert world.kept.messages[message.id].author.id == "ann"


def test_words_can_be_mended_after_the_conversation_was_closed_or_handed_on() -> None:
    """An edit is nothing new said, so it needs no floor and opens nothing again."""
    world = staffed(two_lines())
    closed = ended(world)
    message = next(m for m in world.kept.of(closed.id) if m.text == "Hello!")
    assert world.does(Edit, closed, "ann", message=message.id, text="Hi!") == ""
    assert world.now_of(closed) == closed
    held = answered(world, "c2")
    message = said(world, held)
    assert world.does(Transfer, held, "ann", to_operator="bob") == ""
    assert world.does(Retract, held, "ann", message=message.id) == ""


def test_whoever_can_no_longer_see_the_conversation_changes_nothing_in_it() -> None:
    """As when it went to a line that is not theirs."""
    world = staffed(two_lines(), "ann")
    conversation = world.says("hello")
    message = said(world, conversation)
    assert world.does(Retract, conversation, "cid", message=message.id) == "not_found"


def test_where_the_channel_cannot_nothing_is_promised() -> None:
    """The operator learns why, and the message stays as the client has it."""
    world = staffed(shop())
    world.book = dataclasses.replace(world.book, amends=frozenset())
    conversation = answered(world)
    message = said(world, conversation)
    assert world.does(Edit, conversation, "ann", message=message.id, text="x") == "channel_cannot_amend"
    assert world.does(Retract, conversation, "ann", message=message.id) == "channel_cannot_amend"
    assert said(world, conversation) == message


def test_what_was_taken_back_is_not_sent_again(world: World) -> None:
    """But its deletion is, when that had failed."""
    conversation = answered(world)
    message = said(world, conversation)
    assert world.does(Retract, conversation, "ann", message=message.id) == ""
    deliveries = {d.action: d.id for d in world.kept.deliveries.values() if d.message == message.id}
    for delivery in deliveries.values():
        world.kept.settle_delivery(delivery, DeliveryState.FAILED)
    assert world.does(Resend, conversation, "ann", delivery=deliveries[Action.SEND]) == "already_deleted"
    assert world.does(Resend, conversation, "ann", delivery=deliveries[Action.DELETE]) == ""


def test_a_list_shows_the_last_message_and_not_one_with_the_same_words(world: World) -> None:
    """Editing an earlier one leaves the preview alone."""
    conversation = answered(world)
    first = said(world, conversation)
    world.does(Reply, conversation, "ann", text="Hello!")
    assert world.does(Edit, conversation, "ann", message=first.id, text="Good day!") == ""
    assert world.conversation().preview == "Hello!"
    assert world.does(Close, conversation, "ann") == ""
