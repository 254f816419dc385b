"""The widget in a real browser, on a page of another site."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from router.delivery import DeliveryState
from tests.bots.webchat.sites import Widget, begin, picture, visiting
from tests.bots.webchat.visitor import Shop, open_shop

pytestmark = pytest.mark.browser


async def test_a_talk(browser: Browser, shop: Shop) -> None:
    """Sent, answered, read on both sides; who answers is named, and a reload brings everything back."""
    async with visiting(browser, shop) as (context, url):
        widget, chat = await begin(context, url, shop, "Is it <b>blue</b>?")
        await shop.host.take(chat)
        await shop.host.reply(chat, "It is: https://shop.example/a_(b)?c=1.")
        await expect(widget.bubbles).to_have_text(["Is it <b>blue</b>?", "It is: https://shop.example/a_(b)?c=1."])
        await expect(widget.page.locator(".list .name", has_text="Olga")).to_be_visible()
        await expect(widget.page.get_by_text("Olga is here to help")).to_be_visible()
        link = widget.page.get_by_role("link", name="https://shop.example")
        await expect(link).to_have_attribute("rel", re.compile("noopener"))
        await expect(link).to_have_attribute("href", re.compile(r"c=1$"))
        await shop.host.see(chat)
        await expect(widget.state("read")).to_have_count(1)
        await widget.page.reload()
        await expect(widget.bubbles).to_have_count(2)
        await expect(widget.state("read")).to_have_count(1)
        assert shop.host.states() == [DeliveryState.READ]


async def test_typing_is_shown_both_ways(browser: Browser, shop: Shop) -> None:
    """The operator sees the visitor type, and the other way round until the answer comes."""
    async with visiting(browser, shop) as (context, url):
        widget, chat = await begin(context, url, shop)
        await widget.field.press_sequentially("abc")
        await shop.channel.typing(chat, "Olga")
        await expect(widget.page.get_by_text("Olga is typing")).to_be_visible()
        await shop.host.reply(chat, "done")
        await expect(widget.page.get_by_text("Olga is typing")).to_be_hidden()
        assert shop.host.typed == [chat]


async def test_what_is_typed_offline_is_sent_once_in_order(browser: Browser, shop: Shop) -> None:
    """It waits in the browser, survives a reload, and nothing that came meanwhile is missed."""
    async with visiting(browser, shop) as (context, url):
        widget, chat = await begin(context, url, shop)
        await context.set_offline(True)
        await expect(widget.banner).to_contain_text("You are offline")
        for text in ("one", "two", "three"):
            await widget.say(text)
        await expect(widget.state("sending")).to_have_count(3)
        await shop.host.reply(chat, "are you there?")
        await context.set_offline(False)
        await expect(widget.banner).to_be_hidden()
        await expect(widget.bubbles).to_have_count(5)
        await expect(widget.state("sent")).to_have_count(4)
        assert shop.host.texts(chat) == ["hello", "are you there?", "one", "two", "three"]


async def test_what_waits_survives_a_reload_while_the_store_is_away(browser: Browser, shop: Shop) -> None:
    """The visitor writes and reloads; when the store is back it is said once."""
    async with visiting(browser, shop) as (context, url):
        widget, chat = await begin(context, url, shop)
        shop.host.unreachable = True
        await widget.say("are you there?")
        await expect(widget.state("sending")).to_have_count(1)
        await widget.page.reload()
        await expect(widget.bubbles.last).to_have_text("are you there?")
        shop.host.unreachable = False
        await expect(widget.state("sent")).to_have_count(2)
        assert shop.host.texts(chat) == ["hello", "are you there?"]


async def test_a_lost_acknowledgement_makes_no_double(browser: Browser, shop: Shop) -> None:
    """Kept but not acknowledged, the message is sent again and shown once."""
    async with visiting(browser, shop) as (context, url):
        page = await context.new_page()
        lose = True

        def through(socket: Any) -> None:
            server = socket.connect_to_server()

            def from_hub(data: str) -> None:
                nonlocal lose
                if lose and json.loads(data)["type"] == "ack":
                    lose = False
                    asyncio.get_running_loop().create_task(server.close())
                    return
                socket.send(data)

            server.on_message(from_hub)

        await page.route_web_socket(re.compile("/socket$"), through)
        widget = await Widget(page).open(url)
        await widget.say("once")
        await expect(widget.state("sent")).to_have_count(1)
        await expect(widget.bubbles).to_have_count(1)
        assert not lose
        assert [message.text for message in shop.host.messages(shop.host.events[0].chat)] == ["once"]


async def test_two_tabs_show_the_same(browser: Browser, shop: Shop) -> None:
    """What one tab says the other shows, and answers come to both."""
    async with visiting(browser, shop) as (context, url):
        one, chat = await begin(context, url, shop)
        two = await Widget(await context.new_page()).open(url)
        await expect(two.bubbles).to_have_text(["hello"])
        await two.say("from the second")
        await expect(one.bubbles).to_have_text(["hello", "from the second"])
        await shop.host.reply(chat, "to both")
        for widget in (one, two):
            await expect(widget.bubbles).to_have_text(["hello", "from the second", "to both"])
        assert shop.host.texts(chat) == ["hello", "from the second", "to both"]


async def test_the_badge_counts_what_nobody_has_looked_at(browser: Browser, shop: Shop) -> None:
    """A closed chat counts; opening it reads, and the hub learns both."""
    async with visiting(browser, shop) as (context, url):
        widget, chat = await begin(context, url, shop)
        await widget.field.press("Escape")
        await expect(widget.launcher).to_be_focused()
        for text in ("one", "two"):
            await shop.host.reply(chat, text)
        await expect(widget.badge).to_have_text("2")
        await expect(widget.launcher).to_have_accessible_name("Open the chat, unread: 2")
        await widget.page.reload()
        await expect(widget.badge).to_have_text("2")
        assert shop.host.states() == [DeliveryState.DELIVERED] * 2
        await widget.open()
        await expect(widget.badge).to_be_hidden()
        await widget.say("thanks")
        await expect(widget.state("sent").last).to_be_visible()
        assert shop.host.states() == [DeliveryState.READ] * 2


async def test_files_and_pictures(browser: Browser) -> None:
    """Pictures are judged by content and shown, other files are offered; what cannot be sent says why at once."""
    async with open_shop(allowed_origins=["*"], max_file=500_000) as shop, visiting(browser, shop) as (context, url):
        widget, chat = await begin(context, url, shop)
        files = [
            {"name": "kitchen.png", "mimeType": "image/png", "buffer": picture()},
            {"name": "liar.png", "mimeType": "image/png", "buffer": b"<script>alert(1)</script>"},
            {"name": "huge.bin", "mimeType": "image/png", "buffer": b"x" * 500_001},
        ]
        await widget.page.locator("input[type=file]").set_input_files(files)
        await expect(widget.page.get_by_text("Too large: at most 0.5 MB.")).to_be_visible()
        await expect(widget.page.locator(".chip progress")).to_have_count(0)
        await widget.say("look")
        await expect(widget.state("sent")).to_have_count(2)
        shown = widget.page.get_by_role("img", name="Picture kitchen.png")
        await expect(shown).to_have_js_property("naturalWidth", 64)
        async with widget.page.expect_download() as download:
            await widget.page.get_by_role("link", name="File liar.png").click()
        assert (await download.value).suggested_filename == "liar.png"
        kept = shop.host.messages(chat)[-1].attachments
        assert [(file.name, file.is_picture) for file in kept] == [("kitchen.png", True), ("liar.png", False)]


async def test_pasted_and_dropped_pictures_are_attached(browser: Browser, shop: Shop) -> None:
    """Both ways end in the tray, and are sent."""
    async with visiting(browser, shop) as (context, url):
        widget, chat = await begin(context, url, shop)
        for kind, key, target in (("paste", "clipboardData", widget.field), ("drop", "dataTransfer", widget.window)):
            await target.evaluate(
                """(element, [kind, key, bytes]) => {
                  const data = new DataTransfer();
                  data.items.add(new File([new Uint8Array(bytes)], `${kind}.png`));
                  const Event = kind === 'paste' ? ClipboardEvent : DragEvent;
                  element.dispatchEvent(new Event(kind, { [key]: data, bubbles: true, cancelable: true }));
                }""",
                [kind, key, list(picture())],
            )
        await expect(widget.page.locator(".chip")).to_have_count(2)
        await expect(widget.page.locator(".chip progress")).to_have_count(0)
        await widget.page.get_by_role("button", name="Send", exact=True).click()
        await expect(widget.page.locator(".picture")).to_have_count(2)
        await expect(widget.state("sent")).to_have_count(2)
        assert [file.name for file in shop.host.messages(chat)[-1].attachments] == ["paste.png", "drop.png"]


async def test_rating_with_a_comment(browser: Browser, shop: Shop) -> None:
    """A star is sent at once, the comment after it; a reload shows what was given."""
    async with visiting(browser, shop) as (context, url):
        widget, chat = await begin(context, url, shop)
        await shop.host.end(chat)
        await expect(widget.page.get_by_text("The conversation has ended")).to_be_visible()
        await widget.page.get_by_role("button", name="4 of 5").click()
        await widget.page.get_by_label("Would you like to add something?").fill("very kind")
        await widget.page.locator(".more").get_by_role("button", name="Send").click()
        await expect(widget.page.get_by_text("Thank you!")).to_be_visible()
        await widget.page.reload()
        await expect(widget.page.locator(".star.full")).to_have_count(4)
        await expect(widget.page.locator(".star:enabled")).to_have_count(0)
        await widget.say("one more thing")
        await expect(widget.state("sent")).to_have_count(2)
        await shop.host.reply(chat, "a new conversation")
        await widget.page.reload()
        await expect(widget.bubbles).to_have_count(4)
        await expect(widget.page.locator(".rating")).to_be_hidden()
        ratings = [event for event in shop.host.events if hasattr(event, "score")]
        assert [(rated.score, rated.comment) for rated in ratings] == [(4, ""), (4, "very kind")]


async def test_ending_asks_first(browser: Browser, shop: Shop) -> None:
    """The visitor may end the conversation, and has to mean it."""
    async with visiting(browser, shop) as (context, url):
        widget, chat = await begin(context, url, shop)
        await shop.host.reply(chat, "anything else?")
        await widget.page.get_by_role("button", name="End the conversation").click()
        await widget.page.get_by_role("button", name="Go on").click()
        await expect(widget.field).to_be_focused()
        await widget.page.get_by_role("button", name="End the conversation").click()
        await widget.page.get_by_role("button", name="End it").click()
        await widget.say("one more thing")
        await expect(widget.state("sent")).to_have_count(2)
        assert [type(event).__name__ for event in shop.host.events] == ["ClientMessage", "ClientEnded", "ClientMessage"]


async def test_a_message_that_will_never_be_taken_says_why(browser: Browser, shop: Shop) -> None:
    """It can be tried again or deleted, and does not hold up the next one."""
    async with visiting(browser, shop) as (context, url):
        widget, chat = await begin(context, url, shop)
        files = [{"name": "kitchen.png", "mimeType": "image/png", "buffer": picture()}]
        await widget.page.locator("input[type=file]").set_input_files(files)
        await expect(widget.page.locator(".chip progress")).to_have_count(0)
        kept = dict(shop.host.files._kept)
        shop.host.files._kept.clear()
        await widget.say("with a file that is gone")
        await expect(widget.page.get_by_text("no longer there")).to_be_visible()
        await widget.say("next")
        await expect(widget.state("sent")).to_have_count(2)
        shop.host.files._kept.update(kept)
        await widget.page.get_by_role("button", name="Try again").click()
        await expect(widget.state("sent")).to_have_count(3)
        assert shop.host.texts(chat) == ["hello", "next", "with a file that is gone"]


async def test_too_fast_waits_and_goes_on(browser: Browser) -> None:
    """The widget obeys the limit by itself."""
    limits = {"per_visitor": {"per_minute": 120, "burst": 1}}
    async with open_shop(allowed_origins=["*"], limits=limits) as shop, visiting(browser, shop) as (context, url):
        widget, chat = await begin(context, url, shop)
        for text in ("one", "two"):
            await widget.say(text)
        await expect(widget.state("sent")).to_have_count(3)
        assert shop.host.texts(chat) == ["hello", "one", "two"]
