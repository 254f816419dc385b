"""Where messages go at Telegram, as one string for each chat, which says everything that sending has to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bots.telegram.reading import Json, maybe, number, part, words
from router.errors import Rejected


@dataclass(frozen=True, slots=True)
class Address:
    """A chat with the bot, with a business account it works for, or a topic."""

    chat: int
    #: the business connection in whose name it is written; empty for the bot's own
    business: str = ""
    #: the topic among a channel's direct messages; 0 for none
    direct: int = 0
    #: the topic of a forum; 0 for none
    thread: int = 0

    def __str__(self) -> str:
        if self.business:
            return f"b:{self.business}:{self.chat}"
        if self.direct:
            return f"d:{self.chat}:{self.direct}"
        return f"t:{self.chat}:{self.thread}" if self.thread else str(self.chat)

    @property
    def pace(self) -> str:
        """The chat that Telegram's limits count for."""
        return str(self.chat)

    @property
    def is_private(self) -> bool:
        """Whether it is the client's own chat with the bot."""
        return self.chat > 0 and not self.business

    def place(self) -> dict[str, Any]:
        """Return the parameters that say where to send."""
        return {
            "chat_id": self.chat,
            "business_connection_id": self.business or None,
            "direct_messages_topic_id": self.direct or None,
            "message_thread_id": self.thread or None,
        }

    def within(self) -> dict[str, Any]:
        """Return the parameters that say where a message is that is to be changed."""
        return {"chat_id": self.chat, "business_connection_id": self.business or None}


def address(chat: str) -> Address:
    """Return what a chat's string says. Raises `Rejected` for what is none."""
    kind, *rest = chat.split(":")
    try:
        if kind == "b" and len(rest) == 2:
            return Address(int(rest[1]), business=rest[0])
        if kind == "d" and len(rest) == 2:
            return Address(int(rest[0]), direct=int(rest[1]))
        if kind == "t" and len(rest) == 2:
            return Address(int(rest[0]), thread=int(rest[1]))
        return Address(int(chat))
    except ValueError:
        raise Rejected(f"{chat!r} is no chat of Telegram's.") from None


def address_of(message: Json) -> Address:
    """Return where a message was said. Raises `Unparsable`."""
    chat = part(message, "chat")
    where = number(chat, "id")
    business = words(message, "business_connection_id")
    if business:
        return Address(where, business=business)
    topic = maybe(message, "direct_messages_topic")
    if topic:
        return Address(where, direct=number(topic, "topic_id"))
    if message.get("is_topic_message") is True and where < 0:
        return Address(where, thread=number(message, "message_thread_id"))
    return Address(where)
