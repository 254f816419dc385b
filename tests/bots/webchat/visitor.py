"""A visitor's end of the webchat: a real server on a free port and a WebSocket that speaks the protocol."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, web
from aiohttp.test_utils import TestServer

from bots.webchat import WebchatChannel, WebchatSettings, build
from tests.contract.host import MemoryHost

NAME = "shop-site"


def new_id() -> str:
    return str(uuid.uuid4())


def make_settings(**changes: Any) -> WebchatSettings:
    return WebchatSettings.model_validate({"kind": "webchat", "line": "sales", **changes})


def make_channel(**changes: Any) -> WebchatChannel:
    return build(NAME, make_settings(**changes))


class Shop:
    """A server with one running webchat, and a client session to visit it with."""

    def __init__(self, channel: WebchatChannel, host: MemoryHost, server: TestServer, http: ClientSession) -> None:
        self.channel = channel
        self.host = host
        self.server = server
        self.http = http

    def url(self, path: str) -> str:
        return str(self.server.make_url(f"/channels/{self.channel.name}/{path}"))

    @asynccontextmanager
    async def visit(self, token: str = "", after: int = 0, **more: Any) -> AsyncIterator[Visit]:
        """Connect and say hello."""
        headers = more.pop("headers", {})
        async with self.http.ws_connect(self.url("socket"), headers=headers) as ws:
            visit = Visit(ws)
            await visit.send("hello", token=token, after=after, **more)
            visit.welcome = await visit.hear("welcome", "error")
            yield visit


class Visit:
    """One open window, speaking the protocol by hand."""

    def __init__(self, ws: ClientWebSocketResponse) -> None:
        self.ws = ws
        self.welcome: dict[str, Any] = {}
        self.entries: list[dict[str, Any]] = []

    @property
    def chat(self) -> str:
        return str(self.welcome["visitor"])

    @property
    def token(self) -> str:
        return str(self.welcome["token"])

    @property
    def cursor(self) -> int:
        return int(self.entries[-1]["cursor"]) if self.entries else 0

    async def send(self, type_: str, **fields: Any) -> None:
        await self.ws.send_json({"type": type_, **fields})

    async def hear(self, *types: str) -> dict[str, Any]:
        """Wait for the next frame of one of these types; entries on the way are kept."""
        async with asyncio.timeout(10):
            while True:
                frame = await self.ws.receive_json()
                if frame["type"] == "entries":
                    self.entries += frame["entries"]
                if frame["type"] in types:
                    return dict(frame)

    async def tell(self, text: str, id_: str = "", **fields: Any) -> dict[str, Any]:
        """Say something and return the answer to it."""
        await self.send("message", id=id_ or new_id(), text=text, **fields)
        return await self.hear("ack", "error")

    async def say(self, text: str, id_: str) -> bool:
        return (await self.tell(text, id_))["type"] == "ack"

    async def closed(self) -> int | None:
        """Wait until the server closes; return the code."""
        async with asyncio.timeout(10):
            async for _ in self.ws:
                continue
        return self.ws.close_code

    async def until(self, count: int) -> list[dict[str, Any]]:
        """Wait until `count` entries have come."""
        while len(self.entries) < count:
            await self.hear("entries")
        return self.entries

    async def shown(self, count: int) -> list[str]:
        while len(texts := [entry["text"] for entry in self.entries if entry["from"] != "client"]) < count:
            await self.hear("entries")
        return texts


@asynccontextmanager
async def serving(channel: WebchatChannel, host: MemoryHost) -> AsyncIterator[Shop]:
    """Mount a channel that is already running."""
    app = web.Application()
    app.add_routes(list(channel.routes()))
    async with TestServer(app) as server, ClientSession() as http:
        yield Shop(channel, host, server, http)


@asynccontextmanager
async def open_shop(**changes: Any) -> AsyncIterator[Shop]:
    """Run a channel and serve it."""
    channel = make_channel(**changes)
    host = MemoryHost(channel)
    task = asyncio.create_task(channel.run(host))
    await asyncio.sleep(0)  # lets run() take its host
    try:
        async with serving(channel, host) as shop:
            yield shop
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
