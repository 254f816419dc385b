"""A running hub with two open lines: clients in its web chats, staff at its API, and a clock that the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from aiohttp import ClientSession, CookieJar

from hub.bootstrap import Running, serve
from hub.settings import load
from tests.bots.webchat.visitor import Visit
from tests.clock import ManualClock
from tests.integration.stage import Stage
from tests.integration.web_stage import Desk

#: a Monday ahead of us: the database forgets sessions by its own clock
NOON = datetime(2040, 1, 2, 12, 0, tzinfo=UTC)
_QUIET = {"triage": False, "previous_operator_first": False, "rating": False, "texts": {"queued": "", "nobody": ""}}


@dataclass(slots=True)
class OpenLine:
    """The hub, and everybody who uses it."""

    running: Running
    clock: ManualClock
    _stack: AsyncExitStack
    _stage: Stage = field(init=False)

    def __post_init__(self) -> None:
        self._stage = Stage(self.running.hub)

    async def client(self, site: str = "shop", *, says: str = "hello") -> Visit:
        """Return a client who has opened the chat of a site and written there; the hub has decided what follows."""
        http = await self._stack.enter_async_context(ClientSession())
        socket = await http.ws_connect(f"{self.running.url}/channels/{site}-site/socket")
        self._stack.push_async_callback(socket.close)
        visit = Visit(socket)
        await visit.send("hello", token="", after=0, language="en")
        visit.welcome = await visit.hear("welcome")
        await self.writes(visit, says)
        return visit

    async def writes(self, client: Visit, text: str) -> None:
        """Let a client write, and the hub decide."""
        assert (await client.tell(text))["type"] == "ack"
        await self._stage.settled()

    async def staff(self, name: str, presence: str = "available") -> Desk:
        """Return the desk of somebody who has signed in and come to work."""
        session = ClientSession(headers={"X-Trunkline": "1"}, cookie_jar=CookieJar(unsafe=True))
        await self._stack.enter_async_context(session)
        desk = Desk(session, self.running.url)
        await desk.do("/session", {"operator": name, "password": self.running.passwords[name]})
        status, answer = await desk.send("PUT", "/presence", {"presence": presence})
        assert status == 200, answer
        await self._stage.settled()
        return desk

    async def does(self, desk: Desk, what: str, conversation: str, body: Any = None) -> None:
        """Let somebody do something that must succeed, and the hub decide what follows."""
        await desk.do(f"/conversations/{conversation}/{what}", body)
        await self._stage.settled()

    async def pass_time(self, by: timedelta) -> None:
        """Let time pass, and the hub do what is due."""
        self.clock.advance(by)
        await self._stage.settled()

    async def until(self, desk: Desk, view: str, *wanted: str) -> None:
        """Return when a desk's list shows these conversations and no others."""

        async def holds() -> bool:
            return sorted(await seen(desk, view)) == sorted(wanted)

        await self._stage.until(holds)


async def seen(desk: Desk, view: str = "mine") -> list[str]:
    """Return the ids of what a desk's list shows: `mine` holds what is offered to them, too."""
    return [each["id"] for each in (await desk.get("/conversations", view=view))["conversations"]]


async def reads(desk: Desk, conversation: str) -> list[str]:
    """Return all that staff read in a conversation, what happened included."""
    return [each["text"] for each in (await desk.get(f"/conversations/{conversation}"))["messages"]]


@asynccontextmanager
async def open_line(store: str, database: str, folder: Path, **sales: Any) -> AsyncIterator[OpenLine]:
    """Run the hub with the lines `sales` (Anna, Boris), which has these rules, and `support` (Clara)."""
    lines = {
        "sales": {"name": "Sales", "operators": ["anna", "boris"], **_QUIET, "distribution": "strict", **sales},
        "support": {"name": "Support", "operators": ["clara"], **_QUIET},
    }
    people: dict[str, Any] = {name: {"name": name.capitalize()} for name in ("anna", "boris", "clara")}
    people["anna"]["hours"] = {"week": {"mon-fri": "09:00-18:00"}}
    settings = {
        "hub": {"port": 0, "data": str(folder), "api_rate": None},
        "store": {"url": store, "database": database},
        "channels": {
            f"{site}-site": {"kind": "webchat", "line": line} for site, line in (("shop", "sales"), ("help", "support"))
        },
        "lines": lines,
        "operators": people | {"sofia": {"name": "Sofia", "role": "supervisor"}},
    }
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    clock = ManualClock(NOON)
    async with serve(load(file, {}), folder, clock) as running, AsyncExitStack() as stack:
        yield OpenLine(running, clock, stack)
