"""Whoever loses the connection is away after a while, and what they have not answered goes to others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crm_store import MongoStore
from hub.consoles import WebConsoleSettings
from router.people import Presence
from tests.clock import ManualClock
from tests.integration.web_stage import Desk, WebStage, web_stage

pytestmark = pytest.mark.mongo
PATIENCE = timedelta(seconds=10)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
async def web(store: MongoStore, clock: ManualClock) -> AsyncIterator[WebStage]:
    async with web_stage(store, clock=clock) as it:
        hub = it.stage.hub
        hub.settings = replace(hub.settings, consoles={"web": WebConsoleSettings(away_after=PATIENCE)})
        yield it


async def at_work(web: WebStage, operator: str) -> Desk:
    """Return a browser of an operator who is available."""
    desk = await web.sign_in(operator)
    await desk.send("PUT", "/presence", {"presence": "available"})
    return desk


async def becomes_away(web: WebStage, operator: str) -> None:
    """Return once the hub takes somebody to be away."""

    async def holds() -> bool:
        return web.stage.hub.roster[operator].presence is Presence.AWAY

    await web.stage.until(holds)


async def test_whoever_loses_the_connection_is_away_and_offers_go_on(web: WebStage, clock: ManualClock) -> None:
    anna = await at_work(web, "anna")
    async with anna.feed(0) as feed:
        await feed.until("current")
        conversation = await web.waiting()
        boris = await at_work(web, "boris")
        assert (await anna.get(f"/conversations/{conversation}"))["conversation"]["offered"] == ["anna"]
        async with boris.feed(0) as other:
            await other.until("current")
            await feed.socket.close()
            await clock.awaited(clock.now() + PATIENCE)
            clock.advance(PATIENCE)
            await becomes_away(web, "anna")
            await web.stage.settled()
            assert (await boris.get(f"/conversations/{conversation}"))["conversation"]["offered"] == ["boris"]
            assert web.stage.hub.roster["boris"].presence is Presence.AVAILABLE


async def test_whoever_is_back_in_time_or_has_another_window_stays(web: WebStage, clock: ManualClock) -> None:
    anna = await at_work(web, "anna")
    async with anna.feed(0) as first:
        await first.until("current")
        async with anna.feed(0) as second:
            await second.until("current")
    lost = clock.now()
    await clock.awaited(lost + PATIENCE)
    async with anna.feed(0) as again:
        await again.until("current")
        clock.advance(2 * PATIENCE)
        await web.waiting()
        assert web.stage.hub.roster["anna"].presence is Presence.AVAILABLE


async def test_a_program_that_never_follows_comes_and_goes_by_itself(web: WebStage, clock: ManualClock) -> None:
    await at_work(web, "anna")
    clock.advance(timedelta(days=1))
    await web.waiting()
    assert web.stage.hub.roster["anna"].presence is Presence.AVAILABLE
