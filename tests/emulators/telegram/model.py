"""What the emulator keeps: chats, members, topics and messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from tests.emulators.telegram.files import StoredFile

if TYPE_CHECKING:
    from tests.emulators.telegram.bots import Bot
    from tests.emulators.telegram.people import User
    from tests.emulators.telegram.world import World

T = TypeVar("T")

ADMIN_RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
    "can_manage_direct_messages",
    "can_post_messages",
    "can_edit_messages",
)


@dataclass
class Member:
    """Somebody's place in a group or channel."""

    #: creator, administrator, member, left or kicked
    status: str = "member"
    #: what an administrator may do
    rights: set[str] = field(default_factory=set)

    @property
    def present(self) -> bool:
        """Return whether they are in the chat now."""
        return self.status not in ("left", "kicked")

    def may(self, right: str) -> bool:
        """Return whether they have an administrator's right."""
        return self.status == "creator" or (self.status == "administrator" and right in self.rights)


@dataclass
class Topic:
    """A topic of a forum or of a private chat."""

    id: int
    name: str
    icon_color: int = 7322096
    icon_custom_emoji_id: str = ""
    closed: bool = False
    #: bot or user id
    creator: int = 0
    #: who it belongs to, in a channel's direct messages
    user: User | None = None


@dataclass
class Content:
    """What a message says. `text` is the caption where there is a file."""

    #: text, photo, video, …, location, contact, poll, or service for what Telegram itself reports
    kind: str = "text"
    text: str = ""
    entities: list[dict[str, Any]] = field(default_factory=list)
    file: StoredFile | None = None
    #: fields of the Message that are like this for all who see it: `location`, `contact`, `forum_topic_created` …
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Message:
    """One message of a chat, deleted ones included."""

    id: int
    chat: Chat
    #: who wrote it; None when Telegram did
    sender: Bot | User | None
    #: Unix time
    date: int
    content: Content
    topic: Topic | None = None
    reply_to: Message | None = None
    #: the part of it that is answered, or ""
    quote: str = ""
    media_group_id: str = ""
    #: reply_markup as the bot gave it
    markup: dict[str, Any] | None = None
    #: who reacted → reactions as the API writes them
    reactions_by: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    edited_at: int = 0
    deleted: bool = False
    #: read by the business bot on the owner's behalf
    read: bool = False
    #: whom it was forwarded from
    forwarded_from: Message | None = None
    #: the bot that wrote it in a business account's name
    business_bot: Bot | None = None
    #: the bot through which it was sent inline
    via_bot: Bot | None = None
    silent: bool = False
    protected: bool = False

    @property
    def kind(self) -> str:
        """Return text, photo, video, …, or service."""
        return self.content.kind

    @property
    def text(self) -> str:
        """Return the text or caption."""
        return self.content.text

    @property
    def entities(self) -> list[dict[str, Any]]:
        """Return the entities of the text or caption."""
        return self.content.entities

    @property
    def file(self) -> bytes:
        """Return the bytes of its file; empty where there is none."""
        return self.content.file.data if self.content.file else b""

    @property
    def file_name(self) -> str:
        """Return the name of its file, or ""."""
        return self.content.file.name if self.content.file else ""

    @property
    def from_bot(self) -> bool:
        """Return whether a bot wrote it."""
        return self.sender is not None and self.sender.is_bot

    @property
    def edited(self) -> bool:
        """Return whether its text, caption or file was changed."""
        return bool(self.edited_at)

    @property
    def buttons(self) -> list[str]:
        """Return the texts of its buttons, row by row in one list."""
        return [button["text"] for row in self.keyboard for button in row]

    @property
    def keyboard(self) -> list[list[dict[str, Any]]]:
        """Return the rows of its inline or reply keyboard."""
        markup = self.markup or {}
        rows: list[list[dict[str, Any]]] = markup.get("inline_keyboard", markup.get("keyboard", []))
        return rows

    @property
    def reactions(self) -> list[str]:
        """Return the emoji of all who reacted."""
        return [each.get("emoji", each["type"]) for given in self.reactions_by.values() for each in given]

    def __repr__(self) -> str:
        who = self.sender.name if self.sender else "Telegram"
        return f"<Message {self.id} {self.kind} of {who}: {self.text!r}{' deleted' if self.deleted else ''}>"


@dataclass(eq=False)
class Chat:
    """One chat: private between a bot and a user, between a business account and its client, a group or a channel."""

    world: World
    id: int
    #: private, group, supergroup or channel
    kind: str
    title: str = ""
    username: str = ""
    is_forum: bool = False
    #: the channel whose direct messages this is
    direct_of: Chat | None = None
    #: the two sides of a private chat
    bot: Bot | None = None
    user: User | None = None
    #: the business account whose chat with `user` this is
    owner: User | None = None
    members: dict[int, Member] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    #: every message by id, deleted ones included
    by_id: dict[int, Message] = field(default_factory=dict)
    pinned: list[int] = field(default_factory=list)
    #: (action, topic id or None) as they came
    actions: list[tuple[str, int | None]] = field(default_factory=list)
    #: the drafts on view: draft id → texts as they were streamed
    drafts: dict[int, list[str]] = field(default_factory=dict)
    migrated_to: int = 0
    #: the last number given out, where the chat numbers its own messages
    last_id: int = 0

    @property
    def messages(self) -> list[Message]:
        """Return what one sees in the chat: the messages that are not deleted, in order."""
        return [message for message in self.by_id.values() if not message.deleted]

    @property
    def history(self) -> list[Message]:
        """Return all messages, deleted ones included, in order."""
        return list(self.by_id.values())

    @property
    def last(self) -> Message:
        """Return the newest message. Raises IndexError in an empty chat."""
        return self.messages[-1]

    @property
    def texts(self) -> list[str]:
        """Return the texts of the messages one sees."""
        return [message.text for message in self.messages]

    def in_topic(self, topic: Topic | int | None) -> list[Message]:
        """Return what one sees in a topic; `None` is what lies outside all topics."""
        wanted = topic.id if isinstance(topic, Topic) else topic
        return [each for each in self.messages if (each.topic.id if each.topic else None) == wanted]

    def topic(self, name: str) -> Topic:
        """Return the topic of a name. Raises LookupError when there is none."""
        for topic in self.topics.values():
            if topic.name == name:
                return topic
        raise LookupError(f"There is no topic {name!r}; there are {[topic.name for topic in self.topics.values()]}.")

    async def until(self, condition: Callable[[], T], timeout: float = 20) -> T:
        """Return the first true value of a condition, which is looked at whenever anything changes."""
        return await self.world.until(condition, timeout, what=f"in chat {self.id}, which shows {self.messages}")
