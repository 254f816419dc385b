"""The webchat keeps the promises of every channel."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bots.webchat import WebchatChannel
from tests.bots.webchat.visitor import Visit, make_channel, new_id, serving
from tests.contract.channel import ChannelContract
from tests.contract.host import MemoryHost


def raw(**fields: object) -> str:
    return json.dumps({"type": "message", "id": new_id(), "visitor": "v1", "text": "hello", **fields})


class TestWebchatContract(ChannelContract):
    """The platform is our own, and takes every message: there are no failures to map."""

    def make_channel(self) -> WebchatChannel:
        return make_channel()

    def genuine(self, text: str) -> str:
        return raw(text=text, typed_at="2199-01-01T00:00:00Z")

    def poison(self) -> list[str]:
        return [
            "",
            "not json",
            "[" * 100_000,
            "[]",
            "{}",
            raw(type="dance"),
            raw(text=None),
            raw(text=" \n"),
            raw(visitor=""),
            raw(visitor=7),
            raw(surprise=1),
            raw(type="rate", score=6),
            raw(files=[{"id": "f1"}]),
        ]

    @asynccontextmanager
    async def platform(self, channel: WebchatChannel, host: MemoryHost) -> AsyncIterator[Visit]:
        async with serving(channel, host) as shop, shop.visit() as visit:
            yield visit
