"""What operators edit and take back, as visitors see it: over the socket, and in a real browser."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from bots.webchat.screen import PAGE
from router.delivery import Action
from router.model import Message
from tests.bots.webchat.sites import Widget, begin, visiting
from tests.bots.webchat.visitor import Shop, Visit

SECRET = "the discount is 90%"


async def _answered(shop: Shop, visit: Visit, *texts: str) -> list[Message]:
    """Let a visitor write and be answered; return the answers."""
    await visit.tell("hello")
    for text in texts:
        await shop.host.reply(visit.chat, text)
    await visit.until(1 + len(texts))
    return shop.host.messages(visit.chat)[1:]


async def test_open_windows_show_an_edit_at_once(shop: Shop) -> None:
    """All of them, with the words as they are now and nothing of those before."""
    async with shop.visit() as visit, shop.visit(visit.token) as other:
        [answer] = await _answered(shop, visit, SECRET)
        await shop.host.amend(answer, "the discount is 9%")
        for window in (visit, other):
            frame = await window.hear("changed")
            assert frame["entries"] == [{"id": answer.id, "text": "the discount is 9%", "edited": True}]


async def test_open_windows_drop_what_was_taken_back(shop: Shop) -> None:
    """With its files and quick answers."""
    async with shop.visit() as visit:
        await visit.tell("hello")
        await shop.host.reply(visit.chat, SECRET, choices=("Yes", "No"))
        await visit.until(2)
        await shop.host.amend(shop.host.messages(visit.chat)[1], action=Action.DELETE)
        frame = await visit.hear("changed")
        assert frame["entries"] == [{"id": visit.entries[1]["id"], "text": "", "deleted": True}]


async def test_whoever_comes_later_never_gets_the_former_words(shop: Shop) -> None:
    """The history is as it is now, and says what was changed in it."""
    async with shop.visit() as visit:
        first, second = await _answered(shop, visit, SECRET, "another " + SECRET)
        await shop.host.amend(first, "well")
        await shop.host.amend(second, action=Action.DELETE)
    async with shop.visit(visit.token) as again:
        entries = await again.until(3)
        assert SECRET not in str(entries)
        assert [(e["text"], e.get("edited"), e.get("deleted")) for e in entries] == [
            ("hello", None, None),
            ("well", True, None),
            ("", None, True),
        ]


async def test_a_window_that_resumes_is_told_what_changed_meanwhile(shop: Shop) -> None:
    """What it was shown before its cursor would not come again by itself; what is new comes as it is now."""
    async with shop.visit() as visit:
        first, second, _ = await _answered(shop, visit, "one", "two", "three")
    await shop.host.amend(first, "ONE")
    await shop.host.amend(second, action=Action.DELETE)
    await shop.host.reply(visit.chat, "fuor")
    await shop.host.amend(shop.host.messages(visit.chat)[-1], "four")
    async with shop.visit(visit.token, after=visit.cursor) as again:
        assert again.welcome["cursor"] == visit.cursor
        frame = await again.hear("changed")
        assert [entry["text"] for entry in again.entries] == ["four"]
        assert frame["entries"] == [
            {"id": first.id, "text": "ONE", "edited": True},
            {"id": second.id, "text": "", "deleted": True},
        ]


async def test_a_window_that_resumes_after_nothing_changed_is_told_nothing(shop: Shop) -> None:
    """The next thing it hears is what is new."""
    async with shop.visit() as visit:
        await _answered(shop, visit, "one")
    async with shop.visit(visit.token, after=visit.cursor) as again:
        await shop.host.reply(visit.chat, "two")
        assert (await again.hear("entries", "changed"))["type"] == "entries"


async def test_many_changes_come_in_frames_of_bounded_size(shop: Shop) -> None:
    """A whole page of edited messages is told in parts."""
    async with shop.visit() as visit:
        answers = await _answered(shop, visit, *(str(n) for n in range(PAGE - 1)))
    for answer in answers:
        await shop.host.amend(answer, answer.text + "!")
    async with shop.visit(visit.token, after=visit.cursor) as again:
        told: list[str] = []
        while len(told) < len(answers):
            frame = await again.hear("changed")
            assert len(frame["entries"]) <= 25
            told += [entry["text"] for entry in frame["entries"]]
    assert told == [answer.text + "!" for answer in answers]


@pytest.mark.browser
async def test_the_widget_shows_what_became_of_a_message(browser: Browser, shop: Shop) -> None:
    """In place, marked, without counting as news; and the same after a reload."""
    async with visiting(browser, shop) as (context, url):
        widget, chat = await begin(context, url, shop)
        for text in (SECRET, "It ships today."):
            await shop.host.reply(chat, text)
        await expect(widget.bubbles).to_have_count(3)
        _, first, second = shop.host.messages(chat)
        await shop.host.amend(first, "There is no discount: https://shop.example/")
        await shop.host.amend(second, action=Action.DELETE)
        for _ in range(2):
            await expect(widget.bubbles).to_have_text(
                ["hello", "There is no discount: https://shop.example/edited", "Message deleted"]
            )
            await expect(widget.page.get_by_role("link", name="https://shop.example/")).to_be_visible()
            assert SECRET not in await widget.page.locator(".list").inner_text()
            await widget.page.reload()


@pytest.mark.browser
async def test_the_widget_catches_up_with_changes_after_it_was_offline(browser: Browser, shop: Shop) -> None:
    """It resumes from its cursor, and still shows nothing that was taken back meanwhile."""
    async with visiting(browser, shop) as (context, url):
        widget, chat = await begin(context, url, shop)
        await shop.host.reply(chat, SECRET)
        await expect(widget.bubbles).to_have_count(2)
        await context.set_offline(True)
        await expect(widget.banner).to_contain_text("You are offline")
        await shop.host.amend(shop.host.messages(chat)[1], action=Action.DELETE)
        await context.set_offline(False)
        await expect(widget.bubbles).to_have_text(["hello", "Message deleted"])


@pytest.mark.browser
async def test_what_was_taken_back_before_it_was_read_is_not_unread(browser: Browser, shop: Shop) -> None:
    """The badge counts what there is to read."""
    async with visiting(browser, shop) as (context, url):
        widget, chat = await begin(context, url, shop)
        await Widget(widget.page).launcher.click()
        await shop.host.reply(chat, SECRET)
        await expect(widget.badge).to_have_text("1")
        await shop.host.amend(shop.host.messages(chat)[1], action=Action.DELETE)
        await expect(widget.badge).to_be_hidden()
