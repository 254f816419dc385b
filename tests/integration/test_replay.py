"""Replay: poison is decided again after a fix, by the hub that runs or by the next one."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from crm_store import MongoStore
from hub.engine.replays import EVERY
from router.client_events import ClientEvent
from router.errors import Unparsable
from router.people import Role
from router.ports import Update
from router.store import Entry
from tests.clock import ManualClock
from tests.integration.stage import ScriptedChannel, Stage, running, stage_of
from tests.integration.web_stage import web_stage

pytestmark = pytest.mark.mongo


@dataclass(slots=True)
class MendedChannel(ScriptedChannel):
    """A channel whose code did not understand `texte`, until somebody mended it."""

    mended: bool = False

    def parse(self, update: str, raw: str, at: datetime) -> ClientEvent | None:
        body = json.loads(raw)
        if "texte" in body and not self.mended:
            raise Unparsable("Expected a text.")
        return ScriptedChannel.parse(self, update, json.dumps({**body, "text": body.get("texte", "")}), at)


async def _poisoned(stage: Stage, channel: ScriptedChannel) -> None:
    await (await channel.host).receive([Update("1", '{"chat": "carl", "texte": "hello"}')])
    await stage.settled()


async def _found(store: MongoStore, update: str = "shop:1") -> Entry:
    entry = await store.ledger.find(update)
    assert entry is not None
    return entry


async def test_a_running_hub_decides_a_replayed_update(store: MongoStore) -> None:
    """Within two seconds, with nothing but a change in the ledger to tell it."""
    clock, channel = ManualClock(), MendedChannel()
    async with running(stage_of(store, [channel], clock=clock)) as stage:
        await _poisoned(stage, channel)
        channel.mended = True
        assert await store.ledger.replay("shop:1")
        clock.advance(EVERY)

        async def decided() -> bool:
            return (await _found(store)).state == "done"

        await stage.until(decided)
        (conversation,) = await stage.conversations()
        assert await stage.texts(conversation.id) == ["hello"]
    assert (await _found(store)).reasons == ("Expected a text.",)
    assert await store.ledger.replayed() == []


async def test_the_next_hub_decides_what_was_replayed_while_none_ran(store: MongoStore) -> None:
    """It is undecided in the ledger, as if it had just come in."""
    channel = MendedChannel()
    async with running(stage_of(store, [channel])) as stage:
        await _poisoned(stage, channel)
    assert await store.ledger.replay_all("shop") == 1
    async with running(stage_of(store, [MendedChannel(mended=True)])) as stage:
        await stage.settled()
        assert [it.preview for it in await stage.conversations()] == ["hello"]


async def test_what_is_poison_again_has_its_new_reason_and_keeps_the_old_one(store: MongoStore) -> None:
    """And is tried once for each replay, not for ever."""
    clock, channel = ManualClock(), MendedChannel()
    async with running(stage_of(store, [channel], clock=clock)) as stage:
        await (await channel.host).receive([Update("1", '{"texte": "hello"}')])
        await stage.settled()
        channel.mended = True
        await store.ledger.replay("shop:1")
        clock.advance(EVERY)
        async with asyncio.timeout(20):
            while (await _found(store)).state != "poison":  # noqa: ASYNC110 - poison is no event of the feed
                await asyncio.sleep(0)
    entry = await _found(store)
    assert (entry.reason, entry.reasons) == ("Expected a chat.", ("Expected a text.",))


async def test_admins_replay_over_the_api(store: MongoStore) -> None:
    """Nobody else; a repetition of the same call changes nothing; what was never poison is a conflict."""
    async with web_stage(store) as web:
        await (await web.channel.host).receive([Update("1", '{"texte": "hello"}')])
        await web.channel.write("carl", "fine", "2")
        await web.stage.settled()
        rules = web.stage.hub.rules
        chief = rules.operators["sofia"].model_copy(update={"role": Role.ADMIN})
        edited = rules.model_copy(update={"operators": {**rules.operators, "sofia": chief}})
        await web.stage.hub.engine.use(replace(web.stage.hub.book, rules=edited))
        anna, sofia = await web.sign_in("anna"), await web.sign_in("sofia")
        assert (await anna.post("/ledger/shop:1/replay"))[0] == 403
        assert await sofia.post("/ledger/shop:1/replay") == (200, {"done": True})
        assert await sofia.post("/ledger/shop:1/replay") == (200, {"done": True})
        assert (await sofia.post("/ledger/shop:2/replay"))[0] == 409
        assert (await sofia.post("/ledger/shop:none/replay"))[0] == 404
    assert (await _found(store)).reasons[0] == "Expected a chat."


async def test_only_poison_is_replayed(store: MongoStore) -> None:
    """What has been decided is never decided twice, and what does not exist is told so."""
    channel = MendedChannel()
    async with running(stage_of(store, [channel])) as stage:
        await channel.write("carl", "fine", "2")
        await stage.settled()
    assert await store.ledger.replay("shop:2") is False
    assert await store.ledger.replay("shop:none") is False
    assert await store.ledger.replay_all() == 0
    assert (await _found(store, "shop:2")).state == "done"
