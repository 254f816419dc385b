"""What every keeper of files does."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from crm_store import MongoStore
from router.errors import Conflict, Rejected
from router.media import Attachment

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(64)
JPEG = bytes.fromhex("ffd8ffe000104a464946") + bytes(64)
MEGABYTE = 1024 * 1024


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def put(store: MongoStore, *chunks: bytes, name: str = "a.txt", limit: int = MEGABYTE) -> Attachment:
    return await store.files.put(stream(*chunks), name=name, channel="shop", chat="v1", limit=limit)


async def left(store: MongoStore) -> tuple[int, int]:
    """How many files and parts of files are kept."""
    raw = store._database.raw
    return await raw["files.files"].count_documents({}), await raw["files.chunks"].count_documents({})


class FilesContract:
    """Behaviour of `router.ports.Files`; a subclass provides the fixture `store`."""

    async def test_a_file_comes_back_as_it_was(self, store: MongoStore) -> None:
        data = random.Random(1).randbytes(700_000)
        kept = await put(store, *(data[n : n + 1000] for n in range(0, len(data), 1000)), name="data.bin")
        assert (kept.name, kept.size, kept.media_type) == ("data.bin", 700_000, "application/octet-stream")
        assert b"".join([chunk async for chunk in store.files.read(kept.id)]) == data

    @pytest.mark.parametrize("start", [0, 1, 261_119, 261_120, 261_121, 600_000, 699_999, 700_000, 900_000])
    async def test_a_file_can_be_read_from_the_middle(self, store: MongoStore, start: int) -> None:
        data = random.Random(2).randbytes(700_000)
        kept = await put(store, data)
        assert b"".join([chunk async for chunk in store.files.read(kept.id, start=start)]) == data[start:]

    async def test_reading_may_stop_anywhere(self, store: MongoStore) -> None:
        kept = await put(store, bytes(700_000))
        async for _ in store.files.read(kept.id):
            break

    async def test_a_key_keeps_one_file_even_at_the_same_time(self, store: MongoStore) -> None:
        async def put_once(content: bytes) -> Attachment:
            return await store.files.put(stream(content), name="a", channel="shop", chat="v1", limit=MEGABYTE, key="k")

        done = await asyncio.gather(*(put_once(bytes([n]) * 300_000) for n in range(4)), return_exceptions=True)
        (kept,) = (each for each in done if isinstance(each, Attachment))
        assert [type(each) for each in done if each is not kept] == [Conflict] * 3
        assert await store.files.kept_under("k") == kept
        assert await store.files.kept_under("other") is None
        content = b"".join([chunk async for chunk in store.files.read(kept.id)])
        assert content == bytes([content[0]]) * 300_000
        assert await left(store) == (1, 2)

    async def test_a_file_is_found_only_in_its_own_chat(self, store: MongoStore) -> None:
        kept = await put(store, b"hello")
        assert await store.files.find(kept.id, channel="shop", chat="v1") == kept
        assert await store.files.find(kept.id, channel="shop", chat="v2") is None
        assert await store.files.find(kept.id, channel="help", chat="v1") is None
        assert await store.files.find("\ud800", channel="shop", chat="v1") is None

    async def test_a_file_that_does_not_exist_is_a_sentence(self, store: MongoStore) -> None:
        with pytest.raises(Rejected, match=r"^There is no such file\.$"):
            _ = [chunk async for chunk in store.files.read("none")]

    @pytest.mark.parametrize(
        ("name", "data", "media_type"),
        [
            ("a.txt", PNG, "image/png"),
            ("a.exe", JPEG, "image/jpeg"),
            ("a.png", b"<script>alert(1)</script>", "text/plain"),
            ("a.svg", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "text/plain"),
            ("a.bmp", "BM — ваш заказ".encode(), "text/plain"),
            ("a.pdf", b"%PDF-1.4\n%ascii only", "application/pdf"),
            ("a.txt", b"\x00\x01\x02\x03", "application/octet-stream"),
            ("a.txt", b"\xff\xfe<\x00h\x00t\x00m\x00l\x00>\x00", "application/octet-stream"),
            ("cut.txt", b"a" * 8191 + "я".encode(), "text/plain"),
        ],
    )
    async def test_the_type_is_judged_by_content(
        self, store: MongoStore, name: str, data: bytes, media_type: str
    ) -> None:
        assert (await put(store, data, name=name)).media_type == media_type

    async def test_the_type_does_not_depend_on_how_the_file_was_cut(self, store: MongoStore) -> None:
        kept = await put(store, *(bytes([each]) for each in PNG))
        assert kept.media_type == "image/png"

    @pytest.mark.parametrize(
        ("name", "kept"),
        [
            ("../../etc/passwd", "passwd"),
            ("C:\\temp\\a.txt", "a.txt"),
            ("safe\u202egnp.exe", "safegnp.exe"),
            ("a\0b\n\ud800.txt", "ab.txt"),
            ("я" * 300 + ".pdf", "я" * 196 + ".pdf"),
            ("  ...  ", "file"),
            ("", "file"),
        ],
    )
    async def test_names_are_safe_to_show(self, store: MongoStore, name: str, kept: str) -> None:
        assert (await put(store, b"x", name=name)).name == kept

    async def test_an_empty_file_is_refused(self, store: MongoStore) -> None:
        with pytest.raises(Rejected, match=r"^The file is empty: .*\.$"):
            await put(store, b"", b"")
        assert await left(store) == (0, 0)

    @pytest.mark.parametrize("chunk", [100, 100_000])
    async def test_a_file_over_the_limit_is_refused_and_leaves_nothing(self, store: MongoStore, chunk: int) -> None:
        with pytest.raises(Rejected, match=r"^The file is too large: at most 0\.5 MB can be sent\.$"):
            await put(store, *[bytes(chunk)] * (MEGABYTE // chunk), limit=MEGABYTE // 2)
        assert await left(store) == (0, 0)

    async def test_a_file_of_exactly_the_limit_is_kept(self, store: MongoStore) -> None:
        assert (await put(store, bytes(1000), limit=1000)).size == 1000

    async def test_a_stream_that_breaks_leaves_nothing(self, store: MongoStore) -> None:
        async def breaking() -> AsyncIterator[bytes]:
            yield bytes(400_000)
            raise ConnectionResetError

        with pytest.raises(ConnectionResetError):
            await store.files.put(breaking(), name="a", channel="shop", chat="v1", limit=MEGABYTE)
        assert await left(store) == (0, 0)

    async def test_a_cancelled_upload_leaves_nothing(self, store: MongoStore) -> None:
        waiting = asyncio.Event()

        async def stalling() -> AsyncIterator[bytes]:
            yield bytes(400_000)
            waiting.set()
            await asyncio.Event().wait()

        upload = asyncio.create_task(store.files.put(stalling(), name="a", channel="shop", chat="v1", limit=MEGABYTE))
        await waiting.wait()
        upload.cancel()
        with pytest.raises(asyncio.CancelledError):
            await upload
        assert await left(store) == (0, 0)
