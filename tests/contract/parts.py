"""What the host of a channel under test is made of: a clock, and files in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import filetype

from router.errors import Conflict, Rejected
from router.ids import derive
from router.media import Attachment


class TestClock:
    """The system's time, moved on by hand as well."""

    __test__ = False

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, by: timedelta) -> None:
        self._ahead += by

    async def sleep_until(self, at: datetime) -> None:
        await asyncio.sleep(max(0.0, (at - self.now()).total_seconds()))


class MemoryFiles:
    """Files of one channel, judged by content."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Attachment, str, str, bytes]] = {}
        #: key → id
        self._keys: dict[str, str] = {}

    async def put(
        self, chunks: AsyncIterator[bytes], *, name: str, channel: str, chat: str, limit: int, key: str = ""
    ) -> Attachment:
        if key and key in self._keys:
            raise Conflict("A file was kept under this key before.")
        content = bytearray()
        async for chunk in chunks:
            content += chunk
            if len(content) > limit:
                raise Rejected(f"The file is larger than {limit} bytes: send a smaller one.")
        if not content:
            raise Rejected("The file is empty: send one with content.")
        guess = filetype.guess(bytes(content))
        media_type = guess.mime if guess else "application/octet-stream"
        file = Attachment(derive(channel, chat, name, str(len(self._kept))), name, media_type, len(content))
        self._kept[file.id] = (file, channel, chat, bytes(content))
        if key:
            self._keys[key] = file.id
        return file

    async def kept_under(self, key: str) -> Attachment | None:
        return self._kept[self._keys[key]][0] if key in self._keys else None

    async def described(self, file: str) -> Attachment | None:
        return self._kept[file][0] if file in self._kept else None

    async def find(self, file: str, *, channel: str, chat: str) -> Attachment | None:
        found = self._kept.get(file)
        return found[0] if found and found[1:3] == (channel, chat) else None

    async def read(self, file: str, *, start: int = 0) -> AsyncIterator[bytes]:
        content = self._kept[file][3]
        for at in range(start, len(content), 64 * 1024):
            yield content[at : at + 64 * 1024]
