"""The machine's clock is set on or back by an hour, as by a wrong time zone or a late NTP: nobody waits for ever."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_store import MongoStore
from hub.engine.clock import SystemClock
from router.model import State
from tests.clock import ManualClock
from tests.integration.stage import RULES, ScriptedChannel, Stage, running, stage_of
from tests.unit.router.test_leave import HERE
from tests.unit.router.test_leave import RULES as WORLD
from tests.unit.router.world import World

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TWO = {
    **RULES,
    "lines": {"sales": {**RULES["lines"]["sales"], "operators": ["anna", "boris"], "auto_close": {"after": "2h"}}},
    "operators": {"anna": {"name": "Anna"}, "boris": {"name": "Boris"}},
}


async def _offered_to(stage: Stage, who: str) -> None:
    async def holds() -> bool:
        return [it.offered for it in await stage.conversations()] == [(who,)]

    await stage.until(holds)


async def _events(stage: Stage, text: str) -> int:
    (conversation,) = await stage.conversations()
    return sum(message.text == text for message in await stage.hub.store.messages(conversation.id, limit=1000))


@pytest.mark.mongo
async def test_an_offer_does_not_wait_for_an_hour_that_the_clock_lost(store: MongoStore) -> None:
    """Set back by an hour, the clock would reach the offer's end an hour late: it ends when one made now would."""
    clock, channel = ManualClock(NOON), ScriptedChannel()
    async with running(stage_of(store, [channel], rules=TWO, clock=clock)) as stage:
        for operator in ("anna", "boris"):
            await stage.command(operator, "presence", presence="available")
        await channel.write("carl", "hello")
        await _offered_to(stage, "anna")
        clock.advance(-HOUR)

        async def due_soon() -> bool:
            return [it.due_at for it in await stage.conversations()] == [clock.now() + MINUTE]

        await stage.until(due_soon)
        clock.advance(MINUTE)
        await _offered_to(stage, "boris")
        assert await _events(stage, "unanswered") == 1


@pytest.mark.mongo
async def test_what_is_set_after_the_clock_went_back_rings_in_time(store: MongoStore) -> None:
    """Also where the store is not read again for an hour."""
    clock, channel = ManualClock(NOON), ScriptedChannel()
    rules = {**TWO, "lines": {"sales": {**TWO["lines"]["sales"], "offer_timeout": "20m"}}}
    async with running(stage_of(store, [channel], rules=rules, clock=clock)) as stage:
        for operator in ("anna", "boris"):
            await stage.command(operator, "presence", presence="available")
        clock.advance(-HOUR)
        await stage.settled()
        await channel.write("carl", "hello")
        await _offered_to(stage, "anna")
        clock.advance(20 * MINUTE)
        await _offered_to(stage, "boris")


@pytest.mark.mongo
async def test_a_clock_that_is_set_on_rings_once(store: MongoStore) -> None:
    """What it passes is due at once; nothing is due twice when the clock is set back afterwards."""
    clock, channel = ManualClock(NOON), ScriptedChannel()
    async with running(stage_of(store, [channel], rules=TWO, clock=clock)) as stage:
        for operator in ("anna", "boris"):
            await stage.command(operator, "presence", presence="available")
        await channel.write("carl", "hello")
        await _offered_to(stage, "anna")
        clock.advance(HOUR)
        await _offered_to(stage, "boris")
        clock.advance(-HOUR)
        await stage.settled()
        assert await _events(stage, "unanswered") == 1
        (conversation,) = await stage.conversations()
        assert await stage.command("boris", "take", conversation=conversation.id) == ""
        assert [it.state for it in await stage.conversations()] == [State.OPEN]


class _Moved(SystemClock):
    """The machine's clock, which tests set back."""

    back = timedelta()

    def now(self) -> datetime:
        return super().now() - self.back


async def test_who_sleeps_until_a_time_is_woken_when_the_clock_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise they would sleep through the hour a second time."""
    clock, naps = _Moved(), 0

    async def nap(_: float) -> None:
        nonlocal naps
        naps += 1
        clock.back = HOUR

    monkeypatch.setattr(asyncio, "sleep", nap)
    await clock.sleep_until(clock.now() + MINUTE)
    assert naps == 1


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    jumps=st.lists(st.sampled_from([HOUR, -HOUR, 3 * MINUTE]), min_size=1, max_size=6),
    away=st.booleans(),
)
def test_nobody_waits_longer_than_without_jumps(jumps: list[timedelta], away: bool) -> None:
    """Whatever the clock did: no timer lies further ahead than the rules say, and everybody's turn comes."""
    world = World(WORLD)
    world.presence(HERE, "ann", "bob")
    for number, jump in enumerate(jumps):
        world.says("hello", f"c{number}")
        world.jump(jump)
    if away:
        world.presence(type(HERE).AWAY, "ann")
    world.advance(MINUTE)
    for it in world.kept.conversations.values():
        assert it.state in {State.OFFERED, State.QUEUED}
        assert all(due <= world.now + 5 * MINUTE for due in it.timers.values())
        assert not (away and "ann" in it.offered)
    asked: set[str] = set()
    for _ in range(12):
        asked |= {it.id for it in world.kept.conversations.values() if it.state is State.OFFERED}
        world.advance(MINUTE / 2)
    assert asked == set(world.kept.conversations)
