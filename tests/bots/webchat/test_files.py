"""Visitors' files over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientError

from bots.webchat.tokens import LINK_LIFE
from router.client_events import ClientMessage
from tests.bots.webchat.sites import picture
from tests.bots.webchat.visitor import Shop, Visit, open_shop

TEXT = b"0123456789" * 20_000


async def upload(shop: Shop, visit: Visit, content: Any, name: str = "note.txt") -> tuple[int, dict[str, Any]]:
    """Send a file; return the status and the answer."""
    headers = {"Authorization": f"Bearer {visit.token}"}
    async with shop.http.post(shop.url("files"), params={"name": name}, data=content, headers=headers) as response:
        return response.status, await response.json()


async def test_a_file_goes_there_and_back(shop: Shop) -> None:
    """What was sent with a message can be opened again from the history, byte for byte."""
    async with shop.visit() as visit:
        status, file = await upload(shop, visit, TEXT)
        assert (status, file["size"], file["picture"]) == (200, len(TEXT), False)
        await visit.tell("", files=[file["id"]])
        await shop.host.see(visit.chat)
        entry = (await visit.until(1))[0]
        assert entry["files"][0]["name"] == "note.txt"
        async with shop.http.get(shop.url(entry["files"][0]["url"])) as response:
            assert await response.read() == TEXT
    event = shop.host.events[0]
    assert isinstance(event, ClientMessage)
    assert event.attachments[0].id == file["id"]


async def test_only_pictures_are_shown_and_nothing_ever_runs(shop: Shop) -> None:
    """The type is judged by content; whatever lies about it is only ever downloaded."""
    async with shop.visit() as visit:
        _, shown = await upload(shop, visit, picture(), "a.html")
        _, liar = await upload(shop, visit, b"<svg onload=alert(1)>", "a.png")
        for file, type_, disposition in (
            (shown, "image/png", "inline; filename*=UTF-8''a.html"),
            (liar, "application/octet-stream", "attachment; filename*=UTF-8''a.png"),
        ):
            async with shop.http.get(shop.url(file["url"])) as response:
                assert response.headers["Content-Type"] == type_
                assert response.headers["Content-Disposition"] == disposition
                assert response.headers["X-Content-Type-Options"] == "nosniff"
                assert "sandbox" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("wanted", "status", "content"),
    [
        ("bytes=0-4", 206, TEXT[:5]),
        ("bytes=199990-", 206, TEXT[199990:]),
        ("bytes=-3", 206, TEXT[-3:]),
        ("bytes=70000-140000", 206, TEXT[70000:140001]),
        ("bytes=5-999999999", 206, TEXT[5:]),
        ("bytes=0-1,5-6", 200, TEXT),
        ("bytes=200000-", 416, b""),
        ("bytes=9-1", 416, b""),
        ("lines=1-2", 416, b""),
    ],
)
async def test_ranges(shop: Shop, wanted: str, status: int, content: bytes) -> None:
    """A part that was asked for is sent alone; a part that is not there is refused."""
    async with shop.visit() as visit:
        _, file = await upload(shop, visit, TEXT)
        async with shop.http.get(shop.url(file["url"]), headers={"Range": wanted}) as response:
            assert (response.status, await response.read()) == (status, content)
        async with shop.http.head(shop.url(file["url"])) as response:
            assert response.content_length == len(TEXT)


async def test_names_are_kept_harmless(shop: Shop) -> None:
    """Paths, control characters and lone surrogates do not survive in names."""
    async with shop.visit() as visit:
        for name, kept in (("../../etc/passwd", ".._.._etc_passwd"), ("a\x00b\nc.txt", "a b c.txt"), ("", "file")):
            assert (await upload(shop, visit, b"x", name))[1]["name"] == kept
        _, file = await upload(shop, visit, b"x", 'чайник "синий".txt')
        async with shop.http.get(shop.url(file["url"])) as response:
            assert '"' not in response.headers["Content-Disposition"]


async def chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * 10_000


async def test_too_large_is_refused_however_it_comes() -> None:
    """Announced or not, a file above the limit is not kept; an empty one is not either."""
    async with open_shop(max_file=50_000) as shop, shop.visit() as visit:
        for content in (b"x" * 50_001, chunks(6)):
            status, answer = await upload(shop, visit, content)
            assert (status, answer["code"]) == (413, "file_too_large")
            assert "0.05 MB" in answer["text"]
        assert (await upload(shop, visit, b""))[1]["code"] == "file_empty"
        assert (await upload(shop, visit, chunks(5)))[0] == 200


async def test_an_upload_that_breaks_off_is_not_kept(shop: Shop) -> None:
    """A lost connection leaves no half file behind, and no error in the hub."""
    begun = asyncio.Event()

    async def half() -> AsyncIterator[bytes]:
        yield b"x" * 10_000
        begun.set()
        raise ConnectionResetError

    async with shop.visit() as visit:
        with pytest.raises((ClientError, ConnectionResetError)):
            await upload(shop, visit, half())
        assert begun.is_set()
        assert (await visit.tell("still here"))["type"] == "ack"
    assert not shop.host.files._kept


async def test_strangers_cannot_send_or_open_files(shop: Shop) -> None:
    """Without a token nothing is taken, and a link opens one file of one visitor only."""
    async with shop.http.post(shop.url("files"), data=b"x", headers={"Authorization": "Bearer x"}) as response:
        assert (response.status, (await response.json())["code"]) == (401, "sign_in")
    async with shop.visit() as one, shop.visit() as other:
        _, file = await upload(shop, one, b"a secret")
        assert (await other.tell("", files=[file["id"]]))["code"] == "file_unknown"
        key = file["url"].removeprefix("files/")
        for false in (key[:-1], key.replace(one.chat, other.chat), file["id"], "x"):
            async with shop.http.get(shop.url(f"files/{false}")) as response:
                assert response.status == 404
                assert (await response.json())["text"]


async def test_links_die(shop: Shop) -> None:
    """A link that was passed on stops working; the history gives a new one."""
    async with shop.visit() as visit:
        _, file = await upload(shop, visit, b"x")
        shop.host.clock.advance(LINK_LIFE + timedelta(seconds=2))
        async with shop.http.get(shop.url(file["url"])) as response:
            assert response.status == 404


async def test_uploads_are_limited() -> None:
    """Too many at once are told when to come back, in the visitor's language."""
    async with open_shop(limits={"per_visitor": {"per_minute": 6, "burst": 1}}) as shop, shop.visit() as visit:
        assert (await upload(shop, visit, b"x"))[0] == 200
        headers = {"Authorization": f"Bearer {visit.token}", "Accept-Language": "ru"}
        async with shop.http.post(shop.url("files"), data=b"x", headers=headers) as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "10")
            assert "Попробуйте" in (await response.json())["text"]
