from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from hub.bootstrap import Running
from tests.acceptance.stage import Operator, Visitor, open_page, running_hub
from tests.browser import browser

__all__ = ["browser"]

#: milliseconds; two browsers, a hub and a mongod share few processors in CI
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all hubs of the run keep what the bot has learnt, so that it learns once."""
    return Path(tmp_path_factory.mktemp("hub"))


@pytest.fixture
async def hub(mongo_url: str, database: str, folder: Path) -> AsyncIterator[Running]:
    """A running hub."""
    async with running_hub(mongo_url, database, folder) as running:
        yield running


@pytest.fixture
def faults() -> list[str]:
    """What scripts on the pages complained of."""
    return []


@pytest.fixture
async def visitor(hub: Running, browser: Browser, faults: list[str]) -> Visitor:
    """A client in the demo shop."""
    return await Visitor(await open_page(browser, faults, locale="en-GB")).enter(hub.url)


@pytest.fixture
async def anna(hub: Running, browser: Browser, faults: list[str]) -> Operator:
    """An operator of the sales line, signed in."""
    page = await open_page(browser, faults, locale="en-GB")
    return await Operator(page, hub.url).sign_in("anna", hub.passwords["anna"])
