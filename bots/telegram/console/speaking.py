"""What operators write: to the client, or to staff only; what they change about it, and reactions."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

from msgspec import to_builtins
from msgspec.structs import replace

from bots.telegram.client import LARGEST_DOWNLOAD
from bots.telegram.console.buttons import button, keyboard
from bots.telegram.console.records import ASKED, Said, asked_key, packed, said_key, unpacked
from bots.telegram.console.request import Request
from bots.telegram.console.words import Rich
from bots.telegram.content import shown_as_text
from bots.telegram.media import attachments_of
from bots.telegram.reading import Json, listed, words
from bots.telegram.text import from_telegram
from router.consoles import said_with
from router.errors import Conflict, Rejected, Retryable
from router.media import Attachment, Entity
from router.model import Conversation, Message
from router.notebooks import Entry
from router.store import Filter

_COMMAND = re.compile(r"/\w+(@\w+)?\s*")
#: conversations to choose among
_CHOICES = 20


async def to_client(request: Request, messages: Sequence[Json]) -> None:
    """Have what an operator wrote said to the client of the conversation it belongs to, or ask which that is."""
    it = await request.conversation()
    if it is None and request.is_aside:
        return
    if it is None and not request.topic:
        held = await _held(request)
        if len(held) > 1:
            await _ask(request, messages, held)
            return
        it = held[0] if held else None
    if it is None:
        await request.reply(request.words("nowhere"))
        return
    await say(request, it, messages)


async def _held(request: Request) -> list[Conversation]:
    host, wanted = request.office.host, Filter(operator=request.operator, states=("open", "waiting"))
    found = await host.list_conversations(wanted, limit=_CHOICES)
    return [it for it in found if "reply" in host.allowed(it, request.operator)]


async def _ask(request: Request, messages: Sequence[Json], held: Sequence[Conversation]) -> None:
    """Ask whom something is for; it waits in the notebook meanwhile."""
    host = request.office.host
    text = json.dumps({"key": request.key, "messages": list(messages)})
    await host.notes.write({asked_key(request.place.chat, request.tg): Entry(text, host.clock.now() + ASKED)})
    choices = [button(request.artist.client(it), "to", it.id, str(request.tg)) for it in held]
    await request.tell(request.words("ask.which"), keyboard(choices, 1))


async def chosen(request: Request, it: Conversation, tg: str) -> None:
    """Say what waited to the client who was chosen."""
    key = asked_key(request.place.chat, int(tg) if tg.isdecimal() else 0)
    found = await request.office.host.notes.get(key)
    if found is None:
        await request.reply(request.words("ask.gone"), alert=True)
        return
    asked: dict[str, Any] = json.loads(found)
    original = Request(
        request.office,
        asked["key"],
        request.operator,
        request.user,
        request.place,
        asked["messages"][0],
        request.at,
    )
    if await say(original, it, asked["messages"]):
        await request.place.sender.edit(
            request.tg, Rich(request.words("ask.sent", client=request.artist.client(it))), None
        )
        await request.office.host.notes.write({key: None})
    await request.reply("")


async def say(request: Request, it: Conversation, messages: Sequence[Json], *, kind: str = "reply") -> bool:
    """Say something in a conversation, as a `reply` to the client or as a `note` or `whisper` to staff."""
    text, entities = _words(request, messages)
    try:
        files = await _files(request, it, messages)
    except Rejected as error:
        await request.reply(request.words("too_large", reason=str(error)))
        return False
    body: dict[str, object] = {"conversation": it.id, "text": text, "attachments": to_builtins(files)}
    if kind == "reply":
        meant = await request.meant() if request.topic else None
        more = {"entities": to_builtins(entities), "reply_to": meant.id if meant is not None else ""}
        body |= {"type": "reply", **more}
    else:
        body |= {"type": "note", "kind": kind}
    await _remember(request, it, messages)
    return await request.carry_out(body)


async def _remember(request: Request, it: Conversation, messages: Sequence[Json]) -> None:
    """Write down which messages of the chat the command stands for, before anybody can see what comes of it."""
    host = request.office.host
    numbers = tuple(int(each["message_id"]) for each in messages)
    said = packed(Said(it.id, request.operator, request.key, numbers), host.clock.now() + 2 * ASKED)
    await host.notes.write({said_key(request.place.chat, it.id, numbers[0]): said})


def _words(request: Request, messages: Sequence[Json]) -> tuple[str, tuple[Entity, ...]]:
    """Return what was written, without a command in front, with how parts of it are shown."""
    for message in messages:
        field = "text" if message.get("text") is not None else "caption"
        text = words(message, field)
        if text:
            entities = "entities" if field == "text" else "caption_entities"
            return without_command(text, from_telegram(text, message.get(entities)))
    return shown_as_text(messages[0], request.language), ()


def without_command(text: str, entities: Sequence[Entity] = ()) -> tuple[str, tuple[Entity, ...]]:
    """Return a text without a command in front of it."""
    found = _COMMAND.match(text)
    cut = found.end() if found else 0
    moved = (replace(it, start=it.start - cut) for it in entities if it.start >= cut)
    return text[cut:], tuple(moved)


async def _files(request: Request, it: Conversation, messages: Sequence[Json]) -> tuple[Attachment, ...]:
    """Return the files of messages, kept by the hub, each once. Raises `Rejected` and `Retryable`."""
    wanted = [
        (file, f"{request.operator} {request.key} {n}")
        for n, message in enumerate(messages)
        for file in attachments_of(message, f"{request.key}:{n}")
    ]
    kept = [await _file(request, it, file, key) for file, key in wanted]
    return tuple(kept)


async def _file(request: Request, it: Conversation, file: Attachment, key: str) -> Attachment:
    files = request.office.host.files
    found = await files.kept_under(key)
    if found is None:
        chunks = _fetched(request, file)
        try:
            found = await files.put(
                chunks, name=file.name, channel=it.channel, chat=it.chat, limit=LARGEST_DOWNLOAD, key=key
            )
        except Conflict as error:
            raise Retryable("The file is being kept already.") from error
    return replace(found, kind=file.kind, duration=file.duration)


async def _fetched(request: Request, file: Attachment) -> AsyncIterator[bytes]:
    async for chunk in request.office.line.client.download(file.source):
        yield chunk


async def edited(request: Request) -> None:
    """Have the client see what an operator has made of their own message."""
    message = await _own(request, request.tg)
    if message is None or words(request.message, "text").startswith("/"):
        return
    field = "text" if request.message.get("text") is not None else "caption"
    text = words(request.message, field)
    shown = request.message.get("entities" if field == "text" else "caption_entities")
    entities = to_builtins(from_telegram(text, shown))
    body = {"type": "edit", "conversation": message.conversation, "message": message.id, "text": text}
    request.place.painter.marker.echoes[message.id] = text
    outcome = await request.office.host.command(request.operator, request.key, {**body, "entities": entities})
    if outcome.refused:
        await request.reply(request.words("edited.not", why=request.refusal(outcome)))


async def _own(request: Request, tg: int) -> Message | None:
    """Return what an operator's own message in the chat became, also when that is not drawn yet."""
    host, shown = request.office.host, await request.shown(tg)
    if shown is not None:
        found = await host.messages_by_id(shown.messages) if shown.own else {}
        return next(iter(found.values()), None)
    prefix = f"said:{request.place.chat}:"
    for text in (await host.notes.read(prefix)).values():
        said = unpacked(text, Said)
        if tg in said.tg:
            latest = await host.messages(said.conversation)
            return next((it for it in latest if said_with(it, said.operator, said.key)), None)
    return None


async def taken_back(request: Request) -> None:
    """Take back the message that is answered, from the client, too."""
    message = await request.meant() or await _own(request, request.answered)
    if message is None:
        await request.reply(request.words("no_message"))
        return
    request.place.painter.marker.echoes[message.id] = ""
    body = {"type": "retract", "conversation": message.conversation, "message": message.id}
    await request.carry_out(body, "deleted")


async def reacted(request: Request, change: Json) -> None:
    """Have the client see an operator's reaction to what was said."""
    shown = await request.shown(request.tg)
    if shown is None or not shown.messages:
        return
    new = [words(it, "emoji") for it in listed(change, "new_reaction") if it.get("type") == "emoji"]
    body = {"type": "react", "conversation": shown.conversation, "message": shown.messages[-1]}
    await request.carry_out({**body, "emoji": new[-1] if new else ""})


def text_of(message: Json) -> str:
    """Return what a message says, in its text or below its file."""
    return words(message, "text") or words(message, "caption")
