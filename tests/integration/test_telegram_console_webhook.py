"""The console in Telegram where Telegram posts what operators do."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from crm_store import MongoStore
from tests.integration.telegram_desk import Front, TelegramDesk, operators_bot, telegram_desk

pytestmark = pytest.mark.mongo
SECRET = "a-secret-of-the-webhook"
HEADER = "X-Telegram-Bot-Api-Secret-Token"


@pytest.fixture
async def desk(store: MongoStore) -> AsyncIterator[TelegramDesk]:
    front = Front()
    webhook = {"url": front.url, "secret": SECRET}
    async with (
        operators_bot(topics=True) as telegram,
        telegram_desk(store, telegram, front=front, mode="webhook", webhook=webhook) as desk,
    ):
        yield desk
    await front.close()


async def test_only_telegram_is_let_in(desk: TelegramDesk) -> None:
    """Whoever knows the address, and even an operator's account, gets nothing done without the secret."""
    anna = await desk.worker("anna", available=False)
    webhook = desk.bot.updates.webhook
    assert webhook is not None
    assert webhook.url.endswith("/consoles/team/telegram")
    asked = anna.says("/available")
    await anna.answered(asked)
    forged = desk.bot.updates.made[-1] | {"update_id": 999_999}
    forged["message"] = forged["message"] | {"text": "/away"}
    async with ClientSession() as session:
        for headers in ({}, {HEADER: "a-guess-at-the-secret"}):
            async with session.post(webhook.url, json=forged, headers=headers) as answer:
                assert answer.status == 401
        async with session.post(webhook.url, data="no JSON", headers={HEADER: SECRET}) as answer:
            assert answer.status == 200
    assert desk.stage.hub.roster["anna"].presence == "available"


async def test_what_is_posted_again_is_done_once(desk: TelegramDesk) -> None:
    """Telegram repeats what it has no answer for, also when only the answer got lost."""
    anna = await desk.worker("anna", available=False)
    asked = anna.says("/mine")
    await anna.answered(asked)
    desk.bot.updates.repeat(1)
    await anna.answered(anna.says("/queue"))
    assert sum(it.reply_to is asked for it in anna.chat.messages) == 1
