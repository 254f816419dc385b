"""Fixtures for the tests of the telegram channel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.bots.telegram.desk import TOKEN, USERNAME, Desk, make_channel, served
from tests.contract.host import MemoryHost
from tests.emulators.telegram import TelegramEmulator


@pytest.fixture
async def emulator() -> AsyncIterator[TelegramEmulator]:
    """Telegram, with the shop's bot."""
    async with TelegramEmulator() as emulator:
        emulator.add_bot(TOKEN, USERNAME, "Shop", can_connect_to_business=True)
        yield emulator


@pytest.fixture
async def opened(emulator: TelegramEmulator) -> AsyncIterator[Callable[..., Awaitable[Desk]]]:
    """Runs a polling channel with settings of the test, and returns its client."""
    async with AsyncExitStack() as stack:

        async def open_(**changes: Any) -> Desk:
            channel = make_channel(api=emulator.url, **changes)
            host = MemoryHost(channel)
            task = asyncio.create_task(channel.run(host))
            stack.push_async_callback(asyncio.gather, task, return_exceptions=True)
            stack.callback(task.cancel)
            return await stack.enter_async_context(served(emulator, channel, host))

        yield open_
