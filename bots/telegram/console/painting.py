"""Brings what a chat shows of one conversation up to date, from wherever it stands."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from aiogram.types import InlineKeyboardMarkup
from msgspec.structs import replace

from bots.telegram.console import buttons
from bots.telegram.console.drawing import Artist
from bots.telegram.console.marking import Marker
from bots.telegram.console.office import Office
from bots.telegram.console.progress import Progress
from bots.telegram.console.records import REMEMBERED, Shown, Thread, packed, shown_key, thread_key, unpacked
from bots.telegram.console.rooms import Rooms
from bots.telegram.console.sender import Sender, TopicGone
from bots.telegram.console.telling import Teller
from bots.telegram.console.words import Rich
from router.ids import derive
from router.model import Conversation, State
from router.notebooks import Entry

#: messages of the past drawn with a conversation
_PAST = 40
_HELD = {State.OPEN, State.WAITING}


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
        self._teller = Teller(office.host, sender, artist, self._keep)
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
            except TopicGone as gone:
                await self._rooms.lost(gone.topic)
                thread = replace(self.threads.get(id_, thread), head=0)
            else:
                break
        return id_ in self.threads and bool(self.threads[id_].head)

    async def _drawn(self, it: Conversation, thread: Thread, role: str, changed: Collection[str]) -> None:
        told, past = thread.told, 0
        if role == "offered":
            thread = await self._offered(it, thread)
        elif thread.offer:
            thread = await self._offer_over(it, thread)
        if role == "theirs":
            if not (thread.head and thread.active):
                thread, past = await self._begun(it, thread)
            await self._rooms.reopen(it)
        if role == "theirs" or (thread.active and thread.head):
            thread = await self._teller.catch_up(it, thread, parting=role != "theirs", past=past)
        thread = replace(thread, active=role == "theirs")
        if changed and thread.head:
            found = await self._host.messages_by_id(changed)
            drawn_before = [message.id for message in found.values() if message.n <= told]
            await self.marker.changed(it, thread, drawn_before)
        await self._keep(await self.marker.deliveries(thread))

    # Offers

    async def _offered(self, it: Conversation, thread: Thread) -> Thread:
        until = it.timers.get("offer")
        if thread.offer and thread.offer_until == until:
            return thread
        rich = await self.offer(it)
        tg = await self._sender.text(rich, buttons=buttons.offer(self._artist.language, it.id))
        kept = replace(thread, offer=tg, offer_until=until)
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

    async def _begun(self, it: Conversation, thread: Thread) -> tuple[Thread, int]:
        """Draw the head; return also the number up to which the rest is what the reader comes to."""
        topic = await self._rooms.room(it, self._artist.client(it))
        head, markup, digest = self.head(it)
        tg = await self._sender.text(head, topic, buttons=markup)
        # Without a head, what was told stood in a topic that is gone: some of it is told again in the new one.
        past = it.n if thread.head or not thread.told else thread.told
        told, former = thread.told if thread.head else max(0, past - _PAST), thread.head
        thread = replace(thread, head=tg, head_says=digest, topic=topic, told=told, active=True)
        await self._keep(thread, {shown_key(self._chat, tg): self._entry(Shown(it.id))})
        if former:
            await self._sender.edit(former, self._artist.goes_on(it), None)
        return thread, past

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
            await self._rooms.show(it, self._artist.client(it))

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
