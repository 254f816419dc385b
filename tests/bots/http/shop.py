"""A system's end of an http channel: a real server on a free port, and a client that calls it with the token."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler

from bots.http import HttpChannel, HttpSettings, build
from router.media import MediaKind
from router.ports import Endpoint
from tests.contract.carrying import Look
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
        #: deliveries as they came
        self.came: list[dict[str, Any]] = []
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
        while len(self.now) < count:
            await self.more()
        await self.fetch(after=self._cursor)
        return [message["text"] for message in self.now]

    async def more(self) -> None:
        """Wait for more deliveries."""
        async with asyncio.timeout(10):
            answer = await self.fetch(after=self._cursor, wait=10)
        self.came += answer["deliveries"]
        self._cursor = answer["cursor"]

    @property
    def now(self) -> list[dict[str, Any]]:
        """Our messages as they are now."""
        ours: dict[str, dict[str, Any]] = {}
        for each in self.came:
            message = each["message"]
            if each["action"] == "delete":
                ours.pop(message["id"], None)
            elif message["author"]["kind"] != "client":
                ours[message["id"]] = message
        return list(ours.values())

    async def looks(self, count: int) -> list[Look]:
        await self.shown(count)
        return [await self._look(message) for message in self.now]

    async def _look(self, message: dict[str, Any]) -> Look:
        texts = {it.external_id or it.id: it.text for it in self.host.messages(self.chat)}
        files = tuple([await self._read(file["id"]) for file in message["attachments"]])
        text = message["text"]
        parts = tuple((it["kind"], text[it["start"] :][: it["length"]]) for it in message["entities"])
        return Look(text, texts.get(message["reply_to"], ""), files, tuple(message["choices"]), parts)

    async def _read(self, file: str) -> bytes:
        async with self.http.get(self.url(f"files/{file}"), params={"chat": self.chat}) as answer:
            return await answer.read()

    @property
    def senders(self) -> Mapping[MediaKind, Callable[[], Awaitable[bytes]]]:
        return {"file": self._sends}

    async def _sends(self) -> bytes:
        """Attach a file to a message."""
        content = b"0123456789" * 20_000
        _, file = await self.call("POST", "files", params={"chat": self.chat, "name": "a.txt"}, data=content)
        assert (await self.tell("", attachments=[file["id"]]))[0] == 202
        return content

    async def presses(self, choice: str) -> None:
        await self.tell(choice)

    async def answers_to(self, to: str, text: str) -> bool:
        return (await self.tell(text, reply_to=self._id_of(to)))[0] == 202

    async def reacts(self, emoji: str, to: str) -> bool:
        body = {"id": new_id(), "from": {"id": self.chat}, "emoji": emoji}
        return (await self.post(f"messages/{self._id_of(to)}/reaction", body))[0] == 202

    def _id_of(self, text: str) -> str:
        return next(str(message["id"]) for message in self.now if message["text"] == text)

    async def shows(self, texts: Sequence[str]) -> None:
        while [message["text"] for message in self.now] != list(texts):
            await self.more()

    async def shows_emoji(self, text: str, emoji: Sequence[str]) -> None:
        while self._emoji_at(text) != list(emoji):
            await self.more()

    def _emoji_at(self, text: str) -> list[str] | None:
        """Return what was put last to a message; None before anything was."""
        put = (it["message"] for it in self.came if it["action"] == "react" and it["message"]["text"] == text)
        return next((list(message["reactions"]) for message in reversed([*put])), None)


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
