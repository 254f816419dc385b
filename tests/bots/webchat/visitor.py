"""A visitor's end of the webchat: a real server on a free port and a WebSocket that speaks the protocol."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, web
from aiohttp.test_utils import TestServer

from bots.webchat import WebchatChannel, WebchatSettings, build
from router.media import MediaKind
from tests.contract.carrying import Look
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
            visit = Visit(ws, self)
            await visit.send("hello", token=token, after=after, **more)
            visit.welcome = await visit.hear("welcome", "error")
            yield visit


class Visit:
    """One open window, speaking the protocol by hand."""

    def __init__(self, ws: ClientWebSocketResponse, shop: Shop | None = None) -> None:
        self.ws = ws
        self._shop = shop
        self.welcome: dict[str, Any] = {}
        self.entries: list[dict[str, Any]] = []
        #: id of a message → what has become of it since it was shown
        self.changed: dict[str, dict[str, Any]] = {}

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
                if frame["type"] == "changed":
                    self.changed |= {each["id"]: each for each in frame["entries"]}
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

    # What the contract asks of a platform besides

    @property
    def shop(self) -> Shop:
        """Where it visits, for files."""
        assert self._shop is not None
        return self._shop

    @property
    def now(self) -> list[dict[str, Any]]:
        """Our messages as they are now."""
        ours = (entry for entry in self.entries if entry["from"] != "client")
        return [each for each in (self.changed.get(entry["id"], entry) for entry in ours) if "deleted" not in each]

    async def looks(self, count: int) -> list[Look]:
        await self.shown(count)
        return [await self._look(entry) for entry in self.now]

    async def _look(self, entry: dict[str, Any]) -> Look:
        texts = {message.id: message.text for message in self.shop.host.messages(self.chat)}
        files = tuple([await self._read(file["url"]) for file in entry.get("files", ())])
        text = entry["text"]
        parts = tuple((it["kind"], text[it["start"] :][: it["length"]]) for it in entry.get("entities", ()))
        return Look(text, texts.get(entry.get("reply_to", ""), ""), files, tuple(entry.get("choices", ())), parts)

    async def _read(self, url: str) -> bytes:
        async with self.shop.http.get(self.shop.url(url)) as response:
            return await response.read()

    @property
    def senders(self) -> Mapping[MediaKind, Callable[[], Awaitable[bytes]]]:
        return {"file": self._sends}

    async def _sends(self) -> bytes:
        """Attach a file to a message."""
        content, headers = b"0123456789" * 20_000, {"Authorization": f"Bearer {self.token}"}
        address = self.shop.url("files")
        async with self.shop.http.post(address, params={"name": "a.txt"}, data=content, headers=headers) as response:
            kept = await response.json()
        await self.tell("", files=[kept["id"]])
        return content

    async def presses(self, choice: str) -> None:
        await self.tell(choice)

    async def sees_typing(self) -> None:
        await self.hear("typing")

    async def answers_to(self, to: str, text: str) -> bool:
        return False

    async def reacts(self, emoji: str, to: str) -> bool:
        return False

    async def shows(self, texts: Sequence[str]) -> None:
        while [entry["text"] for entry in self.now] != list(texts):
            await self.hear("entries", "changed")

    async def shows_emoji(self, text: str, emoji: Sequence[str]) -> None:
        def emoji_at() -> list[str]:
            return [each for it in self.changed.values() if it["text"] == text for each in it.get("reactions", ())]

        while emoji_at() != list(emoji):
            await self.hear("changed")


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
