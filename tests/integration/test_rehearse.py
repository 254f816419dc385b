"""A hub's recorded traffic, rehearsed: under its own rules it comes out as it was, and the store is left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm_store import MongoStore
from hub.recordings import recorded
from hub.rehearsal import directory, rehearsed
from router.lab.recording import Recording
from router.model import Conversation
from router.rules import Rules
from tests.clock import ManualClock
from tests.integration.stage import ScriptedChannel, Stage, running, settings_of, stage_of

pytestmark = pytest.mark.mongo
SECOND = timedelta(seconds=1)
#: a Monday
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
RULES: dict[str, Any] = {
    "lines": {
        "sales": {
            "name": "Sales",
            "operators": ["anna", "boris"],
            "distribution": "strict",
            "triage": False,
            "offer_timeout": "60s",
            "sla": {"first_response": "2m"},
        },
        "support": {"name": "Support", "operators": ["boris"], "triage": False},
    },
    "operators": {"anna": {"name": "Anna", "capacity": 1}, "boris": {"name": "Boris", "capacity": 2}},
}


class Day:
    """A day at a running hub, with words for what people do."""

    def __init__(self, stage: Stage, channel: ScriptedChannel, clock: ManualClock) -> None:
        self.stage, self.channel, self.clock = stage, channel, clock

    async def passes(self, seconds: float) -> None:
        """Let time pass, with everything that is due in between at its own time."""
        until = self.clock.now() + seconds * SECOND
        while self.clock.now() < until:
            due = [it.due_at for it in await self.stage.conversations() if it.due_at and it.due_at > self.clock.now()]
            self.clock.advance(min([until, *due]) - self.clock.now())
            await self.fell_due()
            await self.stage.settled()

    async def fell_due(self) -> None:
        """Return when every timer whose time has come was carried out."""

        async def holds() -> bool:
            return not any(it.due_at and it.due_at <= self.clock.now() for it in await self.stage.conversations())

        await self.stage.until(holds)

    async def does(self, operator: str, what: str, chat: str = "", **more: Any) -> None:
        """Let an operator do something."""
        about = {"conversation": (await self.of(chat)).id} if chat else {}
        assert await self.stage.command(operator, what, **about, **more) == ""
        await self.stage.settled()

    async def writes(self, chat: str) -> None:
        """Let a client write."""
        await self.channel.write(chat, f"hello from {chat}")
        await self.stage.settled()

    async def of(self, chat: str) -> Conversation:
        """Return a client's latest conversation."""
        found = [it for it in await self.stage.conversations() if it.chat == chat]
        return max(found, key=lambda it: it.created_at)


async def a_day(day: Day) -> None:
    """Two operators and five clients: an offer that times out, one let go, one handed on, one who gives up."""
    for operator in ("anna", "boris"):
        await day.does(operator, "presence", presence="available")
    await day.passes(10)
    await day.writes("carl")
    await day.passes(7)
    await day.does("anna", "take", "carl")
    await day.writes("dora")
    await day.passes(60)
    assert (await day.of("dora")).returns == 1, "Boris did not look"
    await day.does("anna", "reply", "carl", text="Hello!")
    await day.passes(20)
    await day.writes("carl")
    await day.passes(15)
    await day.does("anna", "reply", "carl", text="Bye!")
    await day.does("anna", "close", "carl")
    await day.passes(9)
    await day.does("anna", "take", "dora")
    await day.passes(1)
    await day.does("boris", "presence", presence="break")
    await day.writes("egon")
    await day.passes(30)
    await day.does("anna", "reply", "dora", text="Support knows.")
    await day.does("anna", "transfer", "dora", to_line="support")
    await day.passes(5)
    await day.does("boris", "presence", presence="available")
    await day.passes(3)
    await day.does("anna", "skip", "egon")
    await day.passes(4)
    await day.does("boris", "take", "egon")
    await day.does("boris", "take", "dora")
    await day.writes("fred")
    await day.passes(40)
    await day.does("boris", "close", "egon")
    await day.does("boris", "close", "dora")
    await day.does("anna", "presence", presence="away")
    await day.passes(100)


@pytest.fixture
async def recording(store: MongoStore) -> Recording:
    clock, channel = ManualClock(NOON), ScriptedChannel()
    async with running(stage_of(store, [channel], RULES, clock)) as stage:
        await a_day(Day(stage, channel, clock))
    settings = settings_of(Rules.model_validate(RULES))
    return await recorded(store.recordings, directory(settings), NOON - SECOND, clock.now())


async def test_under_its_own_rules_a_day_comes_out_as_it_was(recording: Recording) -> None:
    """Who was asked, took, handed on, waited and ended when: all of it is as recorded, to the millisecond."""
    assert len(recording.visits) == 4
    settings = settings_of(Rules.model_validate(RULES))
    old, new = rehearsed(recording, settings, settings, lambda _: None)
    assert old == new
    assert old == list(recording.lives)
