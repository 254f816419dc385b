"""What stands for messages that are neither words nor files, and which ones concern nobody."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from bots.telegram.catalogue import say
from bots.telegram.media import attachments_of
from bots.telegram.reading import Json, listed, one_line, part, words
from router.rules import Language

#: what Telegram itself writes into chats, by the fields such messages have
_SERVICE = re.compile(
    r"new_chat_.*|left_chat_member|delete_chat_photo|.*_chat_created|message_auto_delete_.*|migrate_.*|pinned_message"
    r"|connected_website|write_access_allowed|proximity_alert_triggered|boost_added|chat_background_set"
    r"|(general_)?forum_topic_.*|giveaway_(created|completed)|video_chat_.*|chat_owner_.*|checklist_tasks_.*"
    r"|(paid|direct)_message_price_changed|suggested_post_.*|passport_data|web_app_data|managed_bot_.*"
    r"|users_shared|chat_shared|(unique_)?gift.*|successful_payment|refunded_payment"
)
_CONTENT = {"text", "caption", "contact", "location", "venue", "poll", "dice", "story", "game", "invoice"}


def is_service(message: Json) -> bool:
    """Return whether Telegram itself wrote it."""
    return not _CONTENT & message.keys() and any(_SERVICE.fullmatch(key) for key in message)


def shown_as_text(message: Json, language: Language, *, own_phone: str = "") -> str:
    """Return the words for a message without any; empty where its file says everything. Raises `Unparsable`."""
    for name, show in _SHOWN.items():
        if message.get(name) is not None:
            it = part(message, name)
            return (
                say("own_contact", language, phone=own_phone) if name == "contact" and own_phone else show(it, language)
            )
    return "" if attachments_of(message, "") else say("unknown", language)


def _contact(it: Json, language: Language) -> str:
    name = " ".join(filter(None, (one_line(it, "first_name"), one_line(it, "last_name"))))
    return say("contact", language, name=name, phone=one_line(it, "phone_number"))


def _location(it: Json, language: Language) -> str:
    return say("location", language, **_coordinates(it))


def _venue(it: Json, language: Language) -> str:
    named = {"title": one_line(it, "title"), "address": one_line(it, "address")}
    return say("venue", language, **named, **_coordinates(part(it, "location")))


def _coordinates(it: Json) -> dict[str, str]:
    found = {name: it.get(name) for name in ("latitude", "longitude")}
    return {name: f"{value:.6f}" if isinstance(value, int | float) else "?" for name, value in found.items()}


def _poll(it: Json, language: Language) -> str:
    options = "\n".join(f"• {one_line(option, 'text')}" for option in listed(it, "options"))
    return say("poll", language, question=one_line(it, "question"), options=options)


def _dice(it: Json, language: Language) -> str:
    return say("dice", language, emoji=words(it, "emoji"), value=it.get("value"))


def _titled(key: str) -> Callable[[Json, Language], str]:
    return lambda it, language: say(key, language, title=one_line(it, "title"))


_SHOWN: Mapping[str, Callable[[Json, Language], str]] = {
    "contact": _contact,
    # A venue comes with a location, too: it stands before it.
    "venue": _venue,
    "location": _location,
    "poll": _poll,
    "dice": _dice,
    "story": lambda _, language: say("story", language),
    "game": _titled("game"),
    "invoice": _titled("invoice"),
}
