"""A system's end of an http channel: a real server on a free port, and a client that calls it with the token."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler

from bots.http import HttpChannel, HttpSettings, build
from router.ports import Endpoint
from tests.contract.host import MemoryHost

NAME = "shop-http"
TOKEN = "a-token-that-nobody-guesses"
JSON = {"Content-Type": "application/json"}


def new_id() -> str:
    return str(uuid.uuid4())


def make_settings(**changes: Any) -> HttpSettings:
    return HttpSettings.model_validate({"kind": "http", "line": "sales", "tokens": [TOKEN], **changes})


def make_channel(**changes: Any) -> HttpChannel:
    return build(NAME, make_settings(**changes))


def mounted(channel: HttpChannel) -> list[web.RouteDef]:
    """Return a channel's endpoints as the hub mounts them."""
    return [
        web.route(it.method, f"/api/v1{path_of(channel, it)}", cast("Handler", it.handler))
        for it in channel.endpoints()
    ]


def path_of(channel: HttpChannel, endpoint: Endpoint) -> str:
    return endpoint.path.replace("{channel}", channel.name)


class Shop:
    """A server with one running channel, and a system that uses it."""

    chat = "carl"

    def __init__(self, channel: HttpChannel, host: MemoryHost, server: TestServer, http: ClientSession) -> None:
        self.channel = channel
        self.host = host
        self.server = server
        self.http = http
        self._shown: list[str] = []
        self._cursor = 0

    def url(self, path: str) -> str:
        return str(self.server.make_url(f"/api/v1/channels/{self.channel.name}/{path}"))

    async def call(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        """Return the status and the JSON of an answer."""
        async with self.http.request(method, self.url(path), **options) as answer:
            return answer.status, await answer.json(content_type=None)

    async def post(self, path: str, body: Any) -> tuple[int, Any]:
        """Post JSON, or bytes as they are."""
        options = {"data": body, "headers": JSON} if isinstance(body, bytes) else {"json": body}
        return await self.call("POST", path, **options)

    async def tell(self, text: str = "hello", id_: str = "", **more: Any) -> tuple[int, Any]:
        """Hand over a message of Carl's."""
        return await self.post("messages", {"id": id_ or new_id(), "from": {"id": self.chat}, "text": text, **more})

    async def fetch(self, **query: Any) -> dict[str, Any]:
        """Fetch deliveries."""
        status, answer = await self.call("GET", "deliveries", params=query)
        assert status == 200, answer
        return cast("dict[str, Any]", answer)

    # What the contract asks of a platform

    async def say(self, text: str, id_: str) -> bool:
        status, answer = await self.tell(text, id_)
        assert status in {202, 503}, answer
        return status == 202

    async def shown(self, count: int) -> list[str]:
        """Fetch until there are `count`, then say that all have arrived."""
        async with asyncio.timeout(10):
            while len(self._shown) < count:
                answer = await self.fetch(after=self._cursor, wait=10)
                self._shown += [each["message"]["text"] for each in answer["deliveries"]]
                self._cursor = answer["cursor"]
        await self.fetch(after=self._cursor)
        return self._shown


@asynccontextmanager
async def serving(channel: HttpChannel, host: MemoryHost) -> AsyncIterator[Shop]:
    """Mount a channel that is already running."""
    app = web.Application()
    app.add_routes(mounted(channel))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with TestServer(app) as server, ClientSession(headers=headers) as http:
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
