"""Takes the pictures that the README shows: `python -m tests.acceptance.screenshots docs/images`."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, Page, async_playwright, expect

from hub.bootstrap import Running
from hub.mongod import start_mongod
from tests.acceptance.stage import Operator, Visitor, open_page, running_hub
from tests.browser import ARGUMENTS, chromium

DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


async def main(folder: Path) -> None:
    """Start a hub of its own, play a short conversation, and take the pictures."""
    expect.set_options(timeout=30_000)
    async with AsyncExitStack() as stack:
        data = Path(stack.enter_context(TemporaryDirectory()))
        mongo = await start_mongod(data)
        stack.push_async_callback(mongo.stop)
        running = await stack.enter_async_context(running_hub(mongo.url, "screenshots", data))
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        stack.push_async_callback(browser.close)
        await _play(running, browser, folder)


async def _play(hub: Running, browser: Browser, folder: Path) -> None:
    anna = await Operator(await open_page(browser, [], locale="en-GB"), hub.url).sign_in("anna", hub.passwords["anna"])
    await anna.come()
    visitor = await Visitor(await open_page(browser, [], locale="en-GB")).enter(hub.url)
    other = await Visitor(await open_page(browser, [], locale="ru-RU")).enter(hub.url)
    await _talk(anna, visitor, other)
    await visitor.page.screenshot(path=folder / "shop.png")
    await _both_schemes(anna.page, folder / "console.png")
    await anna.page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a ViewportSize is such a dict
    await _both_schemes(anna.page, folder / "console-phone.png")
    await visitor.page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # as above
    await visitor.page.screenshot(path=folder / "widget-phone.png")


async def _talk(anna: Operator, visitor: Visitor, other: Visitor) -> None:
    await visitor.say("How much is delivery?")
    await expect(visitor.page.locator(".list .bubble")).to_have_count(2)
    await visitor.say("I'd like to talk to a person about a fig tree, please")
    await anna.take()
    await anna.say("Hello, this is Anna. Which fig tree is it about?")
    await visitor.say("The one in terracotta. Will it survive in a hallway without much light?")
    await expect(anna.message("hallway")).to_be_visible()
    await anna.say("Hallway without light: suggest the fern, 10 % off as agreed", "Note")
    await anna.say("Honestly: it would sulk. The fern in night blue likes shade, and it is in stock.")
    await expect(visitor.bubble("night blue")).to_be_visible()
    await other.say("Хочу поговорить с человеком")
    await expect(anna.rows).to_have_count(2)
    # At a person's pace: the widget tells of typing every few seconds only, and has just done so.
    await visitor.field.press_sequentially("Oh, lovely. How big is it", delay=200)
    await expect(anna.page.locator("#typing .dots")).to_be_visible()


async def _both_schemes(page: Page, file: Path) -> None:
    await page.screenshot(path=file)
    await page.emulate_media(color_scheme="dark")
    await page.screenshot(path=file.with_stem(f"{file.stem}-dark"))
    await page.emulate_media(color_scheme="light")


if __name__ == "__main__":
    pictures = Path(sys.argv[1])
    pictures.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(pictures))
