"""What changes at Telegram after it was sent: texts, deletions, reactions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiogram.methods import (
    DeleteBusinessMessages,
    DeleteMessage,
    EditMessageCaption,
    EditMessageText,
    SendMessage,
    SetMessageReaction,
    TelegramMethod,
)
from aiogram.types import ReactionTypeEmoji

from bots.telegram.addresses import Address
from bots.telegram.buttons import keyboard
from bots.telegram.pieces import LARGEST, full_text
from bots.telegram.sending import Line
from bots.telegram.text import CAPTION, Part, split, to_telegram, units
from router.delivery import Delivery
from router.errors import Rejected
from router.model import Message
from router.ports import Host, Sent
from router.rules import Language

_CLIENT = "client"


def _ids(delivery: Delivery) -> list[int]:
    """Return the numbers of the messages that are to be changed. Raises `Rejected`."""
    try:
        return [int(each) for each in delivery.external_id.split()]
    except ValueError:
        raise Rejected(f"{delivery.external_id!r} is no message of Telegram's.") from None


async def edit(line: Line, host: Host, delivery: Delivery, message: Message, language: Language) -> Sent:
    """Put the text as it is now in place of the former one, over as many messages as it needs now."""
    ids, where, text = _ids(delivery), line.place(delivery.chat), full_text(message, host.link, language)
    files = sum(file.size <= LARGEST for file in message.attachments)
    media, texts = ids[:files], ids[files:]
    if not texts:
        await _edit_caption(line, where, media, text, message)
        return Sent(external_id=delivery.external_id)
    parts = [part for part in split(text, message.entities) if not part.is_blank]
    if not parts:
        raise Rejected("The message would be empty, and Telegram takes no empty ones: delete it instead.")
    for n, (id_, part) in enumerate(zip(texts, parts, strict=False)):
        buttons = keyboard(message) if n == len(parts) - 1 else None
        await _unless_same(line, where, _text_edit(where, id_, part, buttons))
    kept = texts[: len(parts)]
    for id_ in texts[len(parts) :]:
        await _delete_one(line, where, id_)
    for part in parts[len(texts) :]:
        kept.append(await _add(line, where, part))
    return Sent(external_id=" ".join(map(str, [*media, *kept])))


def _text_edit(where: Address, id_: int, part: Part, buttons: Any) -> TelegramMethod[Any]:
    shown = to_telegram(part.text, part.entities) or None
    return EditMessageText(
        text=part.text, entities=shown, message_id=id_, parse_mode=None, reply_markup=buttons, **where.within()
    )


async def _add(line: Line, where: Address, part: Part) -> int:
    shown = to_telegram(part.text, part.entities) or None
    sent = await line.call(
        where, lambda there: SendMessage(text=part.text, entities=shown, parse_mode=None, **there.place())
    )
    return sent.message_id


async def _edit_caption(line: Line, where: Address, media: Sequence[int], text: str, message: Message) -> None:
    if not media:
        raise Rejected("There is no message at Telegram to change.")
    if units(text) > CAPTION:
        raise Rejected(f"Below a file Telegram shows {CAPTION} characters at most: send the text as a new message.")
    shown = to_telegram(text, message.entities) or None
    method = EditMessageCaption(
        caption=text, caption_entities=shown, message_id=media[0], parse_mode=None, **where.within()
    )
    await _unless_same(line, where, method)


async def _unless_same(line: Line, where: Address, method: TelegramMethod[Any]) -> None:
    """Change a message; one that says so already is what was wanted."""
    try:
        await line.call(where, lambda _: method, repeatable=True)
    except Rejected as error:
        if "message is not modified" not in str(error):
            raise _explained(error) from error


async def delete(line: Line, delivery: Delivery) -> Sent:
    """Take back every message that was sent."""
    ids, where = _ids(delivery), line.place(delivery.chat)
    if where.business:
        method = DeleteBusinessMessages(business_connection_id=where.business, message_ids=ids)
        await line.call(where, lambda _: method, repeatable=True)
        return Sent(external_id=delivery.external_id)
    for id_ in ids:
        await _delete_one(line, where, id_)
    return Sent(external_id=delivery.external_id)


async def _delete_one(line: Line, where: Address, id_: int) -> None:
    try:
        await line.call(where, lambda _: DeleteMessage(chat_id=where.chat, message_id=id_), repeatable=True)
    except Rejected as error:
        if "message to delete not found" not in str(error):
            raise _explained(error) from error


async def react(line: Line, delivery: Delivery, message: Message) -> Sent:
    """Show the latest of our people's reactions, or none. A bot has one."""
    where, ids = line.place(delivery.chat), _ids(delivery)
    if where.business or not ids:
        raise Rejected("Telegram shows no reactions of bots in chats of business accounts.")
    ours = [emoji for who, emoji in message.reactions.items() if who != _CLIENT and emoji]
    reaction: list[Any] = [ReactionTypeEmoji(emoji=ours[-1])] if ours else []
    method = SetMessageReaction(chat_id=where.chat, message_id=ids[0], reaction=reaction)
    try:
        await line.call(where, lambda _: method, repeatable=True)
    except Rejected as error:
        raise _explained(error) from error
    return Sent(external_id=delivery.external_id)


def _explained(error: Rejected) -> Rejected:
    """Return Telegram's reason in words that say what it means."""
    for part, words in _MEANINGS.items():
        if part in str(error):
            return Rejected(words)
    return error


_MEANINGS = {
    "message can't be deleted": "Telegram lets bots delete messages for 48 hours only, and this one is older.",
    "message can't be edited": "Telegram lets this message not be changed any more.",
    "message to edit not found": "The client's chat no longer holds this message, so it cannot be changed.",
    "message to react not found": "The client's chat no longer holds this message, so there is nothing to react to.",
    "REACTION_INVALID": "Telegram has no reaction with this emoji: use another one, such as 👍 or ❤.",
    "REACTIONS_TOO_MANY": "Telegram has no room for another reaction on this message.",
}
