"""A real Chromium for tests. Import the fixture where it is needed: `from tests.browser import browser`."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str:
    """Return where Chromium is, or say how to get it."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.fail("The browser tests need Chromium: install it with `apt-get install chromium`.")
    return found


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Yield a headless Chromium; open a context in it for each person."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        yield running
        await running.close()
