"""What there is, and what happens when somebody says, edits or deletes something: who is told, and in which order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from tests.emulators.telegram.bots import Bot
from tests.emulators.telegram.files import FileStore
from tests.emulators.telegram.model import Chat, Content, Member, Message, Topic
from tests.emulators.telegram.render import chat_json, member_json, message_json, user_json
from tests.emulators.telegram.seeing import watchers

if TYPE_CHECKING:
    from tests.emulators.telegram.asking import Press, Query
    from tests.emulators.telegram.people import User

T = TypeVar("T")


class World:
    """Everything that the emulator keeps."""

    def __init__(self, now: Callable[[], datetime] | None = None) -> None:
        #: the time that messages carry and limits go by
        self.now = now or (lambda: datetime.now(UTC))
        self.bots: dict[str, Bot] = {}
        self.users: dict[int, User] = {}
        #: groups and channels by id
        self.chats: dict[int, Chat] = {}
        #: (bot id, user id) → their chat
        self.private: dict[tuple[int, int], Chat] = {}
        #: (business account id, client id) → their chat
        self.business: dict[tuple[int, int], Chat] = {}
        self.files = FileStore()
        #: callback and inline queries by id
        self.presses: dict[str, Press] = {}
        self.queries: dict[str, Query] = {}
        #: goes up with each change
        self.version = 0
        self._numbers = count(7_001)
        self._changed = asyncio.Event()

    def number(self) -> int:
        """Return a number nobody has yet, for a user, a chat or a query."""
        return next(self._numbers)

    def timestamp(self) -> int:
        """Return the time as Telegram writes it."""
        return int(self.now().timestamp())

    def touch(self) -> None:
        """Let all who wait look again."""
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def changed(self) -> None:
        """Return at the next change."""
        await self._changed.wait()

    async def until(self, condition: Callable[[], T], timeout: float = 20, *, what: str = "") -> T:
        """Return the first true value of a condition, looked at whenever anything changes. Raises TimeoutError."""
        try:
            async with asyncio.timeout(timeout):
                while not (value := condition()):
                    await self.changed()
        except TimeoutError:
            raise TimeoutError(f"It did not happen within {timeout} s {what}".rstrip()) from None
        return value

    def private_chat(self, bot: Bot, user: User) -> Chat:
        """Return the chat of a bot and a user, made when they first meet."""
        key = (bot.id, user.id)
        if key not in self.private:
            self.private[key] = Chat(self, user.id, "private", bot=bot, user=user)
        return self.private[key]

    def post(self, chat: Chat, sender: Bot | User | None, content: Content, **more: Any) -> Message:
        """Put a message into a chat and tell the bots that may see it."""
        message = Message(self._message_id(chat), chat, sender, self.timestamp(), content, **more)
        chat.by_id[message.id] = message
        self.tell(message)
        self.touch()
        return message

    def _message_id(self, chat: Chat) -> int:
        counter = chat.bot or chat
        counter.last_id += 1
        return counter.last_id

    def tell(self, message: Message, *, edited: bool = False) -> None:
        """Send an update about a new or edited message to each bot that may see it."""
        chat = message.chat
        kind = "channel_post" if chat.kind == "channel" else "business_message" if chat.owner else "message"
        for bot in watchers(self, message):
            bot.updates.push(f"edited_{kind}" if edited else kind, message_json(message, bot))

    def edit(self, message: Message, content: Content, *, by: Bot | User) -> None:
        """Change what a message says."""
        message.content = content
        message.edited_at = self.timestamp()
        if not by.is_bot:
            self.tell(message, edited=True)
        self.touch()

    def delete(self, messages: list[Message], *, by: Bot | User | None = None) -> None:
        """Take messages away. Bots learn of it only in business chats, and not when they did it."""
        for message in messages:
            message.deleted = True
            if message.id in message.chat.pinned:
                message.chat.pinned.remove(message.id)
        owners = {message.chat for message in messages if message.chat.owner}
        for chat in owners:
            connection = chat.owner.connection if chat.owner else None
            if connection and connection.enabled and connection.bot is not by:
                ids = [message.id for message in messages if message.chat is chat]
                body = {"business_connection_id": connection.id, "chat": chat_json(chat), "message_ids": ids}
                connection.bot.updates.push("deleted_business_messages", body)
        self.touch()

    def react(self, message: Message, who: Bot | User, reactions: list[dict[str, Any]]) -> None:
        """Set somebody's reactions on a message, and tell the bots that may know."""
        old = message.reactions_by.pop(who.id, [])
        if reactions:
            message.reactions_by[who.id] = reactions
        if not who.is_bot and old != reactions:
            body = {"chat": chat_json(message.chat), "message_id": message.id, "user": user_json(who)}
            body |= {"date": self.timestamp(), "old_reaction": old, "new_reaction": reactions}
            for bot in self._reaction_watchers(message.chat):
                bot.updates.push("message_reaction", body)
        self.touch()

    def _reaction_watchers(self, chat: Chat) -> list[Bot]:
        if chat.bot:
            return [chat.bot]
        admins = ("administrator", "creator")
        return [b for b in self.bots.values() if chat.members.get(b.id, Member("left")).status in admins]

    def set_member(self, chat: Chat, who: Bot | User, member: Member, *, by: Bot | User) -> None:
        """Change somebody's place in a chat, and tell the bots that may know."""
        old = chat.members.get(who.id, Member("left"))
        chat.members[who.id] = member
        body = {"chat": chat_json(chat), "from": user_json(by), "date": self.timestamp()}
        body |= {"old_chat_member": member_json(who, old), "new_chat_member": member_json(who, member)}
        if isinstance(who, Bot) and by is not who:
            who.updates.push("my_chat_member", body)
        for bot in self._reaction_watchers(chat) if chat.kind != "private" else []:
            if bot is not who:
                bot.updates.push("chat_member", body)
        self.touch()

    def add_topic(self, chat: Chat, name: str, *, creator: Bot | User, color: int = 7322096, icon: str = "") -> Topic:
        """Open a topic with the service message whose id it has."""
        created = {"name": name, "icon_color": color} | ({"icon_custom_emoji_id": icon} if icon else {})
        topic = Topic(0, name, color, icon, creator=creator.id)
        topic.id = (chat.bot or chat).last_id + 1
        chat.topics[topic.id] = topic
        self.post(chat, creator, Content("service", data={"forum_topic_created": created}), topic=topic)
        return topic

    def delete_topic(self, chat: Chat, topic: Topic) -> None:
        """Take a topic away with all its messages."""
        del chat.topics[topic.id]
        self.delete([message for message in chat.messages if message.topic is topic])
