"""What is broken, too much, too fast or too slow: it gets a clear answer, and nothing else suffers."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

import pytest

from bots.webchat import screen, sockets
from bots.webchat.screen import MOST_MISSED
from tests.bots.webchat.visitor import Shop, open_shop

BAD_FRAMES = (
    "",
    "{",
    "null",
    "[]",
    '"hello"',
    "[" * 60_000,
    "9" * 60_000,
    '{"type": "dance"}',
    '{"type": {"type": "message"}}',
    '{"type": "message"}',
    '{"type": "message", "id": "1", "text": "x"}',
    '{"type": "message", "id": "00000000-0000-4000-8000-000000000000", "text": 7}',
    '{"type": "message", "id": "00000000-0000-4000-8000-000000000000", "text": "x", "admin": true}',
    '{"type": "rate", "id": "00000000-0000-4000-8000-000000000000", "score": 6}',
    '{"type": "rate", "id": "00000000-0000-4000-8000-000000000000", "score": true}',
    '{"type": "read", "cursor": -1}',
    '{"type": "read", "cursor": 1e400}',
    '{"type": "hello"}',
    '{"type": "message", "id": "00000000-0000-4000-8000-000000000000", "text": "' + "x" * 70_000 + '"}',
    '{"type": "message", "id": "00000000-0000-4000-8000-000000000000", "text": " "}',
    '{"type": "message", "id": "00000000-0000-4000-8000-000000000000", "text": "' + "x" * 8001 + '"}',
    '{"type": "message", "id": "00000000-0000-4000-8000-000000000000", "text": "x", "files": ["nobody-knows"]}',
)


@pytest.mark.parametrize("frame", BAD_FRAMES, ids=range(len(BAD_FRAMES)))
async def test_a_bad_frame_is_answered_and_harms_nothing(shop: Shop, frame: str) -> None:
    """It gets one sentence, and the connection goes on."""
    async with shop.visit() as visit:
        await visit.ws.send_str(frame)
        error = await visit.hear("error")
        assert error["text"].endswith(".")
        assert (await visit.tell("still here"))["type"] == "ack"
    assert len(shop.host.ledger) == 1


async def test_binary_frames_are_refused(shop: Shop) -> None:
    """Bytes are answered with a sentence."""
    async with shop.visit() as visit:
        await visit.ws.send_bytes(b"\x00\xff")
        assert (await visit.hear("error"))["code"] == "malformed"


async def test_errors_speak_the_visitors_language(shop: Shop) -> None:
    """A Russian visitor reads Russian."""
    async with shop.visit(language="ru") as visit:
        assert "Пустое" in (await visit.tell(""))["text"]


async def test_ten_megabytes_close_the_connection_with_a_reason(shop: Shop) -> None:
    """A frame above the ceiling is never read whole, and others do not notice."""
    async with shop.visit() as bystander:
        async with shop.visit() as visit:
            with_everything = visit.ws.send_str('{"type": "message", "text": "' + "x" * 10_000_000 + '"}')
            code, _ = await asyncio.gather(visit.closed(), with_everything, return_exceptions=True)
            assert code in {1009, 1006}
        assert (await bystander.tell("hello"))["type"] == "ack"


@pytest.mark.parametrize("first", ["{}", "garbage", '{"type": "typing"}', "x" * 70_000])
async def test_whoever_does_not_say_hello_is_shown_out(shop: Shop, first: str) -> None:
    """The first frame must be a hello."""
    async with shop.http.ws_connect(shop.url("socket")) as ws:
        await ws.send_str(first)
        assert (await ws.receive_json())["code"] == "greet_first"
        await ws.receive()
        assert ws.close_code == 1008


async def test_silence_is_shown_out(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that says nothing does not hold its seat."""
    monkeypatch.setattr(sockets, "_PATIENCE", 0.05)
    async with shop.http.ws_connect(shop.url("socket")) as ws:
        await ws.receive()
        assert ws.close_code == 1008


async def test_too_fast_is_told_when_to_go_on() -> None:
    """After the burst each message waits its turn, and passes when its time has come."""
    limits = {"per_visitor": {"per_minute": 6, "burst": 2}}
    async with open_shop(limits=limits) as shop, shop.visit() as visit:
        for text in "ab":
            assert (await visit.tell(text))["type"] == "ack"
        error = await visit.tell("c")
        assert error["code"] == "rate_limited"
        assert 9 < error["retry_after"] <= 10
        shop.host.clock.advance(timedelta(seconds=10))
        assert (await visit.tell("c"))["type"] == "ack"


async def test_an_address_is_limited_with_all_its_visitors() -> None:
    """New tokens do not help anybody to write more."""
    limits = {"per_address": {"per_minute": 6, "burst": 2}}
    async with open_shop(limits=limits) as shop:
        answers = []
        for _ in range(3):
            async with shop.visit() as visit:
                answers.append((await visit.tell("hello"))["type"])
        assert answers == ["ack", "ack", "error"]


async def test_a_flood_of_frames_ends_the_connection(shop: Shop) -> None:
    """Hundreds of frames at once close the window that sends them."""
    async with shop.visit() as visit:
        for _ in range(400):
            await visit.ws.send_str("{")
        assert await visit.closed() == 1008


async def test_too_many_windows_are_turned_away() -> None:
    """A visitor, and an address, may hold so many connections; a freed seat can be taken."""
    async with open_shop(limits={"sockets_per_visitor": 1, "sockets_per_address": 2}) as shop:
        async with shop.visit() as one:
            async with shop.visit(one.token) as second:
                assert second.welcome["code"] == "too_many_connections"
                assert await second.closed() == 1013
            async with shop.visit() as stranger, shop.visit() as third:
                assert stranger.welcome["type"] == "welcome"
                assert third.welcome["code"] == "too_many_connections"
        async with shop.visit(one.token) as again:
            assert again.welcome["type"] == "welcome"


async def test_a_window_that_does_not_read_is_sent_away_and_resumes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It piles nothing up in the hub, other windows do not notice, and on coming back it gets the rest."""
    monkeypatch.setattr(screen, "_WRITE_LIMIT", 0.2)
    async with shop.visit() as slow, shop.visit() as other:
        await slow.tell("hello")
        await other.tell("hello")
        transport = slow.ws._response.connection.transport  # aiohttp has no public way to stop reading
        transport.pause_reading()
        for n in range(MOST_MISSED - 10):
            await shop.host.reply(slow.chat, f"{n} " + "x" * 8000)
        await shop.host.reply(other.chat, "quick")
        assert (await other.until(2))[-1]["text"] == "quick"
        running = shop.channel._running
        assert running is not None
        async with asyncio.timeout(20):
            while list(running.visits.screens(slow.chat)):
                await shop.host.reply(other.chat, "still quick")
                await other.hear("entries")
        transport.resume_reading()
        with contextlib.suppress(TypeError):  # aiohttp's way of saying that the connection has ended
            await slow.until(MOST_MISSED)
        assert slow.ws.close_code == 1013
    async with shop.visit(slow.token, after=slow.cursor) as again:
        await again.until(MOST_MISSED - 9 - len(slow.entries))
    numbers = [int(entry["text"].split()[0]) for entry in slow.entries[1:] + again.entries]
    assert numbers == list(range(MOST_MISSED - 10))
