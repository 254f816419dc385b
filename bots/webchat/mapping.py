"""Between frames and the hub: what is put into the ledger, how it is understood, and what visitors are shown."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from bots.webchat.frames import Lasting, Rate, Say
from router.client_events import ClientEnded, ClientEvent, ClientMessage, ClientRated
from router.errors import Unparsable
from router.media import Attachment, Entity
from router.model import AuthorKind, Message
from router.opening import zone_named
from router.people import Identity, Sender
from router.ports import Entry, Update

KIND = "webchat"
MAX_TEXT = 8000
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")
_PAGE = re.compile(r"https?://\S+")
_PAGE_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is at the other end of a socket. `id` is also the id of their chat."""

    id: str
    language: str = ""
    name: str = ""
    timezone: str = ""


class _File(Struct, forbid_unknown_fields=True):
    id: str
    name: str
    media_type: str
    size: int


class _Raw(Struct, forbid_unknown_fields=True):
    """What the ledger keeps of anything a visitor does."""

    type: Literal["message", "rate", "end"]
    id: Annotated[str, Meta(min_length=1)]
    visitor: Annotated[str, Meta(min_length=1)]
    language: str = ""
    timezone: str = ""
    name: str = ""
    page: str = ""
    text: str = ""
    files: tuple[_File, ...] = ()
    score: Annotated[int, Meta(ge=1, le=5)] = 1
    comment: str = ""
    #: the visitor's own clock, which is not believed
    typed_at: str = ""


def clean(text: str) -> str:
    """Return text that any store and any messenger can hold: NUL and lone surrogates become U+FFFD."""
    return _LONE_SURROGATE.sub("\ufffd", text).replace("\x00", "\ufffd")


def one_line(text: str, limit: int) -> str:
    """Return a cleaned name of at most `limit` characters, its control characters turned into spaces."""
    return _CONTROL.sub(" ", _LONE_SURROGATE.sub("\ufffd", text)).strip()[:limit]


def update_of(visitor: Visitor, frame: Lasting, files: Sequence[Attachment] = ()) -> Update:
    """Return the ledger's update: its id makes a repeated frame a duplicate."""
    raw: dict[str, Any] = {"id": frame.id, "visitor": visitor.id, "language": visitor.language, "name": visitor.name}
    raw |= {"timezone": visitor.timezone} if visitor.timezone else {}
    if isinstance(frame, Say):
        raw |= {"type": "message", "text": frame.text, "page": frame.page, "typed_at": frame.at}
        raw["files"] = [{"id": f.id, "name": f.name, "media_type": f.media_type, "size": f.size} for f in files]
    elif isinstance(frame, Rate):
        raw |= {"type": "rate", "score": frame.score, "comment": frame.comment}
    else:
        raw |= {"type": "end"}
    return Update(f"{visitor.id}:{frame.id}", json.dumps(raw, ensure_ascii=True))


def event_of(channel: str, update: str, raw: str, at: datetime) -> ClientEvent:
    """Understand what `update_of` wrote. Raises `Unparsable`."""
    said = _decode(raw)
    if said.type == "rate":
        return ClientRated(update, channel, said.visitor, said.score, at, clean(said.comment).strip())
    if said.type == "end":
        return ClientEnded(update, channel, said.visitor, at)
    text = clean(said.text)
    if not text.strip() and not said.files:
        raise Unparsable("the message has neither text nor files")
    files = tuple(Attachment(f.id, clean(f.name), f.media_type, f.size) for f in said.files)
    return ClientMessage(update, channel, said.visitor, _sender(channel, said), text, at, said.id, files)


def _decode(raw: str) -> _Raw:
    try:
        return msgspec.convert(json.loads(raw), type=_Raw)
    except msgspec.ValidationError as error:
        raise Unparsable(f"a webchat update does not look as expected: {error}") from error
    except (ValueError, RecursionError) as error:
        raise Unparsable("a webchat update is not JSON") from error


def _sender(channel: str, said: _Raw) -> Sender:
    language = said.language if _LANGUAGE.fullmatch(said.language) else ""
    page = one_line(said.page, _PAGE_LIMIT)
    facts = {"page": page} if _PAGE.fullmatch(page) else {}
    timezone = said.timezone if zone_named(said.timezone) else ""
    identity = Identity(KIND, channel, clean(said.visitor))
    return Sender(identity, one_line(said.name, 100), language, timezone, facts=facts)


def entry_frame(entry: Entry, links: Mapping[str, str]) -> dict[str, Any]:
    """Return how a visitor is shown one message; `links` holds file id → its address."""
    message = entry.message
    frame: dict[str, Any] = {
        "cursor": entry.cursor,
        "id": message.id,
        "conversation": message.conversation,
        "n": message.n,
        "kind": message.kind.value,
        "from": message.author.kind.value,
        "at": message.at.isoformat(timespec="milliseconds"),
    }
    if message.author.kind is AuthorKind.CLIENT:
        frame |= {"own": message.external_id, "state": entry.state.value}
    else:
        frame |= {"name": message.author.name}
    return frame | _content(message, links)


def change_frame(message: Message, links: Mapping[str, str]) -> dict[str, Any]:
    """Return what has become of a message that a visitor was shown before; `links` as for `entry_frame`."""
    return {"id": message.id} | _content(message, links)


def _content(message: Message, links: Mapping[str, str]) -> dict[str, Any]:
    """Return what a message says now, which is nothing once it was deleted."""
    if message.deleted_at is not None:
        return {"text": "", "deleted": True}
    content: dict[str, Any] = {"text": message.text}
    if message.edited_at is not None:
        content["edited"] = True
    if message.choices:
        content["choices"] = list(message.choices)
    if message.attachments:
        content["files"] = [file_frame(file, links[file.id]) for file in message.attachments]
    if message.entities:
        content["entities"] = [_part_frame(entity) for entity in message.entities]
    if message.reply_to:
        content["reply_to"] = message.reply_to
    if message.reactions:
        content["reactions"] = list(dict.fromkeys(message.reactions.values()))
    return content


def _part_frame(it: Entity) -> dict[str, Any]:
    return {"kind": it.kind, "start": it.start, "length": it.length} | ({"url": it.url} if it.url else {})


def file_frame(file: Attachment, link: str) -> dict[str, Any]:
    """Return how a visitor is shown a file."""
    frame = {"id": file.id, "name": file.name, "size": file.size, "picture": file.is_picture, "url": link}
    return frame | ({"kind": file.kind, "plays": player_of(file)} if player_of(file) else {})


def player_of(file: Attachment) -> str:
    """Return which player of a browser may play a file, which runs nothing: `audio`, `video`, or empty for none."""
    player = file.media_type.partition("/")[0]
    return player if player in {"audio", "video"} else ""
