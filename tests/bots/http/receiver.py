"""A strict receiver of webhooks, which can be told to fail in every way that matters."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook

from bots.http.answers import Posted

SECRET = "whsec_" + base64.b64encode(b"thirty-two bytes that stay quiet").decode()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver says to one webhook."""

    status: int = 200
    body: bytes = b'{"id": "ours-1"}'
    headers: dict[str, str] = field(default_factory=dict)
    #: whether it takes what was sent before it answers
    takes: bool = True
    #: `answer`; `hang`: never answer; `hang up`: close without a word; `break off`: close in the middle of the answer
    manner: str = "answer"


@dataclass(slots=True)
class Receiver:
    """Takes what is signed well and shaped well, once for each id when it deduplicates."""

    server: TestServer
    deduplicates: bool = False
    #: what to say next, in order; afterwards everything is taken
    answers: list[Answer] = field(default_factory=list)
    #: what took effect, in order
    taken: list[dict[str, Any]] = field(default_factory=list)
    #: ids of everything that came, in order
    heard: list[str] = field(default_factory=list)
    #: set whenever something came
    stirred: asyncio.Event = field(default_factory=asyncio.Event)
    #: what was wrong with what came
    faults: list[Exception] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)
    _release: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return str(self.server.make_url("/hook"))

    @property
    def texts(self) -> list[str]:
        return [each["message"]["text"] for each in self.taken]

    async def hear(self, request: web.Request) -> web.StreamResponse:
        """Verify, take and answer as told."""
        try:
            id_, data = self._verified(request, await request.read())
        except Exception as fault:
            self.faults.append(fault)
            raise
        self.heard.append(id_)
        self.stirred.set()
        return await self._answer(request, id_, data)

    def _verified(self, request: web.Request, body: bytes) -> tuple[str, dict[str, Any]]:
        said = Webhook(SECRET).verify(body, dict(request.headers))
        assert request.headers["Content-Type"] == "application/json"
        msgspec.convert(said, Posted)
        id_ = request.headers["webhook-id"]
        assert id_ == said["data"]["id"]
        return id_, said["data"]

    async def _answer(self, request: web.Request, id_: str, data: dict[str, Any]) -> web.StreamResponse:
        answer = self.answers.pop(0) if self.answers else Answer()
        if answer.takes and not (self.deduplicates and id_ in self._known):
            self._known.add(id_)
            self.taken.append(data)
        if answer.manner == "hang":
            await self._release.wait()
        elif answer.manner == "hang up":
            assert request.transport is not None
            request.transport.abort()
        elif answer.manner == "break off":
            return await _break_off(request, answer)
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)

    async def trap(self, request: web.Request) -> web.Response:
        """Nobody should come here: redirects are not followed."""
        self.faults.append(AssertionError(f"{request.method} followed a redirect"))
        return web.Response()

    def release(self) -> None:
        """Let whoever hangs go."""
        self._release.set()


async def _break_off(request: web.Request, answer: Answer) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status)
    response.content_length = len(answer.body)
    await response.prepare(request)
    await response.write(answer.body[:-1])
    assert request.transport is not None
    request.transport.close()
    return response


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Run a receiver on a free port."""
    app = web.Application()
    server = TestServer(app)
    receiver = Receiver(server)
    app.router.add_post("/hook", receiver.hear)
    app.router.add_route("*", "/elsewhere", receiver.trap)
    async with server:
        try:
            yield receiver
        finally:
            receiver.release()
    assert not receiver.faults
