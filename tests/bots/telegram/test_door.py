"""The webhook lets in Telegram alone, and settings that cannot work are refused with what was expected."""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from pydantic import ValidationError

from router.errors import AuthFailed, Misconfigured
from tests.bots.telegram.desk import NAME, TOKEN, Hook, make_channel, make_settings, raw
from tests.contract.host import MemoryHost
from tests.emulators.telegram import TelegramEmulator

_HEADER = "X-Telegram-Bot-Api-Secret-Token"


async def test_only_telegram_is_let_in(emulator: TelegramEmulator) -> None:
    """Without the secret nothing is kept; with it, garbled updates are kept as poison, and too large ones refused."""
    hook = Hook()
    await hook.server.start_server()
    secret = "a-secret-of-the-admins"
    channel = make_channel(api=emulator.url, mode="webhook", webhook={"url": hook.url, "secret": secret})
    host, hook.channel = MemoryHost(channel), channel
    task = asyncio.create_task(channel.run(host))
    await emulator.until(lambda: emulator.world.bots[TOKEN].updates.webhook)
    url = f"{hook.url}/channels/{NAME}/telegram"
    async with aiohttp.ClientSession() as http:

        async def post(body: str, given: str) -> int:
            async with http.post(url, data=BytesIO(body.encode()), headers={_HEADER: given}) as answer:
                return answer.status

        assert [await post(raw(text="hello"), wrong) for wrong in ("", "other", f"{secret}x")] == [401] * 3
        assert not host.ledger
        assert await post("x" * (2 * 1024 * 1024 + 1), secret) == 413
        assert await post("not json", secret) == 200
        assert len(host.poison) == 1
        assert await post(raw(text="hello"), secret) == 200
        assert host.texts("7") == ["hello"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await emulator.stop_posting(emulator.world.bots[TOKEN])
    await hook.server.close()


async def test_a_revoked_token_and_another_name_end_the_run_with_a_sentence(emulator: TelegramEmulator) -> None:
    """The hub shows why a channel does not run."""
    channel = make_channel(api=emulator.url, username="other_bot", groups=["reply"])
    with pytest.raises(Misconfigured, match="@shop_bot"):
        await channel.run(MemoryHost(channel))
    emulator.world.bots[TOKEN].revoke()
    channel = make_channel(api=emulator.url)
    with pytest.raises(AuthFailed, match="BotFather"):
        await channel.run(MemoryHost(channel))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"token": "no token"}, "BotFather"),
        ({"mode": "webhook"}, "webhook.url"),
        ({"groups": ["mention"]}, "username"),
        ({"api": "telegram"}, "address"),
        ({"webhook": {"url": "https://hub.example", "secret": "short"}}, "16 to 256"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, Any], words: str) -> None:
    """With what was expected."""
    with pytest.raises(ValidationError, match=words):
        make_settings(**changes)
