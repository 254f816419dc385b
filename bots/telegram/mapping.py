"""Telegram's updates → what clients do. Pure: the same update always means the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bots.telegram.addresses import Address, address_of
from bots.telegram.buttons import CHOICE, RATING, pressed
from bots.telegram.catalogue import closest
from bots.telegram.content import is_service, shown_as_text
from bots.telegram.groups import is_for_us
from bots.telegram.media import attachments_of
from bots.telegram.photos import photo_of
from bots.telegram.reading import Json, listed, maybe, moment, number, one_line, part, read, words
from bots.telegram.settings import TelegramSettings
from bots.telegram.text import from_telegram
from router.client_events import (
    ClientDeleted,
    ClientEdited,
    ClientEvent,
    ClientMessage,
    ClientMoved,
    ClientRated,
    ClientReach,
    ClientReacted,
    ClientStarted,
    ColleagueMessage,
)
from router.errors import Unparsable
from router.media import Entity
from router.people import Identity, Sender

KIND = "telegram"
#: what Telegram is asked to tell
ALLOWED = (
    "message",
    "edited_message",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "message_reaction",
    "callback_query",
    "my_chat_member",
)
#: what the channel itself puts into the ledger, because Telegram only says it when it is asked for something
REACH = "trunkline_reach"
_START = re.compile(r"/start(?:@\w+)?(?:\s+([A-Za-z0-9_-]{1,64}))?\s*")
#: shown for a reaction that has no emoji of its own
_CUSTOM = "❔"
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")
_GONE = {"kicked", "left"}


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is known of every update."""

    id: str
    channel: str
    at: datetime
    settings: TelegramSettings


def event_of(channel: str, settings: TelegramSettings, update: str, raw: str, at: datetime) -> ClientEvent | None:
    """Understand one update; None for what concerns nobody. Raises `Unparsable`."""
    body = read(raw)
    seen = _Seen(update, channel, at, settings)
    for name, understand in _UPDATES.items():
        if body.get(name) is not None:
            return understand(part(body, name), seen)
    if not any(key != "update_id" for key in body):
        raise Unparsable("Expected an update of Telegram with something in it.")
    return None


def _said(message: Json, seen: _Seen) -> ClientEvent | None:
    """Return what a new message is."""
    where, n = address_of(message), number(message, "message_id")
    if message.get("migrate_to_chat_id") is not None:
        there = Address(number(message, "migrate_to_chat_id"))
        return ClientMoved(seen.id, seen.channel, str(where), str(there), seen.at)
    author = _author(message, where, seen)
    if is_service(message) or not is_for_us(message, where, seen.settings):
        return None
    if author is None:
        return _owners(message, where, seen)
    started = _START.fullmatch(words(message, "text")) if where.chat > 0 else None
    at, sender = moment(message, "date", seen.at), _sender(author, message, seen)
    if started and where.is_private:
        return ClientStarted(seen.id, seen.channel, str(where), sender, at, started.group(1) or "")
    text = _text(message, sender)
    return ClientMessage(
        seen.id,
        seen.channel,
        str(where),
        sender,
        text,
        at,
        external_id=str(n),
        attachments=attachments_of(message, seen.id),
        entities=_entities(message),
        reply_to=_answered(message),
        album=words(message, "media_group_id"),
    )


def _owners(message: Json, where: Address, seen: _Seen) -> ClientEvent | None:
    """Return what the owner of a business account wrote to their client; None for whoever else is no client."""
    author = maybe(message, "from")
    ours = message.get("sender_business_bot") is not None or author.get("is_bot") is True
    if not where.business or not seen.settings.business or not author or ours:
        return None
    sender = _sender(author, {}, seen)
    text = _text(message, sender)
    return ColleagueMessage(
        seen.id,
        seen.channel,
        str(where),
        sender.name,
        text,
        moment(message, "date", seen.at),
        str(number(message, "message_id")),
        attachments=attachments_of(message, seen.id),
        entities=_entities(message),
        reply_to=_answered(message),
        album=words(message, "media_group_id"),
    )


def _answered(message: Json) -> str:
    """Return the id of the message that one answers; empty for none."""
    answered = maybe(message, "reply_to_message")
    return str(number(answered, "message_id")) if answered else ""


def _author(message: Json, where: Address, seen: _Seen) -> Json | None:
    """Return the client who wrote; None for bots, nobody, and the owner of a business account."""
    author = maybe(message, "from")
    if not author or author.get("is_bot") is True or message.get("sender_business_bot") is not None:
        return None
    if where.business and (number(author, "id") != where.chat or not seen.settings.business):
        return None
    return author


def _sender(author: Json, message: Json, seen: _Seen) -> Sender:
    who = number(author, "id")
    contact = maybe(message, "contact")
    own = bool(contact) and contact.get("user_id") == who and contact.get("user_id") is not True
    name = " ".join(filter(None, (one_line(author, "first_name"), one_line(author, "last_name"))))
    username, language = one_line(author, "username"), words(author, "language_code")
    return Sender(
        Identity(KIND, str(seen.settings.bot), str(who)),
        name=name,
        language=language if _LANGUAGE.fullmatch(language) else "",
        phone=_phone(contact) if own else "",
        facts={"telegram": f"@{username}"} if username else {},
        # Many speak in a group: the face of one of them would mislead.
        photo=photo_of(who, seen.at) if maybe(message, "chat").get("type") == "private" else None,
    )


def _phone(contact: Json) -> str:
    """Return a phone number with its plus, which Telegram leaves out at times."""
    digits = re.sub(r"[^0-9]", "", words(contact, "phone_number"))
    return f"+{digits}" if digits else ""


def _text(message: Json, sender: Sender) -> str:
    said = words(message, "text") or words(message, "caption")
    return said or shown_as_text(message, closest(sender.language), own_phone=sender.phone)


def _entities(message: Json) -> tuple[Entity, ...]:
    if message.get("text"):
        return from_telegram(words(message, "text"), message.get("entities"))
    return from_telegram(words(message, "caption"), message.get("caption_entities"))


def _edited(message: Json, seen: _Seen) -> ClientEvent | None:
    where, n = address_of(message), number(message, "message_id")
    author = _author(message, where, seen)
    if author is None or not is_for_us(message, where, seen.settings):
        return None
    at, text = moment(message, "edit_date", seen.at), _text(message, _sender(author, message, seen))
    return ClientEdited(seen.id, seen.channel, str(where), str(n), text, at, _entities(message))


def _deleted(body: Json, seen: _Seen) -> ClientEvent | None:
    """Return what was deleted in a business chat; the channel has parted those that tell of several."""
    ids = body.get("message_ids")
    if not isinstance(ids, list) or len(ids) != 1:
        raise Unparsable("Expected exactly one of message_ids in an update of Telegram.")
    where = address_of(body)
    return ClientDeleted(
        seen.id, seen.channel, str(where), str(number({"message_ids": ids[0]}, "message_ids")), seen.at
    )


def _reacted(body: Json, seen: _Seen) -> ClientEvent | None:
    where, n, who = address_of(body), number(body, "message_id"), maybe(body, "user")
    if not who or who.get("is_bot") is True:
        return None
    given = listed(body, "new_reaction")
    emoji = (words(given[0], "emoji") or _CUSTOM) if given else ""
    return ClientReacted(seen.id, seen.channel, str(where), str(n), emoji, moment(body, "date", seen.at))


def _pressed(query: Json, seen: _Seen) -> ClientEvent | None:
    message, who = maybe(query, "message"), part(query, "from")
    data = words(query, "data")
    if not message or not data.startswith((CHOICE, RATING)):
        return None
    where, choice = address_of(message), pressed(data, message)
    if data.startswith(RATING):
        if choice not in {"1", "2", "3", "4", "5"}:
            raise Unparsable("Expected a rating from 1 to 5 in a pressed button.")
        return ClientRated(seen.id, seen.channel, str(where), int(choice), seen.at)
    return ClientMessage(seen.id, seen.channel, str(where), _sender(who, {}, seen), choice, seen.at) if choice else None


def _reach(body: Json, seen: _Seen) -> ClientEvent | None:
    where = address_of(body)
    status = words(part(body, "new_chat_member"), "status")
    before = words(maybe(body, "old_chat_member"), "status")
    if (status in _GONE) == (before in _GONE) and before:
        return None
    why = "blocked" if status in _GONE else ""
    return ClientReach(seen.id, seen.channel, str(where), why, moment(body, "date", seen.at))


def _found_out(body: Json, seen: _Seen) -> ClientEvent | None:
    return ClientReach(seen.id, seen.channel, words(body, "chat"), words(body, "why"), seen.at)


_UPDATES: Mapping[str, Callable[[Json, _Seen], ClientEvent | None]] = {
    "message": _said,
    "business_message": _said,
    "edited_message": _edited,
    "edited_business_message": _edited,
    "deleted_business_messages": _deleted,
    "message_reaction": _reacted,
    "callback_query": _pressed,
    "my_chat_member": _reach,
    REACH: _found_out,
}
