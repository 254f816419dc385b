"""What a visitor's page may say over the WebSocket: JSON objects whose `type` names them. See docs/webchat.md."""

from __future__ import annotations

import json
from typing import Annotated, cast

import msgspec
from msgspec import Meta, Struct

#: bytes in a frame that are answered with an error instead of being read
FRAME_LIMIT = 64 * 1024
#: bytes in a frame that close the connection (code 1009)
FRAME_CEILING = 1024 * 1024
FILES_LIMIT = 10

#: the client's own UUID of what it sends; a repeat carries the same one
Id = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Cursor = Annotated[int, Meta(ge=0, le=2**53)]
FileId = Annotated[str, Meta(min_length=1, max_length=100)]
Page = Annotated[str, Meta(max_length=4096)]


class Hello(Struct, tag="hello", forbid_unknown_fields=True):
    """The first frame: who is there, and the last cursor they have seen."""

    token: Annotated[str, Meta(max_length=500)] = ""
    after: Cursor = 0
    language: Annotated[str, Meta(max_length=100)] = ""
    #: IANA name of the visitor's time zone
    timezone: Annotated[str, Meta(max_length=100)] = ""
    #: what the site says the visitor is called; nobody has checked it
    name: Annotated[str, Meta(max_length=200)] = ""


class Say(Struct, tag="message", forbid_unknown_fields=True):
    """A message. `text` may be empty when there are files."""

    id: Id
    text: str = ""
    files: Annotated[list[FileId], Meta(max_length=FILES_LIMIT)] = []
    #: when it was typed by the visitor's clock, ISO 8601; kept as evidence and otherwise not believed
    at: Annotated[str, Meta(max_length=40)] = ""
    #: the address of the page it was written on
    page: Page = ""


class Rate(Struct, tag="rate", forbid_unknown_fields=True):
    """A rating, or a comment added to one."""

    id: Id
    score: Annotated[int, Meta(ge=1, le=5)]
    comment: Annotated[str, Meta(max_length=2000)] = ""


class End(Struct, tag="end", forbid_unknown_fields=True):
    """The visitor has no more questions."""

    id: Id


class Typing(Struct, tag="typing", forbid_unknown_fields=True):
    """The visitor is typing."""


class Received(Struct, tag="received", forbid_unknown_fields=True):
    """Everything up to the cursor is on the visitor's screen or behind its badge."""

    cursor: Cursor


class Read(Struct, tag="read", forbid_unknown_fields=True):
    """Everything up to the cursor was before the visitor's eyes."""

    cursor: Cursor


#: what goes through the ledger and is acknowledged
Lasting = Say | Rate | End
Frame = Hello | Say | Rate | End | Typing | Received | Read


class Malformed(ValueError):
    """A frame that is none of ours; the text says why, and `id` names it when it had one."""

    def __init__(self, reason: str, id_: str = "") -> None:
        super().__init__(reason)
        self.id = id_


def decode(text: str) -> Frame:
    """Return the frame written as JSON. Raises `Malformed`."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed("it is not JSON") from error
    try:
        return cast("Frame", msgspec.convert(value, type=Frame))
    except msgspec.ValidationError as error:
        named = value.get("id") if isinstance(value, dict) else None
        raise Malformed(str(error), named if isinstance(named, str) and len(named) <= 100 else "") from error
