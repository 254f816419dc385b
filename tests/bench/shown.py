"""What the hub shows: to operators over a WebSocket, to the channel's system over its feed of deliveries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

import aiohttp
import msgspec

from tests.bench.failure import BenchFailed
from tests.bench.stand import Stand
from tests.bench.wire import Connection, connections, expect, request

#: deliveries asked for at once, and seconds to wait for the first one
_PAGE, _WAIT = 500, 20
#: seconds until a socket that was opened has said where it stands
_OPENING = 30.0


class Author(msgspec.Struct):
    """Who said something."""

    kind: str


class Said(msgspec.Struct):
    """A message of the feed."""

    text: str
    author: Author


class Handoff(msgspec.Struct):
    """What the bot found out."""

    intent: str


class Standing(msgspec.Struct):
    """A conversation of the feed."""

    id: str
    client_name: str
    state: str
    offered: list[str]
    operator: str
    handoff: Handoff | None = None


class Item(msgspec.Struct):
    """One thing that happened; what is not needed here is not read."""

    type: str
    message: Said | None = None
    state: Standing | None = None


class Frame(msgspec.Struct):
    """What comes over the socket."""

    type: str
    events: list[Item] = []


class Delivered(msgspec.Struct):
    """A delivery of the channel's feed."""

    message: Said


class Page(msgspec.Struct):
    """A page of the channel's feed."""

    deliveries: list[Delivered]
    cursor: int


#: takes what was shown, and when
Told = Callable[[list[Item], float], None]
Fetched = Callable[[list[Delivered], float], None]


class Socket:
    """An operator's console: follows the feed from where it stands now."""

    def __init__(self, stand: Stand, operator: str, told: Told) -> None:
        self._stand = stand
        self._headers = stand.as_operator(operator)
        self._told = told
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Follow until cancelled. Raises `BenchFailed` when the hub ends it."""
        decoder = msgspec.json.Decoder(Frame)
        async with aiohttp.ClientSession(self._stand.url, headers=self._headers) as session:
            async with session.get("/api/v1/me") as answer:
                after = (await answer.json())["cursor"]
            address = f"/api/v1/events/socket?after={after}"
            async with session.ws_connect(address, max_msg_size=0, decode_text=False) as socket:
                async for message in socket:
                    self._take(decoder.decode(message.data), perf_counter())
                raise BenchFailed(f"The hub closed an operator's socket with code {socket.close_code}.")

    def _take(self, frame: Frame, at: float) -> None:
        if frame.type == "events":
            self._told(frame.events, at)
        elif frame.type == "current":
            self.ready.set()
        elif frame.type == "reset":
            raise BenchFailed("The hub told an operator's socket to begin anew, so that what was shown is not known.")


class Outlet:
    """The channel's system: fetches deliveries page by page and thereby acknowledges them."""

    def __init__(self, stand: Stand, channel: str, fetched: Fetched) -> None:
        self._stand = stand
        self._channel = channel
        self._fetched = fetched

    async def run(self) -> None:
        """Fetch until cancelled."""
        async with connections(self._stand.url, 1) as (connection,):
            after = 0
            while True:
                after = await self._fetch(connection, after)

    async def _fetch(self, connection: Connection, after: int) -> int:
        path = f"/api/v1/channels/{self._channel}/deliveries?after={after}&wait={_WAIT}&limit={_PAGE}"
        answer = await connection.ask(request("GET", path, self._stand.as_channel).bytes(b""))
        at = perf_counter()
        expect(answer, 200, "The question for deliveries")
        page = msgspec.json.decode(answer.body, type=Page)
        self._fetched(page.deliveries, at)
        return page.cursor


@asynccontextmanager
async def following(*readers: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Read on the side; a reader that fails ends everything with its failure."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(reader) for reader in readers]
        yield
        for task in tasks:
            task.cancel()


async def opened(*sockets: Socket) -> None:
    """Return when all sockets stand where the feed stands."""
    async with asyncio.timeout(_OPENING):
        for socket in sockets:
            await socket.ready.wait()
