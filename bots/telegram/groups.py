"""What in a group is said to the bot, and so to us."""

from __future__ import annotations

from bots.telegram.addresses import Address
from bots.telegram.reading import Json, listed, maybe, words
from bots.telegram.settings import TelegramSettings


def is_for_us(message: Json, where: Address, settings: TelegramSettings) -> bool:
    """Return whether a message is said to the bot; everything outside groups is. Raises `Unparsable`."""
    if where.chat > 0 or where.direct or where.business:
        return True
    checks = {"mention": _mentioned, "reply": _answered, "command": _commanded}
    return any(checks[way](message, settings) for way in settings.groups)


def _mentioned(message: Json, settings: TelegramSettings) -> bool:
    text = (words(message, "text") or words(message, "caption")).lower()
    name = f"@{settings.username.lower()}"
    spoken = any(text[at + len(name) : at + len(name) + 1] not in _NAME for at in _places(text, name))
    return spoken or any(maybe(it, "user").get("id") == settings.bot for it in listed(message, "entities"))


_NAME = set("abcdefghijklmnopqrstuvwxyz0123456789_")


def _places(text: str, name: str) -> list[int]:
    found, at = [], text.find(name)
    while at >= 0:
        found.append(at)
        at = text.find(name, at + 1)
    return found


def _answered(message: Json, settings: TelegramSettings) -> bool:
    return maybe(maybe(message, "reply_to_message"), "from").get("id") == settings.bot


def _commanded(message: Json, settings: TelegramSettings) -> bool:
    command = words(message, "text").lower().split(maxsplit=1)
    if not command or not command[0].startswith("/"):
        return False
    _, at, name = command[0].partition("@")
    return not at or name == settings.username.lower()
