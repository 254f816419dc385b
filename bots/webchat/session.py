"""One connection: what a visitor's window says, and what it is answered."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from bots.webchat.catalogue import closest, say
from bots.webchat.frames import (
    FRAME_LIMIT,
    End,
    Frame,
    Hello,
    Lasting,
    Malformed,
    Rate,
    Read,
    Received,
    Say,
    Typing,
    decode,
)
from bots.webchat.mapping import MAX_TEXT, Visitor, clean, file_frame, update_of
from bots.webchat.running import Running
from bots.webchat.screen import Screen, TooSlow
from router.errors import HubError, Retryable
from router.media import Attachment
from router.rates import Buckets
from router.rates import Rate as Flow

#: frames of any kind; faster than this is no person
_FRAMES = Flow(per_minute=1800, burst=150)
#: operators are told of typing this often at most
_TYPING = Flow(per_minute=60, burst=1)
#: how soon the widget sends again what could not be taken
_TRY_AGAIN = timedelta(seconds=2)
_log = structlog.get_logger(__name__)


class Refused(Exception):
    """A frame that cannot be taken; `code` is the key of the sentence that says why."""

    def __init__(self, code: str, retry_after: float | None = None, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after
        self.values = values


class Flood(Exception):
    """Frames come faster than anybody types."""


class Session:
    """Listens to one window and keeps its screen up to date, until either side leaves."""

    def __init__(self, running: Running, ws: web.WebSocketResponse, visitor: Visitor, address: str) -> None:
        self.screen = Screen(ws, running.host, visitor.id, lambda file: running.link(visitor.id, file))
        self._running = running
        self._ws = ws
        self._visitor = visitor
        self._address = address
        self._language = closest(visitor.language)
        self._frames = Buckets(_FRAMES, running.host.clock.now)
        self._typing = Buckets(_TYPING, running.host.clock.now)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Say goodbye; the widget will come back to resume."""
        self._stopping.set()

    async def run(self) -> None:
        """Serve the window until it leaves, falls behind, or is stopped; then close the connection."""
        tasks = [asyncio.create_task(work) for work in (self._listen(), self.screen.keep(), self._stopping.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        failures = [end for end in ends if isinstance(end, Exception)]
        await self._ws.close(code=self._farewell(failures), drain=False)

    def _farewell(self, failures: list[Exception]) -> int:
        for failure in failures:
            if isinstance(failure, TooSlow | HubError):
                return WSCloseCode.TRY_AGAIN_LATER
            if isinstance(failure, Flood):
                return WSCloseCode.POLICY_VIOLATION
            if not isinstance(failure, ConnectionError):
                _log.error("webchat_session_failed", channel=self._running.name, exc_info=failure)
                return WSCloseCode.INTERNAL_ERROR
        return WSCloseCode.GOING_AWAY

    async def _listen(self) -> None:
        async for message in self._ws:
            if message.type is WSMsgType.TEXT:
                await self._hear(message.data)
            elif message.type is WSMsgType.BINARY:
                await self._refuse("", Refused("malformed", reason="binary frames are not used here"))

    async def _hear(self, text: str) -> None:
        if self._frames.wait(""):
            raise Flood
        self._frames.take("")
        if len(text) > FRAME_LIMIT or len(text.encode()) > FRAME_LIMIT:
            await self._refuse("", Refused("frame_too_large", limit=FRAME_LIMIT))
            return
        try:
            frame = decode(text)
        except Malformed as error:
            await self._refuse(error.id, Refused("malformed", reason=error))
        else:
            await self._take(frame)

    async def _take(self, frame: Frame) -> None:
        match frame:
            case Say() | Rate() | End():
                await self._keep(frame)
            case Typing():
                self._type()
            case Received(cursor):
                await self.screen.receipts.received(cursor)
            case Read(cursor):
                await self.screen.receipts.read(cursor)
            case Hello():
                await self._refuse("", Refused("greeted"))

    async def _keep(self, frame: Lasting) -> None:
        """Put what was said into the ledger, and only then acknowledge it."""
        try:
            files = await self._check(frame)
            new = await self._running.host.receive([update_of(self._visitor, frame, files)])
        except Refused as refused:
            await self._refuse(frame.id, refused)
        except Retryable as error:
            after = (error.after or _TRY_AGAIN).total_seconds()
            await self._refuse(frame.id, Refused("busy", retry_after=after))
        else:
            if isinstance(frame, Say) and any(new):
                self._echo(frame, files)
            await self.screen.write({"type": "ack", "id": frame.id})

    async def _check(self, frame: Lasting) -> list[Attachment]:
        """Return the message's files. Raises `Refused`."""
        files = []
        if isinstance(frame, Say):
            if len(frame.text) > MAX_TEXT:
                raise Refused("text_too_long", length=len(frame.text), limit=MAX_TEXT)
            if not frame.text.strip() and not frame.files:
                raise Refused("message_empty")
            files = [await self._find(file) for file in frame.files]
        wait = self._running.allowance.spend(self._visitor.id, self._address)
        if wait:
            raise Refused("rate_limited", retry_after=wait, seconds=math.ceil(wait))
        return files

    async def _find(self, file: str) -> Attachment:
        found = await self._running.host.files.find(file, channel=self._running.name, chat=self._visitor.id)
        if found is None:
            raise Refused("file_unknown")
        return found

    def _echo(self, frame: Say, files: list[Attachment]) -> None:
        """Show the message in the visitor's other windows before the hub has decided on it."""
        echo: Mapping[str, Any] = {
            "type": "echo",
            "own": frame.id,
            "text": clean(frame.text),
            "at": self._running.host.clock.now().isoformat(timespec="milliseconds"),
            "files": [file_frame(file, self._running.link(self._visitor.id, file.id)) for file in files],
        }
        for screen in self._running.visits.screens(self._visitor.id, besides=self):
            screen.echo(echo)

    def _type(self) -> None:
        if not self._typing.wait(""):
            self._typing.take("")
            self._running.host.typing(self._visitor.id)

    async def _refuse(self, frame: str, refused: Refused) -> None:
        error: dict[str, Any] = {"type": "error", "code": refused.code}
        if frame:
            error["id"] = frame
        if refused.retry_after is not None:
            error["retry_after"] = round(refused.retry_after, 1)
        await self.screen.write({**error, "text": say(refused.code, self._language, **refused.values)})
