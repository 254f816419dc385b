"""What one open window shows, kept up to date in order and without gaps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from aiohttp import web

from bots.webchat.mapping import change_frame, entry_frame
from bots.webchat.receipts import Receipts
from router.model import Message
from router.ports import Chat, Entry, Host

#: messages a window is given at first
PAGE = 100
#: messages that may be missed before a window starts afresh instead
MOST_MISSED = 1000
_FRAME_ENTRIES = 25
#: seconds a window may take to read what was written to it before it is closed, to resume when it can
_WRITE_LIMIT = 30.0
#: messages from other windows, and changed ones, that may wait for a slow one
_MOST_WAITING = 100


class TooSlow(Exception):
    """The window does not keep up: close it, it will come back and resume from its cursor."""


class Screen:
    """Pulls news from the hub when told that there are some, so that a slow window never piles up a queue."""

    def __init__(self, ws: web.WebSocketResponse, host: Host, chat: str, link: Callable[[str], str]) -> None:
        self.receipts = Receipts(host)
        self._ws = ws
        self._host = host
        self._chat = chat
        self._link = link
        self._cursor = 0
        self._first: Sequence[Entry] = ()
        self._standing: Mapping[str, object] = {}
        self._news = asyncio.Event()
        self._stale = False
        self._echoes: list[Mapping[str, Any]] = []
        #: changed messages that the window may show as they were, by id
        self._changed: dict[str, Message] = {}
        #: conversation → number of its last message staff have read
        self._read: dict[str, int] = {}
        self._typing: str | None = None

    def refresh(self) -> None:
        """There are new messages."""
        self._stale = True
        self._typing = None
        self._news.set()

    def show_read(self, conversation: str, n: int) -> None:
        """Staff have read the visitor's messages of a conversation up to number `n`."""
        self._read[conversation] = max(n, self._read.get(conversation, 0))
        self.refresh()

    def show_typing(self, name: str) -> None:
        """Somebody is typing."""
        self._typing = name
        self._news.set()

    def echo(self, frame: Mapping[str, Any]) -> None:
        """The visitor wrote in another window."""
        self._echoes.append(frame)
        self._news.set()

    def show_changed(self, message: Message) -> None:
        """A message was edited, deleted or reacted to."""
        self._changed[message.id] = message
        self._news.set()

    async def begin(self, after: int) -> tuple[int, Chat]:
        """Find what the window lacks; return the cursor it goes on from (0: it starts afresh) and the latest page."""
        chat = await self._host.chat(self._chat, limit=PAGE)
        self.receipts.watch(chat.entries)
        self._standing = standing(chat)
        lacking = await self._lacking(after, chat.entries)
        self._first = chat.entries if lacking is None else lacking
        self._cursor = 0 if lacking is None else after
        self._remind(entry.message for entry in chat.entries if entry.cursor <= self._cursor)
        return self._cursor, chat

    def _remind(self, shown: Iterable[Message]) -> None:
        """Tell a window that resumes what may have been edited, deleted or reacted to while it was away."""
        changed = {it.id: it for it in shown if it.edited_at is not None or it.deleted_at is not None or it.reactions}
        # What was heard of since it began to listen may be newer.
        self._changed = changed | self._changed
        self._news.set()

    async def _lacking(self, after: int, latest: Sequence[Entry]) -> Sequence[Entry] | None:
        """Return what came after a cursor, None when the window had better start afresh."""
        if not after or not latest or after > latest[-1].cursor:
            return None
        if len(latest) < PAGE or latest[0].cursor <= after:
            return [entry for entry in latest if entry.cursor > after]
        missed = await self._missed(after)
        return None if missed is None else missed.entries

    async def keep(self) -> None:
        """Show all news until cancelled. Raises `TooSlow`, `ConnectionError`, `Retryable`."""
        await self._show(self._first)
        while True:
            await self._news.wait()
            self._news.clear()
            await self._show_news()

    async def write(self, frame: Mapping[str, Any]) -> None:
        """Send one frame. Raises `TooSlow`, `ConnectionError`."""
        try:
            async with asyncio.timeout(_WRITE_LIMIT):
                await self._ws.send_str(json.dumps(frame, separators=(",", ":")))
        except TimeoutError as error:
            raise TooSlow from error

    async def _show_news(self) -> None:
        if max(len(self._echoes), len(self._changed)) > _MOST_WAITING:
            raise TooSlow
        while self._echoes:
            await self.write(self._echoes.pop(0))
        if self._stale:
            self._stale = False
            await self._show_new()
        if self._changed:
            await self._show_changed()
        while self._read:
            conversation, n = self._read.popitem()
            await self.write({"type": "seen", "conversation": conversation, "n": n})
        if self._typing is not None:
            name, self._typing = self._typing, None
            await self.write({"type": "typing", "name": name})

    async def _show_new(self) -> None:
        chat = await self._missed(self._cursor)
        if chat is None:
            raise TooSlow
        self.receipts.watch(chat.entries)
        await self._show(chat.entries)
        if standing(chat) != self._standing:
            self._standing = standing(chat)
            await self.write({"type": "conversation", **self._standing})

    async def _show_changed(self) -> None:
        changed, self._changed = self._changed, {}
        frames = [change_frame(message, self._links(message)) for message in changed.values()]
        for at in range(0, len(frames), _FRAME_ENTRIES):
            await self.write({"type": "changed", "entries": frames[at : at + _FRAME_ENTRIES]})

    async def _missed(self, after: int) -> Chat | None:
        """Return everything after a cursor, None when it is too much."""
        for limit in (PAGE, MOST_MISSED):
            chat = await self._host.chat(self._chat, after=after, limit=limit)
            if len(chat.entries) < limit:
                return chat
        return None

    async def _show(self, entries: Sequence[Entry]) -> None:
        for at in range(0, len(entries), _FRAME_ENTRIES):
            part = entries[at : at + _FRAME_ENTRIES]
            await self.write({"type": "entries", "entries": [self._frame(entry) for entry in part]})
            self._cursor = part[-1].cursor

    def _frame(self, entry: Entry) -> Mapping[str, Any]:
        return entry_frame(entry, self._links(entry.message))

    def _links(self, message: Message) -> Mapping[str, str]:
        return {file.id: self._link(file.id) for file in message.attachments}


def standing(chat: Chat) -> Mapping[str, object]:
    """Return where a chat's latest conversation stands, as visitors are told."""
    return {"state": chat.state, "operator": chat.operator, "rated": chat.rated}
