"""A channel that carries what messengers carry: files to be fetched, answers, reactions, and a pace of its own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

import msgspec

from router.client_events import ClientEvent, ClientMessage, ClientMoved, ClientReach, ClientReacted, ClientStarted
from router.delivery import Delivery
from router.errors import HubError
from router.media import Attachment
from router.model import Message
from router.people import Identity, Sender
from router.ports import Capabilities, Sent, Update
from tests.integration.stage import ScriptedChannel

_KINDS = {"moved": ClientMoved, "reach": ClientReach, "reacted": ClientReacted}
ABLE = Capabilities(edits=True, reactions=True, replies=True)


@dataclass(slots=True)
class RichChannel(ScriptedChannel):
    """Its platform gives every message two ids, hands over files, and can ask for patience."""

    capabilities: Capabilities = ABLE
    #: what was handed to the platform, in order
    sent: list[tuple[Delivery, Message]] = field(default_factory=list)
    #: what each fetching meets, in order; afterwards the file comes
    hurdles: list[HubError] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    #: chat → when it may be sent to
    patience: dict[str, datetime] = field(default_factory=dict)
    _ids: count[int] = field(default_factory=lambda: count(10))

    def parse(self, update: str, raw: str, at: datetime) -> ClientEvent | None:
        body = json.loads(raw)
        kind = body.pop("type", "message")
        body |= {"id": update, "channel": self.name, "at": at}
        if kind in _KINDS:
            return msgspec.convert(body, _KINDS[kind])
        body["sender"] = Sender(Identity(self.kind, self.name, body["chat"]), body["chat"], photo=_photo(body))
        if kind == "started":
            return ClientStarted(**body)
        body["attachments"] = msgspec.convert(body.get("attachments", ()), tuple[Attachment, ...])
        return ClientMessage(**{"external_id": update, "text": "", **body})

    async def send(self, delivery: Delivery, message: Message) -> Sent:
        await self.platform(delivery.chat, message.text)
        self.sent.append((delivery, message))
        return Sent(f"{next(self._ids)} {next(self._ids)}")

    async def fetch(self, file: Attachment) -> AsyncIterator[bytes]:
        self.fetched.append(file.source)
        if self.hurdles:
            raise self.hurdles.pop(0)
        yield f"OggS of {file.source}".encode()

    def not_before(self, chat: str) -> datetime | None:
        return self.patience.get(chat)

    async def hand_over(self, **body: Any) -> None:
        """Let the platform tell of something."""
        update = Update(f"u{next(self._numbers)}", json.dumps(body))
        assert await (await self.host).receive([update]) == [True]


def _photo(body: dict[str, Any]) -> Attachment | None:
    source = body.pop("photo", "")
    return Attachment("", "photo.jpg", "image/jpeg", 0, kind="photo", source=source) if source else None
