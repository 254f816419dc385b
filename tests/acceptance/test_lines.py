"""A supervisor watches the lines, and what is promised to clients is kept in sight."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from hub.bootstrap import Running
from tests.acceptance.stage import SETTINGS, Operator, Visitor, open_page, running_hub

pytestmark = [pytest.mark.browser, pytest.mark.mongo]
#: a target that is at risk after some seconds, and that nobody misses while a test runs
SLA = "sla: {{ first_response: 5m, warn_at: [1%] }}, priority: regular"
ASKS = "I want to talk to a person"


@pytest.fixture
async def hub(mongo_url: str, database: str, folder: Path) -> AsyncIterator[Running]:
    """A hub whose sales line has a target."""
    settings = SETTINGS.replace("distribution: strict", f"distribution: strict, {SLA}")
    settings += "priorities: {{ regular: 0s }}\n"
    async with running_hub(mongo_url, database, folder, settings) as running:
        yield running


@pytest.fixture
async def sofia(hub: Running, browser: Browser, faults: list[str]) -> Operator:
    """A supervisor, who reads English here, in the view of the lines."""
    sofia = await Operator(await open_page(browser, faults), hub.url).sign_in("sofia", hub.passwords["sofia"])
    await sofia.page.goto(f"{hub.url}/console?lang=en#/lines/sales")
    await expect(sofia.page.locator("#line-detail")).to_be_visible()
    return sofia


async def test_a_queue_is_seen_live_and_given_to_somebody_else(
    hub: Running, browser: Browser, anna: Operator, sofia: Operator, visitor: Visitor, faults: list[str]
) -> None:
    """Who comes to wait is seen without a reload, is given to another operator, and leaves the queue."""
    page = sofia.page
    queue, sales = page.locator("#line-queue > li"), page.locator(".line-row", has_text="Sales")
    await expect(page.get_by_text("Nobody is waiting.")).to_be_visible()
    await visitor.say(ASKS)
    await expect(queue).to_have_count(1)
    await expect(sales).to_contain_text("1 in the queue")
    await expect(queue.first).to_contain_text("regular")
    await anna.come()
    await expect(queue.first).to_contain_text("Offered to Anna")
    boris = await Operator(await open_page(browser, faults), hub.url).sign_in("boris", hub.passwords["boris"])
    await boris.come()
    await queue.first.get_by_role("button", name="Assign").click()
    await page.locator("dialog .choice", has_text="Boris").click()
    await page.locator("dialog .primary").click()
    await expect(queue.first).to_contain_text("Offered to Boris")
    await boris.take()
    await expect(queue).to_have_count(0)
    await expect(sales).to_contain_text("1 in progress")
    await expect(page.locator("#line-operators > li", has_text="Boris")).to_contain_text("1 of 5 on this line")
    assert faults == []


async def test_a_queue_is_put_into_another_order(
    hub: Running, browser: Browser, sofia: Operator, visitor: Visitor, faults: list[str]
) -> None:
    """The last one to come is put first with the keyboard, which stays where it was, and back with the arrow."""
    page = sofia.page
    queue = page.locator("#line-queue > li")
    for number in range(1, 4):
        await visitor.say(ASKS)
        await expect(queue).to_have_count(number)
        visitor = await Visitor(await open_page(browser, [], locale="en-GB")).enter(hub.url)
    first, second, third = [await queue.nth(place).get_attribute("data-key") for place in range(3)]
    await queue.nth(2).locator("[data-action=first]").focus()
    await page.keyboard.press("Enter")
    await expect(queue.nth(0)).to_have_attribute("data-key", str(third))
    await expect(queue.nth(0).locator("button:focus")).to_have_count(1)
    await queue.nth(0).locator("[data-action=later]").click()
    await expect(queue.nth(0)).to_have_attribute("data-key", str(first))
    await expect(queue.nth(1)).to_have_attribute("data-key", str(third))
    await queue.nth(2).drag_to(queue.nth(0))
    await expect(queue.nth(0)).to_have_attribute("data-key", str(second))
    assert faults == []


async def test_a_line_is_paused_and_goes_on(
    anna: Operator, sofia: Operator, visitor: Visitor, faults: list[str]
) -> None:
    """Paused, it offers nothing; let go on, who waits is offered at once. Both are asked first."""
    page = sofia.page
    await anna.come()
    await page.get_by_role("button", name="Pause the line").click()
    await page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    await expect(page.locator("#line-head")).not_to_contain_text("Paused")
    await page.get_by_role("button", name="Pause the line").click()
    await page.get_by_role("dialog").get_by_role("button", name="Pause the line").click()
    await expect(page.locator("#line-head")).to_contain_text("Paused")
    await expect(page.locator(".line-row", has_text="Sales")).to_contain_text("Paused")
    await visitor.say(ASKS)
    await expect(page.locator("#line-queue > li")).to_have_count(1)
    await expect(anna.rows).to_have_count(0)
    await page.get_by_role("button", name="Let it go on").click()
    await page.get_by_role("dialog").get_by_role("button", name="Let it go on").click()
    await expect(page.locator("#line-queue > li")).to_contain_text("Offered to Anna")
    await expect(anna.rows).to_have_count(1)
    assert faults == []


async def test_what_is_at_risk_is_told_in_words_and_can_be_taken(
    sofia: Operator, visitor: Visitor, faults: list[str]
) -> None:
    """The target at risk is named with the time left; the supervisor takes the conversation out of the queue."""
    page = sofia.page
    await sofia.come()
    await visitor.say(ASKS)
    item = page.locator("#line-queue > li")
    await expect(item.locator(".sla.risk")).to_contain_text("First answer")
    await expect(item.locator(".sla.risk")).to_contain_text("left")
    await expect(page.locator(".line-row", has_text="Sales")).to_contain_text("1 at risk")
    await item.get_by_role("button", name="Take").click()
    await expect(sofia.field).to_be_enabled()
    await expect(page.locator("#pledges .sla")).to_contain_text("First answer")
    await sofia.say("Good day!")
    await expect(page.locator("#pledges .sla")).to_have_count(0)
    assert faults == []


async def test_operators_have_no_lines_to_watch(anna: Operator) -> None:
    """Neither is there a way in, nor does the address lead there."""
    await expect(anna.page.locator("#places")).to_be_hidden()
    await anna.page.goto(f"{anna.url}/console#/lines")
    await expect(anna.page.locator("#app")).to_be_visible()
    await expect(anna.page.locator("#lines")).to_be_hidden()


async def test_a_promise_is_shown_changed_and_taken_back(anna: Operator, visitor: Visitor, faults: list[str]) -> None:
    """Chosen in the dialog, typed as a command, and taken back; nothing of it reaches the client."""
    page = anna.page
    strip, promised = page.locator("#pledges"), page.locator("#pledges .promised")
    await anna.come()
    await visitor.say(ASKS)
    await anna.take()
    await strip.get_by_role("button", name="Snooze").click()
    await page.locator("dialog [name=text]").fill("ask the warehouse")
    await page.locator("dialog .choice", has_text="Tomorrow at 9").click()
    await expect(promised).to_contain_text("tomorrow")
    await expect(promised).to_contain_text("ask the warehouse")
    await anna.say("/snooze 3d call her")
    await expect(promised).to_contain_text("call her")
    await strip.get_by_role("button", name="Take back").click()
    await expect(promised).to_have_count(0)
    await anna.field.fill("/snooze soon")
    await anna.field.press("Enter")
    await expect(page.locator(".toast")).to_contain_text("/snooze 2h")
    await expect(visitor.bubble("/snooze")).to_have_count(0)
    assert faults == []


async def test_why_is_answered_in_plain_words(anna: Operator, visitor: Visitor, faults: list[str]) -> None:
    """`/why` leads with the decision, then comes the table, the clock and the place in the settings."""
    await anna.come()
    await visitor.say(ASKS)
    await anna.take()
    await anna.field.press_sequentially("/why")
    await anna.field.press("Enter")
    dialog = anna.page.get_by_role("dialog")
    await expect(dialog.locator("h3").first).to_have_text("Offered to Anna")
    await expect(dialog.locator("p").first).to_contain_text("first in the order written")
    await expect(dialog.locator("tr", has_text="Boris")).to_contain_text("away")
    await expect(dialog.locator(".rule")).to_contain_text("(UTC)")
    await expect(dialog.locator(".rule")).to_contain_text("config.yaml:")
    await expect(anna.field).to_have_value("")
    await expect(visitor.bubble("/why")).to_have_count(0)
    assert faults == []


async def test_who_passes_on_what_is_shown_for_a_line(sofia: Operator, anna: Operator, visitor: Visitor) -> None:
    """What came, was taken and ended is counted for whoever had it; other periods can be chosen."""
    await anna.come()
    await visitor.say(ASKS)
    await anna.take()
    await anna.say("Good morning!")
    await anna.press_action("Close")
    await anna.page.locator("dialog .primary").click()
    page = sofia.page
    await page.locator("#line-effort").click()
    dialog = page.locator("dialog")
    await expect(dialog).to_contain_text("1 conversations came, were taken and ended.")
    await expect(dialog.locator("tbody tr")).to_contain_text("Anna")
    await expect(dialog.locator("tbody tr")).to_contain_text("0 of 1")
    await dialog.locator("select").select_option("30")
    await expect(dialog).to_contain_text("Nobody passes on clearly more")


async def test_a_card_says_who_looks_after_the_client_and_what_time_it_is_there(
    anna: Operator, visitor: Visitor, faults: list[str]
) -> None:
    """Whoever holds the conversation chooses; the clock is that of the client's browser."""
    page = anna.page
    await anna.come()
    await visitor.say(ASKS)
    await anna.take()
    card = page.locator("#card")
    await expect(card.locator("time[data-zone]")).to_contain_text(":")
    await card.get_by_role("button", name="Change").click()
    await page.locator("dialog [name=responsible]").select_option("boris")
    await page.locator("dialog [name=priority]").select_option("regular")
    await page.locator("dialog .primary").click()
    await expect(card).to_contain_text("Boris")
    await expect(card).to_contain_text("regular")
    assert faults == []


async def test_leave_is_entered_and_taken_away_in_the_console(
    anna: Operator, sofia: Operator, faults: list[str]
) -> None:
    """Everybody's own by their name, and a colleague's by those who lead, where the line is."""
    page = anna.page
    await page.locator("#me").click()
    leaves = page.locator(".leave-row")
    await expect(page.locator("dialog")).to_contain_text("No leave is entered.")
    await page.locator("dialog [name=from]").fill("2099-07-01")
    await page.locator("dialog [name=to]").fill("2099-07-14")
    await page.locator("dialog [name=note]").fill("by the sea")
    await page.locator("dialog .primary").click()
    await expect(leaves).to_contain_text("July 1, 2099 to July 14, 2099")
    await expect(leaves).to_contain_text("by the sea")
    theirs = sofia.page
    await theirs.locator(".line-operator", has_text="Anna").get_by_role("button", name="Leave").click()
    await expect(theirs.locator(".leave-row")).to_contain_text("by the sea")
    await theirs.locator("dialog [name=from]").fill("2099-08-01")
    await theirs.locator("dialog [name=reason]").select_option("sick")
    await theirs.locator("dialog .primary").click()
    await expect(theirs.locator(".leave-row")).to_have_count(2)
    await theirs.locator(".leave-row").nth(1).get_by_role("button").click()
    await expect(theirs.locator(".leave-row")).to_have_count(1)
    assert faults == []
