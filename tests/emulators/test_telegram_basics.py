"""The emulator through the real aiogram client: what is said arrives, what is sent is seen."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiogram import Bot as Client
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import BufferedInputFile, InputMediaPhoto, ReactionTypeEmoji

from tests.emulators.telegram import TelegramEmulator, png


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramEmulator]:
    async with TelegramEmulator() as telegram:
        yield telegram


def client_of(telegram: TelegramEmulator, token: str) -> Client:
    return Client(token, session=AiohttpSession(api=TelegramAPIServer.from_base(telegram.url)))


async def test_first(telegram: TelegramEmulator) -> None:
    bot = telegram.add_bot("123:abc", "shop_bot", "Shop", has_topics_enabled=True)
    anna = telegram.add_user("Anna Smirnova", language_code="ru", username="anna", photo=True)
    async with client_of(telegram, bot.token) as client:
        me = await client.me()
        assert me.username == "shop_bot"
        assert me.has_topics_enabled
        anna.starts(bot, "promo")
        anna.sends_album(bot, [png(10, 10), png(20, 20)], "Two")
        anna.sends_voice(bot, b"voice", duration=7)
        anna.sends_contact(bot)
        anna.sends_poll(bot, "?", ["a", "b"])
        anna.sends_sticker(bot)
        anna.sends_document(bot, b"doc", "a.txt")
        anna.sends_video_note(bot, b"doc")
        anna.sends_animation(bot, b"doc")
        anna.sends_location(bot, 1.5, 2.5)
        updates = await client.get_updates()
        assert updates[0].message.text == "/start promo"
        photo = updates[2].message.photo[-1]
        got = await client.download(photo.file_id)
        assert got.read() == png(20, 20)
        assert await client.get_updates(offset=updates[-1].update_id + 1) == []
        sent = await client.send_message(anna.id, "Hi <b>you</b>", parse_mode="HTML")
        assert sent.entities[0].type == "bold"
        await client.edit_message_text("Bye", chat_id=anna.id, message_id=sent.message_id)
        with pytest.raises(TelegramBadRequest, match="message is not modified"):
            await client.edit_message_text("Bye", chat_id=anna.id, message_id=sent.message_id)
        await client.send_photo(anna.id, BufferedInputFile(png(30, 30), "a.png"), caption="c")
        album = [InputMediaPhoto(media=BufferedInputFile(png(30, 30), "a.png")), InputMediaPhoto(media=photo.file_id)]
        await client.send_media_group(anna.id, album)
        topic = await client.create_forum_topic(anna.id, "Order 5")
        await client.send_message(anna.id, "In topic", message_thread_id=topic.message_thread_id)
        await client.set_message_reaction(anna.id, 1, [ReactionTypeEmoji(emoji="👍")])
        await client.delete_message(anna.id, sent.message_id)
        chat = anna.chat(bot)
        assert chat.last.text == "In topic"
        assert chat.messages[0].reactions == ["👍"]
        await client.get_chat(anna.id)
        await client.get_user_profile_photos(anna.id)
