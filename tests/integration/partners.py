"""Two hubs: one whose operator is the other, and the other with its http channel on a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from typing import Any

from aiohttp.test_utils import TestServer, unused_port

from bots.http import HttpSettings, build
from crm_store import MongoStore
from hub.hub import Hub
from hub.settings.model import PartnerSettings
from hub.web.app import build_app
from router.model import Conversation
from router.people import Presence
from tests.integration.stage import ScriptedChannel, Stage, running, stage_of

TOKEN = "a-token-that-nobody-guesses"
QUIET = {"triage": False, "texts": {"queued": "", "nobody": "", "closed": ""}}
HERE: dict[str, Any] = {
    "lines": {"sales": {"name": "Sales", "operators": ["anna"], "rating": False, **QUIET}},
    "operators": {
        "anna": {"name": "Anna", "capacity": 50},
        "sofia": {"name": "Sofia", "role": "supervisor", "capacity": 50},
        "berlin": {"name": "Berlin office", "capacity": 200},
    },
}
THERE: dict[str, Any] = {
    "lines": {"guests": {"name": "Guests", "operators": ["greta"], **QUIET}},
    "operators": {"greta": {"name": "Greta", "capacity": 50}},
}


class Far:
    """The other hub, which keeps its address however often it is stopped and started."""

    def __init__(self, store: MongoStore) -> None:
        self.store = store
        self.port = unused_port()
        #: each start goes on with keys of its own
        self._keys = count()
        self.url = f"http://127.0.0.1:{self.port}/api/v1/channels/our-hub"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Stage]:
        """Run it, with Greta at work."""
        settings = {"kind": "http", "line": "guests", "tokens": [TOKEN], "closings": True}
        hub = stage_of(self.store, [build("our-hub", HttpSettings.model_validate(settings))], THERE).hub
        stage = Stage(hub, self._keys)
        # The hub stops first, so that whoever waits for deliveries is answered.
        async with TestServer(build_app(hub), port=self.port), running(stage):
            await stage.command("greta", "presence", presence="available")
            yield stage


def near(store: MongoStore, far: Far, channel: ScriptedChannel, away_after: str = "60s") -> Stage:
    """Return the hub that the client writes to, not started yet."""
    hub = stage_of(store, [channel], HERE).hub
    wanted = PartnerSettings.model_validate({"url": far.url, "token": TOKEN, "away_after": away_after})
    settings = replace(hub.settings, partners={"berlin": wanted})
    return Stage(Hub(settings, hub.engine, hub.prompts, hub.channels))


async def comes_to_be(stage: Stage, presence: Presence) -> None:
    """Return when the partner is present, or gone."""

    async def is_so() -> bool:
        return "berlin" in stage.hub.roster and stage.hub.roster["berlin"].presence is presence

    await stage.until(is_so)


async def the_one(stage: Stage) -> Conversation:
    """Return the only conversation."""
    (conversation,) = await stage.conversations()
    return conversation


def reads(stage: Stage, *texts: str) -> Callable[[], Awaitable[bool]]:
    """Return what tells whether the texts, and no others, are the latest in the only conversation."""

    async def is_so() -> bool:
        found = await stage.conversations()
        return len(found) == 1 and (await stage.texts(found[0].id))[-len(texts) :] == [*texts]

    return is_so


async def handed_over(here: Stage, channel: ScriptedChannel) -> str:
    """Have Carl write, Anna answer, and hand him over; return the conversation."""
    await comes_to_be(here, Presence.AVAILABLE)
    await channel.write("carl", "hello")
    await here.settled()
    conversation = (await the_one(here)).id
    assert not await here.command("anna", "presence", presence="available")
    assert not await here.command("anna", "take", conversation=conversation)
    assert not await here.command("anna", "reply", conversation=conversation, text="one moment")
    assert not await here.command(
        "anna", "transfer", conversation=conversation, to_operator="berlin", comment="speaks German"
    )
    return conversation


async def taken_there(there: Stage) -> str:
    """Return the conversation that has come to the other hub, once Greta has it."""

    async def has_come() -> bool:
        return len(await there.conversations()) == 1

    await there.until(has_come)
    conversation = (await the_one(there)).id
    assert not await there.command("greta", "take", conversation=conversation)
    return conversation
