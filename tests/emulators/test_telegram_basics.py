"""The emulator through the real aiogram client: what people say arrives, what the bot sends is seen."""

from __future__ import annotations

import pytest
from aiogram import Bot as Client
from aiogram.types import (
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputMediaDocument,
    InputMediaPhoto,
    InputTextMessageContent,
    KeyboardButton,
    ReactionTypeEmoji,
    ReplyKeyboardMarkup,
    ReplyParameters,
    Update,
)

from tests.emulators.telegram import Bot, Chat, TelegramEmulator, User, png


async def test_the_bot_knows_itself(client: Client, shop: Bot) -> None:
    """getMe tells the flags as they are at the moment."""
    assert (await client.get_me()).has_topics_enabled is False
    shop.has_topics_enabled = True
    me = await client.get_me()
    assert (me.username, me.first_name, me.has_topics_enabled) == ("shop_bot", "Shop", True)


async def test_every_kind_of_message_arrives_as_aiogram_types(client: Client, shop: Bot, anna: User) -> None:
    """Each update can be read by aiogram, and says what was sent."""
    anna.says(shop, "/start promo and https://example.org")
    anna.sends_photo(shop, caption="grey")
    anna.sends_video(shop, b"video", duration=9)
    anna.sends_voice(shop, b"voice", duration=7)
    anna.sends_video_note(shop, b"round")
    anna.sends_audio(shop, b"music")
    anna.sends_animation(shop, b"gif")
    anna.sends_sticker(shop, "🔥")
    anna.sends_document(shop, b"text", "a.txt", size=30 * 2**20)
    anna.sends_location(shop, 55.75, 37.61)
    anna.sends_contact(shop)
    anna.sends_contact(shop, phone="+1555", first_name="Cousin")
    anna.sends_poll(shop, "Tea?", ["yes", "no"])
    updates = await client.get_updates()
    kinds = [update.message.content_type for update in updates if update.message]
    assert kinds == [
        *("text", "photo", "video", "voice", "video_note", "audio", "animation", "sticker", "document", "location"),
        *("contact", "contact", "poll"),
    ]
    said = updates[0].message
    assert said is not None
    assert [entity.type for entity in said.entities or []] == ["bot_command", "url"]
    own, other = (update.message for update in updates[10:12])
    assert own is not None
    assert own.contact is not None
    assert own.contact.user_id == anna.id
    assert other is not None
    assert other.contact is not None
    assert other.contact.user_id is None


async def test_files_come_back_byte_by_byte(client: Client, shop: Bot, anna: User) -> None:
    """The last size of a photo is the photo; the first one is a thumbnail."""
    picture = png(40, 30)
    anna.sends_photo(shop, picture)
    message = (await client.get_updates())[0].message
    assert message is not None
    assert message.photo is not None
    small, full = message.photo
    assert (full.width, full.height, small.width) == (40, 30, 90)
    downloaded = await client.download(full)
    assert downloaded is not None
    assert downloaded.read() == picture


async def test_what_the_bot_sends_is_seen(client: Client, shop: Bot, anna: User) -> None:
    """Texts, files and albums stand in the chat, in order, as one would see them."""
    chat = anna.chat(shop)
    await client.send_message(anna.id, "Good <b>day</b> 🙂 <i>you</i>", parse_mode="HTML", disable_notification=True)
    await client.send_document(anna.id, BufferedInputFile(b"price list", "prices.txt"), caption="Prices")
    photos = [InputMediaPhoto(media=BufferedInputFile(png(9, 9), f"{at}.png"), caption=f"{at}") for at in range(2)]
    await client.send_media_group(anna.id, photos)
    text, document, *album = chat.messages[1:]
    assert (text.text, text.silent) == ("Good day 🙂 you", True)
    assert text.entities == [{"type": "bold", "offset": 5, "length": 3}, {"type": "italic", "offset": 12, "length": 3}]
    assert (document.file, document.file_name, document.text) == (b"price list", "prices.txt", "Prices")
    assert [each.text for each in album] == ["0", "1"]
    assert len({each.media_group_id for each in album}) == 1


async def test_a_file_can_be_sent_again_by_its_id(client: Client, shop: Bot, anna: User) -> None:
    """What was uploaded once, or came from a person, is sent by `file_id`."""
    sent = await client.send_document(anna.id, BufferedInputFile(b"list", "prices.txt"))
    assert sent.document is not None
    documents = [InputMediaDocument(media=sent.document.file_id) for _ in range(2)]
    await client.send_media_group(anna.id, documents)
    assert [each.file for each in anna.chat(shop).messages[-2:]] == [b"list", b"list"]


async def test_edits_deletions_and_reactions_both_ways(client: Client, shop: Bot, anna: User) -> None:
    """What either side changes, the other side learns; reactions only when they are asked for."""
    chat = anna.chat(shop)
    hers = anna.says(shop, "Helo")
    anna.edits(hers, "Hello")
    anna.reacts(hers, "👍")
    updates = await client.get_updates(allowed_updates=["message", "edited_message", "message_reaction"])
    assert [update.event_type for update in updates] == ["message", "edited_message"]
    anna.reacts(hers)
    changed = (await client.get_updates(offset=updates[-1].update_id + 1))[0].message_reaction
    assert changed is not None
    assert (len(changed.old_reaction), len(changed.new_reaction)) == (1, 0)
    sent = await client.send_message(anna.id, "Hi")
    await client.edit_message_text("Hi!", chat_id=anna.id, message_id=sent.message_id)
    await client.set_message_reaction(anna.id, hers.id, [ReactionTypeEmoji(emoji="❤️")])
    assert (chat.last.text, chat.last.edited, hers.reactions) == ("Hi!", True, ["❤️"])
    await client.delete_message(anna.id, sent.message_id)
    assert chat.last is hers
    assert chat.history[-1].deleted


async def test_buttons_call_back_once(client: Client, shop: Bot, anna: User) -> None:
    """A pressed button reaches the bot, and its answer reaches the person."""
    button = InlineKeyboardButton(text="Take", callback_data="take:1")
    markup = InlineKeyboardMarkup(inline_keyboard=[[button]])
    await client.send_message(anna.id, "An offer", reply_markup=markup)
    press = anna.presses(anna.chat(shop).last, "Take")
    query = (await client.get_updates())[0].callback_query
    assert query is not None
    assert query.data == "take:1"
    await client.answer_callback_query(query.id, "Taken")
    assert (await press.answered()).text == "Taken"


async def test_a_reply_keyboard_says_its_text_or_shares_the_contact(client: Client, shop: Bot, anna: User) -> None:
    """Buttons of a reply keyboard are said by the one who taps them."""
    row = [KeyboardButton(text="Sales"), KeyboardButton(text="My phone", request_contact=True)]
    await client.send_message(anna.id, "What is it about?", reply_markup=ReplyKeyboardMarkup(keyboard=[row]))
    anna.taps(shop, "Sales")
    anna.taps(shop, "My phone")
    said, shared = (update.message for update in await client.get_updates())
    assert said is not None
    assert said.text == "Sales"
    assert shared is not None
    assert shared.contact is not None
    assert shared.reply_to_message is not None


async def test_replies_carry_the_message_they_answer(client: Client, shop: Bot, anna: User) -> None:
    """Replies and quotes go both ways."""
    hers = anna.says(shop, "Red or blue?")
    answer = ReplyParameters(message_id=hers.id, quote="blue")
    sent = await client.send_message(anna.id, "This one", reply_parameters=answer)
    assert sent.reply_to_message is not None
    assert sent.quote is not None
    assert (sent.reply_to_message.text, sent.quote.text) == ("Red or blue?", "blue")
    anna.says(shop, "Thanks", reply_to=anna.chat(shop).last)
    thanks = (await client.get_updates())[-1].message
    assert thanks is not None
    assert thanks.reply_to_message is not None
    assert thanks.reply_to_message.text == "This one"


async def test_an_inline_query_is_answered_and_chosen(
    client: Client, telegram: TelegramEmulator, shop: Bot, anna: User
) -> None:
    """A chosen result is said in the chat, and the bot learns which it was."""
    shop.supports_inline_queries = shop.inline_feedback = True
    query = anna.queries_inline(shop, "hours")
    asked = (await client.get_updates())[0].inline_query
    assert asked is not None
    said = InputTextMessageContent(message_text="We are open <b>daily</b>", parse_mode="HTML")
    article = InlineQueryResultArticle(id="1", title="Hours", input_message_content=said)
    await client.answer_inline_query(asked.id, [article], is_personal=True, cache_time=0)
    assert (await query.answered()).titles == ["Hours"]
    message = anna.chooses(query, "Hours", shop)
    assert message.text == "We are open daily"
    kinds = [update.event_type for update in await client.get_updates(offset=-2)]
    assert kinds == ["message", "chosen_inline_result"]


async def test_drafts_and_typing_are_seen_and_gone_with_the_message(client: Client, shop: Bot, anna: User) -> None:
    """A draft grows while it is written; the message takes its place."""
    chat: Chat = anna.chat(shop)
    await client.send_chat_action(anna.id, "typing")
    await client.send_message_draft(anna.id, 7, text="We")
    await client.send_message_draft(anna.id, 7, text="We are")
    assert (chat.actions, chat.drafts) == ([("typing", None)], {7: ["We", "We are"]})
    await client.send_message(anna.id, "We are open.")
    assert not chat.drafts


async def test_people_are_known_by_name_and_photo(client: Client, anna: User) -> None:
    """Profile photo and chat tell what the card needs."""
    photos = await client.get_user_profile_photos(anna.id)
    chat = await client.get_chat(anna.id)
    assert photos.total_count == 1
    assert (chat.first_name, chat.last_name, chat.username) == ("Anna", "Smirnova", "anna_s")
    assert (await client.download(photos.photos[0][-1])) is not None


async def test_a_condition_is_awaited_by_changes(client: Client, shop: Bot, anna: User) -> None:
    """`until` returns what the condition gave, and says what was seen when it never came true."""
    await client.send_message(anna.id, "Hello")
    assert await anna.chat(shop).until(lambda: anna.chat(shop).texts[-1]) == "Hello"
    with pytest.raises(TimeoutError, match="Hello"):
        await anna.chat(shop).until(lambda: False, timeout=0.01)


async def test_updates_survive_a_round_through_aiogram(shop: Bot, anna: User) -> None:
    """Raw updates validate one by one, as a hub that keeps them raw will do."""
    anna.sends_album(shop, [png(5, 5), ("video", b"clip")], "Both")
    first, second = (Update.model_validate(body) for body in shop.updates.made[-2:])
    assert first.message is not None
    assert second.message is not None
    assert first.message.media_group_id == second.message.media_group_id
    assert (first.message.caption, second.message.caption) == ("Both", None)
