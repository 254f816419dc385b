"""A stand-in for Telegram that others have written, npm's telegram-test-api, sees what our own shows.

It knows few methods and ignores offsets, so it says only that the two understand each other; the rest is tested
through the strict one.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from router.ports import Channel, Update
from tests.bots.telegram.desk import TOKEN, make_channel
from tests.contract.host import MemoryHost

_PACKAGE = Path(__file__).parents[3] / ".cache/telegram-test-api/node_modules/telegram-test-api"
_SERVER = Path(__file__).with_name("witness.cjs")
_CLIENT = {"id": 7, "is_bot": False, "first_name": "Carl", "language_code": "en"}
_CHAT = {"id": 7, "type": "private", "first_name": "Carl"}


class _Host(MemoryHost):
    """A hub that says when something has come."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        self._came = asyncio.Event()

    async def receive(self, updates: Sequence[Update]) -> Sequence[bool]:
        new = await super().receive(updates)
        self._came.set()
        return new

    async def until(self, count: int) -> list[str]:
        """Return what the client has said, when it is that much."""
        async with asyncio.timeout(20):
            while len(said := [message.text for message in self.messages("7")]) < count:
                self._came.clear()
                await self._came.wait()
        return said


@pytest.fixture
async def witness() -> AsyncIterator[str]:
    """The address of a running witness."""
    node = shutil.which("node")
    if node is None or not (_PACKAGE / "package.json").exists():
        pytest.fail("This test needs node and an npm package: run tools/debian.sh as root, then tools/witness.sh.")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(node, str(_SERVER), str(_PACKAGE), stdin=pipe, stdout=pipe)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            port = int(await process.stdout.readline())
        yield f"http://127.0.0.1:{port}"
    finally:
        # Its input ends here, and so does the witness.
        await process.communicate(b"")


@asynccontextmanager
async def _running(api: str) -> AsyncIterator[tuple[_Host, Channel]]:
    channel = make_channel(api=api)
    host = _Host(channel)
    running = asyncio.create_task(channel.run(host))
    try:
        yield host, channel
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _asked(session: ClientSession, url: str, **body: Any) -> Any:
    async with session.post(url, json=body) as answer:
        return (await answer.json())["result"]


async def test_another_telegram_sees_the_conversation(witness: str) -> None:
    """A client writes there, the hub answers, the client reads it; what it does not know stops nothing."""
    async with ClientSession() as session, _running(witness) as (host, channel):

        async def write(text: str) -> None:
            said = {"from": _CLIENT, "chat": _CHAT, "date": 1_700_000_000, "text": text}
            await _asked(session, f"{witness}/sendMessage", botToken=TOKEN, **said)

        async def read() -> list[str]:
            found = await _asked(session, f"{witness}/getUpdates", token=TOKEN, chatId=7)
            return [each["message"]["text"] for each in found]

        await write("Is the shop open?")
        assert await host.until(1) == ["Is the shop open?"]
        await channel.typing("7", "Olga")
        await host.reply("7", "Yes, until eight.")
        assert await read() == ["Yes, until eight."]
        long = " ".join(f"Shelf {n} is full." for n in range(60))
        await write("And what is there?")
        await host.until(3)
        await host.reply("7", long, bot=True)
        assert await read() == [long]
    assert not host.poison
