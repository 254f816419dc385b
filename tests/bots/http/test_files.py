"""Files over HTTP: both ways, byte for byte, and never those of another chat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientError

from router.client_events import ClientMessage
from tests.bots.http.shop import Shop, open_shop

TEXT = b"0123456789" * 20_000
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100


async def upload(shop: Shop, content: Any, name: str = "note.txt", chat: str = "carl") -> tuple[int, Any]:
    return await shop.call("POST", "files", params={"chat": chat, "name": name}, data=content)


async def test_a_file_goes_there_and_back(shop: Shop) -> None:
    """What was uploaded comes along with the message, and can be read again."""
    status, file = await upload(shop, TEXT)
    assert (status, file["name"], file["size"]) == (201, "note.txt", len(TEXT))
    assert (await shop.tell("", attachments=[file["id"]]))[0] == 202
    (event,) = shop.host.events
    assert isinstance(event, ClientMessage)
    (attached,) = event.attachments
    assert (attached.id, attached.name, attached.size) == (file["id"], "note.txt", len(TEXT))
    async with shop.http.get(shop.url(f"files/{file['id']}"), params={"chat": "carl"}) as answer:
        assert (answer.content_length, await answer.read()) == (len(TEXT), TEXT)


async def test_an_operators_file_has_an_address(shop: Shop) -> None:
    """A delivery says where on the hub its attachments are read, with the channel's token."""
    await shop.tell()
    chat = "carl"
    _, kept = await upload(shop, PNG, "plan.png")
    file = await shop.host.files.find(kept["id"], channel=shop.channel.name, chat=chat)
    await shop.host.reply(chat, "", attachments=(file,))
    (delivery,) = (await shop.fetch())["deliveries"]
    (attached,) = delivery["message"]["attachments"]
    assert (attached["name"], attached["media_type"], attached["size"]) == ("plan.png", "image/png", len(PNG))
    async with shop.http.get(shop.server.make_url(attached["url"])) as answer:
        assert await answer.read() == PNG


async def test_nothing_in_a_file_ever_runs(shop: Shop) -> None:
    """Files are downloads, typed by their content and sandboxed, whatever they are called."""
    _, file = await upload(shop, b"<svg onload=alert(1)>", 'чайник "синий".html')
    async with shop.http.get(shop.url(f"files/{file['id']}"), params={"chat": "carl"}) as answer:
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        shown = answer.headers["Content-Disposition"]
    assert shown.startswith("attachment; ")
    assert '"' not in shown


async def test_names_are_kept_harmless(shop: Shop) -> None:
    """Paths and control characters do not survive in names."""
    for name, kept in (("../../etc/passwd", ".._.._etc_passwd"), ("a\x00b\nc.txt", "a b c.txt"), (" ", "file")):
        assert (await upload(shop, b"x", name))[1]["name"] == kept


async def test_files_of_other_chats_are_out_of_reach(shop: Shop) -> None:
    """A file can be read and attached only in the chat it was uploaded to."""
    _, file = await upload(shop, b"x", chat="dora")
    status, problem = await shop.call("GET", f"files/{file['id']}", params={"chat": "carl"})
    assert (status, problem["detail"]) == (404, "There is no such file in this chat.")
    status, problem = await shop.tell("", attachments=[file["id"]])
    assert (status, problem["errors"][0]["field"]) == (422, "attachments.0")


async def chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * 10_000


async def test_too_large_is_refused_however_it_comes() -> None:
    """Announced or not, a file above the limit is not kept; an empty one is not either."""
    async with open_shop(max_file=50_000) as shop:
        for content in (b"x" * 50_001, chunks(6)):
            assert (await upload(shop, content))[0] == 413
        assert (await upload(shop, b""))[0] == 422
        assert (await upload(shop, chunks(5)))[0] == 201


async def test_an_upload_that_breaks_off_is_not_kept(shop: Shop) -> None:
    """A lost connection leaves no half file behind."""
    begun = asyncio.Event()

    async def half() -> AsyncIterator[bytes]:
        yield b"x" * 10_000
        begun.set()
        raise ConnectionResetError

    with pytest.raises((ClientError, ConnectionResetError)):
        await upload(shop, half())
    assert begun.is_set()
    assert (await shop.tell())[0] == 202
    assert not shop.host.files._kept


@pytest.mark.parametrize("query", [{}, {"chat": "carl"}, {"name": "a"}, {"chat": "", "name": "a"}])
async def test_a_file_needs_a_chat_and_a_name(shop: Shop, query: dict[str, str]) -> None:
    """What is missing is named."""
    assert (await shop.call("POST", "files", params=query, data=b"x"))[0] == 422
