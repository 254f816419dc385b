"""The feed's socket under any frame at all: it is understood, or the socket closes with a code and a reason."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_store import MongoStore
from hub.web.bodies import Watch
from tests.integration.web_stage import Desk, WebStage, web_stage

pytestmark = pytest.mark.mongo

ids = st.text(min_size=1, max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
#: what the console sends, what it nearly sends, other JSON, and other texts
texts = st.one_of(
    st.builds(lambda watched: json.dumps({"watch": watched}), st.lists(ids, max_size=5)),
    st.builds(lambda watched: json.dumps({"watch": watched}), values),
    st.builds(json.dumps, values),
    st.text(max_size=60).filter(lambda text: text.isprintable()),
    st.sampled_from(["", "{", "[" * 5000, '{"watch": ["\\ud800"]}', '{"watch": [], "watch": 1}', "null", "0"]),
)
frames = st.lists(texts | st.binary(max_size=60), min_size=1, max_size=4)


@pytest.fixture
async def web(store: MongoStore) -> AsyncIterator[WebStage]:
    async with web_stage(store) as it:
        yield it


def understood(frame: str | bytes) -> bool:
    """Whether a frame is one of those the documentation names."""
    try:
        Watch.model_validate(json.loads(frame) if isinstance(frame, str) else None)
    except (ValueError, RecursionError):
        return False
    return True


async def send(socket: ClientWebSocketResponse, frame: str | bytes) -> None:
    await (socket.send_str(frame) if isinstance(frame, str) else socket.send_bytes(frame))


async def end(socket: ClientWebSocketResponse) -> tuple[int | None, str]:
    """Return how the hub closed a socket."""
    async with asyncio.timeout(20):
        while True:
            message = await socket.receive()
            if message.type is WSMsgType.CLOSE:
                return message.data, message.extra or ""
            assert message.type is WSMsgType.TEXT, message


async def tried(desk: Desk, cursor: int, sent: list[str | bytes]) -> None:
    """Send frames until one is refused; the hub says why, or goes on telling."""
    async with desk.session.ws_connect(f"{desk.url}/api/v1/events/socket?after={cursor}", autoclose=False) as socket:
        for frame in sent:
            await send(socket, frame)
            if not understood(frame):
                code, reason = await end(socket)
                assert code in {1003, 1008}, frame
                assert reason.endswith("."), frame
                return
        await send(socket, "no frame of ours")
        assert (await end(socket))[0] == 1008


def fuzz(run: Callable[[list[str | bytes]], Any]) -> None:
    """Try frames that hypothesis makes up, always the same ones."""

    @settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(sent=frames)
    def attempt(sent: list[str | bytes]) -> None:
        run(sent)

    attempt()


async def test_any_frame_is_understood_or_closes_the_socket_with_a_reason(web: WebStage) -> None:
    """And the hub stays well: a colleague's socket is told everything meanwhile."""
    anna, boris = await web.sign_in("anna"), await web.sign_in("boris")
    loop, cursor = asyncio.get_running_loop(), web.stage.hub.feed.cursor
    async with boris.feed(cursor) as feed:
        await feed.until("current")
        await asyncio.to_thread(
            fuzz, lambda sent: asyncio.run_coroutine_threadsafe(tried(anna, cursor, sent), loop).result()
        )
        conversation = await web.waiting(text="still there?")
        assert (await feed.until("message", conversation=conversation))["message"]["text"] == "still there?"
    assert web.stage.hub.health()["faults"] == {}


async def test_a_frame_that_is_too_large_closes_the_socket(web: WebStage) -> None:
    """With the code for it, before it is read to its end."""
    anna = await web.sign_in("anna")
    async with anna.session.ws_connect(f"{anna.url}/api/v1/events/socket?after=0", autoclose=False) as socket:
        await socket.send_str(json.dumps({"watch": ["x" * 300_000]}))
        assert (await end(socket))[0] == 1009


@pytest.mark.parametrize("query", ["", "?after=", "?after=-1", "?after=x", "?after=1&after=2", "?after=1&else=2"])
async def test_a_socket_that_asks_for_nonsense_is_no_socket(web: WebStage, query: str) -> None:
    """The answer is a problem with a sentence, before anything is upgraded."""
    anna = await web.sign_in("anna")
    answer = await anna.raw("GET", f"/api/v1/events/socket{query}")
    assert (answer.status, answer.json()["detail"].endswith(".")) == (422, True)
