"""The http channel keeps the promises of every channel, whether deliveries are fetched or sent to a webhook."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest

from bots.http import HttpChannel
from router.errors import AuthFailed, HubError, Misconfigured, Rejected, Retryable, Uncertain
from tests.bots.http.receiver import SECRET, Answer, Receiver, receiving
from tests.bots.http.shop import Shop, make_channel, new_id, serving
from tests.contract.channel import ChannelContract, Platform
from tests.contract.host import MemoryHost


def raw(type_: str = "message", **fields: object) -> str:
    """Return what the ledger keeps."""
    body = {"id": new_id(), "from": {"id": "carl"}, "text": "hello", **fields}
    return json.dumps({"type": type_, "body": body})


POISON = [
    "",
    "not json",
    "[" * 100_000,
    "[]",
    "{}",
    '{"type":"message"}',
    raw("dance"),
    raw(text=None),
    raw(text=" \n"),
    raw(**{"from": {}}),
    raw(**{"from": {"id": 7}}),
    raw(surprise=1),
    raw("rating", score=6),
    raw("edit"),
    raw(attachments=["f1"]),
    raw(at="yesterday"),
    raw(entities=[{"kind": "bold", "start": 0, "length": 99}]),
    raw("reaction", emoji="👍"),
]


def genuine(text: str) -> str:
    return raw(text=text, at="2199-01-01T00:00:00Z")


class TestFetchedContract(ChannelContract):
    """The system fetches: nothing is sent, so nothing can fail on the way."""

    def make_channel(self) -> HttpChannel:
        return make_channel()

    def genuine(self, text: str) -> str:
        return genuine(text)

    def poison(self) -> Sequence[str]:
        return POISON

    @asynccontextmanager
    async def platform(self, channel: HttpChannel, host: MemoryHost) -> AsyncIterator[Platform]:
        async with serving(channel, host) as shop:
            yield shop


class Pushed(Shop):
    """A system whose receiver is sent the deliveries; sending has ended when the receiver has them."""

    def __init__(self, shop: Shop, receiver: Receiver) -> None:
        super().__init__(shop.channel, shop.host, shop.server, shop.http)
        self.came = receiver.taken

    async def more(self) -> None:
        raise AssertionError("the receiver was sent all that there is")

    async def fetch(self, **query: object) -> dict[str, object]:
        return {}


FAILURES: Mapping[str, tuple[Answer, type[HubError]]] = {
    "slow down": (Answer(429, headers={"Retry-After": "7"}, takes=False), Retryable),
    "busy": (Answer(503, takes=False), Retryable),
    "broken": (Answer(500, takes=False), Retryable),
    "too early": (Answer(425, takes=False), Retryable),
    "not ours": (Answer(401, takes=False), AuthFailed),
    "forbidden": (Answer(403, takes=False), AuthFailed),
    "gone": (Answer(410, takes=False), Rejected),
    "refused": (Answer(422, b"no such order", takes=False), Rejected),
    "moved": (Answer(302, headers={"Location": "/elsewhere"}, takes=False), Misconfigured),
    "silent before the effect": (Answer(manner="hang", takes=False), Uncertain),
    "silent after the effect": (Answer(manner="hang"), Uncertain),
    "hangs up": (Answer(manner="hang up"), Uncertain),
    "breaks off": (Answer(manner="break off"), Uncertain),
}


class TestPushedContract(ChannelContract):
    """The system has a webhook, and takes each webhook-id once."""

    #: where the receiver of the test that is running listens
    url = "http://127.0.0.1:1/hook"
    receiver: Receiver

    @pytest.fixture(autouse=True)
    async def _receiver(self) -> AsyncIterator[None]:
        async with receiving() as self.receiver:
            self.receiver.deduplicates = True
            self.url = self.receiver.url
            yield

    def make_channel(self) -> HttpChannel:
        return make_channel(webhook={"url": self.url, "secret": SECRET, "deduplicates": True, "timeout": "1s"})

    def genuine(self, text: str) -> str:
        return genuine(text)

    def poison(self) -> Sequence[str]:
        return POISON

    @asynccontextmanager
    async def platform(self, channel: HttpChannel, host: MemoryHost) -> AsyncIterator[Platform]:
        async with serving(channel, host) as shop:
            yield Pushed(shop, self.receiver)

    def failures(self) -> Mapping[str, type[HubError]]:
        return {name: error for name, (_, error) in FAILURES.items()}

    async def fail(self, platform: Platform, failure: str) -> None:
        self.receiver.answers.append(FAILURES[failure][0])
