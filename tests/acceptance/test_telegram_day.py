"""An operator's working day, all of it in Telegram, while the web console shows the same at each step."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar

from hub.bootstrap import serve
from hub.settings import load
from tests.emulators.telegram import TelegramEmulator, User, png
from tests.integration.telegram_desk import Worker

pytestmark = pytest.mark.mongo
SHOP, TEAM = "111000:the-bot-that-clients-write-to-x", "222000:the-bot-that-operators-work-with"
SETTINGS = """
hub: {{ port: 0, data: {data} }}
store: {{ url: "{store}", database: {database} }}
channels:
  shop: {{ kind: telegram, line: sales, token: "${{SHOP}}", api: "{telegram}" }}
consoles:
  web: {{ kind: web }}
  team: {{ kind: telegram, token: "${{TEAM}}", api: "{telegram}" }}
lines:
  sales:
    name: Sales
    operators: [anna]
    distribution: strict
    triage: false
    rating: true
    texts: {{ queued: "", nobody: "" }}
    close_reasons: [{{ ru: Починили, en: Repaired }}, Beyond repair]
  support: {{ name: Support, operators: [boris], triage: false, texts: {{ queued: "", nobody: "" }} }}
operators:
  anna: {{ name: Anna }}
  boris: {{ name: Boris }}
  sofia: {{ name: Sofia, role: supervisor }}
"""


class Web:
    """The web console's API, as one operator sees it."""

    def __init__(self, session: ClientSession, url: str) -> None:
        self._session = session
        self._url = f"{url}/api/v1"

    async def sign_in(self, operator: str, password: str) -> None:
        body = {"operator": operator, "password": password}
        async with self._session.post(f"{self._url}/session", json=body) as answer:
            assert answer.status == 200, await answer.text()

    async def get(self, path: str, **query: Any) -> Any:
        async with self._session.get(self._url + path, params=query) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def link_code(self) -> str:
        async with self._session.post(f"{self._url}/operators/me/link-codes", json={}) as answer:
            return str((await answer.json())["code"])

    async def conversation(self) -> Any:
        """Return the one conversation there is, wherever it stands."""
        for view in ("all", "closed"):
            found = (await self.get("/conversations", view=view))["conversations"]
            if found:
                return found[0]
        return None

    async def texts(self) -> list[str]:
        it = await self.conversation()
        return [m["text"] for m in (await self.get(f"/conversations/{it['id']}/messages"))["messages"]] if it else []

    async def until(self, holds: Callable[[Any, list[str]], bool]) -> None:
        """Return once something holds of the conversation and its texts, looking again when the feed tells of news."""
        async with asyncio.timeout(30):
            cursor = (await self.get("/me"))["cursor"]
            while not holds(await self.conversation(), await self.texts()):
                cursor = (await self.get("/events", after=cursor, wait=20))["cursor"]


@asynccontextmanager
async def _browser(url: str) -> AsyncIterator[Web]:
    async with ClientSession(headers={"X-Trunkline": "1"}, cookie_jar=CookieJar(unsafe=True)) as session:
        yield Web(session, url)


async def test_an_operators_working_day(mongo_url: str, database: str, tmp_path: Path) -> None:
    """Link, presence, offer, take, photo, whisper, transfer, promise, close, rating."""
    async with TelegramEmulator() as telegram:
        telegram.add_bot(SHOP, "shop_bot", "Shop")
        team = telegram.add_bot(TEAM, "team_bot", "Team", has_topics_enabled=True)
        file = tmp_path / "config.yaml"
        text = SETTINGS.format(data=tmp_path, store=mongo_url, database=database, telegram=telegram.url)
        file.write_text(text, encoding="utf-8")
        async with (
            serve(load(file, {"SHOP": SHOP, "TEAM": TEAM}), tmp_path) as running,
            _browser(running.url) as web,
        ):
            people = {}
            for name in ("anna", "boris", "sofia"):
                worker = people[name] = Worker(telegram.add_user(name.title(), language_code="en"), team)
                async with _browser(running.url) as own:
                    await own.sign_in(name, running.passwords[name])
                    code = await own.link_code()
                worker.user.starts(team, code)
                await worker.sees("👋")
                worker.says("/available")
                await worker.sees("🟢")
            await web.sign_in("sofia", running.passwords["sofia"])
            await _day(telegram, web, people)


async def _day(telegram: TelegramEmulator, web: Web, people: dict[str, Worker]) -> None:
    anna, boris, sofia = people["anna"], people["boris"], people["sofia"]
    shop = next(bot for bot in telegram.world.bots.values() if bot.username == "shop_bot")
    client: User = telegram.add_user("Carla Rossi", language_code="en")
    client.starts(shop)
    client.says(shop, "Do you have this pot in blue?")

    await anna.sees("Do you have this pot in blue?")
    await web.until(lambda it, _: it is not None and it["state"] == "offered" and it["offered"] == ["anna"])
    assert await anna.press("🔔 Carla Rossi", "Take") == "Yours now"
    topic = (await anna.sees("🔴 Carla Rossi")).topic
    assert topic is not None
    await web.until(lambda it, _: it["state"] == "open" and it["operator"] == "anna")

    picture = png(320, 240)
    photo = anna.user.sends_photo(anna.bot, picture, "This one?", topic=topic)
    await anna.marked(photo, "👌")
    seen = await client.chat(shop).until(
        lambda: next((m for m in client.chat(shop).messages if m.kind == "photo"), None)
    )
    assert seen is not None
    assert (seen.file, seen.text) == (picture, "This one?")
    await web.until(lambda it, texts: it["state"] == "waiting" and "This one?" in texts)

    sofia.says("/find Carla")
    assert await sofia.press("🔍 Carla", "Carla Rossi") == ""
    card = await sofia.sees("Do you have this pot in blue?")
    sofia.says("/whisper offer her the set", answers=card)
    whisper = await anna.sees("offer her the set")
    assert whisper.text.startswith("🤫")
    await web.until(lambda _, texts: "offer her the set" in texts)

    client.says(shop, "Yes, but my old one is broken, who repairs it?")
    await anna.sees("who repairs it?")
    anna.says("/transfer boris repairs are yours", topic=topic)
    await boris.sees("repairs are yours")
    await web.until(lambda it, _: it["offered"] == ["boris"])
    await boris.press("🔔 Carla Rossi", "Take")
    theirs = (await boris.sees("🔴 Carla Rossi")).topic
    assert theirs is not None
    await anna.sees("Anna transferred it to Boris")
    await web.until(lambda it, _: it["operator"] == "boris")

    promised = boris.says("We do. I will write to you in 2 hours.", topic=theirs)
    await boris.marked(promised, "👌")
    await boris.sees("⏰ promised for")
    await web.until(lambda it, _: it["promise"] is not None and it["promise"]["operator"] == "boris")

    boris.says("/close", topic=theirs)
    assert "Closed" in await boris.press("why is it over?", "Repaired")
    await web.until(lambda it, _: it["state"] == "closed" and it["close_reason"] == "Repaired")
    asked = await client.chat(shop).until(lambda: next((m for m in client.chat(shop).messages if m.buttons), None))
    assert asked is not None
    client.presses(asked, "5 ★")
    await boris.sees("rated it 5 of 5")
    await web.until(lambda it, _: it["rating"] is not None and it["rating"]["score"] == 5)

    said = [m.text for m in client.chat(shop).messages if m.from_bot]
    assert not any("offer her the set" in text or "repairs are yours" in text for text in said)
