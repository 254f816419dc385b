"""One call of a method: its parameters, and the chats, topics, messages and files that they name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.telegram.asking import BusinessConnection
from tests.emulators.telegram.bots import Bot
from tests.emulators.telegram.checking import Upload
from tests.emulators.telegram.errors import bad_request, forbidden
from tests.emulators.telegram.model import Chat, Member, Message, Topic
from tests.emulators.telegram.text import CAPTION_LIMIT, TEXT_LIMIT, formatted, units
from tests.emulators.telegram.world import World

#: Messages can be deleted for so many seconds.
DELETE_WITHIN = 48 * 3600


@dataclass
class Call:
    """A method that a bot calls. What cannot be found raises the ApiError that Telegram answers."""

    world: World
    bot: Bot
    method: str
    #: typed, see `checking`
    p: dict[str, Any]
    #: the files that came along, by the name of their form field
    uploads: dict[str, Upload] = field(default_factory=dict)

    def chat(self, name: str = "chat_id") -> Chat:
        """Return the chat that a parameter names, where the bot may write."""
        if self.p.get("business_connection_id"):
            return self._business_chat(self.p[name])
        wanted = self.p[name]
        if isinstance(wanted, int) and wanted > 0:
            return self._private(wanted)
        if isinstance(wanted, str):
            found = [chat for chat in self.world.chats.values() if chat.username and f"@{chat.username}" == wanted]
            chat = found[0] if found else None
        else:
            chat = self.world.chats.get(wanted)
        if chat is None:
            raise bad_request("chat not found")
        if chat.migrated_to:
            migrated = chat.migrated_to
            raise bad_request("group chat was upgraded to a supergroup chat", migrate_to_chat_id=migrated)
        self._check_member(chat)
        return chat

    def _private(self, user_id: int) -> Chat:
        user = self.world.users.get(user_id)
        if any(bot.id == user_id for bot in self.world.bots.values()):
            raise forbidden("bot can't send messages to bots")
        chat = self.world.private.get((self.bot.id, user_id))
        if user is None or chat is None:
            raise bad_request("chat not found")
        if user.deactivated:
            raise forbidden("user is deactivated")
        if self.bot.blocked_by(user):
            raise forbidden("bot was blocked by the user")
        return chat

    def _check_member(self, chat: Chat) -> None:
        where = chat.direct_of or chat
        place = where.members.get(self.bot.id)
        named = {"group": "group chat", "supergroup": "supergroup chat", "channel": "channel chat"}[chat.kind]
        if place is None:
            raise (
                bad_request("chat not found") if not chat.username else forbidden(f"bot is not a member of the {named}")
            )
        if place.status == "kicked":
            raise forbidden(f"bot was kicked from the {named}")
        if not place.present:
            raise forbidden(f"bot is not a member of the {named}")

    def connection(self) -> BusinessConnection:
        """Return the business connection that the call names."""
        for user in self.world.users.values():
            known = user.connection
            if known and known.id == self.p["business_connection_id"] and known.bot is self.bot and known.enabled:
                return known
        raise bad_request("BUSINESS_CONNECTION_INVALID")

    def _business_chat(self, client_id: Any) -> Chat:
        connection = self.connection()
        chat = self.world.business.get((connection.user.id, client_id))
        if chat is None:
            raise bad_request("BUSINESS_PEER_INVALID")
        if self.method.startswith(("send", "edit")) and "can_reply" not in connection.rights:
            raise bad_request("BUSINESS_PEER_USAGE_MISSING")
        return chat

    def place(self, chat: Chat) -> Topic | None:
        """Return the topic that the message goes to. Closed, unknown and deleted ones are refused."""
        direct, thread = self.p.get("direct_messages_topic_id"), self.p.get("message_thread_id")
        if chat.direct_of:
            if direct is None:
                raise bad_request("direct messages topic must be specified")
            return self._known_topic(chat, direct, "direct messages topic not found")
        if direct is not None:
            raise bad_request("the chat is not a direct messages chat")
        if thread is None:
            return None
        topic = self._known_topic(chat, thread)
        if topic.closed and not self.rights(chat).may("can_manage_topics"):
            raise bad_request("TOPIC_CLOSED")
        return topic

    def _known_topic(self, chat: Chat, number: int, missing: str = "message thread not found") -> Topic:
        if number not in chat.topics:
            raise bad_request(missing)
        return chat.topics[number]

    def rights(self, chat: Chat) -> Member:
        """Return the bot's own place in a chat."""
        return (chat.direct_of or chat).members.get(self.bot.id, Member())

    def answered(self, chat: Chat) -> tuple[Message | None, str]:
        """Return the message that this one answers, and the quote from it."""
        wanted = self.p.get("reply_parameters")
        if not wanted:
            return None, ""
        if wanted.get("chat_id") not in (None, chat.id):
            raise bad_request("the emulator does not do replies across chats")
        message = chat.by_id.get(wanted["message_id"])
        if message is None or message.deleted:
            if wanted.get("allow_sending_without_reply"):
                return None, ""
            raise bad_request("message to be replied not found")
        quote = wanted.get("quote", "")
        if quote and quote not in message.text:
            raise bad_request("QUOTE_TEXT_INVALID")
        return message, quote

    def message(self, missing: str, chat: Chat | None = None) -> Message:
        """Return the message that `message_id` names."""
        chat = chat or self.chat()
        found = chat.by_id.get(self.p["message_id"])
        if found is None or found.deleted:
            raise bad_request(missing)
        return found

    def text(self, empty: str = "message text is empty") -> tuple[str, list[dict[str, Any]]]:
        """Return text and entities after parsing."""
        return formatted(
            self.p["text"], self.p.get("parse_mode"), self.p.get("entities"), limit=TEXT_LIMIT, empty=empty
        )

    def caption(self, p: dict[str, Any] | None = None) -> tuple[str, list[dict[str, Any]]]:
        """Return caption and entities after parsing."""
        p = self.p if p is None else p
        text, mode, entities = p.get("caption") or "", p.get("parse_mode"), p.get("caption_entities")
        return formatted(text, mode, entities, limit=CAPTION_LIMIT, empty=None)


#: What answers each method.
HANDLERS: dict[str, Callable[[Call], Any | Awaitable[Any]]] = {}


def answers(*methods: str) -> Callable[[Callable[[Call], Any]], Callable[[Call], Any]]:
    """Register a function as what answers these methods."""

    def register(handler: Callable[[Call], Any]) -> Callable[[Call], Any]:
        for method in methods:
            HANDLERS[method] = handler
        return handler

    return register


def check_length(name: str, text: str, lowest: int, highest: int) -> None:
    """Refuse a text whose length is out of bounds."""
    if not lowest <= units(text) <= highest:
        raise bad_request(f"{name} must have {lowest}-{highest} characters, it has {units(text)}")


def check_range(name: str, value: float | None, lowest: float, highest: float) -> None:
    """Refuse a number that is out of bounds."""
    if value is not None and not lowest <= value <= highest:
        raise bad_request(f"{name} must lie between {lowest} and {highest}")
