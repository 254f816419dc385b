"""A graceful stop: within ten seconds, with everything that was accepted committed."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer

from crm_store import MongoStore, open_store
from hub.mongod import start_mongod
from router.errors import Retryable
from router.ports import Sent
from tests.integration.stage import ScriptedChannel, Stage, stage_of
from tests.integration.test_lifecycle import home, trained

__all__ = ["home", "trained"]
pytestmark = pytest.mark.mongo
TOKEN = "token-of-the-shops-own-system"
SECRET = "whsec_" + "c2VjcmV0" * 6
SETTINGS = """
hub: {{port: 0, data: data}}
channels:
  shop:
    kind: http
    line: sales
    tokens: ["${{TOKEN}}"]
    webhook: {{url: "{receiver}", secret: "${{SECRET}}"}}
operators: {{anna: {{name: Anna, capacity: 500}}}}
lines: {{sales: {{name: Sales, operators: [anna], triage: false, texts: {{queued: "", nobody: ""}}}}}}
"""


@dataclass(slots=True)
class Outside:
    """Who speaks with the hub: the shop's own system, and Anna."""

    session: ClientSession
    url: str

    async def say(self, messages: list[dict[str, Any]]) -> int:
        """Hand over what clients wrote; return how many were accepted as new."""
        shop = {"Authorization": f"Bearer {TOKEN}"}
        path = f"{self.url}/api/v1/channels/shop/messages/batch"
        async with self.session.post(path, json={"messages": messages}, headers=shop) as answer:
            assert answer.status < 300, await answer.text()
            return sum(not it["duplicate"] and not it.get("problem") for it in (await answer.json())["results"])

    async def anna(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Do what Anna does in the console."""
        options: dict[str, Any] = {} if method == "GET" else {"json": body or {}}
        async with self.session.request(method, f"{self.url}/api/v1{path}", **options) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json()

    async def offered(self) -> str:
        """Return the conversation that Anna is offered, as soon as there is one."""
        cursor = 0
        while True:
            page = await self.anna("GET", "/conversations?view=queue")
            if page["conversations"]:
                return str(page["conversations"][0]["id"])
            cursor = (await self.anna("GET", f"/events?after={cursor}&wait=5"))["cursor"]


def _browser() -> ClientSession:
    return ClientSession(headers={"X-Trunkline": "1"}, cookie_jar=CookieJar(unsafe=True))


@asynccontextmanager
async def _hub(file: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str, str]]:
    """Run `hub run`; yield the process, its address, and Anna's password."""
    env = {**os.environ, "TOKEN": TOKEN, "SECRET": SECRET}
    with (file.parent / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hub", "run", str(file)), stdout=asyncio.subprocess.PIPE, stderr=log, env=env
        )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(90):
            said = (await process.stdout.readuntil(b"Ctrl-C")).decode()
        url, password = re.search(r"(http://\S+)/console", said), re.search(r"anna\s+(\S+)\s+\(operator\)", said)
        assert url is not None
        yield process, url[1], password[1] if password is not None else ""
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@asynccontextmanager
async def _silent_receiver() -> AsyncIterator[tuple[str, asyncio.Event]]:
    """Run a receiver that never answers; yield its address, and what is set when it has been asked."""
    asked, over = asyncio.Event(), asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        asked.set()
        await over.wait()
        return web.Response()

    app = web.Application()
    app.add_routes([web.post("/", take)])
    async with TestServer(app) as server:
        yield str(server.make_url("/")), asked
        over.set()


async def test_sigterm_ends_a_hub_whose_platform_is_silent_within_ten_seconds(home: Path) -> None:
    """With exit code 0; what was accepted is decided, and of what was being sent nobody claims to know how it ended."""
    file = home / "config.yaml"
    async with _silent_receiver() as (receiver, asked):
        file.write_text(SETTINGS.format(receiver=receiver), "utf-8")
        async with _hub(file) as (process, url, password), _browser() as session:
            outside = Outside(session, url)
            await outside.anna("POST", "/session", {"operator": "anna", "password": password})
            await outside.anna("PUT", "/presence", {"presence": "available"})
            await outside.say([{"id": "first", "from": {"id": "carl"}, "text": "hello"}])
            conversation = await outside.offered()
            await outside.anna("POST", f"/conversations/{conversation}/take")
            await outside.anna("POST", f"/conversations/{conversation}/replies", {"text": "hi"})
            await asked.wait()
            many = [{"id": f"m{n}", "from": {"id": f"client{n % 9}"}, "text": f"{n}"} for n in range(300)]
            assert await outside.say(many) == 300
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
            assert time.monotonic() - began < 10
    mongo = await start_mongod(home / "data")
    store = await open_store(mongo.url, "trunkline")
    try:
        assert [entry async for entry in store.ledger.undecided()] == []
        (shop,) = await store.figures.days(datetime.now(UTC) - timedelta(days=1), "shop")
        assert (shop.received, shop.decided) == (301, 301)
        assert (shop.committed, shop.unknown) == (1, 1)
    finally:
        await store.close()
        await mongo.stop()


async def test_what_is_under_way_is_finished_and_nothing_new_let_in(store: MongoStore) -> None:
    """Whoever hands over during the stop is told to come again; whoever came before is decided and answered."""
    channel = ScriptedChannel()
    stage = stage_of(store, [channel])
    await stage.hub.start()
    gate = asyncio.Event()

    async def slow(chat: str, text: str) -> Sent:
        await gate.wait()
        channel.taken[chat].append(text)
        return Sent()

    channel.platform = slow
    await stage.command("anna", "presence", presence="available")
    await channel.write("carl", "hello")
    await stage.until(lambda: _offered(stage))
    (conversation,) = await stage.conversations()
    await stage.command("anna", "take", conversation=conversation.id)
    await stage.command("anna", "reply", conversation=conversation.id, text="hi")
    await channel.write("carl", "before")
    stopping = asyncio.create_task(stage.hub.stop())
    while not stage.hub.engine.intakes["shop"].closed:  # noqa: ASYNC110 - a flag, not an event
        await asyncio.sleep(0)
    with pytest.raises(Retryable, match="stopping"):
        await channel.write("carl", "after")
    gate.set()
    await stopping
    assert channel.taken["carl"] == ["hi"]
    assert await stage.texts(conversation.id) == ["hello", "hi", "before"]
    assert [entry async for entry in store.ledger.undecided()] == []


async def _offered(stage: Stage) -> bool:
    return any(it.state == "offered" for it in await stage.conversations())
