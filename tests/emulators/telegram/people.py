"""People: what they say, send, press and do, as tests tell them to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.emulators.telegram.asking import BUSINESS_RIGHTS, BusinessConnection, Press, Query
from tests.emulators.telegram.bots import Bot
from tests.emulators.telegram.files import StoredFile
from tests.emulators.telegram.model import Chat, Content, Member, Message, Topic
from tests.emulators.telegram.render import message_json, user_json
from tests.emulators.telegram.sending import Sender
from tests.emulators.telegram.text import check_entities, with_found

if TYPE_CHECKING:
    from tests.emulators.telegram.world import World


@dataclass(eq=False)
class User(Sender):
    """One person. `where` is a bot (their private chat), a chat, or a person (a business account or its client)."""

    world: World
    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = ""
    phone: str = "+79990000000"
    photo: StoredFile | None = None
    deactivated: bool = False
    connection: BusinessConnection | None = None
    is_bot: bool = False

    @property
    def name(self) -> str:
        """Return the full name."""
        return f"{self.first_name} {self.last_name}".strip()

    def chat(self, where: Bot | Chat | User) -> Chat:
        """Return the chat with a bot, or with the other side of a business account."""
        if isinstance(where, Chat):
            return where
        if isinstance(where, Bot):
            return self.world.private_chat(where, self)
        owner, client = (where, self) if where.connection else (self, where)
        chats = self.world.business
        if (owner.id, client.id) not in chats:
            chats[owner.id, client.id] = Chat(self.world, client.id, "private", user=client, owner=owner)
        return chats[owner.id, client.id]

    def put(
        self,
        where: Bot | Chat | User,
        content: Content,
        *,
        topic: Topic | None = None,
        reply_to: Message | None = None,
        quote: str = "",
        **more: Any,
    ) -> Message:
        """Put a message into a chat. Raises RuntimeError where this person cannot write."""
        chat = self.chat(where)
        if chat.bot and chat.bot.blocked_by(self):
            raise RuntimeError(f"{self.name} blocked {chat.bot.name}: let them unblock it, or start it, first.")
        if chat.kind != "private" and not chat.direct_of and not chat.members.get(self.id, Member("left")).present:
            raise RuntimeError(f"{self.name} is not in {chat.title}.")
        if topic is None and reply_to is not None:
            topic = reply_to.topic
        if (
            topic is not None
            and topic.closed
            and not chat.members.get(self.id, Member("left")).may("can_manage_topics")
        ):
            raise RuntimeError(f"The topic {topic.name} is closed, and {self.name} does not manage topics.")
        if chat.direct_of and topic is None:
            topic = chat.topics.setdefault(self.id, Topic(self.id, self.name, user=self))
        return self.world.post(chat, self, content, topic=topic, reply_to=reply_to, quote=quote, **more)

    def shows(self, picture: bytes | None) -> None:
        """Have another picture of oneself; with None, show none to bots."""
        self.photo = self.world.files.keep("photo", picture) if picture else None
        self.world.touch()

    def starts(self, bot: Bot, payload: str = "") -> Message:
        """Press Start, by a link with a payload where one is given."""
        self.unblocks(bot)
        return self.says(bot, f"/start {payload}".strip())

    def edits(self, message: Message, text: str, *, entities: list[dict[str, Any]] | None = None) -> Message:
        """Change the text or caption of a message of one's own."""
        entities = list(entities or [])
        check_entities(text, entities)
        old = message.content
        self.world.edit(message, Content(old.kind, text, with_found(text, entities), old.file, old.data), by=self)
        return message

    def deletes(self, *messages: Message) -> None:
        """Delete messages. Bots are told only in business chats."""
        self.world.delete(list(messages), by=self)

    def reacts(self, message: Message, *emoji: str) -> None:
        """React with these emoji; with none, take the reaction back."""
        self.world.react(message, self, [{"type": "emoji", "emoji": each} for each in emoji])

    def presses(self, message: Message, button: str) -> Press:
        """Press an inline button, named by its text or callback data."""
        for row in message.keyboard:
            for each in row:
                if button in (each["text"], each.get("callback_data")) and "callback_data" in each:
                    return self._press(message, each["callback_data"])
        raise LookupError(f"There is no button {button!r} that calls back on {message}; it has {message.buttons}.")

    def _press(self, message: Message, data: str) -> Press:
        press = Press(f"{self.world.number()}", self, message, data)
        self.world.presses[press.id] = press
        bot = message.business_bot or message.via_bot or message.sender
        if not isinstance(bot, Bot):
            raise LookupError(f"{message} was not written by a bot.")
        body = {"id": press.id, "from": user_json(self), "chat_instance": f"{message.chat.id}", "data": data}
        bot.updates.push("callback_query", body | {"message": message_json(message, bot)})
        return press

    def taps(self, where: Bot | Chat, button: str) -> Message:
        """Tap a button of the reply keyboard on show: its text is said, or one's own contact is sent."""
        chat = self.chat(where)
        for message in reversed(chat.messages):
            for each in (each for row in message.keyboard for each in row):
                if each["text"] == button and "callback_data" not in each:
                    if each.get("request_contact"):
                        return self.sends_contact(chat, reply_to=message)
                    return self.says(chat, button, topic=message.topic)
        raise LookupError(f"There is no reply keyboard with {button!r} in chat {chat.id}.")

    def blocks(self, bot: Bot) -> None:
        """Block a bot, which is told."""
        self._set_blocked(bot, blocked=True)

    def unblocks(self, bot: Bot) -> None:
        """Unblock a bot, which is told."""
        self._set_blocked(bot, blocked=False)

    def _set_blocked(self, bot: Bot, *, blocked: bool) -> None:
        if blocked == (self.id in bot.blockers):
            return
        chat = self.world.private_chat(bot, self)
        chat.members[bot.id] = Member("member" if blocked else "kicked")
        self.world.set_member(chat, bot, Member("kicked" if blocked else "member"), by=self)
        (bot.blockers.add if blocked else bot.blockers.discard)(self.id)

    def joins(self, chat: Chat) -> None:
        """Join a group."""
        self.world.set_member(chat, self, Member(), by=self)
        self.world.post(chat, self, Content("service", data={"new_chat_members": [user_json(self)]}))

    def leaves(self, chat: Chat) -> None:
        """Leave a group."""
        self.world.post(chat, self, Content("service", data={"left_chat_member": user_json(self)}))
        self.world.set_member(chat, self, Member("left"), by=self)

    def opens_topic(self, where: Bot | Chat, name: str) -> Topic:
        """Open a topic in a forum or in the private chat with a bot that has topics. Raises RuntimeError elsewhere."""
        chat = self.chat(where)
        if not chat.is_forum and not (chat.bot and chat.bot.has_topics_enabled):
            raise RuntimeError(f"Chat {chat.id} has no topics.")
        return self.world.add_topic(chat, name, creator=self)

    def deletes_topic(self, where: Bot | Chat, topic: Topic) -> None:
        """Delete a topic with all its messages; no bot is told."""
        self.world.delete_topic(self.chat(where), topic)

    def queries_inline(self, bot: Bot, text: str, *, offset: str = "") -> Query:
        """Type `@bot text` into a message field."""
        query = Query(f"{self.world.number()}", self, bot, text)
        self.world.queries[query.id] = query
        body = {"id": query.id, "from": user_json(self), "query": text, "offset": offset}
        bot.updates.push("inline_query", body)
        return query

    def chooses(self, query: Query, title: str, where: Bot | Chat, **place: Any) -> Message:
        """Choose a result of an answered inline query, which sends it into a chat."""
        result = next((each for each in query.results if title in (each["title"], each["id"])), None)
        if result is None:
            raise LookupError(f"There is no result {title!r}; there are {query.titles}.")
        said = result["input_message_content"]
        content = Content("text", said["message_text"], said["entities"])
        message = self.put(where, content, via_bot=query.bot, markup=result.get("reply_markup"), **place)
        if query.bot.inline_feedback:
            body = {"result_id": result["id"], "from": user_json(self), "query": query.text}
            query.bot.updates.push("chosen_inline_result", body)
        return message

    def connects(self, bot: Bot, *, rights: frozenset[str] = BUSINESS_RIGHTS) -> BusinessConnection:
        """Let a bot work in the name of this account; calling it again changes the rights."""
        if not bot.can_connect_to_business:
            raise RuntimeError(f"{bot.name} cannot be connected to a business account: see can_connect_to_business.")
        known = self.connection
        number = known.id if known and known.bot is bot else f"business{self.world.number()}"
        self.connection = BusinessConnection(number, bot, self, self.world.timestamp(), set(rights))
        bot.updates.push("business_connection", self.connection.as_json())
        self.world.private_chat(bot, self)
        return self.connection

    def disconnects(self) -> None:
        """End the business connection."""
        if self.connection:
            self.connection.enabled = False
            self.connection.bot.updates.push("business_connection", self.connection.as_json())
