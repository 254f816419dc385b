"""What we say arrives as it was meant, and where it does not, that is what is said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from msgspec.structs import replace

from router.client_events import ClientReach
from router.delivery import Action
from router.errors import Rejected, Uncertain
from router.media import Attachment, Entity, MediaKind
from tests.bots.telegram.desk import Desk
from tests.emulators.telegram import ApiError, png

Open = Callable[..., Awaitable[Desk]]


async def kept(desk: Desk, name: str, data: bytes, kind: MediaKind = "file") -> Attachment:
    """Keep a file in the hub."""

    async def chunks() -> AsyncIterator[bytes]:
        yield data

    file = await desk.host.files.put(chunks(), name=name, channel="", chat=desk.chat, limit=10**9)
    return replace(file, kind=kind)


async def test_formatting_answers_and_long_texts(opened: Open) -> None:
    """Entities are shown, an answer shows what it answers, and long texts come in several parts."""
    desk = await opened()
    await desk.say("hello", "1")
    (said,) = desk.host.messages(desk.chat)
    entities = (Entity("bold", 2, 4), Entity("link", 7, 4, "https://shop.example/"))
    await desk.host.reply(desk.chat, "🙂 bold link", entities=entities, reply_to=said.id)
    (answer,) = desk.answers
    assert [(it["type"], it["offset"], it["length"]) for it in answer.entities] == [("bold", 3, 4), ("text_link", 8, 4)]
    assert answer.reply_to is not None
    assert answer.reply_to.text == "hello"
    sent = await desk.host.reply(desk.chat, "Paragraph. " * 500)
    assert len(sent.external_id.split()) == 2
    assert [str(message.id) for message in desk.answers[1:]] == sent.external_id.split()


async def test_files_go_as_what_they_are(opened: Open) -> None:
    """Pictures as photos, videos as videos, voices as voices; a text of theirs stands below."""
    desk = await opened()
    await desk.say("hello", "1")
    photo = await kept(desk, "a.png", png(20, 20))
    voice = Attachment(photo.id, "v.ogg", "audio/ogg", 5, kind="voice", duration=3)
    document = await kept(desk, "offer.txt", b"our offer")
    await desk.host.reply(desk.chat, "look", attachments=(photo,))
    await desk.host.reply(desk.chat, "", attachments=(voice,))
    await desk.host.reply(desk.chat, "", attachments=(document,))
    assert [(message.kind, message.text) for message in desk.answers] == [
        ("photo", "look"),
        ("voice", ""),
        ("document", ""),
    ]
    assert desk.answers[-1].file == b"our offer"


async def test_several_files_are_kept_together_by_kind(opened: Open) -> None:
    """Pictures are one album, documents another, and eleven pictures are two."""
    desk = await opened()
    await desk.say("hello", "1")
    photos = [await kept(desk, f"{n}.png", png(20, 20 + n)) for n in range(3)]
    documents = [await kept(desk, f"{n}.txt", b"text %d" % n) for n in range(2)]
    sent = await desk.host.reply(
        desk.chat, "all of it", attachments=(photos[0], documents[0], *photos[1:], documents[1])
    )
    assert [message.kind for message in desk.answers] == ["photo"] * 3 + ["document"] * 2 + ["text"]
    groups = [message.media_group_id for message in desk.answers]
    assert groups[0] == groups[1] == groups[2] != groups[3] == groups[4]
    assert len(sent.external_id.split()) == 6


async def test_what_is_too_large_becomes_an_honest_link(opened: Open) -> None:
    """Telegram takes 50 MB from bots; above that there is an address."""
    desk = await opened()
    await desk.say("hello", "1")
    huge = Attachment("f1", "film.mp4", "video/mp4", 60_000_000, kind="video")
    await desk.host.reply(desk.chat, "the film", attachments=(huge,))
    (answer,) = desk.answers
    assert answer.text.startswith("the film")
    assert "https://hub.example/files/f1/film.mp4" in answer.text


async def test_an_edit_may_need_more_or_fewer_messages(opened: Open) -> None:
    """The parts that are too many go, those that lack come, and the next edit knows them all."""
    desk = await opened()
    await desk.say("hello", "1")
    await desk.host.reply(desk.chat, "short")
    (message,) = [it for it in desk.host.messages(desk.chat) if it.text == "short"]
    longer = await desk.host.amend(message, "Paragraph. " * 500)
    assert len(longer.external_id.split()) == len(desk.answers) == 2
    shorter = await desk.host.amend(message, "short again")
    assert [it.text for it in desk.answers] == ["short again"]
    same = await desk.host.amend(message, "short again")
    assert same.external_id == shorter.external_id == str(desk.answers[0].id)


async def test_a_caption_is_edited_below_its_file(opened: Open) -> None:
    """And what does not fit there is refused with a sentence."""
    desk = await opened()
    await desk.say("hello", "1")
    photo = await kept(desk, "a.png", png(20, 20))
    await desk.host.reply(desk.chat, "lok", attachments=(photo,))
    message = desk.host.messages(desk.chat)[-1]
    await desk.host.amend(message, "look")
    assert desk.answers[0].text == "look"
    with pytest.raises(Rejected, match="1024"):
        await desk.host.amend(message, "x" * 1025)


async def test_reactions_are_shown(opened: Open) -> None:
    """Put and taken away; one that Telegram does not have is refused with a sentence."""
    desk = await opened()
    await desk.say("hello", "1")
    (said,) = desk.host.messages(desk.chat)
    (theirs,) = desk.user.chat(desk.bot).messages
    await desk.host.react(said, "👍")
    assert theirs.reactions == ["👍"]
    await desk.host.react(said, "")
    assert theirs.reactions == []
    with pytest.raises(Rejected, match="reaction"):
        await desk.host.react(said, "🦖")


async def test_an_old_message_cannot_be_deleted_and_that_is_said(opened: Open) -> None:
    """Telegram's reason in words."""
    desk = await opened()
    await desk.say("hello", "1")
    await desk.host.reply(desk.chat, "one")
    message = desk.host.messages(desk.chat)[-1]
    desk.emulator.faults.refuse(
        ApiError(400, "Bad Request: message can't be deleted for everyone"), method="deleteMessage"
    )
    with pytest.raises(Rejected, match="48 hours"):
        await desk.host.amend(message, action=Action.DELETE)


async def test_a_beginning_that_arrived_is_not_sent_again(opened: Open) -> None:
    """A part that Telegram slows down is tried again alone."""
    desk = await opened()
    await desk.say("hello", "1")
    text = " ".join(["word"] * 1600)
    first = desk.emulator.faults.stall(method="sendMessage")
    sending = desk.host.reply(desk.chat, text)

    task = asyncio.create_task(sending)
    await first.reached()
    fault = desk.emulator.faults.too_many_requests(1, method="sendMessage")
    first.release()
    sent = await task
    assert fault.hits == 1
    assert len(sent.external_id.split()) == len(desk.answers) == 2


@pytest.mark.parametrize(("fault", "expected"), [("refuse", Rejected), ("hang_up", Uncertain)])
async def test_a_message_that_arrived_in_part_says_so(opened: Open, fault: str, expected: type[Exception]) -> None:
    """What arrived and what did not, as far as anybody knows."""

    desk = await opened()
    await desk.say("hello", "1")
    first = desk.emulator.faults.stall(method="sendMessage")
    task = asyncio.create_task(desk.host.reply(desk.chat, " ".join(["word"] * 1600)))
    await first.reached()
    if fault == "refuse":
        desk.emulator.faults.refuse(ApiError(403, "Forbidden: bot was blocked by the user"), method="sendMessage")
    else:
        desk.emulator.faults.hang_up_after(method="sendMessage")
    first.release()
    with pytest.raises(expected, match="1 of 2 parts arrived"):
        await task
    reached = [event.unreachable for event in desk.host.events if isinstance(event, ClientReach)]
    assert reached == (["blocked"] if fault == "refuse" else [])


async def test_whoever_cannot_be_reached_is_known_from_the_attempt(opened: Open) -> None:
    """Telegram says nothing when an account is deleted, until something is sent there."""
    desk = await opened()
    await desk.say("hello", "1")
    desk.user.deactivated = True
    with pytest.raises(Rejected, match="deleted"):
        await desk.host.reply(desk.chat, "are you there?")
    assert [event.unreachable for event in desk.host.events if isinstance(event, ClientReach)] == ["gone"]


async def test_a_slowed_chat_waits_while_others_go_on(opened: Open) -> None:
    """A 429 is obeyed for that chat."""
    desk = await opened()
    await desk.say("hello", "1")
    desk.emulator.faults.too_many_requests(30, method="sendMessage")
    with pytest.raises(Exception, match="30 s"):
        await desk.host.reply(desk.chat, "one")
    channel = desk.host._channel
    due = channel.not_before(desk.chat)  # type: ignore[attr-defined]  # it is Paced
    assert 28 < (due - desk.host.clock.now()).total_seconds() <= 30
    assert channel.not_before("12345") is None  # type: ignore[attr-defined]  # it is Paced


async def test_long_answers_of_the_bot_are_seen_while_they_are_written(opened: Open) -> None:
    """In drafts, each longer than the one before; where that fails the answer simply comes."""
    desk = await opened()
    await desk.say("hello", "1")
    text = "Here is how a return works. " * 12
    await desk.host.reply(desk.chat, text, bot=True)
    drafts = next(iter(desk.user.chat(desk.bot).drafts.values()), [])
    streamed = [call.params["text"] for call in desk.emulator.calls_of("sendMessageDraft")]
    assert len(streamed) == 3
    assert all(text.startswith(each) for each in streamed)
    assert drafts in ([], streamed)
    desk.emulator.faults.refuse(ApiError(400, "Bad Request: not supported"), method="sendMessageDraft")
    await desk.host.reply(desk.chat, text, bot=True)
    assert [it.text for it in desk.answers] == [text.strip()] * 2


async def test_typing_is_shown_not_more_often_than_it_lasts(opened: Open) -> None:
    """Once within four seconds."""
    desk = await opened()
    await desk.say("hello", "1")
    for _ in range(3):
        await desk.host._channel.typing(desk.chat, "Olga")
    assert len(desk.emulator.calls_of("sendChatAction")) == 1
