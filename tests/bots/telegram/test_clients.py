"""What clients do in Telegram arrives, and what they expect at once happens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from router.client_events import (
    ClientDeleted,
    ClientEdited,
    ClientMessage,
    ClientRated,
    ClientReach,
    ClientReacted,
    ClientStarted,
    ColleagueMessage,
)
from router.errors import Rejected
from router.media import Attachment
from router.model import MessageKind
from tests.bots.telegram.desk import Desk
from tests.contract.host import MemoryHost
from tests.emulators.telegram import png

Open = Callable[..., Awaitable[Desk]]


async def heard(desk: Desk, count: int) -> list[object]:
    """Wait until the host was told so many events."""
    await desk.emulator.until(lambda: len(desk.host.events) >= count)
    return list(desk.host.events)


async def content(host: MemoryHost, event: object) -> bytes:
    """Fetch the file of a message."""
    assert isinstance(event, ClientMessage)
    channel = host._channel
    return b"".join([chunk async for chunk in channel.fetch(event.attachments[0])])  # type: ignore[attr-defined]  # it is Fetching


async def test_files_of_every_kind_are_fetched(opened: Open) -> None:
    """Photos, videos, voices, round videos, music, animations, stickers and documents arrive byte for byte."""
    desk = await opened()
    user, bot = desk.user, desk.bot
    user.sends_photo(bot, b"photo" * 100, caption="look")
    user.sends_video(bot, b"video", duration=5)
    user.sends_voice(bot, b"voice", duration=8)
    user.sends_video_note(bot, b"round", duration=3)
    user.sends_audio(bot, b"music")
    user.sends_animation(bot, b"moves")
    user.sends_sticker(bot, "😀", b"sticker")
    user.sends_document(bot, b"document", "offer.pdf")
    events = await heard(desk, 8)
    kinds = [event.attachments[0].kind for event in events if isinstance(event, ClientMessage)]
    assert kinds == ["photo", "video", "voice", "video_note", "audio", "animation", "sticker", "file"]
    files = [await content(desk.host, event) for event in events]
    assert files == [b"photo" * 100, b"video", b"voice", b"round", b"music", b"moves", b"sticker", b"document"]


async def picture(desk: Desk, photo: Attachment) -> bytes:
    """Fetch a client's picture."""
    channel = desk.host._channel
    return b"".join([chunk async for chunk in channel.fetch(photo)])  # type: ignore[attr-defined]  # it is Fetching


async def test_a_clients_picture_is_asked_of_telegram_only_when_it_is_fetched(opened: Open) -> None:
    """The smallest that is large enough; who shows none is refused in words that staff understand."""
    desk = await opened()
    desk.user.shows(png(640, 640))
    desk.user.says(desk.bot, "hello")
    (event,) = await heard(desk, 1)
    assert isinstance(event, ClientMessage)
    assert event.sender.photo is not None
    assert desk.emulator.calls_of("getUserProfilePhotos") == []
    assert await picture(desk, event.sender.photo) == png(640, 640)
    desk.user.shows(png(120, 120))
    assert await picture(desk, event.sender.photo) == png(120, 120)
    desk.user.shows(None)
    with pytest.raises(Rejected, match="show no picture"):
        await picture(desk, event.sender.photo)


async def test_a_file_too_large_to_fetch_says_so_to_staff(opened: Open) -> None:
    """What Telegram does not hand out ends in a sentence, before or after asking."""
    desk = await opened(max_file=1000)
    desk.user.sends_document(desk.bot, b"x" * 2000, "big.bin")
    (event,) = await heard(desk, 1)
    with pytest.raises(Rejected, match="larger than"):
        await content(desk.host, event)
    other = await opened_again(desk)
    assert other


async def opened_again(desk: Desk) -> bool:
    """A file of 30 MB is refused by Telegram itself."""
    desk.user.sends_document(desk.bot, b"x", "huge.bin", size=30 * 2**20)
    events = await heard(desk, 2)
    with pytest.raises(Rejected, match="larger than"):
        await content(desk.host, events[1])
    return True


async def test_an_album_stays_one(opened: Open) -> None:
    """All of its parts name the same album."""
    desk = await opened()
    desk.user.sends_album(desk.bot, [b"one", b"two", ("video", b"three")], caption="three")
    events = await heard(desk, 3)
    albums = {event.album for event in events if isinstance(event, ClientMessage)}
    assert len(albums) == 1
    assert albums != {""}


async def test_edits_and_reactions_of_clients_arrive(opened: Open) -> None:
    """With the platform's id of what they change."""
    desk = await opened()
    message = desk.user.says(desk.bot, "helo")
    desk.user.edits(message, "hello")
    desk.user.reacts(message, "👍")
    desk.user.reacts(message)
    _, edited, reacted, taken_away = await heard(desk, 4)
    assert isinstance(edited, ClientEdited)
    assert (edited.external_id, edited.text) == (str(message.id), "hello")
    assert isinstance(reacted, ClientReacted)
    assert (reacted.external_id, reacted.emoji) == (str(message.id), "👍")
    assert isinstance(taken_away, ClientReacted)
    assert taken_away.emoji == ""


async def test_who_starts_the_bot_is_greeted_once_and_may_share_their_phone(opened: Open) -> None:
    """The greeting comes in their language, also when Telegram repeats itself; the phone is their own."""
    desk = await opened(greeting={"en": "Welcome!", "ru": "Добро пожаловать!"}, ask_phone=True)
    desk.user.language_code = "ru"
    desk.user.starts(desk.bot, "spring")
    assert list(await desk.shown(1)) == ["Добро пожаловать!"]
    desk.bot.updates.repeat()
    desk.user.taps(desk.bot, "Отправить мой номер телефона")
    started, contact = await heard(desk, 2)
    assert isinstance(started, ClientStarted)
    assert started.payload == "spring"
    assert isinstance(contact, ClientMessage)
    assert contact.sender.phone == desk.user.phone
    assert len(desk.answers) == 1


async def test_a_pressed_button_says_its_choice_and_is_marked(opened: Open) -> None:
    """The press is answered, the choice stands in place of the buttons, and pressing it again says nothing."""
    desk = await opened()
    await desk.say("hello", "1")
    await desk.host.reply(desk.chat, "What about?", choices=("Delivery", "Returns"))
    (question,) = desk.answers
    assert question.buttons == ["Delivery", "Returns"]
    press = desk.user.presses(question, "Returns")
    await desk.emulator.until(lambda: press.answered and question.buttons == ["✓ Returns"])
    event = (await heard(desk, 2))[-1]
    assert isinstance(event, ClientMessage)
    assert event.text == "Returns"
    again = desk.user.presses(question, "✓ Returns")
    await desk.emulator.until(lambda: again.answered)
    assert len(desk.host.events) == 2


async def test_a_rating_is_given_with_stars(opened: Open) -> None:
    """A star is a rating, and its buttons end with it."""
    desk = await opened()
    await desk.say("hello", "1")
    await desk.host.reply(desk.chat, "How was it?", kind=MessageKind.RATING, choices=("1", "2", "3", "4", "5"))
    desk.user.presses(desk.answers[-1], "4 ★")
    event = (await heard(desk, 2))[-1]
    assert isinstance(event, ClientRated)
    assert event.score == 4
    await desk.emulator.until(lambda: desk.answers[-1].buttons == ["✓ 4 ★"])


async def test_buttons_may_take_the_place_of_the_keyboard(opened: Open) -> None:
    """A tapped one is said as it is written, a rating as its number. Telegram lets such a message not be changed."""
    desk = await opened(buttons="reply")
    await desk.say("hello", "1")
    await desk.host.reply(desk.chat, "What about?", choices=("Delivery", "Returns"))
    assert desk.answers[-1].buttons == ["Delivery", "Returns"]
    desk.user.taps(desk.bot, "Returns")
    with pytest.raises(Rejected, match="lets this message not be changed"):
        await desk.host.amend(desk.host.messages(desk.chat)[1], "What is it about?")
    await desk.host.reply(desk.chat, "How was it?", kind=MessageKind.RATING, choices=("1", "2", "3", "4", "5"))
    desk.user.taps(desk.bot, "4")
    events = await heard(desk, 3)
    assert [event.text for event in events if isinstance(event, ClientMessage)] == ["hello", "Returns", "4"]


async def test_blocking_the_bot_is_known(opened: Open) -> None:
    """Whoever blocks it cannot be reached, until they unblock it."""
    desk = await opened()
    desk.user.blocks(desk.bot)
    desk.user.unblocks(desk.bot)
    events = await heard(desk, 2)
    assert [event.unreachable for event in events if isinstance(event, ClientReach)] == ["blocked", ""]


async def test_business_chats_are_answered_in_the_owners_name(opened: Open) -> None:
    """A client of a business account writes there, is answered there, deletes there, and sees that it was read."""
    desk = await opened()
    owner = desk.emulator.add_user("Olga Shop")
    owner.connects(desk.bot)
    one, two = desk.user.says(owner, "hello"), desk.user.says(owner, "oops")
    three = desk.user.says(owner, "sorry")
    first = (await heard(desk, 3))[0]
    assert isinstance(first, ClientMessage)
    await desk.host.reply(first.chat, "Good day!")
    chat = desk.user.chat(owner)
    assert chat.last.text == "Good day!"
    assert chat.last.business_bot is desk.bot
    owner.says(desk.user, "I am on it myself")
    written = (await heard(desk, 4))[3]
    assert isinstance(written, ColleagueMessage)
    assert (written.chat, written.name, written.text) == (first.chat, "Olga Shop", "I am on it myself")
    await desk.host.see(first.chat)
    desk.user.deletes(two, three)
    deleted = [event for event in await heard(desk, 6) if isinstance(event, ClientDeleted)]
    assert [event.external_id for event in deleted] == [str(two.id), str(three.id)]
    assert one.read or three.read


async def test_direct_messages_of_a_channel_are_answered_in_their_topic(opened: Open) -> None:
    """Each client has a topic there."""
    desk = await opened()
    owner = desk.emulator.add_user("Olga")
    channel = desk.emulator.add_channel("News", owner, desk.bot)
    desk.emulator.promote(channel, desk.bot)
    direct = desk.emulator.add_direct_messages(channel)
    desk.user.says(direct, "hello")
    event = next(each for each in await heard(desk, 1) if isinstance(each, ClientMessage))
    await desk.host.reply(event.chat, "Good day!")
    assert [each.text for each in direct.in_topic(desk.user.id)] == ["hello", "Good day!"]


async def test_a_group_is_heard_when_the_bot_is_addressed_and_answered_there(opened: Open) -> None:
    """Also after it has become a supergroup, of which Telegram tells when it is asked."""
    desk = await opened(username="shop_bot", groups=["mention", "reply"])
    group = desk.emulator.add_group("Buyers", desk.user, desk.bot)
    desk.user.says(group, "@shop_bot are you there?")
    event = next(each for each in await heard(desk, 1) if isinstance(each, ClientMessage))
    desk.user.says(group, "nothing for the bot")
    await desk.host.reply(event.chat, "Yes!")
    assert group.last.text == "Yes!"
    moved = desk.emulator.migrate(group)
    await desk.host.reply(event.chat, "Still here.")
    assert moved.last.text == "Still here."
    assert [each.text for each in desk.host.events if isinstance(each, ClientMessage)] == ["@shop_bot are you there?"]
