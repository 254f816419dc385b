"""The telegram channel keeps the promises of every channel, through the real client over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import cast

import pytest

from bots.telegram.channel import TelegramChannel
from router.errors import AuthFailed, HubError, Rejected, Retryable, Uncertain
from tests.bots.telegram.desk import TOKEN, Desk, Hook, make_channel, raw, served
from tests.contract.channel import ChannelContract, Platform
from tests.contract.host import MemoryHost
from tests.emulators.telegram import ApiError, TelegramEmulator

POISON = [
    "",
    "not json",
    "[" * 100_000,
    "[]",
    "{}",
    '{"update_id": 1}',
    '{"update_id": 1, "message": 7}',
    '{"update_id": 1, "message": {}}',
    raw(text=7),
    raw(message_id="x"),
    raw(chat={}),
    raw(**{"from": {"first_name": "nobody"}, "text": "hello"}),
    raw(photo=[]),
    raw(document={"file_name": "x"}),
    raw(text="x", reply_to_message={"x": 1}),
]
FAILURES: Mapping[str, type[HubError]] = {
    "slow down": Retryable,
    "blocked": Rejected,
    "deactivated": Rejected,
    "kicked": Rejected,
    "refused": Rejected,
    "gone": Rejected,
    "broken": Uncertain,
    "a proxy's page": Uncertain,
    "hangs up before the effect": Uncertain,
    "hangs up after the effect": Uncertain,
    "revoked": AuthFailed,
}
_REFUSED = {
    "blocked": ApiError(403, "Forbidden: bot was blocked by the user"),
    "deactivated": ApiError(403, "Forbidden: user is deactivated"),
    "kicked": ApiError(403, "Forbidden: bot was kicked from the group chat"),
    "refused": ApiError(400, "Bad Request: message is too strange"),
    "gone": ApiError(400, "Bad Request: chat not found"),
    "revoked": ApiError(401, "Unauthorized"),
}


class TestTelegramPolling(ChannelContract):
    """The bot fetches its updates."""

    emulator: TelegramEmulator

    @pytest.fixture(autouse=True)
    def _emulator(self, emulator: TelegramEmulator) -> None:
        self.emulator = emulator

    def make_channel(self) -> TelegramChannel:
        return make_channel(api=self.emulator.url)

    def genuine(self, text: str) -> str:
        return raw(text=text, date=7_222_222_222)

    def poison(self) -> Sequence[str]:
        return POISON

    def platform(self, channel: TelegramChannel, host: MemoryHost) -> AbstractAsyncContextManager[Platform]:
        return served(self.emulator, channel, host)

    async def spoil(self, platform: Platform) -> bool:
        desk = cast("Desk", platform)
        self.emulator.world.bots[TOKEN].updates.poison({"message": {"text": 7}})
        await desk.settled()
        return True

    def failures(self) -> Mapping[str, type[HubError]]:
        return FAILURES

    async def fail(self, platform: Platform, failure: str) -> None:
        faults = self.emulator.faults
        if failure in _REFUSED:
            faults.refuse(_REFUSED[failure], method="sendMessage")
        elif failure == "slow down":
            faults.too_many_requests(7, method="sendMessage")
        elif failure in {"broken", "a proxy's page"}:
            faults.server_error(502, html=failure != "broken", method="sendMessage")
        elif failure == "hangs up before the effect":
            faults.hang_up_before(method="sendMessage")
        else:
            faults.hang_up_after(method="sendMessage")


class TestTelegramWebhook(TestTelegramPolling):
    """Telegram posts the updates."""

    hook: Hook

    @pytest.fixture(autouse=True)
    async def _hook(self) -> AsyncIterator[None]:
        self.hook = Hook()
        await self.hook.server.start_server()
        yield
        await self.hook.server.close()

    def make_channel(self) -> TelegramChannel:
        return make_channel(api=self.emulator.url, mode="webhook", webhook={"url": self.hook.url})

    @asynccontextmanager
    async def platform(self, channel: TelegramChannel, host: MemoryHost) -> AsyncIterator[Platform]:
        self.hook.channel = channel
        async with served(self.emulator, channel, host) as desk:
            yield desk
