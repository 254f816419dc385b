"""An integrator's program that believes nothing unsigned, and a hub that tells it what happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook

from crm_store import MongoStore
from hub.hub import Hub
from hub.settings.model import SubscriptionSettings
from router.delivery import Delivery, DeliveryState
from router.ports import Clock
from tests.clock import ManualClock
from tests.integration.stage import RULES, ScriptedChannel, Stage, stage_of

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
#: what a receiver does with one notice besides taking it: answer so, with these headers, or wait for the event
Answer = int | tuple[int, Mapping[str, str]] | asyncio.Event


@dataclass(slots=True)
class Integrator:
    """Takes each webhook-id once, and remembers in which order."""

    #: webhook-id → what was told, in the order in which each was first taken
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: webhook-ids in the order posted, taken or not
    posted: list[str] = field(default_factory=list)
    #: what each post meets, in order; afterwards `otherwise`
    answers: list[Answer] = field(default_factory=list)
    otherwise: Answer = 200
    #: whether the times in the signatures are the real time
    in_time: bool = True
    url: str = ""
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer as scripted; what is not signed as the specification says is a failure of the test."""
        body = await request.read()
        assert request.headers["Content-Type"] == "application/json"
        if self.in_time:
            Webhook(SECRET).verify(body, dict(request.headers))
        notice = request.headers["webhook-id"]
        self.posted.append(notice)
        self._wake()
        answer = self.answers.pop(0) if self.answers else self.otherwise
        if isinstance(answer, asyncio.Event):
            await answer.wait()
            answer = 200
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        if status < 300:
            self.taken.setdefault(notice, json.loads(body))
            self._wake()
        return web.Response(status=status, headers=headers, text="as the test says")

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Return when something holds, looking again at each post."""
        async with asyncio.timeout(60):
            while not holds():
                await self._moved.wait()

    def told(self, kind: str) -> list[dict[str, Any]]:
        """Return what was told of one type of event, in order."""
        return [notice["data"] for notice in self.taken.values() if notice["type"] == kind]

    @property
    def texts(self) -> list[str]:
        """The texts of all messages taken, in order."""
        return [item["message"]["text"] for item in self.told("message")]


@asynccontextmanager
async def listening(**script: Any) -> AsyncIterator[Integrator]:
    """Run a receiver on a free port."""
    integrator = Integrator(**script)
    app = web.Application()
    app.router.add_post("/notices", integrator.handle)
    async with TestServer(app) as server:
        integrator.url = str(server.make_url("/notices"))
        yield integrator


def subscription(integrator: Integrator, **wanted: Any) -> SubscriptionSettings:
    """Return the settings of a webhook to a receiver."""
    return SubscriptionSettings.model_validate({"url": integrator.url, "secret": SECRET, **wanted})


def telling_stage(
    store: MongoStore,
    webhooks: Mapping[str, SubscriptionSettings],
    channels: Sequence[ScriptedChannel] = (),
    clock: Clock | None = None,
    rules: Mapping[str, Any] = RULES,
) -> Stage:
    """Return a hub with webhooks, not started yet."""
    hub = stage_of(store, channels or [ScriptedChannel()], rules, clock).hub
    return Stage(Hub(replace(hub.settings, webhooks=webhooks), hub.engine, hub.prompts, hub.channels))


def present() -> ManualClock:
    """Return a clock that stands at about the real time, so that signatures are believed."""
    return ManualClock(datetime.now(UTC).replace(microsecond=0))


async def kept(store: MongoStore, notice: str, holds: Callable[[Delivery], bool]) -> Delivery:
    """Return a notice as it is kept, once something holds of it."""
    async with asyncio.timeout(30):
        while True:
            found = await store.webhooks.find(notice)
            if found is not None and holds(found):
                return found


async def ended(store: MongoStore, notice: str, state: DeliveryState) -> Delivery:
    """Return a notice once it has come to a state."""
    return await kept(store, notice, lambda it: it.state is state)
