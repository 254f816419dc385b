"""Who may come in, and how much at a time."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from http import HTTPStatus
from io import BytesIO
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession

from bots.http.door import MAX_WAITING, Room
from bots.http.problems import Problem
from bots.http.receiving import BATCH_LIMIT, MESSAGE_LIMIT
from router.ports import Update
from tests.bots.http.shop import JSON, TOKEN, Shop, make_channel, new_id, open_shop, path_of, serving
from tests.contract.host import MemoryHost


def said(text: str = "hello") -> dict[str, Any]:
    return {"id": new_id(), "from": {"id": "carl"}, "text": text}


@pytest.mark.parametrize("given", ["", TOKEN, "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer ключ"])
async def test_strangers_are_refused_everywhere(shop: Shop, given: str) -> None:
    """No operation answers anything but 401 without one of the channel's tokens, not even what exists."""
    async with ClientSession(headers={"Authorization": given} if given else {}) as http:
        for it in shop.channel.endpoints():
            path = path_of(shop.channel, it).replace("{id}", "x")
            async with http.request(it.method, shop.server.make_url(f"/api/v1{path}")) as answer:
                assert answer.status == 401
                assert answer.headers["WWW-Authenticate"] == 'Bearer realm="shop-http"'
                assert answer.content_type == "application/problem+json"
    assert not shop.host.ledger


async def test_each_of_several_tokens_opens() -> None:
    """So one can be replaced while the other is still in use."""
    tokens = ["x" * 20, "y" * 20, TOKEN]
    async with open_shop(tokens=tokens) as shop:
        for token in tokens:
            headers = {"Authorization": f"Bearer {token}"}
            assert (await shop.call("POST", "messages", json=said(), headers=headers))[0] == 202


async def chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(0, size, 64 * 1024):
        yield b" " * 64 * 1024


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("messages", MESSAGE_LIMIT),
        ("messages/batch", BATCH_LIMIT),
        ("typing", MESSAGE_LIMIT),
        ("receipts", MESSAGE_LIMIT),
    ],
)
async def test_bodies_have_a_limit_announced_or_not(shop: Shop, path: str, limit: int) -> None:
    """A body above it is refused before it is all there; one just below is read."""
    for body in (BytesIO(b" " * (limit + 1)), chunks(limit + 64 * 1024)):
        status, problem = await shop.call("POST", path, data=body, headers=JSON)
        assert (status, problem["title"]) == (413, HTTPStatus.REQUEST_ENTITY_TOO_LARGE.phrase)
    assert (await shop.call("POST", path, data=BytesIO(b" " * limit), headers=JSON))[0] == 422


async def test_packed_bodies_are_measured_unpacked(shop: Shop) -> None:
    """A small request that unpacks into a large one is a large one, and one that is packed wrongly is told so."""
    headers = {**JSON, "Content-Encoding": "deflate"}
    status, _ = await shop.call("POST", "messages", data=zlib.compress(b" " * 10_000_000), headers=headers)
    assert status == 413
    status, _ = await shop.call("POST", "messages", data=b"not packed at all", headers=headers)
    assert status == 400


async def test_a_request_that_breaks_off_leaves_nothing_behind(shop: Shop) -> None:
    """Half a message is not kept, and the next one finds everything as it was."""
    begun = asyncio.Event()

    async def half() -> AsyncIterator[bytes]:
        yield b'{"id": "h",'
        begun.set()
        raise ConnectionResetError

    with pytest.raises((ClientError, ConnectionResetError)):
        await shop.call("POST", "messages", data=half(), headers=JSON)
    assert begun.is_set()
    assert (await shop.tell())[0] == 202
    assert len(shop.host.ledger) == 1


async def test_a_channel_that_does_not_run_says_when_to_come_back() -> None:
    """Before its start and after its end nothing is taken."""
    channel = make_channel()
    async with serving(channel, MemoryHost(channel)) as shop, shop.http.post(shop.url("messages"), json=said()) as it:
        assert (it.status, it.headers["Retry-After"]) == (503, "1")


async def test_what_cannot_be_kept_is_told_when_to_come_back(shop: Shop) -> None:
    """While the store is away every operation that needs it answers 503 with Retry-After."""
    shop.host.unreachable = True
    for path, body in (
        ("messages", said()),
        ("messages/batch", {"messages": [said()]}),
        ("ends", {"id": "e", "from": {"id": "carl"}}),
        ("deliveries/d/receipt", {"state": "read"}),
    ):
        async with shop.http.post(shop.url(path), json=body) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    async with shop.http.get(shop.url("deliveries")) as answer:
        assert answer.status == 503


def test_no_more_than_two_thousand_requests_wait_for_the_ledger() -> None:
    """Whoever comes then is told to come back; as soon as one is done there is room again."""
    room = Room()
    for _ in range(MAX_WAITING):
        room.enter(100)
    with pytest.raises(Problem) as refusal:
        room.enter(100)
    assert (refusal.value.status, refusal.value.headers) == (503, {"Retry-After": "1"})
    room.leave(100)
    room.enter(100)


class FullHost(MemoryHost):
    """A hub that keeps nothing until it is let go on."""

    def __init__(self, channel: Any) -> None:
        super().__init__(channel)
        self.waiting = 0
        self.arrived = asyncio.Event()
        self.free = asyncio.Event()

    async def receive(self, updates: Sequence[Update]) -> Sequence[bool]:
        self.waiting += 1
        self.arrived.set()
        await self.free.wait()
        return await super().receive(updates)


async def _post(shop: Shop, batch: bytes) -> tuple[int, str]:
    async with shop.http.post(shop.url("messages/batch"), data=BytesIO(batch), headers=JSON) as answer:
        return answer.status, answer.headers.get("Retry-After", "")


async def test_what_waits_for_the_ledger_is_bounded_in_bytes_too() -> None:
    """Large batches that wait do not fill the memory: further ones are refused, and the waiting ones are kept."""
    channel = make_channel()
    host = FullHost(channel)
    task = asyncio.create_task(channel.run(host))
    await asyncio.sleep(0)  # lets run() take its host
    body = b'{"messages":[%b]}' + b" " * (BATCH_LIMIT - 1000)
    async with serving(channel, host) as shop:
        under_way = []
        for n in range(8):
            host.arrived.clear()
            message = b'{"id":"%d","from":{"id":"carl"},"text":"hello"}' % n
            under_way.append(asyncio.create_task(_post(shop, body.replace(b"%b", message))))
            async with asyncio.timeout(10):
                await host.arrived.wait()
        assert await _post(shop, body) == (503, "1")
        host.free.set()
        assert {status for status, _ in await asyncio.gather(*under_way)} == {202}
        assert (len(host.ledger), host.waiting) == (8, 8)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_rate_lets_bursts_pass_and_says_when_to_come_back() -> None:
    """Every message counts, in batches too; a batch above the burst passes once and is paid for afterwards."""
    async with open_shop(rate={"per_minute": 60, "burst": 3}) as shop:
        batch = {"messages": [said() for _ in range(5)]}
        assert (await shop.post("messages/batch", batch))[0] == 202
        async with shop.http.post(shop.url("messages"), json=said()) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
            assert "60 messages a minute" in (await answer.json())["detail"]
        shop.host.clock.advance(timedelta(seconds=3))
        assert (await shop.tell())[0] == 202
        assert (await shop.tell())[0] == 429
    assert len(shop.host.ledger) == 6
