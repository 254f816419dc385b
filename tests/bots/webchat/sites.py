"""Sites that embed the widget."""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tests.bots.webchat.visitor import Shop

PAGE = """<!doctype html><html lang="{lang}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Teapot shop</title>
<link rel="icon" href="data:,"><h1>Teapots</h1><p>The finest teapots.</p><button>Buy</button>
<script src="{hub}/channels/shop-site/widget.js" async {options}></script>"""


@asynccontextmanager
async def site(shop: Shop | str, *, lang: str = "en", options: str = "", csp: str = "") -> AsyncIterator[str]:
    """Serve a page of another origin that embeds the chat; yields its address."""
    hub = shop if isinstance(shop, str) else str(shop.server.make_url("")).rstrip("/")

    async def page(_request: web.Request) -> web.Response:
        headers = {"Content-Security-Policy": csp.format(hub=hub, ws=hub.replace("http", "ws"))} if csp else {}
        text = PAGE.format(lang=lang, hub=hub, options=options)
        return web.Response(text=text, content_type="text/html", headers=headers)

    app = web.Application()
    app.router.add_get("/", page)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


class Widget:
    """The widget on one page, as its visitor sees it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.launcher = page.locator(".launcher")
        self.window = page.get_by_role("dialog")
        self.field = page.locator(".line textarea")
        self.bubbles = page.locator(".list .bubble")
        self.badge = page.locator(".badge")
        self.banner = page.locator(".banner")

    async def open(self, url: str = "") -> Widget:
        """Load the page and open the chat on it."""
        if url:
            await self.page.goto(url)
        await self.launcher.click()
        await expect(self.window).to_be_visible()
        await expect(self.field).to_be_focused()
        return self

    async def say(self, text: str) -> None:
        await self.field.fill(text)
        await self.field.press("Enter")

    def state(self, name: str) -> Locator:
        """Return the marks of the visitor's messages that are `sending`, `sent`, `read` or `failed`."""
        return self.page.locator(f".list .state.{name}")


@asynccontextmanager
async def visiting(browser: Browser, shop: Shop, **more: Any) -> AsyncIterator[tuple[BrowserContext, str]]:
    """Yield a visitor's browser and the address of a site with the chat; no script may fail on it."""
    options = {key: more.pop(key) for key in ("lang", "options", "csp") if key in more}
    async with site(shop, **options) as url:
        context = await browser.new_context(**more)
        failed: list[str] = []
        context.on("weberror", lambda error: failed.append(str(error.error)))
        try:
            yield context, url
        finally:
            await context.close()
        assert not failed


async def begin(context: BrowserContext, url: str, shop: Shop, text: str = "hello") -> tuple[Widget, str]:
    """Open the chat and say something; return the widget and the chat's id."""
    widget = await Widget(await context.new_page()).open(url)
    await widget.say(text)
    await expect(widget.state("sent")).to_have_count(1)
    return widget, shop.host.events[-1].chat


def picture(width: int = 64, height: int = 48) -> bytes:
    """Return a small PNG of one colour."""
    rows = b"".join(b"\x00" + b"\x46\x78\xbe" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    packed = (struct.pack(">I", len(c)) + t + c + struct.pack(">I", zlib.crc32(t + c)) for t, c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)
