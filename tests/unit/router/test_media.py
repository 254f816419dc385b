"""What messengers carry besides words: files that come later, albums, answers, reactions, formatting, reach."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from router.client_events import (
    ClientEdited,
    ClientMoved,
    ClientReach,
    ClientReacted,
    ClientStarted,
    ColleagueMessage,
)
from router.delivery import Action, DeliveryState
from router.effects import FetchFiles
from router.events import Close, Edit, Note, React, Reply
from router.fetching import AGAIN
from router.media import Attachment, Entity, sound
from router.model import AuthorKind, Conversation, Message, MessageKind, State
from router.people import Identity, Sender
from tests.unit.router.engine import SLOW
from tests.unit.router.shops import answered, opened, scripted, shop, staffed, sure
from tests.unit.router.world import CHANNEL, World

VOICE = Attachment("", "voice.ogg", "audio/ogg", 900, kind="voice", duration=7, source="AwACAg")
PHOTO = Attachment("", "photo.jpg", "image/jpeg", 0, kind="photo", source="AgACAg")


def reacting(world: World) -> World:
    """Let the world's channel show reactions."""
    world.book = dataclasses.replace(world.book, reacts=frozenset({CHANNEL}))
    return world


def last_of(world: World, conversation: Conversation, kind: MessageKind = MessageKind.TEXT) -> Message:
    """Return the last message of a kind."""
    return [message for message in world.kept.of(conversation.id) if message.kind is kind][-1]


def sent_as(world: World, message: Message, external: str) -> None:
    """Let the platform have taken a message of ours."""
    key = next(key for key, it in world.kept.deliveries.items() if it.message == message.id)
    delivery = world.kept.deliveries[key]
    world.kept.deliveries[key] = replace(delivery, state=DeliveryState.SENT, external_id=external)


# Files that come later


def test_a_file_is_put_in_place_when_it_is_here_and_that_is_no_edit() -> None:
    """Its kind, length and name stay as the platform said; the timer goes."""
    world = staffed(shop())
    it = world.says("", attachments=(VOICE,))
    said = last_of_client(world, it)
    assert said.attachments == (replace(VOICE, id="kept AwACAg", source=""),)
    assert said.edited_at is None
    assert said.versions == ()
    assert world.now_of(it).coming == ()
    assert "files" not in world.now_of(it).timers


def test_a_file_that_does_not_come_is_asked_for_again_even_when_the_conversation_is_closed() -> None:
    """Whatever dies meanwhile: the timer is a part of the conversation."""
    world = staffed(shop())
    world.fetch = lambda file: file
    it = opened(world)
    world.says("look", attachments=(PHOTO,))
    assert world.does(Reply, it, "ann", text="I see.") == ""
    assert world.does(Close, it, "ann") == ""
    world.start()
    assert world.now_of(it).state is State.CLOSED
    assert world.now_of(it).coming
    world.fetch = lambda file: replace(file, source="", trouble="The platform no longer has it.")
    world.advance(AGAIN)
    assert last_of_client(world, it).attachments[0].trouble == "The platform no longer has it."
    assert world.now_of(it).coming == ()
    assert world.now_of(it).timers == {}


def last_of_client(world: World, it: Conversation) -> Message:
    """Return the client's last message."""
    return [message for message in world.kept.of(it.id) if message.author.kind == "client"][-1]


def test_what_is_here_already_is_not_asked_for() -> None:
    """Files of channels that upload them first need nobody to fetch them."""
    world = staffed(shop())
    world.says("look", attachments=(Attachment("f1", "a.png", "image/png", 3),))
    assert not [e for d in world.decisions for e in d.effects if isinstance(e, FetchFiles)]


# Albums


def test_the_bot_reacts_to_an_album_once() -> None:
    """Its other parts are kept, shown, and answered by nobody."""
    world = World(
        shop(triage={"intents": {"hours": {"do": "answer"}}}), triage=scripted(open=sure("hours", "Till six."))
    )
    for text in ("open", "", ""):
        it = world.says(text, album="a1", attachments=(PHOTO,))
    assert it.state is State.TRIAGE
    assert world.heard() == ["Till six."]
    assert [message.album for message in world.kept.of(it.id) if message.external_id] == ["a1"] * 3


def test_an_album_without_words_goes_to_a_person_once() -> None:
    """As a single file does."""
    world = World(shop(triage={"intents": {}}), triage=scripted())
    for _ in range(3):
        it = world.says("", album="a1", attachments=(PHOTO,))
    assert world.happened(it) == ["handoff_low_confidence"]


# Answers


def test_a_client_answers_a_message_of_theirs_or_ours() -> None:
    """Ours is found by each of the ids under which it went out."""
    world = staffed(shop())
    it = answered(world)
    ours = last_of(world, it)
    sent_as(world, ours, "12 13")
    theirs = next(message for message in world.kept.of(it.id) if message.external_id)
    for external, meant in (("12", ours.id), ("13", ours.id), (theirs.external_id, theirs.id), ("99", "")):
        world.says("this one", reply_to=external)
        assert last_of(world, it).reply_to == meant


def test_an_operator_answers_a_message_of_the_same_conversation_that_the_client_sees() -> None:
    """Anything else is refused."""
    world = staffed(shop())
    it, other = answered(world), world.says("hi", "c2")
    theirs = world.kept.of(it.id)[0]
    assert world.does(Reply, it, "ann", text="That one.", reply_to=theirs.id) == ""
    assert last_of(world, it).reply_to == theirs.id
    assert world.does(Note, it, "ann", text="Careful.") == ""
    hidden = last_of(world, it, MessageKind.NOTE)
    for wrong in (world.kept.of(other.id)[0].id, hidden.id, "gone"):
        assert world.does(Reply, it, "ann", text="That one.", reply_to=wrong) == "no_message"


# Reactions


def test_a_clients_reaction_is_shown_and_taken_away_again() -> None:
    """It is no edit, and nobody has to act on it."""
    world = staffed(shop())
    it = answered(world)
    ours = last_of(world, it)
    sent_as(world, ours, "12")
    for emoji, kept in (("👍", {"client": "👍"}), ("❤", {"client": "❤"}), ("", {})):
        world.receive(ClientReacted(world.fresh_id(), CHANNEL, "c1", "12", emoji, world.now))
        world.settle()
        assert world.kept.messages[ours.id].reactions == kept
    assert world.now_of(it).state is State.WAITING
    assert world.kept.messages[ours.id].edited_at is None


def test_an_operator_reacts_to_what_the_client_sees() -> None:
    """The channel is asked to show it, once."""
    world = reacting(staffed(shop()))
    it = opened(world)
    theirs = world.kept.of(it.id)[0]
    for emoji in ("👍", "👍", ""):
        assert world.does(React, it, "ann", message=theirs.id, emoji=emoji) == ""
    sent = [d for d in world.kept.deliveries.values() if d.action is Action.REACT]
    assert [d.message for d in sent] == [theirs.id] * 2
    assert world.kept.messages[theirs.id].reactions == {}


@pytest.mark.parametrize(
    ("operator", "emoji", "message", "why"),
    [
        ("bob", "👍", 0, "floor"),
        ("eve", "👍", 0, ""),
        ("ann", "x" * 40, 0, "bad_reaction"),
        ("ann", "a b", 0, "bad_reaction"),
        ("ann", "👍", 1, "not_reactable"),
    ],
)
def test_who_may_react(operator: str, emoji: str, message: int, why: str) -> None:
    """Whoever holds the floor, or leads."""
    world = reacting(staffed(shop()))
    it = opened(world)
    meant = (world.kept.of(it.id)[0], last_of(world, it, MessageKind.EVENT))[message]
    assert world.does(React, it, operator, message=meant.id, emoji=emoji) == why


def test_a_channel_without_reactions_refuses_them() -> None:
    """As it does edits."""
    world = staffed(shop())
    it = opened(world)
    assert world.does(React, it, "ann", message=world.kept.of(it.id)[0].id, emoji="👍") == "channel_cannot_react"


# Formatting


def test_formatting_is_kept_and_replaced_by_an_edit() -> None:
    """It belongs to the text that it was made for."""
    world = staffed(shop())
    it = opened(world)
    bold = Entity("bold", 0, 5)
    assert world.does(Reply, it, "ann", text="Hello!", entities=(bold,)) == ""
    said = last_of(world, it)
    assert said.entities == (bold,)
    assert world.does(Edit, it, "ann", message=said.id, text="Bye!", entities=(bold,)) == "bad_entities"
    assert world.does(Edit, it, "ann", message=said.id, text="Bye!") == ""
    assert last_of(world, it).entities == ()
    world.says("hi", entities=(Entity("italic", 0, 2),))
    heard = last_of(world, it)
    assert heard.entities == (Entity("italic", 0, 2),)
    world.receive(ClientEdited(world.fresh_id(), CHANNEL, "c1", heard.external_id, "ho", world.now))
    world.settle()
    assert last_of(world, it).entities == ()


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "//x", "", "https://a b", "https://" + "a" * 3000],
)
def test_a_link_leads_only_where_browsers_run_nothing(url: str) -> None:
    """Wherever the text comes from."""
    assert not sound("click", [Entity("link", 0, 5, url)])


@given(st.text(max_size=20), st.integers(-3, 25), st.integers(-3, 25))
def test_an_entity_lies_within_its_text(text: str, start: int, length: int) -> None:
    """What is sound can be cut out of the text."""
    if sound(text, [Entity("bold", start, length)]):
        assert len(text[start : start + length]) == length > 0


# How clients come and go


def test_opening_a_chat_makes_a_card_and_no_conversation() -> None:
    """The first campaign stays, and so does the latest."""
    world = staffed(shop())
    sender = Sender(Identity("webchat", "site", "c1"), "Kim", "en")
    for payload in ("", "spring", "summer"):
        world.receive(ClientStarted(world.fresh_id(), CHANNEL, "c1", sender, world.now, payload))
    world.settle()
    client = world.kept.clients["webchat:site:c1"]
    assert (client.name, client.language) == ("Kim", "en")
    assert client.facts == {"campaign": "spring", "latest_campaign": "summer"}
    assert world.kept.conversations == {}


def test_staff_see_that_nothing_reaches_a_client_and_that_it_does_again() -> None:
    """What is said meanwhile is tried all the same; whoever writes can be reached."""
    world = staffed(shop())
    it = answered(world)
    for why in ("blocked", "blocked", "gone"):
        world.receive(ClientReach(world.fresh_id(), CHANNEL, "c1", why, world.now))
    world.settle()
    assert world.now_of(it).unreachable == "gone"
    assert world.does(Reply, it, "ann", text="Are you there?") == ""
    assert world.says("yes").unreachable == ""
    assert [what for what in world.happened(it) if what.startswith("client_")] == [
        "client_blocked",
        "client_gone",
        "client_back",
    ]


def test_a_chat_goes_on_under_its_new_id_with_what_waits_for_it() -> None:
    """What is sent already stays where it was."""
    world = staffed(shop())
    it = answered(world)
    world.receive(ClientMoved(world.fresh_id(), CHANNEL, "c1", "c9", world.now))
    world.settle()
    assert {d.chat for d in world.kept.deliveries.values()} == {"c9"}
    assert world.says("still me", "c9").id == it.id
    world.start()
    assert world.says("and again", "c9").id == it.id


def test_a_chat_that_was_begun_anew_under_the_new_id_is_another_conversation() -> None:
    """Both stay what they are."""
    world = staffed(shop())
    it, other = world.says("hello"), world.says("hello again", "c9")
    world.receive(ClientMoved(world.fresh_id(), CHANNEL, "c1", "c9", world.now))
    world.settle()
    assert world.now_of(it).chat == "c1"
    assert world.conversation("c9").id == other.id


def test_why_a_conversation_was_closed_is_kept_and_told_to_staff() -> None:
    """Reopening forgets it."""
    world = staffed(shop())
    it = opened(world)
    assert world.does(Close, it, "ann", reason=" spam ") == ""
    assert world.now_of(it).close_reason == "spam"
    assert last_of(world, it, MessageKind.EVENT).data == {"name": "Ann", "reason": "spam"}
    assert world.says("no spam!").close_reason == ""


def elsewhere(world: World, text: str = "I am on it.") -> None:
    """Let one of us write to the client past the hub."""
    key = world.fresh_id()
    world.receive(ColleagueMessage(key, CHANNEL, "c1", "Olga", text, world.now, key))
    world.settle()


def test_what_one_of_us_writes_past_the_hub_counts_as_an_answer() -> None:
    """Staff see it, nothing is sent again, and the client's next message waits for the operator as ever."""
    world = staffed(shop())
    it = answered(world)
    assert world.says("and?").state is State.OPEN
    sent = len(world.kept.deliveries)
    elsewhere(world)
    assert world.now_of(it).state is State.WAITING
    said = world.kept.of(it.id)[-1]
    assert (said.author.kind, said.author.name, said.text) == (AuthorKind.OPERATOR, "Olga", "I am on it.")
    assert len(world.kept.deliveries) == sent
    assert world.says("thanks").state is State.OPEN


def test_what_one_of_us_writes_past_the_hub_begins_nothing() -> None:
    """Where nobody has written to us, or all was over, there is nobody to show it to."""
    world = staffed(shop())
    elsewhere(world)
    assert world.kept.conversations == {}


def test_the_bot_does_not_speak_over_one_of_us() -> None:
    """Whoever writes while it thinks has taken the client over: operators go on."""
    world = staffed(shop(triage={"intents": {}}), triage=lambda _: SLOW)
    it = world.says("where is my order?")
    assert it.state is State.TRIAGE
    elsewhere(world)
    assert world.now_of(it).state is not State.TRIAGE
    assert world.now_of(it).bot.pending == ""
