"""What the console remembers over restarts, and under which keys of its notebook."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
from msgspec import Struct

from router.notebooks import Entry

#: how long a message can be answered, reacted to and changed, and a question waits for its answer
REMEMBERED, ASKED = timedelta(days=90), timedelta(days=1)
#: keys: the feed's cursor, and what updates begin with that wait to be understood
CURSOR, WAITING = "cursor", "in:"
T = TypeVar("T", bound=Struct)


class Mark(Struct, frozen=True):
    """A message to the client whose delivery has not come to its end."""

    #: the message in the chat
    tg: int
    #: the operator's own message, on which the state shows as a reaction
    own: bool
    #: what was shown last: empty, `sending`, `sent`, `failed` or `unknown`
    shown: str = ""


class Thread(Struct, frozen=True):
    """One conversation in one chat."""

    conversation: str
    client: str
    #: number of the last message that was drawn
    told: int = 0
    #: the message with the buttons; 0 before the conversation was taken
    head: int = 0
    #: what the head says, as a digest, so that it is changed only when something is
    head_says: str = ""
    #: the topic it is drawn in; 0 for none
    topic: int = 0
    #: the message that offers it; 0 for none
    offer: int = 0
    #: until when
    offer_until: datetime | None = None
    #: the reader took part when it was drawn last, so that what happens in it is drawn
    active: bool = True
    #: message → how far its delivery is
    marks: Mapping[str, Mark] = {}


class Shown(Struct, frozen=True):
    """One message in a chat, and what it stands for."""

    conversation: str
    #: the hub's messages it shows, oldest first; none for what is no message, such as the head
    messages: tuple[str, ...] = ()
    #: the operator wrote it
    own: bool = False
    #: it carries a file, so that its text is a caption
    caption: bool = False
    #: files that were not here yet when it was drawn
    lacks: bool = False


class Said(Struct, frozen=True):
    """Something an operator wrote in a chat and that became a command."""

    conversation: str
    operator: str
    #: the command's
    key: str
    #: ids in the chat, the first being the one that stands for it
    tg: tuple[int, ...]


class Room(Struct, frozen=True):
    """A topic for one client's conversations, one after the other."""

    topic: int
    client: str
    name: str
    #: the conversation drawn in it last
    conversation: str
    #: nobody but administrators can write in it
    closed: bool = False


def packed(it: Struct, until: datetime | None = None) -> Entry:
    """Return a record as the notebook keeps it."""
    return Entry(msgspec.json.encode(it).decode(), until)


def unpacked(text: str, kind: type[T]) -> T:
    """Return what the notebook keeps."""
    return msgspec.json.decode(text, type=kind)


def thread_key(chat: int, conversation: str) -> str:
    """Return where a `Thread` is kept."""
    return f"thread:{chat}:{conversation}"


def shown_key(chat: int, tg: int) -> str:
    """Return where a `Shown` is kept."""
    return f"shown:{chat}:{tg}"


def at_key(chat: int, message: str) -> str:
    """Return where it is kept which message of the chat shows a message of the hub."""
    return f"at:{chat}:{message}"


def said_key(chat: int, conversation: str, tg: int) -> str:
    """Return where a `Said` is kept."""
    return f"said:{chat}:{conversation}:{tg}"


def room_key(chat: int, topic: int | None = None) -> str:
    """Return where a `Room` is kept, or what all of a chat begin with."""
    return f"room:{chat}:{'' if topic is None else topic}"


def asked_key(chat: int, tg: int) -> str:
    """Return where a message is kept whose conversation the operator is asked for."""
    return f"asked:{chat}:{tg}"


def waiting_key(number: int) -> str:
    """Return where an update waits; keys are in the order of their numbers."""
    return f"{WAITING}{number:020d}"
