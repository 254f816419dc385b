"""Draws what was said in a conversation, in order: what is new, and what there was before the reader came."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

import structlog
from msgspec.structs import replace

from bots.telegram.console.drawing import Artist
from bots.telegram.console.marking import drawn, is_watched
from bots.telegram.console.news import own_of, until_left
from bots.telegram.console.records import REMEMBERED, Mark, Said, Shown, Thread, at_key, packed, shown_key, unpacked
from bots.telegram.console.sender import Sender
from router.consoles import ConsoleHost
from router.errors import Rejected
from router.model import AuthorKind, Conversation, Message, MessageKind
from router.notebooks import Entry

_log = structlog.get_logger(__name__)
#: messages drawn at most when much was missed, and characters put together into one message
_MISSED, _TOGETHER = 200, 3000
#: messages of the past whose files are drawn; those of others are links
_PAST_FILES = 3
#: the reactions on an operator's own words that only staff see
_NOTED = {MessageKind.NOTE: "✍", MessageKind.WHISPER: "🙊"}
#: remembers how far a conversation is drawn, together with what was drawn
Keep = Callable[[Thread, dict[str, Entry | None]], Awaitable[None]]


class Teller:
    """Draws what was said, in one chat."""

    def __init__(self, host: ConsoleHost, sender: Sender, artist: Artist, keep: Keep) -> None:
        self._host = host
        self._sender = sender
        self._artist = artist
        self._keep = keep
        self._chat = sender.chat

    async def catch_up(self, it: Conversation, thread: Thread, *, parting: bool, past: int) -> Thread:
        """Draw what was said since, several short messages together; `parting` stops where the reader lost it.

        Up to the number `past` it is what the reader comes to: drawn without a sound, and without what happened.
        """
        news = await self._news(it, thread, past)
        said = await self._said(it.id) if any(m.author.kind is AuthorKind.OPERATOR for m in news) else []
        together: list[Message] = []
        for message in until_left(news) if parting else news:
            own = own_of(message, said)
            alone = own is not None or bool(message.attachments) or bool(message.reply_to)
            if together and (alone or sum(len(m.text) for m in together) + len(message.text) > _TOGETHER):
                thread, together = await self._flush(it, thread, together, past), []
            if own is not None:
                thread = await self._own(thread, message, own)
            elif alone:
                thread = await self._message(it, thread, message)
            else:
                together.append(message)
        thread = await self._flush(it, thread, together, past) if together else thread
        # What is said after the reader has lost it is theirs to see when it comes back.
        return thread if parting else replace(thread, told=max(thread.told, it.n))

    async def _news(self, it: Conversation, thread: Thread, past: int) -> Sequence[Message]:
        missed = min(max(it.n - thread.told, 0), _MISSED)
        found = await self._host.messages(it.id, before=it.n + 1, limit=missed) if missed else []
        news = [m for m in found if m.n > thread.told and (m.n > past or m.kind is not MessageKind.EVENT)]
        filed = [m.id for m in news if m.n <= past and any(file.is_here for file in m.attachments)]
        linked = set(filed[:-_PAST_FILES])
        return [self._with_links(m) if m.id in linked else m for m in news]

    async def _said(self, conversation: str) -> list[tuple[str, Said]]:
        found = await self._host.notes.read(f"said:{self._chat}:{conversation}:")
        return [(key, unpacked(text, Said)) for key, text in found.items()]

    async def _own(self, thread: Thread, message: Message, own: tuple[str, Said]) -> Thread:
        """Know which message in the chat an operator's own words are."""
        key, said = own
        shown = self._entry(Shown(thread.conversation, (message.id,), own=True))
        kept: dict[str, Entry | None] = {shown_key(self._chat, tg): shown for tg in said.tg}
        kept |= {at_key(self._chat, message.id): self._at(said.tg[0]), key: None}
        marks = thread.marks
        if is_watched(message):
            marks = {**marks, message.id: Mark(said.tg[0], own=True)}
        elif message.kind in _NOTED:
            await self._sender.react(said.tg[0], _NOTED[message.kind])
        thread = replace(thread, told=message.n, marks=marks)
        await self._keep(thread, kept)
        return thread

    async def _flush(self, it: Conversation, thread: Thread, messages: Sequence[Message], past: int) -> Thread:
        rich = drawn(self._artist.within(thread.topic), messages, it)
        quiet = all(m.kind is MessageKind.EVENT or m.n <= past for m in messages)
        tg = await self._sender.text(rich, thread.topic, quiet=quiet) if rich.text.strip() else 0
        return await self._told(thread, messages, [tg] if tg else [], Shown(it.id, tuple(m.id for m in messages)))

    async def _message(self, it: Conversation, thread: Thread, message: Message) -> Thread:
        """Draw one message by itself: it has files, or answers another one."""
        rich, answers = self._artist.within(thread.topic).message(message, it), await self._answered(message)
        ids: list[int] = []
        if any(file.is_here for file in message.attachments):
            try:
                ids = await self._sender.files(message, rich, thread.topic, answers=answers)
            except Rejected as error:
                _log.info("console.file_refused", reason=str(error))
                rich.add("\n" + "\n".join(self._links(message)))
        caption = bool(ids)
        if not ids:
            ids = [await self._sender.text(rich, thread.topic, answers=answers)]
        lacks = any(not file.is_here and not file.trouble for file in message.attachments)
        shown = Shown(it.id, (message.id,), caption=caption, lacks=lacks)
        return await self._told(thread, [message], ids, shown)

    def _links(self, message: Message) -> Iterable[str]:
        return (f"📎 {file.name}: {self._host.link(file)}" for file in message.attachments if file.is_here)

    def _with_links(self, message: Message) -> Message:
        """Return a message that names its files instead of bearing them."""
        lines = filter(None, (message.text, *self._links(message)))
        rest = tuple(file for file in message.attachments if not file.is_here)
        return replace(message, text="\n".join(lines), attachments=rest)

    async def _answered(self, message: Message) -> int:
        at = await self._host.notes.get(at_key(self._chat, message.reply_to)) if message.reply_to else None
        return int(at) if at is not None else 0

    async def _told(self, thread: Thread, messages: Sequence[Message], ids: Sequence[int], shown: Shown) -> Thread:
        marks = dict(thread.marks)
        kept: dict[str, Entry | None] = {shown_key(self._chat, tg): self._entry(shown) for tg in ids}
        for message in messages if ids else ():
            kept[at_key(self._chat, message.id)] = self._at(ids[0])
            if is_watched(message):
                marks[message.id] = Mark(ids[0], own=False)
        thread = replace(thread, told=max(thread.told, messages[-1].n), marks=marks)
        await self._keep(thread, kept)
        return thread

    def _entry(self, shown: Shown) -> Entry:
        return packed(shown, self._host.clock.now() + REMEMBERED)

    def _at(self, tg: int) -> Entry:
        return Entry(str(tg), self._host.clock.now() + REMEMBERED)
