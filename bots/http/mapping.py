"""Between the API and the hub: what the ledger keeps, how it is understood, and how deliveries are shown."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import quote

import msgspec
from pydantic import Field, RootModel, ValidationError

from bots.http import answers
from bots.http.bodies import Body, NewDeletion, NewEdit, NewEnd, NewMessage, NewRating, NewReaction, Person, read
from router.client_events import (
    ClientDeleted,
    ClientEdited,
    ClientEnded,
    ClientEvent,
    ClientMessage,
    ClientRated,
    ClientReacted,
)
from router.delivery import Delivery
from router.errors import Unparsable
from router.media import Attachment
from router.model import AuthorKind, Message, MessageKind
from router.opening import zone_named
from router.people import Identity, Sender
from router.ports import Outgoing, Update
from router.reacting import CLIENT

KIND = "http"
#: below this the hub mounts a channel's endpoints
API = "/api/v1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_KINDS: Mapping[MessageKind, Literal["text", "rating", "closed"]] = {
    MessageKind.TEXT: "text",
    MessageKind.RATING: "rating",
    MessageKind.EVENT: "closed",
}
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")


class _File(Body):
    id: str
    name: str
    media_type: str
    size: int


class _Message(Body):
    type: Literal["message"]
    body: NewMessage
    files: tuple[_File, ...] = ()


class _Edit(Body):
    type: Literal["edit"]
    message: str
    body: NewEdit


class _Deletion(Body):
    type: Literal["delete"]
    message: str
    body: NewDeletion


class _Reaction(Body):
    type: Literal["reaction"]
    message: str
    body: NewReaction


class _Rating(Body):
    type: Literal["rating"]
    body: NewRating


class _End(Body):
    type: Literal["end"]
    body: NewEnd


_Any = _Message | _Edit | _Deletion | _Reaction | _Rating | _End


class _Kept(RootModel[Annotated[_Any, Field(discriminator="type")]]):
    """What the ledger keeps of anything a client does: the body as it came, and what the hub knew besides."""


def message_update(id_: str, body: bytes, files: Sequence[Attachment] = ()) -> Update:
    """Return the ledger's update of a message. A repeat has the same id and ends there."""
    kept = ""
    if files:
        described = [{"id": f.id, "name": f.name, "media_type": f.media_type, "size": f.size} for f in files]
        kept = f'"files":{json.dumps(described)},'
    return Update(id_, f'{{"type":"message",{kept}"body":{body.decode()}}}')


def step_update(kind: str, id_: str, body: bytes, message: str = "") -> Update:
    """Return the ledger's update of anything else. Its id holds a space, so no message can have the same one."""
    about = f'"message":{json.dumps(message)},' if message else ""
    return Update(f"{kind} {id_}", f'{{"type":"{kind}",{about}"body":{body.decode()}}}')


def event_of(channel: str, update: str, raw: str, at: datetime) -> ClientEvent:
    """Understand what the ledger keeps. Raises `Unparsable`."""
    try:
        kept = read(_Kept, raw.encode("utf-8", "replace")).root
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise Unparsable(f"An update of an http channel is not as expected: {where}: {first['msg']}.") from error
    if isinstance(kept, _Message):
        return _said(channel, update, kept, at)
    chat = kept.body.chat or kept.body.sender.id
    if isinstance(kept, _Edit):
        text, parts = kept.body.text.replace("\x00", "\ufffd"), kept.body.parts(kept.body.text)
        return ClientEdited(update, channel, chat, kept.message, text, _believed(kept.body.at, at), parts)
    if isinstance(kept, _Deletion):
        return ClientDeleted(update, channel, chat, kept.message, _believed(kept.body.at, at))
    if isinstance(kept, _Reaction):
        when = _believed(kept.body.at, at)
        return ClientReacted(update, channel, chat, kept.message, kept.body.emoji.replace("\x00", ""), when)
    if isinstance(kept, _Rating):
        return ClientRated(update, channel, chat, kept.body.score, at, kept.body.comment.replace("\x00", "\ufffd"))
    return ClientEnded(update, channel, chat, at)


def _said(channel: str, update: str, kept: _Message, at: datetime) -> ClientMessage:
    body = kept.body
    if len(kept.files) != len(body.attachments):
        raise Unparsable("An update of an http channel names attachments that are not described in it.")
    files = tuple(Attachment(file.id, file.name, file.media_type, file.size) for file in kept.files)
    return ClientMessage(
        update,
        channel,
        body.chat or body.sender.id,
        _sender(channel, body.sender),
        body.text.replace("\x00", "\ufffd"),
        _believed(body.at, at),
        external_id=body.id,
        attachments=files,
        entities=body.parts(body.text),
        reply_to=body.reply_to or "",
        album=body.album or "",
    )


def _sender(channel: str, person: Person) -> Sender:
    return Sender(
        Identity(KIND, channel, person.id),
        name=one_line(person.name),
        language=person.language if _LANGUAGE.fullmatch(person.language) else "",
        timezone=person.timezone if zone_named(person.timezone) else "",
        phone=one_line(person.phone),
        email=one_line(person.email),
        facts={one_line(name): one_line(value) for name, value in person.facts.items()},
    )


def _believed(said: datetime | None, received: datetime) -> datetime:
    """Return when something was done: what the system says, but never after the hub heard of it."""
    if said is None or said >= received:
        return received
    return max(said, _EPOCH).astimezone(UTC)


def one_line(text: str) -> str:
    """Return a name without control characters and line breaks."""
    return _CONTROL.sub(" ", text).strip()


def file_view(file: Attachment) -> answers.File:
    """Return how the system is shown a file."""
    return answers.File(file.id, file.name, file.media_type, file.size)


def fetched_view(outgoing: Outgoing) -> answers.Fetched:
    """Return how a delivery looks that is fetched."""
    it = outgoing.delivery
    return answers.Fetched(
        id=it.id,
        action=it.action,
        chat=it.chat,
        conversation=it.conversation,
        message=_message_view(it, outgoing.message),
        cursor=outgoing.cursor,
    )


def envelope(it: Delivery, message: Message) -> bytes:
    """Return the body of a webhook."""
    said = _message_view(it, message)
    data = answers.Pushed(id=it.id, action=it.action, chat=it.chat, conversation=it.conversation, message=said)
    return encoded(answers.Posted("delivery", said.at, data))


def _message_view(delivery: Delivery, message: Message) -> answers.Message:
    kind = _KINDS[message.kind]
    return answers.Message(
        id=message.id,
        n=message.n,
        kind=kind,
        author=_ended_by(message) if kind == "closed" else answers.Author(message.author.kind, message.author.name),
        text="" if kind == "closed" else message.text,
        at=message.at.isoformat(timespec="milliseconds"),
        attachments=[_linked(file, delivery) for file in message.attachments],
        choices=message.choices,
        entities=[answers.ShownPart(it.kind, it.start, it.length, it.url) for it in message.entities],
        reply_to=delivery.reply_external or message.reply_to,
        reactions=[*dict.fromkeys(emoji for who, emoji in message.reactions.items() if who != CLIENT)],
        own_id=delivery.external_id if delivery.external_id != message.id else "",
    )


def _ended_by(message: Message) -> answers.Author:
    """Return who closed a conversation; the bot does when it has been silent for long."""
    who = {"closed_by_client": AuthorKind.CLIENT, "closed_by_operator": AuthorKind.OPERATOR}
    return answers.Author(who.get(message.text, AuthorKind.BOT), message.data.get("name", ""))


def _linked(file: Attachment, delivery: Delivery) -> answers.LinkedFile:
    place = f"{API}/channels/{delivery.channel}/files/{quote(file.id, safe='')}"
    url = f"{place}?chat={quote(delivery.chat, safe='')}"
    return answers.LinkedFile(file.id, file.name, file.media_type, file.size, url)


def encoded(answer: answers.Answer) -> bytes:
    """Return JSON."""
    return msgspec.json.encode(answer)
