"""Topics of one chat: one for each conversation, used again for a client's next one, and made anew when deleted."""

from __future__ import annotations

from msgspec.structs import replace

from bots.telegram.console.drawing import sign
from bots.telegram.console.office import Office
from bots.telegram.console.records import Room, packed, room_key, unpacked
from bots.telegram.console.sender import Sender
from bots.telegram.console.words import short
from router.errors import Rejected
from router.model import Conversation, State

#: characters of a client's name in the name of their topic
_CLIENT = 100


class Rooms:
    """The topics of a chat, which Telegram cannot list."""

    def __init__(self, office: Office, sender: Sender) -> None:
        self._office = office
        self._sender = sender
        self._chat = sender.chat
        #: by topic
        self._rooms: dict[int, Room] = {}

    async def load(self) -> None:
        """Read which topics there are."""
        found = await self._office.host.notes.read(room_key(self._chat))
        self._rooms = {room.topic: room for room in (unpacked(text, Room) for text in found.values())}

    async def room(self, it: Conversation, client: str) -> int:
        """Return the topic in which a conversation is drawn; 0 where the chat has none."""
        if not self._office.topics:
            return 0
        known = self._of(it.id) or await self._left_by(it.client)
        name = _name(it, client)
        try:
            topic = known.topic if known is not None else await self._sender.open_topic(name)
        except Rejected:
            return 0  # no rights, or topics were switched off: reply-threads do as well
        await self._keep(replace(known or Room(topic, it.client, name, it.id), conversation=it.id))
        return topic

    def _of(self, conversation: str) -> Room | None:
        return next((room for room in self._rooms.values() if room.conversation == conversation), None)

    async def _left_by(self, client: str) -> Room | None:
        """Return a topic of a client whose conversation there is over: what is written there must be for one alone."""
        for room in [room for room in self._rooms.values() if room.client == client]:
            former = await self._office.host.conversation(room.conversation)
            if former is None or former.state is State.CLOSED:
                return room
        return None

    async def lost(self, topic: int) -> None:
        """Forget a topic that somebody deleted."""
        if self._rooms.pop(topic, None) is not None:
            await self._office.host.notes.write({room_key(self._chat, topic): None})

    def conversation(self, topic: int) -> str:
        """Return the conversation that is drawn in a topic; empty for an unknown one."""
        return self._rooms[topic].conversation if topic in self._rooms else ""

    async def reopen(self, it: Conversation) -> None:
        """Let staff write in a closed topic again, as soon as its conversation goes on there. Raises `TopicGone`."""
        room = self._of(it.id)
        if room is not None and room.closed and it.state is not State.CLOSED:
            await self._sender.reopen_topic(room.topic)
            await self._keep(replace(room, closed=False))

    async def show(self, it: Conversation, client: str) -> None:
        """Have a topic show how its conversation stands: by its name, and in a group by being closed with it.

        Raises `TopicGone`.
        """
        room, name = self._of(it.id), _name(it, client)
        if room is None:
            return
        if room.name != name:
            await self._sender.name_topic(room.topic, name)
            room = replace(room, name=name)
        if it.state is State.CLOSED and not room.closed and self._sender.is_group:
            await self._sender.close_topic(room.topic)
            room = replace(room, closed=True)
        await self._keep(room)

    async def _keep(self, room: Room) -> None:
        if self._rooms.get(room.topic) != room:
            self._rooms[room.topic] = room
            await self._office.host.notes.write({room_key(self._chat, room.topic): packed(room)})


def _name(it: Conversation, client: str) -> str:
    return f"{sign(it)} {short(client, _CLIENT)}"
