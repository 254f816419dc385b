"""The channel that docs/adding-a-channel.md shows is run as it stands there, against a small platform."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from router.errors import AuthFailed, HubError, Rejected, Retryable, Uncertain
from router.ports import Channel
from tests.contract.channel import ChannelContract, Platform
from tests.contract.host import MemoryHost

_PAGE = Path(__file__).parents[2] / "docs" / "adding-a-channel.md"
_FAILURES: Mapping[str, tuple[int, type[HubError]]] = {
    "slow down": (429, Retryable),
    "revoked": (401, AuthFailed),
    "broken": (500, Uncertain),
    "refused": (422, Rejected),
}


def example() -> str:
    """Return the code of the page's worked example."""
    blocks = re.findall(r"```python\n(.*?)```", _PAGE.read_text("utf-8"), re.DOTALL)
    return cast("str", max(blocks, key=len))


class Acme:
    """The platform: numbered updates, repeated until they are acknowledged, and messages it takes."""

    chat = "carl"

    def __init__(self) -> None:
        self.updates: list[dict[str, Any]] = []
        self.taken: list[str] = []
        self.failure = 0
        #: nobody is served
        self.closed = False
        self._acknowledged = 0
        self._polls = 0
        self._changed = asyncio.Event()
        self._said: dict[str, int] = {}
        app = web.Application()
        app.router.add_post("/updates", self._updates)
        app.router.add_post("/send", self._send)
        self.server = TestServer(app)

    async def _updates(self, request: web.Request) -> web.Response:
        self._acknowledged = (await request.json())["after"]
        self._polls += 1
        self._touch()
        async with asyncio.timeout(30):
            while not self._open() and not self.closed:
                await self._changed.wait()
        if self.closed:
            return web.json_response({}, status=503)
        return web.json_response(self._open())

    def _open(self) -> list[dict[str, Any]]:
        return [it for it in self.updates if it["number"] > self._acknowledged]

    def _touch(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def close(self) -> None:
        """Let nobody wait any more, and end the connections."""
        self.closed = True
        self._touch()
        server = self.server.runner.server
        assert server is not None
        await server.shutdown(1)

    async def _send(self, request: web.Request) -> web.Response:
        failure, self.failure = self.failure, 0
        if failure:
            return web.json_response({"reason": "no"}, status=failure, headers={"Retry-After": "7"})
        self.taken.append((await request.json())["text"])
        return web.json_response({"id": len(self.taken)})

    async def say(self, text: str, id_: str) -> bool:
        if id_ in self._said and self._said[id_] <= self._acknowledged:
            self._acknowledged = self._said[id_] - 1  # Acme lost the acknowledgement
        number = self._said.setdefault(id_, len(self.updates) + 1)
        if number > len(self.updates):
            self.updates.append({"number": number, "message": {"from": {"id": self.chat}, "text": text}})
        return await self._handed_over(number)

    async def spoil(self) -> bool:
        self.updates.append({"number": len(self.updates) + 1, "message": 7})
        return await self._handed_over(len(self.updates))

    async def _handed_over(self, number: int) -> bool:
        """Wait until an update is acknowledged, or was handed over and asked for again."""
        polls = self._polls
        self._touch()
        async with asyncio.timeout(30):
            while self._acknowledged < number and self._polls < polls + 2:
                await self._changed.wait()
        return self._acknowledged >= number

    async def shown(self, count: int) -> Sequence[str]:
        assert len(self.taken) >= count  # sending has ended when Acme has it
        return self.taken


class TestWorkedExample(ChannelContract):
    """What the page shows keeps every promise."""

    acme: Acme

    @pytest.fixture(autouse=True)
    async def _platform(self) -> AsyncIterator[None]:
        self.acme = Acme()
        await self.acme.server.start_server()
        yield
        await self.acme.server.close()

    def make_channel(self) -> Channel:
        names: dict[str, Any] = {"__name__": "acme"}
        exec(compile(example(), str(_PAGE), "exec", dont_inherit=True), names)  # noqa: S102 - it is our own page
        url = str(self.acme.server.make_url("/")).rstrip("/")
        settings = names["AcmeSettings"](kind="acme", line="sales", url=url, account="shop")
        return cast("Channel", names["build"]("shop-acme", settings))

    def genuine(self, text: str) -> str:
        return json.dumps({"number": 1, "message": {"from": {"id": 7, "name": "Carl"}, "text": text}})

    def poison(self) -> Sequence[str]:
        return [
            "",
            "[]",
            "{}",
            '{"message": 7}',
            '{"message": {"from": {}, "text": "x"}}',
            '{"message": {"from": {"id": 7}}}',
        ]

    @asynccontextmanager
    async def platform(self, channel: Channel, host: MemoryHost) -> AsyncIterator[Platform]:
        self.acme.closed = False
        yield self.acme
        await self.acme.close()

    async def spoil(self, platform: Platform) -> bool:
        return await self.acme.spoil()

    def failures(self) -> Mapping[str, type[HubError]]:
        return {name: expected for name, (_, expected) in _FAILURES.items()}

    async def fail(self, platform: Platform, failure: str) -> None:
        self.acme.failure = _FAILURES[failure][0]

    def test_the_example_is_short(self) -> None:
        """A channel is less than 150 lines."""
        assert len(example().splitlines()) < 150
