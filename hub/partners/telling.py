"""What another hub is told of a conversation: bodies that its http channel takes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from router.catalog import Catalog
from router.media import Attachment
from router.model import AuthorKind, Conversation, Message, MessageKind
from router.people import Client

#: messages of the past that are handed over, and characters of them together
PAST, _MAX_PAST = 50, 12_000
#: what the channel takes in one message
_MAX_TEXT, _MAX_FILES = 20_000, 10


class Told(Struct, frozen=True):
    """One request to the other hub, as it waits to be made."""

    path: Literal["messages", "ends"]
    body: dict[str, Any]
    #: uploaded before; their ids there become the body's attachments
    files: tuple[Attachment, ...] = ()


class Teller:
    """Words things for one partner, in the language of the operator whose work it does."""

    def __init__(self, operator: str, language: str, texts: Catalog, core: Catalog) -> None:
        self._operator = operator
        self._language = language
        self._texts = texts
        self._core = core

    def say(self, key: str, **values: object) -> str:
        """Return a text for the other hub's people."""
        return self._texts.say(self._language, key, **values)

    def handover(self, id_: str, it: Conversation, client: Client | None, line: str, past: Sequence[Message]) -> Told:
        """Say who the client is and what has been said; `past` are the latest messages, oldest first."""
        said = [message for message in past if message.visible and message.deleted_at is None]
        heading = self.say("handover", line=line, name=it.client_name or self.say("client"), channel=it.kind)
        lines = [heading, *self._packet(it), *self._comment(past)]
        if said:
            quoted, complete = _latest(map(self._quoted, said))
            whole = complete and past[0].n == 1
            lines += ["", self.say("so_far" if whole else "left_out"), *quoted]
        files = [file for message in said for file in message.attachments]
        body = self._body(id_, it, client, "\n".join(lines))
        return Told("messages", body, tuple(files[-_MAX_FILES:]))

    def message(self, it: Conversation, client: Client | None, message: Message) -> Told | None:
        """Hand on what a client said, or quote what somebody else said to them; None for what is not for them."""
        ours = message.author.kind is AuthorKind.OPERATOR and message.author.id == self._operator
        if message.kind is not MessageKind.TEXT or message.deleted_at is not None or ours:
            return None
        text = message.text if message.author.kind is AuthorKind.CLIENT else self._quoted(message)
        body = self._body(message.id, it, client, text) | {"at": message.at.isoformat()}
        return Told("messages", body, message.attachments[:_MAX_FILES])

    def over(self, id_: str, it: Conversation, client: Client | None, *, closed: bool) -> tuple[Told, Told]:
        """Say that the conversation is no longer theirs, and end it there."""
        farewell = self._body(id_, it, client, self.say("closed" if closed else "taken_back"))
        return Told("messages", farewell), Told("ends", {"id": id_, "from": {"id": it.client}, "chat": it.id})

    def _body(self, id_: str, it: Conversation, client: Client | None, text: str) -> dict[str, Any]:
        return {"id": id_, "from": _person(it, client), "chat": it.id, "text": text[:_MAX_TEXT]}

    def _packet(self, it: Conversation) -> list[str]:
        if it.handoff is None:
            return []
        reason = self._core.say(self._language, f"event.handoff_{it.handoff.reason}")
        intent = [self.say("intent", intent=it.handoff.intent)] if it.handoff.intent else []
        return [reason, *intent, *(f"{slot}: {value}" for slot, value in it.handoff.slots.items())]

    def _comment(self, past: Sequence[Message]) -> list[str]:
        """Return the comment of the transfer; notes besides stay where they are."""
        moved = [n for n, message in enumerate(past) if message.text == "transferred" and not message.visible]
        before = past[moved[-1] - 1] if moved and moved[-1] else None
        is_comment = before is not None and before.kind is MessageKind.NOTE
        return [self.say("comment", text=before.text)] if before is not None and is_comment else []

    def _quoted(self, message: Message) -> str:
        files = [self.say("file", name=file.name) for file in message.attachments]
        name = message.author.name or self.say("client")
        return self.say("said", name=name, text=" ".join(filter(None, [message.text, *files])))


def _latest(quotes: Iterable[str]) -> tuple[list[str], bool]:
    """Return as many of the latest as fit, oldest first, and whether these are all."""
    kept: list[str] = []
    room, everything = _MAX_PAST, [*quotes]
    for quote in reversed(everything):
        if len(quote) > room:
            break
        room -= len(quote)
        kept.append(quote)
    return kept[::-1], len(kept) == len(everything)


def _person(it: Conversation, client: Client | None) -> dict[str, Any]:
    person: dict[str, Any] = {"id": it.client, "name": it.client_name[:200]}
    if client is None:
        return person
    facts: Mapping[str, str] = {name[:64]: value[:1000] for name, value in [*client.facts.items()][:30] if name}
    known = {"phone": client.phone[:200], "email": client.email[:200], "language": (it.language or client.language)}
    return person | known | {"language": known["language"][:35], "facts": facts}


def packed(told: Told) -> str:
    """Return it as a delivery keeps it."""
    return msgspec.json.encode(told).decode()


def unpacked(body: str) -> Told:
    """Return what a delivery keeps."""
    return msgspec.json.decode(body, type=Told)
