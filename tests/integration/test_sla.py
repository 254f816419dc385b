"""Targets and promises in a running hub: told through the feed, acted on, over restarts and the ends of shifts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm_store import MongoStore
from router.model import Conversation, MessageKind, State
from router.pledges import Target
from tests.clock import ManualClock
from tests.integration.stage import ScriptedChannel, Stage, crash, running, stage_of

pytestmark = pytest.mark.mongo
MINUTE = timedelta(minutes=1)
#: a Monday
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SLA = {"first_response": "10m", "warn_at": ["50%", "80%"], "on_breach": {"raise_to": "urgent", "reassign": True}}
LINE = {
    "name": "Sales", "operators": ["anna", "boris"], "triage": False, "distribution": "strict",
    "offer_timeout": "12h", "unanswered": "stay",
    "texts": {"queued": "", "nobody": ""}, "sla": SLA,
}  # fmt: skip
RULES: dict[str, Any] = {
    "lines": {"sales": LINE},
    "operators": {"anna": {"name": "Anna"}, "boris": {"name": "Boris"}},
    "priorities": {"urgent": "1h"},
}


async def _told(stage: Stage, conversation: str) -> list[str]:
    messages = await stage.hub.store.messages(conversation, limit=100)
    return [message.text for message in messages if message.kind is MessageKind.EVENT]


async def _alerts(stage: Stage) -> list[dict[str, object]]:
    events = await stage.hub.store.events(0, 1000)
    return [dict(event.data) for event in events if event.type == "alert"]


async def _until_told(stage: Stage, conversation: str, what: str) -> Conversation:
    async def told() -> bool:
        return what in await _told(stage, conversation)

    await stage.until(told)
    await stage.settled()
    (found,) = await stage.conversations()
    return found


async def _begun(stage: Stage, channel: ScriptedChannel) -> Conversation:
    """Let a client write, and Anna take it."""
    for operator in ("anna", "boris"):
        assert await stage.command(operator, "presence", presence="available") == ""
    await channel.write("carl", "hello")
    await stage.settled()
    (conversation,) = await stage.conversations()
    assert await stage.command("anna", "take", conversation=conversation.id) == ""
    return conversation


async def test_a_warning_then_a_breach_that_reassigns(store: MongoStore) -> None:
    """Staff are warned, and who keeps the client waiting too long no longer has them."""
    clock, channel = ManualClock(NOON), ScriptedChannel()
    async with running(stage_of(store, [channel], RULES, clock)) as stage:
        conversation = await _begun(stage, channel)
        clock.advance(5 * MINUTE)
        warned = await _until_told(stage, conversation.id, "sla_warned_first_response")
        assert warned.sla[Target.FIRST_RESPONSE].told == 50
        clock.advance(5 * MINUTE)
        late = await _until_told(stage, conversation.id, "reassigned")
        assert (late.state, late.offered, late.priority) == (State.OFFERED, ("boris",), "urgent")
        assert late.breached == (Target.FIRST_RESPONSE,)
        assert [(a["what"], a.get("share")) for a in await _alerts(stage)] == [
            ("sla_warned", "50"), ("sla_breached", None)
        ]  # fmt: skip


async def test_what_came_due_while_the_hub_was_dead_is_told_once(store: MongoStore) -> None:
    """The clocks are with the conversation: the next hub reads them and tells the latest share alone."""
    clock, channel = ManualClock(NOON), ScriptedChannel()
    stage = stage_of(store, [channel], RULES, clock)
    await stage.hub.start()
    conversation = await _begun(stage, channel)
    await crash(stage)
    clock.advance(9 * MINUTE)
    async with running(stage_of(store, [ScriptedChannel()], RULES, clock)) as again:
        await _until_told(again, conversation.id, "sla_warned_first_response")
        assert [a["share"] for a in await _alerts(again)] == ["80"]


async def test_a_promise_outlives_the_shift_of_who_made_it(store: MongoStore) -> None:
    """Anna promises in her reply and goes home; at the promised time Boris is asked to keep it."""
    rules = {**RULES, "lines": {"sales": {**LINE, "sla": None}}}
    clock, channel = ManualClock(NOON), ScriptedChannel()
    async with running(stage_of(store, [channel], rules, clock)) as stage:
        conversation = await _begun(stage, channel)
        text = "I'll get back to you in 20 hours."
        assert await stage.command("anna", "reply", conversation=conversation.id, text=text) == ""
        assert (await _told(stage, conversation.id))[-1] == "promise_heard"
        assert await stage.command("anna", "presence", presence="away") == ""
        clock.advance(timedelta(hours=20))
        due = await _until_told(stage, conversation.id, "promise_due")
        assert (due.state, due.offered, due.promise) == (State.OFFERED, ("boris",), None)
        assert [a["what"] for a in await _alerts(stage)] == ["promise_due"]
