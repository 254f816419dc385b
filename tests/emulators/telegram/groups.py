"""Groups, forums, channels and their direct messages: made and changed as their owners do."""

from __future__ import annotations

from collections.abc import Iterable

from tests.emulators.telegram.bots import Bot
from tests.emulators.telegram.model import ADMIN_RIGHTS, Chat, Content, Member
from tests.emulators.telegram.people import User
from tests.emulators.telegram.render import user_json
from tests.emulators.telegram.world import World


class Groups:
    """What `TelegramEmulator` can do with chats of many."""

    world: World

    def add_group(self, title: str, owner: User, *members: Bot | User) -> Chat:
        """Make a basic group; bots in it are told that they were added."""
        return self._add(Chat(self.world, -self.world.number(), "group", title), owner, members)

    def add_supergroup(self, title: str, owner: User, *members: Bot | User, username: str = "") -> Chat:
        """Make a supergroup without topics."""
        return self._add(Chat(self.world, self._big_id(), "supergroup", title, username), owner, members)

    def add_forum(self, title: str, owner: User, *members: Bot | User) -> Chat:
        """Make a supergroup with topics. Bots need `promote` before they can open any."""
        return self._add(Chat(self.world, self._big_id(), "supergroup", title, is_forum=True), owner, members)

    def add_channel(self, title: str, owner: User, *members: Bot | User, username: str = "") -> Chat:
        """Make a channel."""
        return self._add(Chat(self.world, self._big_id(), "channel", title, username), owner, members)

    def add_direct_messages(self, channel: Chat) -> Chat:
        """Let people write to a channel: returns the chat where each of them has a topic.

        Its bots are the channel's administrators with `can_manage_direct_messages`.
        """
        chat = Chat(self.world, self._big_id(), "supergroup", channel.title, direct_of=channel)
        self.world.chats[chat.id] = chat
        return chat

    def _big_id(self) -> int:
        return -1_000_000_000_000 - self.world.number()

    def _add(self, chat: Chat, owner: User, members: Iterable[Bot | User]) -> Chat:
        self.world.chats[chat.id] = chat
        chat.members[owner.id] = Member("creator")
        for member in members:
            self.add_member(chat, member, by=owner)
        return chat

    def add_member(self, chat: Chat, who: Bot | User, *, by: User) -> None:
        """Bring somebody into a chat."""
        self.world.set_member(chat, who, Member(), by=by)
        if chat.kind != "channel":
            self.world.post(chat, by, Content("service", data={"new_chat_members": [user_json(who)]}))

    def remove_member(self, chat: Chat, who: Bot | User, *, by: User) -> None:
        """Throw somebody out."""
        self.world.set_member(chat, who, Member("kicked"), by=by)

    def promote(self, chat: Chat, who: Bot | User, *rights: str, by: User | None = None) -> None:
        """Make somebody an administrator with these rights, or with all where none is named."""
        unknown = set(rights) - set(ADMIN_RIGHTS)
        if unknown:
            raise ValueError(f"There is no right {min(unknown)!r}; there are {', '.join(ADMIN_RIGHTS)}.")
        by = by or self._creator(chat)
        self.world.set_member(chat, who, Member("administrator", set(rights or ADMIN_RIGHTS)), by=by)

    def demote(self, chat: Chat, who: Bot | User, *, by: User | None = None) -> None:
        """Make an administrator a member like others."""
        self.world.set_member(chat, who, Member(), by=by or self._creator(chat))

    def _creator(self, chat: Chat) -> User:
        return next(self.world.users[key] for key, member in chat.members.items() if member.status == "creator")

    def migrate(self, group: Chat, *, forum: bool = False) -> Chat:
        """Turn a basic group into a supergroup, which is another chat with another id."""
        new = Chat(self.world, self._big_id(), "supergroup", group.title, is_forum=forum)
        new.members = dict(group.members)
        self.world.chats[new.id] = new
        owner = self._creator(group)
        self.world.post(group, owner, Content("service", data={"migrate_to_chat_id": new.id}))
        self.world.post(new, owner, Content("service", data={"migrate_from_chat_id": group.id}))
        group.migrated_to = new.id
        self.world.touch()
        return new
