"""The whole hub with its demo shop, and the people who use it in a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Locator, Page, expect

from hub.bootstrap import Running, serve
from hub.settings import load

SETTINGS = """
hub: {{ port: 0, data: {data} }}
store: {{ url: "{store}", database: {database} }}
channels:
  shop-site:
    kind: webchat
    line: sales
    title: {{ en: Juniper & Clay, ru: Можжевельник и глина }}
    greeting: {{ en: "Hello! How can we help?", ru: "Здравствуйте! Чем помочь?" }}
lines:
  sales: {{ name: Sales, operators: [anna, boris], distribution: strict }}
  support: {{ name: Support, operators: [boris] }}
operators:
  anna: {{ name: Anna }}
  boris: {{ name: Boris }}
  sofia: {{ name: Софья, role: supervisor, language: ru }}
triage:
  intents:
    order_status: {{ line: support, ask: [order_number] }}
canned:
  hello: Hello! I am looking into it and will be right back.
  moment: One moment, please, I am checking that for you.
  thanks: Thank you for writing to us. Have a good day!
"""


@asynccontextmanager
async def running_hub(store: str, database: str, folder: Path, settings: str = SETTINGS) -> AsyncIterator[Running]:
    """Run the hub as the command line does, on a free port."""
    file = folder / "config.yaml"
    file.write_text(settings.format(data=folder, store=store, database=database), encoding="utf-8")
    async with serve(load(file, {}), folder) as running:
        yield running


async def open_page(browser: Browser, faults: list[str], **options: Any) -> Page:
    """Return a page in a browser of its own; what its scripts complain of is added to `faults`."""
    context = await browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
    page = await context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda said: faults.append(said.text) if said.type == "error" and "net::ERR" not in said.text else None,
    )
    return page


@dataclass(slots=True)
class Visitor:
    """A client on the demo shop."""

    page: Page

    async def enter(self, url: str) -> Visitor:
        """Open the shop with the chat open."""
        await self.page.goto(f"{url}/demo?chat=open")
        await expect(self.field).to_be_visible()
        return self

    @property
    def field(self) -> Locator:
        """Where they write."""
        return self.page.locator(".line textarea")

    async def say(self, text: str) -> None:
        """Write something."""
        await self.field.fill(text)
        await self.field.press("Enter")

    def bubble(self, text: str) -> Locator:
        """Return the message that holds a text."""
        return self.page.locator(".list .bubble", has_text=text)


@dataclass(slots=True)
class Operator:
    """An operator in the console."""

    page: Page
    url: str

    async def sign_in(self, name: str, password: str) -> Operator:
        """Sign in through the form."""
        await self.page.goto(f"{self.url}/console")
        await self.page.locator("[name=operator]").fill(name)
        await self.page.locator("[name=password]").fill(password)
        await self.page.locator("#sign-in button").click()
        await expect(self.page.locator("#app")).to_be_visible()
        return self

    async def come(self) -> None:
        """Set themselves to available."""
        await self.page.locator(".presence.available").click()
        await expect(self.page.locator(".presence.available")).to_have_attribute("aria-checked", "true")

    @property
    def field(self) -> Locator:
        """Where they write."""
        return self.page.locator("#composer-text")

    @property
    def rows(self) -> Locator:
        """The conversations in the list."""
        return self.page.locator("#rows .row")

    async def take(self) -> None:
        """Take what is offered."""
        await self.page.locator(".offer-actions .primary").first.click()
        await expect(self.field).to_be_visible()
        await expect(self.field).to_be_enabled()

    async def say(self, text: str, kind: str = "Reply") -> None:
        """Write a reply, a note or a whisper."""
        await self.page.locator("#composer-tabs button", has_text=kind).click()
        await self.field.fill(text)
        await self.field.press("Enter")
        await expect(self.field).to_have_value("")

    def message(self, text: str) -> Locator:
        """Return the message that holds a text."""
        return self.page.locator("#messages .message", has_text=text)

    async def press_action(self, name: str) -> None:
        """Press a button at the conversation's head."""
        await self.page.locator("#thread-head .actions button", has_text=name).click()
