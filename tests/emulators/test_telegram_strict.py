"""What the emulator refuses, in Telegram's words."""

from __future__ import annotations

from typing import Any

import pytest
from aiogram import Bot as Client
from aiogram.exceptions import TelegramAPIError, TelegramForbiddenError, TelegramNotFound, TelegramUnauthorizedError
from aiohttp import ClientSession, FormData

from tests.emulators.telegram import Bot, TelegramEmulator, User, png
from tests.emulators.telegram.calls import HANDLERS
from tests.emulators.telegram.checking import fields
from tests.emulators.telegram.table import METHODS, OBJECTS, UNIONS


async def call(telegram: TelegramEmulator, bot: Bot, method: str, body: Any) -> tuple[int, str]:
    """Return status and description."""
    async with ClientSession() as http, http.post(f"{telegram.url}/bot{bot.token}/{method}", json=body) as answer:
        shown = await answer.json()
        assert shown["ok"] is (answer.status == 200)
        return answer.status, shown.get("description", "")


def inline(**button: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "Press"} | button]]}


def bold(offset: int, length: int, kind: str = "bold") -> dict[str, Any]:
    return {"type": kind, "offset": offset, "length": length}


TEXTS = [
    ({"text": "a", "colour": "red"}, 'sendMessage has no parameter "colour"'),
    ({}, "message text is empty"),
    ({"text": ""}, "message text is empty"),
    ({"text": " \n "}, "message text is empty"),
    ({"text": "a" * 4097}, "message is too long"),
    ({"text": "🙂" * 2049}, "message is too long"),
    ({"text": 5}, "sendMessage.text must be a string"),
    ({"text": "a", "message_thread_id": "first"}, "message_thread_id must be an integer"),
    ({"text": "a", "message_thread_id": 5}, "message thread not found"),
    ({"text": "a", "direct_messages_topic_id": 5}, "not a direct messages chat"),
    ({"text": "a", "disable_notification": "perhaps"}, "must be true or false"),
    ({"text": "a", "entities": {}}, "sendMessage.entities must be an array"),
    ({"text": "a", "entities": [{"type": "bold", "offset": 0}]}, 'needs parameter "length"'),
    ({"text": "a", "entities": [bold(0, "1")]}, "length must be an integer"),  # type: ignore[arg-type]  # wrong on purpose
    ({"text": "a", "entities": [bold(0, 2)]}, "outside the text"),
    ({"text": "a", "entities": [bold(-1, 1)]}, "outside the text"),
    ({"text": "🙂a", "entities": [bold(1, 2)]}, "middle of a UTF-16 symbol"),
    ({"text": "abcd", "entities": [bold(0, 3), bold(2, 2, "italic")]}, "overlap without one holding the other"),
    ({"text": "abcd", "entities": [bold(0, 4), bold(1, 2, "code")]}, "cannot be combined"),
    ({"text": "a", "entities": [bold(0, 1, "blink")]}, "unknown type blink"),
    ({"text": "a", "entities": [bold(0, 1, "text_link")]}, "text_link takes url"),
    ({"text": "a", "entities": [bold(0, 1)], "parse_mode": "HTML"}, "cannot be given together"),
    ({"text": "a", "parse_mode": "BBCode"}, "unsupported parse_mode"),
    ({"text": "<b>a", "parse_mode": "HTML"}, "can't parse entities: can't find end tag"),
    ({"text": "a</b>", "parse_mode": "HTML"}, 'can\'t parse entities: Unmatched end tag "b"'),
    ({"text": "<p>a</p>", "parse_mode": "HTML"}, 'Unsupported start tag "p" at byte offset 0'),
    ({"text": "1 < 2", "parse_mode": "HTML"}, "can't parse entities"),
    ({"text": "a.", "parse_mode": "MarkdownV2"}, "Character '.' is reserved"),
    ({"text": "a", "reply_parameters": {"message_id": 99}}, "message to be replied not found"),
    ({"text": "a", "reply_parameters": {"message_id": 1, "quote": "nowhere"}}, "QUOTE_TEXT_INVALID"),
    ({"text": "a", "reply_markup": {}}, "object expected as reply markup"),
    ({"text": "a", "reply_markup": "{"}, "can't parse sendMessage.reply_markup JSON object"),
    ({"text": "a", "reply_markup": inline()}, "Text buttons are unallowed in the inline keyboard"),
    ({"text": "a", "reply_markup": inline(callback_data="я" * 33)}, "BUTTON_DATA_INVALID"),
    ({"text": "a", "reply_markup": inline(callback_data="")}, "BUTTON_DATA_INVALID"),
    ({"text": "a", "reply_markup": inline(callback_data="a", url="https://a.example")}, "one action"),
    ({"text": "a", "reply_markup": inline(url="a.example")}, "Wrong HTTP URL"),
    ({"text": "a", "reply_markup": inline(callback_data="a", style="pink")}, "button style must be one of"),
    ({"text": "a", "reply_markup": {"inline_keyboard": [[]]}}, "a row of a keyboard holds 1 to 8"),
    ({"text": "a", "reply_markup": {"keyboard": []}}, "reply keyboard has no buttons"),
]


@pytest.mark.parametrize(("body", "wrong"), TEXTS, ids=[wrong for _, wrong in TEXTS])
async def test_a_wrong_message_is_refused_and_nothing_is_sent(
    telegram: TelegramEmulator, shop: Bot, anna: User, body: dict[str, Any], wrong: str
) -> None:
    """Each mistake is answered 400 with what is wrong, and the chat stays as it was."""
    before = len(anna.chat(shop).history)
    status, description = await call(telegram, shop, "sendMessage", {"chat_id": anna.id} | body)
    assert (status, description.startswith("Bad Request: ")) == (400, True)
    assert wrong in description
    assert len(anna.chat(shop).history) == before


CALLS = [
    ("sendPhoto", {"photo": "AgAC-unknown"}, "wrong file identifier/HTTP URL specified"),
    ("sendPhoto", {"photo": "attach://nothing"}, "was not attached"),
    ("sendPhoto", {"photo": "https://example.org/a.jpg"}, "wrong file identifier/HTTP URL specified"),
    ("sendDocument", {}, 'needs parameter "document"'),
    ("sendMediaGroup", {"media": [{"type": "photo", "media": "a"}]}, "there must be 2-10 items"),
    ("sendMediaGroup", {"media": [{"type": "photo", "media": "a"}] * 11}, "there must be 2-10 items"),
    ("sendMediaGroup", {"media": [{"type": each, "media": "a"} for each in ("photo", "document")]}, "sent together"),
    ("sendMediaGroup", {"media": [{"type": "sticker", "media": "a"}] * 2}, "expected one of photo, video"),
    ("sendMediaGroup", {"media": [{"type": "animation", "media": "a"}] * 2}, "sent together as an album"),
    ("sendLocation", {"latitude": 91, "longitude": 0}, "latitude must lie between"),
    ("sendLocation", {"latitude": "north", "longitude": 0}, "must be a number"),
    ("sendContact", {"phone_number": "+1"}, 'needs parameter "first_name"'),
    ("sendChatAction", {"action": "thinking"}, "wrong parameter action"),
    ("sendMessageDraft", {"draft_id": 0, "text": "a"}, "draft_id must be non-zero"),
    ("editMessageText", {"message_id": 99, "text": "a"}, "message to edit not found"),
    ("editMessageText", {"message_id": 1, "text": "a"}, "message can't be edited"),
    ("editMessageText", {"text": "a"}, "message identifier is not specified"),
    ("deleteMessage", {"message_id": 99}, "message to delete not found"),
    ("deleteMessages", {"message_ids": []}, "1-100 identifiers"),
    ("setMessageReaction", {"message_id": 1, "reaction": [{"type": "emoji", "emoji": "🚲"}]}, "REACTION_INVALID"),
    ("setMessageReaction", {"message_id": 1, "reaction": [{"type": "emoji", "emoji": "👍"}] * 2}, "REACTIONS_TOO_MANY"),
    ("setMessageReaction", {"message_id": 99}, "message to react not found"),
    ("copyMessage", {"from_chat_id": -5, "message_id": 1}, "chat not found"),
    ("createForumTopic", {"name": "Order"}, "the chat is not a forum"),
    ("closeForumTopic", {"message_thread_id": 1}, "not a supergroup forum"),
]


@pytest.mark.parametrize(("method", "body", "wrong"), CALLS, ids=[f"{method}: {wrong}" for method, _, wrong in CALLS])
async def test_wrong_calls_are_refused(
    telegram: TelegramEmulator, shop: Bot, anna: User, method: str, body: dict[str, Any], wrong: str
) -> None:
    """Each method has its own mistakes."""
    status, description = await call(telegram, shop, method, {"chat_id": anna.id} | body)
    assert (status, wrong in description) == (400, True), description


OTHERS = [
    ("getFile", {"file_id": "nonsense"}, "wrong file identifier/HTTP URL specified"),
    ("answerCallbackQuery", {"callback_query_id": "1"}, "query is too old"),
    ("answerInlineQuery", {"inline_query_id": "1", "results": []}, "query is too old"),
    ("getUpdates", {"limit": 101}, "limit must lie between"),
    ("getBusinessConnection", {"business_connection_id": "a"}, "BUSINESS_CONNECTION_INVALID"),
    ("setMyCommands", {"commands": [{"command": "Take!", "description": "a"}]}, "BOT_COMMAND_INVALID"),
    ("setMyCommands", {"commands": [], "scope": {"type": "somewhere"}}, "expected one of default"),
    ("setMyCommands", {"commands": [], "language_code": "russian"}, "invalid language code"),
    ("sendMessage", {"text": "a"}, "chat_id is empty"),
    ("sendMessage", {"text": "a", "chat_id": 5}, "chat not found"),
    ("sendMessage", {"text": "a", "chat_id": "@nobody"}, "chat not found"),
]


@pytest.mark.parametrize(("method", "body", "wrong"), OTHERS, ids=[f"{method}: {wrong}" for method, _, wrong in OTHERS])
async def test_calls_without_a_chat_are_refused_too(
    telegram: TelegramEmulator, shop: Bot, method: str, body: dict[str, Any], wrong: str
) -> None:
    """Unknown identifiers and numbers out of bounds."""
    status, description = await call(telegram, shop, method, body)
    assert (status, wrong in description) == (400, True), description


async def test_unknown_tokens_and_methods(client: Client, telegram: TelegramEmulator, shop: Bot) -> None:
    """A token nobody has is 401, a method nobody has is 404, a revoked token is 401 from then on."""
    with pytest.raises(TelegramNotFound):
        await client.get_available_gifts()
    async with ClientSession() as http, http.get(f"{telegram.url}/bot9:other/getMe") as answer:
        assert await answer.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}
    shop.revoke()
    with pytest.raises(TelegramUnauthorizedError):
        await client.get_me()


async def test_who_cannot_be_written_to(client: Client, shop: Bot, anna: User) -> None:
    """Those who blocked the bot or left Telegram are told apart."""
    anna.blocks(shop)
    with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
        await client.send_message(anna.id, "Hello")
    anna.unblocks(shop)
    changes = [update.my_chat_member for update in await client.get_updates()]
    assert [change.new_chat_member.status for change in changes if change] == ["kicked", "member"]
    anna.deactivated = True
    with pytest.raises(TelegramForbiddenError, match="user is deactivated"):
        await client.send_message(anna.id, "Hello")


async def test_files_keep_to_their_limits(client: Client, telegram: TelegramEmulator, shop: Bot, anna: User) -> None:
    """Bots cannot download more than 20 MB, nor use another bot's file, nor send as a photo what is none."""
    big = anna.sends_document(shop, b"film", "film.mkv", size=20 * 2**20 + 1)
    assert big.content.file is not None
    with pytest.raises(TelegramAPIError, match="file is too big"):
        await client.get_file(big.content.file.id_for(shop.id))
    other = telegram.add_bot("456:other", "other_bot")
    with pytest.raises(TelegramAPIError, match="wrong file identifier"):
        await client.send_document(anna.id, big.content.file.id_for(other.id))
    form = FormData({"chat_id": str(anna.id)})
    form.add_field("photo", b"not a picture", filename="a.jpg")
    async with ClientSession() as http, http.post(f"{telegram.url}/bot{shop.token}/sendPhoto", data=form) as answer:
        assert (await answer.json())["description"] == "Bad Request: IMAGE_PROCESS_FAILED"
    form = FormData({"chat_id": str(anna.id)})
    form.add_field("photo", png(1000, 10), filename="a.png")
    async with ClientSession() as http, http.post(f"{telegram.url}/bot{shop.token}/sendPhoto", data=form) as answer:
        assert (await answer.json())["description"] == "Bad Request: PHOTO_INVALID_DIMENSIONS"


async def test_an_edit_must_change_something(client: Client, anna: User) -> None:
    """The same text is refused, and so is text for a file."""
    sent = await client.send_message(anna.id, "Hello")
    with pytest.raises(TelegramAPIError, match="message is not modified"):
        await client.edit_message_text("Hello", chat_id=anna.id, message_id=sent.message_id)
    with pytest.raises(TelegramAPIError, match="there is no caption in the message to edit"):
        await client.edit_message_caption(chat_id=anna.id, message_id=sent.message_id, caption="Hello")


def test_the_tables_are_whole() -> None:
    """Every method has a handler, every handler a method, and every type that is named is described."""
    assert set(METHODS) == set(HANDLERS)
    simple = {"int", "float", "str", "bool", "chat", "file"}
    for row in [*METHODS.values(), *OBJECTS.values()]:
        for field in fields(row).values():
            assert field.type.strip("[]") in simple | set(OBJECTS) | set(UNIONS)
    assert {name for union in UNIONS.values() for name in union.values()} <= set(OBJECTS)
