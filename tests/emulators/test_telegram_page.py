"""The emulator's page in a real browser."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiogram import Bot as Client
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup
from playwright.async_api import Browser, Page, expect

from tests.browser import browser
from tests.emulators.telegram import Bot, TelegramEmulator, User, png

__all__ = ["browser"]

pytestmark = pytest.mark.browser


@pytest.fixture
async def page(browser: Browser, telegram: TelegramEmulator, anna: User) -> AsyncIterator[Page]:
    """The page as Anna sees it, in her chat with the shop; nothing may go wrong in it."""
    wrong: list[str] = []
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    await page.goto(telegram.url)
    await page.get_by_role("button", name="Shop").click()
    yield page
    await context.close()
    assert wrong == []


async def test_one_writes_and_reads_on_the_page(client: Client, shop: Bot, anna: User, page: Page) -> None:
    """What is typed reaches the bot as an update; what the bot sends appears by itself, marked as it was."""
    await page.get_by_label("Message", exact=True).fill("Where is <b>my</b> order?")
    await page.get_by_role("button", name="Send", exact=True).click()
    asked = (await client.get_updates(timeout=15))[0].message
    assert asked is not None
    assert asked.text == "Where is <b>my</b> order?"
    await client.send_message(anna.id, "On <b>its way</b>", parse_mode="HTML")
    await expect(page.locator("#messages .bold")).to_have_text("its way")
    await expect(page.locator("#messages .mine .said").last).to_have_text("Where is <b>my</b> order?")


async def test_buttons_work_on_the_page(client: Client, shop: Bot, anna: User, page: Page) -> None:
    """An inline button waits for the bot's answer and shows it; a reply button says its text."""
    button = InlineKeyboardButton(text="Take", callback_data="take")
    await client.send_message(anna.id, "An offer", reply_markup=InlineKeyboardMarkup(inline_keyboard=[[button]]))
    await page.get_by_role("button", name="Take").click()
    pressed = (await client.get_updates(timeout=15))[0]
    assert pressed.callback_query is not None
    await client.answer_callback_query(pressed.callback_query.id, "It is yours")
    await expect(page.get_by_role("status").last).to_have_text("It is yours")
    markup = ReplyKeyboardMarkup(keyboard=[[KeyboardButton(text="Five stars")]])
    await client.send_message(anna.id, "How was it?", reply_markup=markup)
    await page.get_by_role("button", name="Five stars").click()
    said = (await client.get_updates(offset=pressed.update_id + 1, timeout=15))[0].message
    assert said is not None
    assert said.text == "Five stars"


async def test_files_topics_and_calls_are_shown(client: Client, shop: Bot, anna: User, page: Page) -> None:
    """A chosen picture is sent as a photo, a topic is a tab, and every call stands in the list."""
    picture = {"name": "broken.png", "mimeType": "image/png", "buffer": png(60, 40)}
    await page.get_by_label("Send a file").set_input_files(picture)  # type: ignore[arg-type]  # the plain dict is what it takes
    sent = (await client.get_updates(timeout=15))[0].message
    assert sent is not None
    assert sent.photo is not None
    await expect(page.get_by_role("img", name="Photo")).to_be_visible()
    shop.has_topics_enabled = True
    topic = await client.create_forum_topic(anna.id, "Order 5")
    await client.send_message(anna.id, "In the topic", message_thread_id=topic.message_thread_id)
    await page.get_by_role("tab", name="Order 5").click()
    await expect(page.locator("#messages .said")).to_have_text(["In the topic"])
    await expect(page.locator("#calls li b").first).to_have_text("sendMessage")


async def test_somebody_new_starts_the_bot(client: Client, telegram: TelegramEmulator, page: Page) -> None:
    """A person made on the page begins a chat by opening it."""
    await page.get_by_role("button", name="Somebody new").click()
    await page.get_by_role("button", name="Cancel").click()
    assert len(telegram.world.users) == 1
    await page.get_by_role("button", name="Somebody new").click()
    await page.get_by_label("Name").fill("Clara Novak")
    await page.get_by_label("Name").press("Enter")
    await page.get_by_role("button", name="Shop").click()
    started = (await client.get_updates(timeout=15))[0].message
    assert started is not None
    assert started.from_user is not None
    assert (started.text, started.from_user.full_name) == ("/start", "Clara Novak")


async def test_a_phone_shows_one_thing_at_a_time(browser: Browser, telegram: TelegramEmulator, anna: User) -> None:
    """On 390 pixels the chats come first, then the chat, and nothing is wider than the screen."""
    context = await browser.new_context(viewport={"width": 390, "height": 800})
    page = await context.new_page()
    await page.goto(telegram.url)
    await page.get_by_role("button", name="Shop").click()
    await expect(page.get_by_label("Message", exact=True)).to_be_visible()
    await expect(page.locator("#chats")).to_be_hidden()
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await page.get_by_role("button", name="Back to the chats").click()
    await expect(page.locator("#chats")).to_be_visible()
    await context.close()
