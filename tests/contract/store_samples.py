"""Conversations, messages and batches as the engine would make them, with only what a test cares about spelled out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from msgspec.structs import replace

from router.delivery import Delivery
from router.effects import ChangeLoad
from router.loads import LoadChange
from router.model import Author, AuthorKind, Conversation, Message, MessageKind
from router.ports import FeedEvent
from router.store import Batch

#: whole milliseconds, which is what a database keeps
NOW = datetime(2026, 3, 4, 5, 6, 7, 89_000, tzinfo=UTC)
CLIENT = Author(AuthorKind.CLIENT, "c1", "Ann")
BOT = Author(AuthorKind.BOT)


def at(seconds: float) -> datetime:
    """The time that many seconds after `NOW`."""
    return NOW + timedelta(seconds=seconds)


def conversation(id_: str = "k1", **fields: Any) -> Conversation:
    """A conversation of Ann's on the line `sales`."""
    plain: dict[str, Any] = {
        "line": "sales",
        "channel": "shop",
        "kind": "webchat",
        "chat": "v1",
        "client": "c1",
        "client_name": "Ann",
        "created_at": NOW,
    }
    return Conversation(id=id_, **(plain | fields))


def message(id_: str = "m1", **fields: Any) -> Message:
    """Something Ann says in `k1`."""
    plain: dict[str, Any] = {
        "conversation": "k1",
        "n": int(id_[1:]),
        "author": CLIENT,
        "kind": MessageKind.TEXT,
        "text": f"text of {id_}",
        "at": NOW,
        "channel": "shop",
        "chat": "v1",
    }
    return Message(id=id_, **(plain | fields))


def delivery(id_: str = "d1", message_id: str = "m1", **fields: Any) -> Delivery:
    """The sending of a message to Ann."""
    plain: dict[str, Any] = {"conversation": "k1", "line": "sales", "channel": "shop", "chat": "v1"}
    return Delivery(id=id_, message=message_id, **(plain | fields))


class Batches:
    """Makes batches with ids and cursors that rise, as one hub does."""

    def __init__(self) -> None:
        self._ids = count(1)
        self._cursors = count(1)
        self._places = count(1)
        #: as they were last saved
        self._standing: dict[str, Conversation] = {}

    def make(self, *, messages: Iterable[Message] = (), **fields: Any) -> Batch:
        """A batch with an event for each message."""
        said = list(messages)
        fields["deliveries"] = [replace(each, cursor=next(self._places)) for each in fields.get("deliveries", ())]
        fields["before"] = {key: self._standing.get(key) for key in fields.get("conversations", ())}
        self._standing |= fields.get("conversations", {})
        events = [self.event("message", each.id, conversation=each.conversation) for each in said]
        first = events[0].cursor if events else next(self._cursors)
        return Batch(f"b{next(self._ids)}", first, messages=said, events=events, **fields)

    def event(self, type_: str, subject: str = "", **fields: Any) -> FeedEvent:
        """A feed event with the next cursor."""
        return FeedEvent(cursor=next(self._cursors), at=NOW, type=type_, subject=subject, **fields)

    def of(self, *conversations: Conversation) -> Batch:
        """A batch that saves conversations."""
        return self.make(conversations={each.id: each for each in conversations})


def load(by: int, capacity: int, line: str = "sales", of_line: int | None = None) -> LoadChange:
    """Return that somebody is given so many conversations of a line more, as far as they have room, or fewer."""
    change = LoadChange()
    given = by > 0
    change.add(ChangeLoad("", line, by, by, 0, capacity if given else None, of_line if given else None))
    return change
