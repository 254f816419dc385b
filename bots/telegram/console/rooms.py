"""Topics of one chat: one for each client, used again for their next conversation, and made anew when deleted."""

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
        #: client → their topic
        self._rooms: dict[str, Room] = {}

    async def load(self) -> None:
        """Read which topics there are."""
        prefix = room_key(self._chat, "")
        found = await self._office.host.notes.read(prefix)
        self._rooms = {key.removeprefix(prefix): unpacked(text, Room) for key, text in found.items()}

    async def room(self, it: Conversation, client: str) -> int:
        """Return the topic in which a conversation is drawn; 0 where the chat has none."""
        if not self._office.topics:
            return 0
        known = self._rooms.get(it.client)
        name = _name(it, client)
        try:
            topic = known.topic if known is not None else await self._sender.open_topic(name)
        except Rejected:
            return 0  # no rights, or topics were switched off: reply-threads do as well
        await self._keep(it.client, replace(known or Room(topic, name, it.id), conversation=it.id))
        return topic

    async def lost(self, client: str, topic: int) -> None:
        """Forget a topic that somebody deleted."""
        room = self._rooms.get(client)
        if room is not None and room.topic == topic:
            del self._rooms[client]
            await self._office.host.notes.write({room_key(self._chat, client): None})

    def conversation(self, topic: int) -> str:
        """Return the conversation that was drawn last in a topic; empty for an unknown one."""
        return next((room.conversation for room in self._rooms.values() if room.topic == topic), "")

    async def reopen(self, it: Conversation) -> None:
        """Let staff write in a closed topic again, as soon as a conversation goes on there. Raises `TopicGone`."""
        room = self._rooms.get(it.client)
        if room is not None and room.closed and it.state is not State.CLOSED:
            await self._sender.reopen_topic(room.topic)
            await self._keep(it.client, replace(room, closed=False))

    async def show(self, it: Conversation, client: str) -> None:
        """Have a topic show how its conversation stands: by its name, and in a group by being closed with it.

        Raises `TopicGone`.
        """
        room, name = self._rooms.get(it.client), _name(it, client)
        if room is None or room.conversation != it.id:
            return
        if room.name != name:
            await self._sender.name_topic(room.topic, name)
            room = replace(room, name=name)
        if it.state is State.CLOSED and not room.closed and self._sender.is_group:
            await self._sender.close_topic(room.topic)
            room = replace(room, closed=True)
        await self._keep(it.client, room)

    async def _keep(self, client: str, room: Room) -> None:
        if self._rooms.get(client) != room:
            self._rooms[client] = room
            await self._office.host.notes.write({room_key(self._chat, client): packed(room)})


def _name(it: Conversation, client: str) -> str:
    return f"{sign(it)} {short(client, _CLIENT)}"
