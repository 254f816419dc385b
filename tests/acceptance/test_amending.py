"""Edits and deletions, with an operator and a visitor in their browsers."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect

from tests.acceptance.stage import Operator, Visitor

pytestmark = [pytest.mark.mongo, pytest.mark.browser]


async def _talk(anna: Operator, visitor: Visitor) -> Locator:
    """Have Anna answer a client with a slip of the pen; return that message in the console."""
    await anna.come()
    await visitor.say("I'd like to talk to a person, please")
    await anna.take()
    await anna.say("The fig tree costs 20 euro")
    await expect(visitor.bubble("20 euro")).to_be_visible()
    return anna.message("fig tree")


async def test_an_operator_mends_what_they_said(anna: Operator, visitor: Visitor, faults: list[str]) -> None:
    """The visitor sees the new words, staff can look up the old ones, and giving up changes nothing."""
    message = await _talk(anna, visitor)
    await message.hover()
    await message.get_by_role("button", name="Edit").click()
    field = anna.page.locator(".editor textarea")
    await expect(field).to_be_focused()
    await field.fill("never mind")
    await field.press("Escape")
    await expect(message.locator(".said")).to_have_text("The fig tree costs 20 euro")
    await message.get_by_role("button", name="Edit").click()
    await field.fill("The fig tree costs 25 euro")
    await field.press("Enter")
    await expect(visitor.bubble("25 euro")).to_contain_text("edited")
    await expect(visitor.bubble("20 euro")).to_have_count(0)
    await message.get_by_text("edited").click()
    await expect(message.locator(".versions")).to_contain_text("20 euro")
    assert faults == []


async def test_an_operator_takes_back_what_they_said(anna: Operator, visitor: Visitor, faults: list[str]) -> None:
    """After being asked; it is gone for the visitor, also after a reload, and staff can still look it up."""
    message = await _talk(anna, visitor)
    await message.hover()
    await message.get_by_role("button", name="Delete").click()
    dialog = anna.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("20 euro")
    await dialog.get_by_role("button", name="Cancel").click()
    await message.get_by_role("button", name="Delete").click()
    await dialog.get_by_role("button", name="Delete").click()
    await expect(visitor.bubble("Message deleted")).to_be_visible()
    await visitor.page.reload()
    await expect(visitor.bubble("Message deleted")).to_be_visible()
    await expect(visitor.bubble("20 euro")).to_have_count(0)
    gone = anna.page.locator("#messages .gone")
    await expect(gone.get_by_text("fig tree")).to_be_hidden()
    await gone.get_by_text("Show what it said").click()
    await expect(gone.get_by_text("The fig tree costs 20 euro")).to_be_visible()
    await expect(gone.get_by_role("button")).to_have_count(0)
    assert faults == []
