"""The console in Telegram, as operators see it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from crm_store import MongoStore
from tests.emulators.telegram import TelegramEmulator
from tests.integration.telegram_desk import TelegramDesk, operators_bot, telegram_desk

pytestmark = pytest.mark.mongo


@pytest.fixture(params=[True, False], ids=["topics", "threads"])
async def telegram(request: pytest.FixtureRequest) -> AsyncIterator[TelegramEmulator]:
    async with operators_bot(topics=request.param) as telegram:
        yield telegram


@pytest.fixture
async def desk(store: MongoStore, telegram: TelegramEmulator) -> AsyncIterator[TelegramDesk]:
    async with telegram_desk(store, telegram) as desk:
        yield desk


async def test_an_offer_is_taken_and_answered(desk: TelegramDesk) -> None:
    """What the client wrote is there, the answer reaches them, and the mark on it says so."""
    anna = await desk.worker("anna")
    await desk.channel.write("carl", "Is the red one in stock?")
    offer = await anna.sees("🔔 carl · Sales")
    assert "Is the red one in stock?" in offer.text
    assert await anna.press("🔔 carl", "Take") == "Yours now"
    head = await anna.sees("🔴 carl · Sales")
    await desk.channel.write("carl", "Hello?")
    said = await anna.sees("Hello?")
    answer = anna.says("It is!", answers=said if said.topic is None else None, topic=said.topic)
    await anna.marked(answer, "👌")
    assert desk.channel.taken["carl"] == ["It is!"]
    assert head.topic is said.topic
