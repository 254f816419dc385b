"""What messengers carry besides words: files that come later, albums, answers, reactions, formatting, reach."""

from __future__ import annotations

import dataclasses

from msgspec.structs import replace

from router.delivery import DeliveryState
from router.effects import AskTriage, FetchFiles
from router.events import Close, Reply
from router.fetching import AGAIN
from router.media import Attachment
from router.model import Conversation, Message, MessageKind, State
from tests.unit.router.shops import opened, scripted, shop, staffed, sure
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
    said = last_of(world, it)
    assert said.attachments == (replace(VOICE, id="kept AwACAg", source=""),)
    assert said.edited_at is None
    assert said.versions == ()
    assert world.now_of(it).coming == ()
    assert "files" not in world.now_of(it).timers


def test_a_file_that_does_not_come_is_asked_for_again_even_when_the_conversation_is_closed() -> None:
    """Whatever dies meanwhile: the timer is a part of the conversation."""
    world = staffed(shop())
    world.fetch = lambda file: file
    it = opened(world, "look", attachments=(PHOTO,))
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
    asked: list[str] = []

    def triage(question: AskTriage) -> object:
        asked.append(question.text)
        return sure("hours", answer="We are open.")

    world = scripted(triage) if False else shop(triage=triage)
    world.says("when are you open?", album="a1")
    world.says("", album="a1", attachments=(PHOTO,))
    it = world.says("", album="a1", attachments=(PHOTO,))
    assert asked == ["when are you open?"]
    assert it.state is State.TRIAGE
    assert world.heard() == ["We are open."]
    assert [m.album for m in world.kept.of(it.id) if m.author.kind == "client"] == ["a1"] * 3
