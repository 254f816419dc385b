"""A client in the shop and an operator in the console, each in a real browser."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from hub.bootstrap import Running
from tests.acceptance.stage import Operator, Visitor, open_page
from tests.bots.webchat.sites import picture

pytestmark = [pytest.mark.browser, pytest.mark.mongo]


async def test_from_greeting_to_rating(anna: Operator, visitor: Visitor, faults: list[str]) -> None:
    """The bot answers, a person takes over, both lose their connection or reload, and the client rates it."""
    await anna.come()
    await visitor.say("How much is delivery?")
    await expect(visitor.page.locator(".list .bubble")).to_have_count(2)
    await visitor.say("I want to talk to a person")
    await anna.take()
    await expect(visitor.page.get_by_text("Anna is here to help")).to_be_visible()
    question = anna.message("How much is delivery?")
    await question.hover()
    await question.get_by_role("button", name="Answer this message").click()
    await anna.say("Hello, Anna here.")
    await expect(visitor.bubble("Hello, Anna here.")).to_be_visible()
    await expect(visitor.page.locator(".quote")).to_have_text("How much is delivery?")
    await expect(anna.message("Hello, Anna here.").locator(".ticks.read")).to_be_visible()

    await visitor.page.reload()
    await expect(visitor.bubble("Hello, Anna here.")).to_be_visible()
    await visitor.page.context.set_offline(True)
    await visitor.say("Can it stand in the dark?")
    await visitor.page.context.set_offline(False)
    await expect(anna.message("Can it stand in the dark?")).to_be_visible(timeout=30_000)
    await anna.page.reload()
    await anna.say("Rather take the fern.")
    await expect(visitor.bubble("Rather take the fern.")).to_have_count(1)
    await expect(visitor.bubble("Can it stand in the dark?")).to_have_count(1)

    await anna.press_action("Close")
    await anna.page.locator("dialog .primary").click()
    await visitor.page.locator(".rating .star").nth(4).click()
    await expect(anna.page.locator("#card .stars .on")).to_have_count(5)
    await expect(anna.page.locator("#composer-why")).to_contain_text("closed")
    assert faults == []


async def test_nobody_answers_on_a_stale_view(anna: Operator, visitor: Visitor) -> None:
    """Without a connection the composer says why it is shut; it opens when everything missed has been shown."""
    await anna.come()
    await visitor.say("I want to talk to a person")
    await anna.take()
    await anna.field.fill("half a sent")
    await anna.page.context.set_offline(True)
    await expect(anna.page.locator("#connection")).to_be_visible()
    await expect(anna.field).to_be_disabled()
    await expect(anna.page.locator("#composer-why")).to_contain_text("old state")
    await visitor.say("Are you there?")
    await expect(visitor.page.locator(".list .state.sent").last).to_be_visible()
    await anna.page.context.set_offline(False)
    await expect(anna.field).to_be_enabled(timeout=30_000)
    await expect(anna.message("Are you there?")).to_be_visible()
    await expect(anna.field).to_have_value("half a sent")


async def test_one_speaks_and_others_whisper(
    hub: Running, browser: Browser, anna: Operator, visitor: Visitor, faults: list[str]
) -> None:
    """A supervisor reads along in Russian, cannot reply, and what she whispers stays with the staff."""
    page = await open_page(browser, faults)
    sofia = await Operator(page, hub.url).sign_in("sofia", hub.passwords["sofia"])
    await anna.come()
    await visitor.say("I want to talk to a person")
    await anna.take()
    await sofia.page.locator("#tab-all").click()
    await sofia.rows.first.locator(".row-open").click()
    await expect(sofia.page.locator("#composer-why")).to_contain_text("Anna")
    await sofia.say("Offer the fern", "Шёпот")
    await sofia.say("A regular", "Заметка")
    await expect(anna.message("Offer the fern")).to_have_class("message staff whisper")
    await expect(anna.message("A regular").locator(".only-staff")).to_have_text("only staff see this")
    await anna.say("Would you like a fern?")
    await expect(visitor.bubble("fern?")).to_be_visible()
    await expect(visitor.bubble("Offer the fern")).to_have_count(0)
    await expect(visitor.bubble("A regular")).to_have_count(0)
    assert faults == []


async def test_a_transfer_reaches_the_colleague(
    hub: Running, browser: Browser, anna: Operator, visitor: Visitor
) -> None:
    """With its comment; the one who handed it over can no longer reply."""
    boris = await Operator(await open_page(browser, []), hub.url).sign_in("boris", hub.passwords["boris"])
    await anna.come()
    await visitor.say("I want to talk to a person")
    await anna.take()
    await boris.come()
    await anna.press_action("Transfer")
    await anna.page.locator("dialog .choice", has_text="Boris").click()
    await anna.page.locator("dialog textarea").fill("Knows about ferns")
    await anna.page.locator("dialog .primary").click()
    await expect(boris.rows).to_have_count(1)
    await expect(anna.field).to_be_disabled()


async def test_markup_and_reversed_text_stay_text(anna: Operator, visitor: Visitor, faults: list[str]) -> None:
    """Nothing a client writes becomes part of the page, but addresses can be followed."""
    hostile = "<img src=x onerror=alert(1)> \u202egnp.exe https://example.com/a?b=1."
    await visitor.say(hostile)
    await anna.come()
    await visitor.say("I want to talk to a person")
    await anna.take()
    said = anna.message("<img src=x")
    await expect(said).to_be_visible()
    assert await anna.page.locator("#messages img").count() == 0
    await expect(said.locator("a")).to_have_attribute("href", "https://example.com/a?b=1")
    assert faults == []


async def test_pictures_and_ready_made_texts(anna: Operator, visitor: Visitor, faults: list[str]) -> None:
    """A picture chosen by button is shown to both; `/` offers texts that the keyboard inserts."""
    await anna.come()
    await visitor.say("I want to talk to a person")
    await anna.take()
    await anna.page.locator("#file-input").set_input_files(
        {"name": "fern.png", "mimeType": "image/png", "buffer": picture()}
    )
    await expect(anna.page.locator("#chips .file-size")).to_be_visible()
    await anna.field.click()
    await anna.page.keyboard.type("/mom")
    await expect(anna.page.locator("#canned li")).to_have_count(1)
    await anna.page.keyboard.press("Enter")
    await expect(anna.field).to_have_value("One moment, please, I am checking that for you.")
    await anna.page.keyboard.press("Enter")
    await expect(visitor.page.locator(".list img")).to_be_visible()
    await expect(anna.page.locator("#messages .picture img")).to_be_visible()
    assert faults == []


async def test_the_keyboard_and_the_phone(anna: Operator, visitor: Visitor, faults: list[str]) -> None:
    """Everything can be reached without a mouse, and at phone width one pane is shown at a time."""
    await anna.come()
    await visitor.say("I want to talk to a person")
    await expect(anna.rows.first.locator(".offer-actions")).to_be_visible()
    await anna.page.keyboard.press("?")
    await expect(anna.page.locator("dialog .keys")).to_be_visible()
    await anna.page.keyboard.press("Escape")
    await anna.page.keyboard.press("j")
    await expect(anna.page.locator("#thread")).to_be_visible()
    await anna.page.keyboard.press("t")
    await expect(anna.field).to_be_enabled()
    await anna.page.keyboard.press("n")
    await expect(anna.field).to_be_focused()
    await anna.page.set_viewport_size({"width": 390, "height": 844})
    await expect(anna.page.locator(".pane.list")).to_be_hidden()
    await anna.page.locator(".to-card").click()
    await expect(anna.page.locator("#card")).to_be_visible()
    await anna.page.locator("#card .back").click()
    await anna.page.locator("#thread-head .back").click()
    await expect(anna.rows).to_have_count(1)
    width = await anna.page.evaluate("document.documentElement.scrollWidth")
    assert width == 390
    assert faults == []
