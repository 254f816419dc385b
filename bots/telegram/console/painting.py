"""Brings what a chat shows of one conversation up to date, from wherever it stands."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import structlog
from aiogram.types import InlineKeyboardMarkup
from msgspec.structs import replace

from bots.telegram.console import buttons
from bots.telegram.console.drawing import Artist
from bots.telegram.console.marking import Marker, drawn, is_watched
from bots.telegram.console.news import own_of, until_left
from bots.telegram.console.office import Office
from bots.telegram.console.progress import Progress
from bots.telegram.console.records import (
    REMEMBERED,
    Mark,
    Said,
    Shown,
    Thread,
    at_key,
    packed,
    shown_key,
    thread_key,
    unpacked,
)
from bots.telegram.console.rooms import Rooms
from bots.telegram.console.sender import Sender, TopicGone
from bots.telegram.console.words import Rich
from router.errors import Rejected
from router.ids import derive
from router.model import AuthorKind, Conversation, Message, MessageKind, State
from router.notebooks import Entry

_log = structlog.get_logger(__name__)
#: messages of the past drawn with a conversation, and files among them
_PAST, _PAST_FILES = 40, 3
#: messages drawn at most when much was missed, and characters put together into one message
_MISSED, _TOGETHER = 200, 3000
_HELD = {State.OPEN, State.WAITING}
#: the reactions on an operator's own words that only staff see
_NOTED = {MessageKind.NOTE: "✍", MessageKind.WHISPER: "🙊"}


class Painter:
    """Draws conversations in one chat."""

    def __init__(self, office: Office, sender: Sender, artist: Artist, rooms: Rooms, progress: Progress) -> None:
        self._office = office
        self._host = office.host
        self._sender = sender
        self._artist = artist
        self._rooms = rooms
        self._progress = progress
        self._chat = sender.chat
        self.marker = Marker(office.host, sender, artist)
        self.threads: dict[str, Thread] = {}

    async def load(self) -> None:
        """Read what was drawn before."""
        found = await self._host.notes.read(thread_key(self._chat, ""))
        self.threads = {it.conversation: it for it in (unpacked(text, Thread) for text in found.values())}

    def role(self, it: Conversation) -> str:
        """Return what a conversation is to the reader: `offered`, `theirs`, or nothing."""
        reader = self._artist.reader
        known = self.threads.get(it.id)
        if it.state is State.OFFERED:
            mine = not reader or reader in it.offered
            return "offered" if mine else "theirs" if reader in it.joined else ""
        if it.state in _HELD:
            return "theirs" if not reader or reader == it.operator or reader in it.joined else ""
        if it.state is State.CLOSED and known is not None and known.active and known.head:
            return "theirs" if not reader or reader == it.operator or reader in it.joined else ""
        return "theirs" if reader and reader in it.joined else ""

    async def paint(self, id_: str, changed: Collection[str]) -> bool:
        """Bring a conversation up to date; return whether its head may say something else now."""
        it = await self._host.conversation(id_)
        known = self.threads.get(id_)
        role = self.role(it) if it is not None else ""
        if it is None or (known is None and not role):
            return False
        thread = known or Thread(id_, it.client)
        for _ in range(3):
            try:
                await self._drawn(it, thread, role, changed)
            except TopicGone:
                await self._rooms.lost(it.client)
                thread = replace(self.threads.get(id_, thread), topic=await self._room(it), head=0)
            else:
                break
        return bool(self.threads[id_].head)

    async def _drawn(self, it: Conversation, thread: Thread, role: str, changed: Collection[str]) -> None:
        told = thread.told
        if role == "offered":
            thread = await self._offered(it, thread)
        elif thread.offer:
            thread = await self._offer_over(it, thread)
        if role == "theirs":
            thread = await self._begun(it, thread)
        if role == "theirs" or (thread.active and thread.head):
            thread = await self._caught_up(it, thread, parting=role != "theirs")
        thread = replace(thread, active=bool(role))
        if changed and thread.head:
            found = await self._host.messages_by_id(changed)
            drawn_before = [message.id for message in found.values() if message.n <= told]
            await self.marker.changed(it, thread, drawn_before)
        await self._keep(await self.marker.deliveries(thread))

    # Offers

    async def _offered(self, it: Conversation, thread: Thread) -> Thread:
        until = it.timers.get("offer")
        if thread.offer and thread.offer_until == until:
            return replace(thread, told=thread.told)
        rich = await self.offer(it)
        tg = await self._sender.text(rich, buttons=buttons.offer(self._artist.language, it.id))
        kept = replace(thread, offer=tg, offer_until=until, active=True)
        await self._keep(kept, {shown_key(self._chat, tg): self._entry(Shown(it.id))})
        return kept

    async def offer(self, it: Conversation) -> Rich:
        """Return an offer as it reads now."""
        said = await self._host.messages(it.id, limit=_PAST)
        until = it.timers.get("offer")
        left = until - self._host.clock.now() if until is not None else None
        return self._artist.offer(it, said, left)

    async def _offer_over(self, it: Conversation, thread: Thread) -> Thread:
        await self._sender.edit(thread.offer, self._artist.offer_over(it), None)
        kept = replace(thread, offer=0, offer_until=None)
        await self._keep(kept)
        return kept

    # What the reader takes part in

    async def _room(self, it: Conversation) -> int:
        return await self._rooms.room(it, self._artist.client(it))

    async def _begun(self, it: Conversation, thread: Thread) -> Thread:
        """Draw the head and what was said before, once."""
        if thread.head and thread.active:
            return thread
        topic = await self._room(it)
        past = [m for m in await self._host.messages(it.id, limit=_PAST) if m.n <= it.n]
        past = [m for m in past if m.n > thread.told] if thread.head else past
        head, markup, digest = self.head(it)
        tg = await self._sender.text(head, topic, buttons=markup)
        told = past[-1].n if past else thread.told
        thread = replace(thread, head=tg, head_says=digest, topic=topic, told=told, active=True)
        await self._keep(thread, {shown_key(self._chat, tg): self._entry(Shown(it.id))})
        await self._past(it, thread, past)
        return thread

    async def _past(self, it: Conversation, thread: Thread, past: Sequence[Message]) -> None:
        talk = [m for m in past if m.kind is not MessageKind.EVENT]
        rich = self._artist.quoted(talk, it, 10)
        if rich.text:
            tg = await self._sender.text(rich, thread.topic, quiet=True)
            shown = Shown(it.id, tuple(m.id for m in talk[-1:]))
            await self._keep(thread, {shown_key(self._chat, tg): self._entry(shown)})
        for message in [m for m in talk if any(file.is_here for file in m.attachments)][-_PAST_FILES:]:
            await self._message(it, thread, message)

    def head(self, it: Conversation) -> tuple[Rich, InlineKeyboardMarkup, str]:
        """Return the message with the buttons, these, and a digest of both."""
        reader = self._artist.reader or it.operator
        allowed = self._host.allowed(it, reader) if reader else frozenset({"take"})
        rich = self._artist.head(it, ())
        markup = buttons.head(self._artist.language, it.id, allowed, promised=it.promise is not None)
        return rich, markup, derive(rich.text, markup.model_dump_json())

    async def refresh(self, id_: str) -> None:
        """Have the head, or the offer, say how things stand now."""
        it, thread = await self._host.conversation(id_), self.threads.get(id_)
        if it is None or thread is None:
            return
        if thread.offer and self.role(it) == "offered":
            markup = buttons.offer(self._artist.language, it.id)
            await self._sender.edit(thread.offer, await self.offer(it), markup)
        elif thread.head:
            head, found, digest = self.head(it)
            if digest != thread.head_says:
                await self._sender.edit(thread.head, head, found)
                await self._keep(replace(thread, head_says=digest))
            await self._rooms.rename(it, self._artist.client(it))

    # Messages

    async def _caught_up(self, it: Conversation, thread: Thread, *, parting: bool) -> Thread:
        """Draw what was said since, in order, several short messages together."""
        missed = min(max(it.n - thread.told, 0), _MISSED)
        if not missed:
            return thread
        news = [m for m in await self._host.messages(it.id, before=it.n + 1, limit=missed) if m.n > thread.told]
        said = await self._said(it.id) if any(m.author.kind is AuthorKind.OPERATOR for m in news) else []
        together: list[Message] = []
        for message in until_left(news) if parting else news:
            own = own_of(message, said)
            alone = own is not None or bool(message.attachments) or bool(message.reply_to)
            if together and (alone or sum(len(m.text) for m in together) + len(message.text) > _TOGETHER):
                thread, together = await self._flush(it, thread, together), []
            if own is not None:
                thread = await self._own(thread, message, own)
            elif alone:
                thread = await self._message(it, thread, message)
            else:
                together.append(message)
        thread = await self._flush(it, thread, together) if together else thread
        return replace(thread, told=max(thread.told, it.n))

    async def _said(self, conversation: str) -> list[tuple[str, Said]]:
        found = await self._host.notes.read(f"said:{self._chat}:{conversation}:")
        return [(key, unpacked(text, Said)) for key, text in found.items()]

    async def _own(self, thread: Thread, message: Message, own: tuple[str, Said]) -> Thread:
        """Know which message in the chat an operator's own words are."""
        key, said = own
        kept: dict[str, Entry | None] = {
            shown_key(self._chat, tg): self._entry(Shown(thread.conversation, (message.id,), own=True))
            for tg in said.tg
        }
        kept |= {at_key(self._chat, message.id): Entry(str(said.tg[0]), self._until()), key: None}
        marks = thread.marks
        if is_watched(message):
            marks = {**marks, message.id: Mark(said.tg[0], own=True)}
        elif message.kind in _NOTED:
            await self._sender.react(said.tg[0], _NOTED[message.kind])
        thread = replace(thread, told=message.n, marks=marks)
        await self._keep(thread, kept)
        return thread

    async def _flush(self, it: Conversation, thread: Thread, messages: Sequence[Message]) -> Thread:
        rich = drawn(self._artist, messages, it)
        quiet = all(m.kind is MessageKind.EVENT for m in messages)
        tg = await self._sender.text(rich, thread.topic, quiet=quiet) if rich.text.strip() else 0
        return await self._told(thread, messages, [tg] if tg else [], Shown(it.id, tuple(m.id for m in messages)))

    async def _message(self, it: Conversation, thread: Thread, message: Message) -> Thread:
        """Draw one message by itself: it has files, or answers another one."""
        rich, answers = self._artist.message(message, it), await self._answered(message)
        here = any(file.is_here for file in message.attachments)
        ids: list[int] = []
        if here:
            try:
                ids = await self._sender.files(message, rich, thread.topic, answers=answers)
            except Rejected as error:
                _log.info("console.file_refused", reason=str(error))
                links = [f"📎 {file.name}: {self._host.link(file)}" for file in message.attachments if file.is_here]
                rich.add("\n" + "\n".join(links))
        if not ids:
            ids, here = [await self._sender.text(rich, thread.topic, answers=answers)], False
        lacks = any(not file.is_here and not file.trouble for file in message.attachments)
        shown = Shown(it.id, (message.id,), caption=here, lacks=lacks)
        return await self._told(thread, [message], ids, shown)

    async def _answered(self, message: Message) -> int:
        at = await self._host.notes.get(at_key(self._chat, message.reply_to)) if message.reply_to else None
        return int(at) if at is not None else 0

    async def _told(self, thread: Thread, messages: Sequence[Message], ids: Sequence[int], shown: Shown) -> Thread:
        marks = dict(thread.marks)
        kept: dict[str, Entry | None] = {shown_key(self._chat, tg): self._entry(shown) for tg in ids}
        for message in messages if ids else ():
            kept[at_key(self._chat, message.id)] = Entry(str(ids[0]), self._until())
            if is_watched(message):
                marks[message.id] = Mark(ids[0], own=False)
        thread = replace(thread, told=max(thread.told, messages[-1].n), marks=marks)
        await self._keep(thread, kept)
        return thread

    async def _keep(self, thread: Thread, more: dict[str, Entry | None] | None = None) -> None:
        """Remember how far a conversation is drawn, together with what was drawn, in one write."""
        if self.threads.get(thread.conversation) == thread and not more:
            return
        key = thread_key(self._chat, thread.conversation)
        await self._host.notes.write({key: self._entry(thread), **(more or {}), **self._progress.entry()})
        self.threads[thread.conversation] = thread

    def _entry(self, it: Thread | Shown) -> Entry:
        return packed(it, self._until())

    def _until(self) -> datetime:
        return self._host.clock.now() + REMEMBERED
