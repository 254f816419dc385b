"""A client in Telegram and an operator at the page: what both can do to a message in particular."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from hub.bootstrap import Running, serve
from hub.settings import load
from tests.acceptance.stage import Operator, Visitor, open_page
from tests.emulators.telegram import Bot, TelegramEmulator, User, png

pytestmark = [pytest.mark.browser, pytest.mark.mongo]
TOKEN = "1111:clients-write-to-this-bot-here"
SETTINGS = """
hub: {{ port: 0, data: {data} }}
store: {{ url: "{store}", database: {database} }}
channels:
  shop-site: {{ kind: webchat, line: sales }}
  shop-telegram: {{ kind: telegram, line: sales, token: "${{SHOP}}", api: "{api}" }}
lines:
  sales: {{ name: Sales, operators: [anna], triage: false, close_reasons: [{{ ru: Продано, en: Sold }}, Spam] }}
operators: {{ anna: {{ name: Anna }} }}
"""


@asynccontextmanager
async def opened(
    mongo_url: str, database: str, folder: Path, browser: Browser, faults: list[str]
) -> AsyncIterator[tuple[Bot, User, Running, Operator]]:
    """Run a Telegram and a hub; return the shop's bot, a person there, the hub, and anna, who has come."""
    async with TelegramEmulator() as telegram:
        shop, carl = telegram.add_bot(TOKEN, "shop_bot", "Shop"), telegram.add_user("Carl", photo=True)
        file = folder / "page.yaml"
        settings = SETTINGS.format(data=folder, store=mongo_url, database=database, api=telegram.url)
        file.write_text(settings, "utf-8")
        async with serve(load(file, {"SHOP": TOKEN}), folder) as running:
            page = await open_page(browser, faults, locale="en-GB")
            anna = await Operator(page, running.url).sign_in("anna", running.passwords["anna"])
            await anna.come()
            yield shop, carl, running, anna
    assert faults == []


async def test_messages_are_answered_and_reacted_to_one_by_one(
    mongo_url: str, database: str, folder: Path, browser: Browser, faults: list[str]
) -> None:
    """Both ways, with pictures, an album and formatting on the way, and a reason at the end."""
    async with opened(mongo_url, database, folder, browser, faults) as (shop, carl, _, anna):
        page = anna.page
        question = carl.says(shop, "Which pot fits?", entities=[{"type": "bold", "offset": 6, "length": 3}])
        await expect(anna.rows.locator(".face img")).to_have_js_property("naturalWidth", 160)
        await anna.take()
        await expect(anna.message("Which pot fits?").locator("strong")).to_have_text("pot")
        carl.sends_photo(shop, png(320, 240), "This corner")
        await expect(anna.message("This corner").locator("img")).to_be_visible()

        carl.sends_album(shop, [png(40, 30), png(30, 40), png(40, 40)], "All corners")
        await expect(anna.message("All corners").locator(".mosaic img")).to_have_count(3)
        await expect(page.locator("#messages .message.theirs")).to_have_count(3)

        await anna.message("Which pot fits?").hover()
        await anna.message("Which pot fits?").get_by_role("button", name="Answer this message").click()
        await expect(page.locator(".chip.answering")).to_contain_text("Which pot fits?")
        await anna.say("The blue one.")
        await expect(page.locator(".chip.answering")).to_have_count(0)
        chat = carl.chat(shop)
        await chat.until(lambda: chat.last.text == "The blue one.")
        assert chat.last.reply_to is question
        await expect(anna.message("The blue one.").locator(".quoted")).to_contain_text("Which pot fits?")

        await anna.message("This corner").hover()
        await anna.message("This corner").get_by_role("button", name="React").click()
        await page.locator(".emoji button", has_text="👍").click()
        await chat.until(lambda: any("👍" in message.reactions for message in chat.messages))
        carl.reacts(chat.last, "🔥")
        await expect(anna.message("The blue one.").locator(".reactions")).to_contain_text("🔥")
        theirs = page.locator("#messages .message.theirs", has_text="Which pot fits?")
        await expect(theirs.get_by_role("button", name="Edit")).to_have_count(0)

        await anna.press_action("Close")
        await page.get_by_role("radio", name="Sold").check()
        await page.get_by_role("textbox", name="Why, for staff").fill("two of them")
        await page.locator("dialog .primary").click()
        await expect(anna.message("Anna closed the conversation: Sold: two of them")).to_be_visible()


async def test_a_visitor_of_the_site_goes_on_in_telegram(
    mongo_url: str, database: str, folder: Path, browser: Browser, faults: list[str]
) -> None:
    """By an address that the operator puts into an answer; from then on one card has both."""
    async with opened(mongo_url, database, folder, browser, faults) as (shop, carl, running, anna):
        visitor = await Visitor(await open_page(browser, faults, locale="en-GB")).enter(running.url)
        await visitor.say("I have to leave soon")
        await anna.take()
        await anna.page.get_by_role("button", name="Invite to shop-telegram").click()
        address = anna.page.get_by_role("textbox", name="Address")
        await expect(address).to_have_value(re.compile(r"https://t\.me/shop_bot\?start=card-"))
        payload = (await address.input_value()).partition("start=")[2]
        await anna.page.get_by_role("button", name="Put it into the answer").click()
        await anna.field.press("Enter")
        await expect(visitor.bubble(payload)).to_be_visible()

        carl.starts(shop, payload)
        await expect(anna.page.locator("#messages")).to_contain_text("followed the link")
        await expect(anna.page.locator("#thread-head")).to_contain_text("Carl")
        await expect(anna.page.locator("#card .identities li")).to_have_count(2)
        await expect(anna.page.locator("#card")).to_contain_text("Telegram")
