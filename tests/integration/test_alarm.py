"""Time passes: lines open, shifts end, clients fall silent, and the hub notices by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crm_store import MongoStore
from router.model import State
from tests.clock import ManualClock
from tests.integration.stage import RULES, ScriptedChannel, Stage, running, stage_of

pytestmark = pytest.mark.mongo
#: a Monday
EARLY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOURS = {"week": {"mon-fri": "09:00-18:00"}}


async def _becomes(stage: Stage, state: State) -> None:
    async def holds() -> bool:
        return [c.state for c in await stage.conversations()] == [state]

    await stage.until(holds)


def _rules(**line: object) -> dict[str, object]:
    return {**RULES, "lines": {"sales": {**RULES["lines"]["sales"], **line}}}


async def test_who_wrote_before_the_line_opened_is_offered_when_it_opens(store: MongoStore) -> None:
    """Nobody has to do anything at nine: the client was told the hours, and the operator is asked."""
    clock, channel = ManualClock(EARLY), ScriptedChannel()
    async with running(stage_of(store, [channel], rules=_rules(hours=HOURS), clock=clock)) as stage:
        await stage.command("anna", "presence", presence="available")
        await channel.write("carl", "hello")
        await _becomes(stage, State.QUEUED)
        clock.advance(timedelta(hours=1))
        await _becomes(stage, State.OFFERED)


async def test_what_is_unanswered_when_a_shift_ends_returns_to_the_queue(store: MongoStore) -> None:
    """The client waits for somebody who has gone home: the next one is found."""
    operators = {"anna": {"name": "Anna", "hours": HOURS}}
    clock, channel = ManualClock(EARLY + timedelta(hours=9)), ScriptedChannel()
    rules = {**_rules(offer_timeout="12h"), "operators": operators}
    async with running(stage_of(store, [channel], rules=rules, clock=clock)) as stage:
        await stage.command("anna", "presence", presence="available")
        await channel.write("carl", "hello")
        await stage.settled()
        (conversation,) = await stage.conversations()
        assert await stage.command("anna", "take", conversation=conversation.id) == ""
        clock.advance(timedelta(hours=1))
        await _becomes(stage, State.QUEUED)


async def test_a_conversation_whose_client_has_gone_silent_closes_itself(store: MongoStore) -> None:
    """Each word of the client begins the silence anew; at its end they are told, and the operator is free."""
    auto_close = {"after": "3d", "text": "Bye for now"}
    clock, channel = ManualClock(), ScriptedChannel()
    async with running(stage_of(store, [channel], rules=_rules(auto_close=auto_close), clock=clock)) as stage:
        await stage.command("anna", "presence", presence="available")
        await channel.write("carl", "hello")
        await stage.settled()
        (conversation,) = await stage.conversations()
        await stage.command("anna", "take", conversation=conversation.id)
        await stage.command("anna", "reply", conversation=conversation.id, text="hi")
        clock.advance(timedelta(days=2))
        await channel.write("carl", "thinking about it")
        await stage.settled()
        await stage.command("anna", "reply", conversation=conversation.id, text="take your time")
        clock.advance(timedelta(days=2))
        await stage.settled()
        assert [c.state for c in await stage.conversations()] == [State.WAITING]
        clock.advance(timedelta(days=1))
        await _becomes(stage, State.CLOSED)
        assert (await stage.texts(conversation.id))[-1] == "Bye for now"
        assert stage.hub.roster["anna"].load == 0
