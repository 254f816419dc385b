"""An operator's working day, all of it in Telegram, while the web console shows the same at each step."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from hub.bootstrap import Running, serve
from hub.settings import load
from tests.acceptance.stage import Operator, open_page
from tests.emulators.telegram import TelegramEmulator, User, png
from tests.integration.telegram_desk import Worker

pytestmark = [pytest.mark.browser, pytest.mark.mongo]
SHOP, TEAM = "111000:the-bot-that-clients-write-to-x", "222000:the-bot-that-operators-work-with"
SETTINGS = """
hub: {{ port: 0, data: {data} }}
store: {{ url: "{store}", database: {database} }}
channels:
  shop: {{ kind: telegram, line: sales, token: "${{SHOP}}", api: "{telegram}" }}
consoles:
  web: {{ kind: web }}
  team: {{ kind: telegram, token: "${{TEAM}}", api: "{telegram}" }}
lines:
  sales:
    name: Sales
    operators: [anna]
    distribution: strict
    triage: false
    rating: true
    texts: {{ queued: "", nobody: "" }}
    close_reasons: [{{ ru: Починили, en: Repaired }}, Beyond repair]
  support: {{ name: Support, operators: [boris], triage: false, texts: {{ queued: "", nobody: "" }} }}
operators:
  anna: {{ name: Anna }}
  boris: {{ name: Boris }}
  sofia: {{ name: Sofia, role: supervisor }}
"""


class Web:
    """The page at /console, at which a supervisor watches the one conversation there is."""

    def __init__(self, console: Operator) -> None:
        self._console = console
        self._page = console.page

    async def opens_the_conversation(self) -> None:
        """Open it where all are listed."""
        await self._page.get_by_role("tab", name="All").click()
        await self._console.rows.first.click()

    async def stands(self, words: str) -> None:
        """Wait until the head of the conversation says so."""
        await expect(self._page.locator("#thread-head .where")).to_contain_text(words)

    async def says(self, text: str) -> None:
        """Wait until a message says so."""
        await expect(self._console.message(text).last).to_be_visible()

    async def promises(self, words: str) -> None:
        """Wait until a promise stands above the messages."""
        await expect(self._page.locator("#pledges")).to_contain_text(words)

    async def link_code(self) -> str:
        """Have a code made, and read it."""
        await self._page.locator("#link-account").click()
        code = await self._page.locator(".link-code").inner_text()
        await self._page.keyboard.press("Escape")
        return code.removeprefix("/link ")


@asynccontextmanager
async def _web(browser: Browser, faults: list[str], running: Running, operator: str) -> AsyncIterator[Web]:
    """Open the page for one operator."""
    page = await open_page(browser, faults, locale="en-GB")
    try:
        yield Web(await Operator(page, running.url).sign_in(operator, running.passwords[operator]))
    finally:
        await page.context.close()


async def test_an_operators_working_day(
    mongo_url: str, database: str, folder: Path, browser: Browser, faults: list[str]
) -> None:
    """Link, presence, offer, take, photo, whisper, transfer, promise, close, rating."""
    async with TelegramEmulator() as telegram:
        telegram.add_bot(SHOP, "shop_bot", "Shop")
        team = telegram.add_bot(TEAM, "team_bot", "Team", has_topics_enabled=True)
        file = folder / "day.yaml"
        text = SETTINGS.format(data=folder, store=mongo_url, database=database, telegram=telegram.url)
        file.write_text(text, encoding="utf-8")
        async with serve(load(file, {"SHOP": SHOP, "TEAM": TEAM}), folder) as running:
            people = {}
            for name in ("anna", "boris", "sofia"):
                worker = people[name] = Worker(telegram.add_user(name.title(), language_code="en"), team)
                async with _web(browser, faults, running, name) as own:
                    code = await own.link_code()
                worker.user.starts(team, code)
                await worker.sees("👋")
                worker.says("/available")
                await worker.sees("🟢")
            async with _web(browser, faults, running, "sofia") as web:
                await _day(telegram, web, people)
    assert faults == []


async def _day(telegram: TelegramEmulator, web: Web, people: dict[str, Worker]) -> None:
    anna, boris, sofia = people["anna"], people["boris"], people["sofia"]
    shop = next(bot for bot in telegram.world.bots.values() if bot.username == "shop_bot")
    client: User = telegram.add_user("Carla Rossi", language_code="en")
    client.starts(shop)
    client.says(shop, "Do you have this pot in blue?")

    await anna.sees("Do you have this pot in blue?")
    await web.opens_the_conversation()
    await web.stands("Offered")
    await web.says("Do you have this pot in blue?")
    assert await anna.press("🔔 Carla Rossi", "Take") == "Yours now"
    topic = (await anna.sees("🔴 Carla Rossi")).topic
    assert topic is not None
    await web.says("Anna took the conversation")
    await web.stands("Anna")

    picture = png(320, 240)
    photo = anna.user.sends_photo(anna.bot, picture, "This one?", topic=topic)
    await anna.marked(photo, "👌")
    seen = await client.chat(shop).until(
        lambda: next((m for m in client.chat(shop).messages if m.kind == "photo"), None)
    )
    assert seen is not None
    assert (seen.file, seen.text) == (picture, "This one?")
    await web.says("This one?")

    sofia.says("/find Carla")
    assert await sofia.press("🔍 Carla", "Carla Rossi") == ""
    card = await sofia.sees("Do you have this pot in blue?")
    sofia.says("/whisper offer her the set", answers=card)
    whisper = await anna.sees("offer her the set")
    assert whisper.text.startswith("🤫")
    await web.says("offer her the set")

    client.says(shop, "Yes, but my old one is broken, who repairs it?")
    await anna.sees("who repairs it?")
    anna.says("/transfer boris repairs are yours", topic=topic)
    await boris.sees("repairs are yours")
    await web.says("Anna transferred it to Boris")
    await web.stands("Offered")
    await boris.press("🔔 Carla Rossi", "Take")
    theirs = (await boris.sees("🔴 Carla Rossi")).topic
    assert theirs is not None
    await anna.sees("Anna transferred it to Boris")
    await web.stands("Boris")

    promised = boris.says("We do. I will write to you in 2 hours.", topic=theirs)
    await boris.marked(promised, "👌")
    await boris.sees("⏰ promised for")
    await web.says("We do. I will write to you in 2 hours.")
    await web.promises("“I will write to you in 2 hours.”")

    boris.says("/close", topic=theirs)
    assert "Closed" in await boris.press("why is it over?", "Repaired")
    await web.says("Boris closed the conversation: Repaired")
    await web.stands("Closed")
    asked = await client.chat(shop).until(lambda: next((m for m in client.chat(shop).messages if m.buttons), None))
    assert asked is not None
    client.presses(asked, "5 ★")
    await boris.sees("rated it 5 of 5")
    await web.says("The client rated it 5 of 5")

    said = [m.text for m in client.chat(shop).messages if m.from_bot]
    assert not any("offer her the set" in text or "repairs are yours" in text for text in said)
