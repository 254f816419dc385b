"""How much one may ask of the hub at once."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from datetime import timedelta
from ipaddress import ip_network

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError

from crm_store import MongoStore
from hub.settings.model import HubSettings
from hub.web.pace import SOCKETS
from router.rates import Rate
from tests.contract.host import TestClock
from tests.integration.test_security_sessions import Clock
from tests.integration.web_stage import Desk, WebStage, web_stage

pytestmark = pytest.mark.mongo
SLOW = HubSettings(api_rate=Rate(per_minute=60, burst=10), trusted_proxies=(ip_network("127.0.0.1/32"),))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def web(store: MongoStore, clock: Clock) -> AsyncIterator[WebStage]:
    async with web_stage(store, SLOW, clock) as it:
        yield it


@pytest.fixture
async def unhurried(store: MongoStore) -> AsyncIterator[WebStage]:
    async with web_stage(store) as it:
        yield it


async def _asked(desk: Desk, times: int, path: str = "/api/v1/me", **headers: str) -> list[int]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return [(await desk.raw("GET", path, headers=named)).status for _ in range(times)]


async def test_whoever_asks_too_often_is_told_when_to_come_back(web: WebStage, clock: TestClock) -> None:
    """429 with Retry-After as problem details; then it goes on."""
    anna = await web.sign_in("anna")
    statuses = await _asked(anna, 25)
    assert statuses[:10] == [200] * 10
    answer = await anna.raw("GET", "/api/v1/me")
    assert (answer.status, answer.json()["type"]) == (429, "/problems/too-many-requests")
    assert answer.headers["Retry-After"] == "1"
    clock.advance(timedelta(seconds=5))
    assert 429 not in await _asked(anna, 5)


async def test_each_session_has_a_rate_of_its_own(web: WebStage) -> None:
    """A program that runs wild holds up nobody else, not even another session of the same operator at one address."""
    anna, other, boris = await web.sign_in("anna"), await web.sign_in("anna"), await web.sign_in("boris")
    for desk in (other, boris):
        assert await _asked(desk, 1) == [200]
    assert 429 in await _asked(anna, 25)
    assert await _asked(other, 5) == await _asked(boris, 5) == [200] * 5


async def test_made_up_tokens_have_no_rate_of_their_own(web: WebStage) -> None:
    """Whoever shows nothing genuine is counted by address, whatever they make up."""
    stranger = web.desk()
    statuses = []
    for number in range(30):
        shown = {"Authorization": f"Bearer tl_{number}"} if number % 2 else {"Cookie": f"trunkline_session={number}"}
        statuses.append((await stranger.raw("GET", "/api/v1/me", headers=shown)).status)
    assert statuses[:10] == [401] * 10
    assert 429 in statuses
    elsewhere = await _asked(web.desk(), 3, X_Forwarded_For="192.0.2.7")
    assert elsewhere == [401] * 3


async def test_a_session_that_has_ended_has_no_rate_of_its_own(web: WebStage) -> None:
    """It is counted with everybody at its address again."""
    anna = await web.sign_in("anna")
    assert await _asked(anna, 1) == [200]
    kept = {cookie.key: cookie.value for cookie in anna.session.cookie_jar}
    await anna.send("DELETE", "/session")
    anna.session.cookie_jar.update_cookies(kept)
    assert 429 in await _asked(anna, 25)
    assert 429 in await _asked(web.desk(), 1)


async def test_channels_have_limits_of_their_own(web: WebStage) -> None:
    """What platforms hand over is not refused because an operator asks much."""
    assert 429 not in await _asked(web.desk(), 30, "/api/v1/channels/none/messages")
    assert 429 not in await _asked(web.desk(), 30, "/healthz")
    assert 429 in await _asked(web.desk(), 30, "/api/v1/none")


async def test_a_hub_without_a_rate_refuses_nobody(unhurried: WebStage) -> None:
    """`hub.api_rate: null`."""
    anna = await unhurried.sign_in("anna")
    assert await _asked(anna, 300) == [200] * 300


async def test_an_operator_has_a_bounded_number_of_sockets(unhurried: WebStage) -> None:
    """One more is refused until another is closed; colleagues are not held up."""
    anna, boris = await unhurried.sign_in("anna"), await unhurried.sign_in("boris")
    address = f"{unhurried.url}/api/v1/events/socket?after=0"
    sockets = [await anna.session.ws_connect(address) for _ in range(SOCKETS)]
    with pytest.raises(WSServerHandshakeError) as refused:
        await anna.session.ws_connect(address)
    assert refused.value.status == 429
    assert int((refused.value.headers or {})["Retry-After"]) > 0
    async with boris.session.ws_connect(address):
        pass
    for socket in sockets:
        await socket.close()
    async with asyncio.timeout(20):
        while (await anna.raw("GET", "/api/v1/events/socket?after=x")).status == 429:
            pass
    async with anna.session.ws_connect(address) as again:
        assert not again.closed


async def test_a_frame_that_is_too_large_closes_the_socket(unhurried: WebStage) -> None:
    """Also one that only becomes so when it is unpacked."""
    anna = await unhurried.sign_in("anna")
    address = f"{unhurried.url}/api/v1/events/socket?after=0"
    bomb = b'{"watch": ["' + b"a" * 50_000_000 + b'"]}'
    assert len(zlib.compress(bomb)) < 100_000
    for frame, compress in ((b"x" * 300_000, 0), (bomb, 15)):
        async with anna.session.ws_connect(address, compress=compress) as socket:
            await socket.send_frame(frame, WSMsgType.TEXT, compress=compress or None)
            async with asyncio.timeout(20):
                while not socket.closed:
                    await socket.receive()
            assert socket.close_code == 1009


async def test_a_packed_body_counts_unpacked(unhurried: WebStage) -> None:
    """A small body that unpacks to a large one is too large."""
    anna = await unhurried.sign_in("anna")
    bomb = zlib.compress(b'{"presence": "' + b"a" * 50_000_000 + b'"}')
    headers = {"Content-Encoding": "deflate", "Content-Type": "application/json"}
    answer = await anna.raw("PUT", "/api/v1/presence", data=bomb, headers=headers)
    assert answer.status in {400, 413, 415}


async def _first_line(web: WebStage, request: bytes) -> bytes:
    host, port = web.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    async with asyncio.timeout(20):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer.split(b"\r\n", 1)[0]


async def test_requests_with_huge_heads_are_refused(unhurried: WebStage) -> None:
    """Long addresses, long headers and many headers end the connection with 400, and the hub works on."""
    many = b"".join(b"X-%d: y\r\n" % number for number in range(5000))
    for head in (
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + many + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ):
        assert b" 400 " in await _first_line(unhurried, head)
    assert (await unhurried.desk().raw("GET", "/readyz")).status == 200
