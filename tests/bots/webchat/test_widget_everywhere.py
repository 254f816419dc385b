"""The widget for everybody: keyboards, screen readers, phones, strict sites, hostile texts."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from tests.bots.webchat.sites import Widget, begin, visiting
from tests.bots.webchat.visitor import Shop, open_shop

pytestmark = pytest.mark.browser
STRICT = (
    "default-src 'none'; script-src {hub}; connect-src {hub} {ws}; img-src {hub} data:; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


async def test_the_keyboard_is_enough(browser: Browser, shop: Shop) -> None:
    """Open, write two lines, choose an answer, close: without a mouse, the focus never lost."""
    async with visiting(browser, shop) as (context, url):
        page = await context.new_page()
        await page.goto(url)
        widget = Widget(page)
        await widget.launcher.wait_for()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        await expect(widget.launcher).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(widget.field).to_be_focused()
        await page.keyboard.type("line one")
        await page.keyboard.press("Shift+Enter")
        await page.keyboard.type("line two")
        await page.keyboard.press("Enter")
        await expect(widget.bubbles).to_have_text(["line one\nline two"])
        await expect(widget.field).to_have_value("")
        await expect(widget.state("sent")).to_have_count(1)
        await shop.host.reply(shop.host.events[0].chat, "Which?", choices=("red", "blue"))
        choice = page.get_by_role("button", name="blue")
        await choice.focus()
        await page.keyboard.press("Enter")
        await expect(widget.bubbles.last).to_have_text("blue")
        await expect(choice).to_have_count(0)
        await widget.field.focus()
        await page.keyboard.press("Escape")
        await expect(widget.window).to_be_hidden()
        await expect(widget.launcher).to_be_focused()


async def test_screen_readers_find_their_way(browser: Browser, shop: Shop) -> None:
    """The dialog has a name, the log is live, every button and field says what it is."""
    async with visiting(browser, shop) as (context, url):
        widget, chat = await begin(context, url, shop)
        await shop.host.end(chat)
        await expect(widget.page.locator(".rating")).to_be_visible()
        await expect(widget.window).to_have_accessible_name("Chat with us")
        log = widget.page.get_by_role("log")
        await expect(log).to_have_attribute("aria-live", "polite")
        await expect(log).to_have_attribute("aria-busy", "false")
        controls = widget.page.locator("trunkline-chat").locator("button, textarea, [role=img]")
        for control in await controls.locator("visible=true").all():
            await expect(control).to_have_accessible_name(re.compile(r"\w"))


async def test_hostile_texts_are_shown_as_text(browser: Browser, shop: Shop) -> None:
    """Markup stays text, in messages, names and files; direction overrides stay inside their message."""
    evil = "<img src=x onerror=\"document.title='owned'\">\u202etxt"
    async with visiting(browser, shop) as (context, url):
        widget, chat = await begin(context, url, shop, evil)
        await shop.host.take(chat, evil)
        await shop.host.reply(chat, evil + " javascript:alert(1) https://x.example/\u202egpj.exe", choices=(evil,))
        await expect(widget.bubbles).to_have_count(2)
        await expect(widget.page.get_by_role("button", name="onerror")).to_be_visible()
        assert await widget.page.title() == "Teapot shop"
        assert await widget.page.locator(".list img").count() == 0
        assert await widget.page.locator(".list a").get_attribute("href") == "https://x.example/"
        for bubble in await widget.bubbles.all():
            await expect(bubble).to_have_css("unicode-bidi", "isolate")


async def test_the_strictest_sites_can_use_it(browser: Browser, shop: Shop) -> None:
    """Styles and scripts work where inline styles, inline scripts and markup from strings are forbidden."""
    async with visiting(browser, shop, csp=STRICT) as (context, url):
        page = await context.new_page()
        violations: list[str] = []
        page.on("console", lambda message: violations.append(message.text) if message.type == "error" else None)
        widget = await Widget(page).open(url)
        await widget.say("hello")
        await expect(widget.state("sent")).to_have_count(1)
        await expect(widget.window).to_have_css("border-radius", "18px")
        assert not violations


async def test_a_site_that_is_not_allowed_shows_no_chat(browser: Browser) -> None:
    """The page is left alone, and its console says what to do."""
    async with open_shop() as shop, visiting(browser, shop) as (context, url):
        page = await context.new_page()
        async with page.expect_console_message(lambda message: "allowed_origins" in message.text):
            await page.goto(url)
        await expect(page.locator("trunkline-chat")).to_have_count(0)


async def test_russian_opened_at_once_on_a_phone(browser: Browser, shop: Shop) -> None:
    """The page's language decides, data-open opens, and a phone gives it the whole screen."""
    more = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
    async with visiting(browser, shop, lang="ru", options="data-open data-name='Анна'", **more) as (context, url):
        page = await context.new_page()
        await page.goto(url)
        widget = Widget(page)
        await expect(widget.window).to_have_accessible_name("Напишите нам")
        await expect(widget.window).to_have_attribute("aria-modal", "true")
        # It rises into its place: measured once it has arrived there.
        await widget.window.evaluate("window => Promise.all(window.getAnimations().map((each) => each.finished))")
        assert await widget.window.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
        await widget.say("привет")
        await expect(widget.state("sent")).to_have_accessible_name("Отправлено")
        assert shop.host.events[0].sender.name == "Анна"
        for _ in range(12):  # more than there are controls: the focus goes round inside the window
            await page.keyboard.press("Tab")
            assert await page.evaluate("document.activeElement.tagName") == "TRUNKLINE-CHAT"


async def test_a_browser_that_remembers_nothing_can_chat(browser: Browser, shop: Shop) -> None:
    """Without storage the chat lives as long as the page."""
    async with visiting(browser, shop) as (context, url):
        await context.add_init_script(
            "for (const name of ['localStorage', 'sessionStorage'])"
            "  Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError'); } });"
        )
        widget, chat = await begin(context, url, shop)
        await shop.host.reply(chat, "hi")
        await expect(widget.bubbles).to_have_count(2)


async def test_visitors_who_never_open_it_cost_no_connection(browser: Browser, shop: Shop) -> None:
    """The socket is opened with the chat, or for somebody who has written before; the page can open it too."""
    async with visiting(browser, shop) as (context, url):
        page = await context.new_page()
        sockets: list[str] = []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        await page.goto(url)
        widget = Widget(page)
        await widget.launcher.wait_for()
        assert not sockets
        await page.evaluate("Trunkline.open()")
        await expect(widget.field).to_be_focused()
        await widget.say("hello")
        await expect(widget.state("sent")).to_have_count(1)
        await page.evaluate("Trunkline.close()")
        await expect(widget.window).to_be_hidden()
        assert len(sockets) == 1
