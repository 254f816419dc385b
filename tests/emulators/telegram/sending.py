"""The kinds of messages that people send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.emulators.telegram.files import png
from tests.emulators.telegram.model import Chat, Content, Message
from tests.emulators.telegram.text import check_entities, with_found

if TYPE_CHECKING:
    from tests.emulators.telegram.bots import Bot
    from tests.emulators.telegram.people import User
    from tests.emulators.telegram.world import World


class Sender:
    """What `User` can send. Each takes `where`, by name `reply_to`, `quote` and `topic`, and returns the message."""

    world: World
    id: int
    first_name: str
    last_name: str
    phone: str

    def put(self, where: Bot | Chat | User, content: Content, **place: Any) -> Message:
        """Put a message into a chat."""
        raise NotImplementedError

    def says(
        self, where: Bot | Chat | User, text: str, *, entities: list[dict[str, Any]] | None = None, **place: Any
    ) -> Message:
        """Write a text; links, mentions and commands in it are found as Telegram finds them."""
        return self.put(where, Content("text", text, _entities(text, entities)), **place)

    def sends(
        self,
        where: Bot | Chat | User,
        kind: str,
        data: bytes,
        *,
        name: str = "",
        mime: str = "",
        size: int | None = None,
        caption: str = "",
        facts: dict[str, Any] | None = None,
        **place: Any,
    ) -> Message:
        """Send a file of any kind. `size` pretends that it has more bytes; `facts` are fields like `duration`."""
        file = self.world.files.keep(kind, data, name, mime=mime, size=size, **(facts or {}))
        return self.put(where, Content(kind, caption, _entities(caption, None), file), **place)

    def sends_photo(
        self, where: Bot | Chat | User, data: bytes | None = None, caption: str = "", **more: Any
    ) -> Message:
        """Send a photo; without bytes, a grey one."""
        return self.sends(where, "photo", png(320, 240) if data is None else data, caption=caption, **more)

    def sends_video(
        self, where: Bot | Chat | User, data: bytes, caption: str = "", *, duration: int = 5, **more: Any
    ) -> Message:
        """Send a video of so many seconds."""
        return self.sends(where, "video", data, caption=caption, facts={"duration": duration}, **more)

    def sends_voice(self, where: Bot | Chat | User, data: bytes, *, duration: int = 3, **more: Any) -> Message:
        """Send a voice message of so many seconds."""
        return self.sends(where, "voice", data, facts={"duration": duration}, **more)

    def sends_video_note(self, where: Bot | Chat | User, data: bytes, *, duration: int = 3, **more: Any) -> Message:
        """Send a round video of so many seconds."""
        return self.sends(where, "video_note", data, facts={"duration": duration}, **more)

    def sends_audio(self, where: Bot | Chat | User, data: bytes, caption: str = "", **more: Any) -> Message:
        """Send a piece of music."""
        return self.sends(where, "audio", data, caption=caption, **more)

    def sends_animation(self, where: Bot | Chat | User, data: bytes, caption: str = "", **more: Any) -> Message:
        """Send a GIF, which Telegram keeps as a video without sound."""
        return self.sends(where, "animation", data, caption=caption, **more)

    def sends_sticker(
        self, where: Bot | Chat | User, emoji: str = "😀", data: bytes = b"RIFF....WEBP", **more: Any
    ) -> Message:
        """Send a sticker that stands for an emoji."""
        return self.sends(where, "sticker", data, facts={"emoji": emoji}, **more)

    def sends_document(
        self, where: Bot | Chat | User, data: bytes, name: str, caption: str = "", **more: Any
    ) -> Message:
        """Send a file as it is."""
        return self.sends(where, "document", data, name=name, caption=caption, **more)

    def sends_album(
        self, where: Bot | Chat | User, items: list[bytes | tuple[str, bytes]], caption: str = "", **more: Any
    ) -> list[Message]:
        """Send an album: photos as bytes, others as (kind, bytes). The caption goes with the first."""
        group = f"{self.world.number()}"
        pairs = [("photo", item) if isinstance(item, bytes) else item for item in items]
        return [
            self.sends(where, kind, data, caption="" if at else caption, media_group_id=group, **more)
            for at, (kind, data) in enumerate(pairs)
        ]

    def sends_location(self, where: Bot | Chat | User, latitude: float, longitude: float, **place: Any) -> Message:
        """Send a place on the map."""
        data = {"location": {"latitude": latitude, "longitude": longitude}}
        return self.put(where, Content("location", data=data), **place)

    def sends_contact(
        self, where: Bot | Chat | User, of: User | None = None, *, phone: str = "", first_name: str = "", **place: Any
    ) -> Message:
        """Send a contact: one's own, another user's, or that of somebody outside Telegram by phone and name."""
        person = self if of is None else of
        contact: dict[str, Any] = {"phone_number": phone or person.phone, "first_name": first_name or person.first_name}
        if not phone:
            contact |= {"user_id": person.id} | ({"last_name": person.last_name} if person.last_name else {})
        return self.put(where, Content("contact", data={"contact": contact}), **place)

    def sends_poll(self, where: Bot | Chat | User, question: str, options: list[str], **place: Any) -> Message:
        """Send a poll."""
        choices = [{"persistent_id": f"{at}", "text": text, "voter_count": 0} for at, text in enumerate(options)]
        poll = {"id": f"{self.world.number()}", "question": question, "options": choices, "total_voter_count": 0}
        poll |= {"is_closed": False, "is_anonymous": True, "type": "regular", "allows_multiple_answers": False}
        poll |= {"allows_revoting": True, "members_only": False}
        return self.put(where, Content("poll", data={"poll": poll}), **place)


def _entities(text: str, entities: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    entities = list(entities or [])
    check_entities(text, entities)
    return with_found(text, entities)
