"""A running hub with its web application on a free port, and operators signed in to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from http.cookies import SimpleCookie
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, CookieJar
from aiohttp.test_utils import TestServer
from argon2 import PasswordHasher

from crm_store import MongoStore
from hub.passwords import Passwords
from hub.settings.model import HubSettings
from hub.web.app import build_app
from hub.web.keys import SIGN_IN
from hub.web.signin import SignInDesk
from router.access import Account
from router.ports import Channel, Clock
from tests.integration.stage import ScriptedChannel, Stage, running, stage_of

RULES: dict[str, Any] = {
    "lines": {
        "sales": {
            "name": "Sales",
            "operators": ["anna", "boris"],
            "triage": False,
            "texts": {"queued": "", "nobody": ""},
        },
        "support": {"name": "Support", "operators": ["clara"], "triage": False, "texts": {"queued": "", "nobody": ""}},
    },
    "operators": {
        "anna": {"name": "Anna", "capacity": 50},
        "boris": {"name": "Борис", "capacity": 50, "language": "ru"},
        "clara": {"name": "Clara"},
        "sofia": {"name": "Sofia", "role": "supervisor"},
    },
    "canned": {"hello": "Hello!"},
}


PASSWORD = "correct horse"
#: settings for tests that ask faster than people do
UNHURRIED = HubSettings(api_rate=None)
#: real hashes are slow on purpose, and tests sign in often
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@cache
def _password_hash() -> str:
    """Return the one hash that all accounts have."""
    return QUICK.hash(PASSWORD)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, read."""

    status: int
    headers: Mapping[str, str]
    cookies: SimpleCookie
    body: bytes

    def json(self) -> Any:
        """Return the JSON it holds."""
        return json.loads(self.body)


@dataclass(slots=True)
class Desk:
    """One operator's browser, as far as it speaks HTTP."""

    session: ClientSession
    url: str

    async def get(self, path: str, **query: Any) -> Any:
        """Return what an address answers; it must be there."""
        async with self.session.get(f"{self.url}/api/v1{path}", params=query) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Return the status and the answer of a request that changes something."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.request(method, f"{self.url}/api/v1{path}", json=body or {}, headers=named) as answer:
            return answer.status, await answer.json()

    async def post(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Return the status and the answer of a POST."""
        return await self.send("POST", path, body, **headers)

    async def do(self, path: str, body: Any = None) -> None:
        """Do something that must succeed."""
        status, answer = await self.post(path, body)
        assert (status, answer) == (200, {"done": True})

    async def raw(self, method: str, path: str, **options: Any) -> Answer:
        """Return an answer with its headers."""
        async with self.session.request(method, self.url + path, **options) as response:
            return Answer(response.status, response.headers, response.cookies, await response.read())

    @asynccontextmanager
    async def feed(self, after: int) -> AsyncIterator[Follower]:
        """Follow the feed over a socket."""
        async with self.session.ws_connect(f"{self.url}/api/v1/events/socket?after={after}") as socket:
            yield Follower(socket)


@dataclass(slots=True)
class Follower:
    """A socket on the feed."""

    socket: ClientWebSocketResponse

    async def until(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """Return the next frame, or event within one, of a kind with these values."""
        async with asyncio.timeout(20):
            while True:
                frame = await self.socket.receive_json()
                for item in [frame, *frame.get("events", ())]:
                    if item["type"] == kind and wanted.items() <= item.items():
                        return dict(item)

    async def delivery(self, state: str) -> dict[str, Any]:
        """Return the next delivery that gets to a state."""
        while True:
            found: dict[str, Any] = (await self.until("delivery"))["delivery"]
            if found["state"] == state:
                return found


@dataclass(slots=True)
class WebStage:
    """The hub, its one channel and its web server."""

    stage: Stage
    channel: ScriptedChannel
    url: str
    _sessions: list[ClientSession] = field(default_factory=list)

    def desk(self) -> Desk:
        """Return a browser in which nobody is signed in."""
        session = ClientSession(headers={"X-Trunkline": "1"}, cookie_jar=CookieJar(unsafe=True))
        self._sessions.append(session)
        return Desk(session, self.url)

    async def sign_in(self, operator: str) -> Desk:
        """Return a browser in which an operator is signed in."""
        desk = self.desk()
        body = {"operator": operator, "password": PASSWORD}
        assert await desk.post("/session", body) == (200, {"done": True})
        return desk

    async def waiting(self, chat: str = "carl", text: str = "hello") -> str:
        """Have a client write; return their conversation's id when it waits in the queue."""
        await self.channel.write(chat, text)
        await self.stage.settled()
        return next(it.id for it in await self.stage.conversations() if it.chat == chat)

    async def close(self) -> None:
        """Close all browsers."""
        for session in self._sessions:
            await session.close()


@asynccontextmanager
async def web_stage(
    store: MongoStore,
    settings: HubSettings = UNHURRIED,
    clock: Clock | None = None,
    others: Sequence[Channel] = (),
    rules: Mapping[str, Any] = RULES,
) -> AsyncIterator[WebStage]:
    """Run a hub with its web application, one scripted channel, and `others`."""
    channel = ScriptedChannel()
    stage = stage_of(store, [channel, *others], rules, clock)
    stage.hub.settings = replace(stage.hub.settings, hub=settings)
    for operator in stage.hub.rules.operators:
        await store.save_account(Account(operator, _password_hash()))
    app = build_app(stage.hub)
    app[SIGN_IN] = SignInDesk(stage.hub, Passwords(QUICK))
    async with running(stage), TestServer(app) as server:
        it = WebStage(stage, channel, str(server.make_url("")).rstrip("/"))
        try:
            yield it
        finally:
            await it.close()
