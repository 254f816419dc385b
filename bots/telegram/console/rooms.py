"""Topics of one chat: one for each client, used again for their next conversation, and made anew when deleted."""

from __future__ import annotations

from bots.telegram.console.drawing import sign
from bots.telegram.console.office import Office
from bots.telegram.console.records import Room, packed, room_key, unpacked
from bots.telegram.console.sender import Sender
from bots.telegram.console.words import short
from router.errors import Rejected
from router.model import Conversation

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
        await self._keep(it.client, Room(topic, known.name if known else name, it.id))
        return topic

    async def lost(self, client: str) -> None:
        """Forget a topic that somebody deleted."""
        self._rooms.pop(client, None)
        await self._office.host.notes.write({room_key(self._chat, client): None})

    def conversation(self, topic: int) -> str:
        """Return the conversation that was drawn last in a topic; empty for an unknown one."""
        return next((room.conversation for room in self._rooms.values() if room.topic == topic), "")

    async def rename(self, it: Conversation, client: str) -> None:
        """Have a topic's name say how its conversation stands."""
        room, name = self._rooms.get(it.client), _name(it, client)
        if room is None or room.name == name or room.conversation != it.id:
            return
        if await self._sender.name_topic(room.topic, name):
            await self._keep(it.client, Room(room.topic, name, it.id))

    async def _keep(self, client: str, room: Room) -> None:
        if self._rooms.get(client) != room:
            self._rooms[client] = room
            await self._office.host.notes.write({room_key(self._chat, client): packed(room)})


def _name(it: Conversation, client: str) -> str:
    return f"{sign(it)} {short(client, _CLIENT)}"
