"""A Telegram with a shop's bot and a person who has started it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiogram import Bot as Client
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer

from tests.clock import ManualClock
from tests.emulators.telegram import Bot, TelegramEmulator, User


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def telegram(clock: ManualClock) -> AsyncIterator[TelegramEmulator]:
    async with TelegramEmulator(now=clock.now, webhook_pause=0) as telegram:
        yield telegram


@pytest.fixture
def shop(telegram: TelegramEmulator) -> Bot:
    return telegram.add_bot("123:a-token", "shop_bot", "Shop")


@pytest.fixture
def anna(telegram: TelegramEmulator, shop: Bot) -> User:
    anna = telegram.add_user("Anna Smirnova", language_code="ru", username="anna_s", photo=True)
    anna.starts(shop)
    shop.updates.drop()
    return anna


@pytest.fixture
async def client(telegram: TelegramEmulator, shop: Bot) -> AsyncIterator[Client]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(telegram.url), timeout=20)
    async with Client(shop.token, session=session) as client:
        yield client
