"""What happens when there is more than fits in memory: everything waits its turn, nothing is dropped."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from crm_store import MongoStore
from hub.engine.inbox import Inbox, Work
from router.delivery import DeliveryState
from router.events import Wake
from router.model import State
from router.ports import Sent
from tests.integration.stage import ScriptedChannel, Stage, running, stage_of

pytestmark = pytest.mark.mongo
CLIENTS = [f"client{i}" for i in range(12)]


async def _all_taken(stage: Stage, channel: ScriptedChannel) -> dict[str, str]:
    """Have every client write and Anna take every conversation; return chat → conversation."""
    await stage.command("anna", "presence", presence="available")
    await asyncio.gather(*(channel.write(chat, "hello") for chat in CLIENTS))
    await stage.settled()
    held = {c.chat: c.id for c in await stage.conversations()}
    for conversation in held.values():
        assert await stage.command("anna", "take", conversation=conversation) == ""
    return held


async def test_deliveries_beyond_what_memory_holds_wait_in_the_store_in_order(
    store: MongoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A platform that stood still gets everything afterwards, each chat in its order."""
    monkeypatch.setattr("hub.engine.outbox._HELD", 8)
    monkeypatch.setattr("hub.engine.outbox._PAGE", 3)
    channel = ScriptedChannel()
    async with running(stage_of(store, [channel])) as stage:
        held = await _all_taken(stage, channel)
        gate, take = asyncio.Event(), channel.platform

        async def stands_still(chat: str, text: str) -> Sent:
            await gate.wait()
            return await take(chat, text)

        channel.platform = stands_still
        for n in range(5):
            for conversation in held.values():
                await stage.command("anna", "reply", conversation=conversation, text=f"{n}")
        gate.set()

        async def everything_sent() -> bool:
            return sum(map(len, channel.taken.values())) == 5 * len(held)

        await stage.until(everything_sent)
        assert channel.taken == {chat: [f"{n}" for n in range(5)] for chat in held}
        await stage.settled()
        for conversation in held.values():
            found = await store.deliveries_of([m.id for m in await store.messages(conversation)])
            assert {d.state for each in found.values() for d in each} == {DeliveryState.SENT}


async def test_conversations_that_left_memory_go_on_where_they_were(
    store: MongoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client, an operator and a rating find a conversation that only the store still has."""
    monkeypatch.setattr("hub.engine.lane._HOT", 2)
    channel = ScriptedChannel()
    async with running(stage_of(store, [channel])) as stage:
        held = await _all_taken(stage, channel)
        assert len(stage.hub.engine.lanes["sales"].desk.conversations) == 2
        for chat, conversation in held.items():
            assert await stage.command("anna", "reply", conversation=conversation, text="hi") == ""
            await channel.write(chat, "thanks")
        await stage.settled()
        now = await stage.conversations()
        assert {c.id for c in now} == set(held.values())
        assert {c.state for c in now} == {State.OPEN}
        assert all([await stage.texts(c.id) == ["hello", "hi", "thanks"] for c in now])
        assert stage.hub.roster["anna"].load == len(held)


async def test_a_follower_who_is_far_behind_misses_nothing(store: MongoStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """What memory no longer has is read from the store, in order and once."""
    monkeypatch.setattr("hub.engine.feed._KEPT", 5)
    monkeypatch.setattr("hub.engine.feed._PAGE", 4)
    channel = ScriptedChannel()
    async with running(stage_of(store, [channel])) as stage:
        await _all_taken(stage, channel)
        seen: list[int] = []
        async with asyncio.timeout(20), aclosing(stage.hub.feed.follow(0)) as feed:
            async for page in feed:
                seen += [event.cursor for event in page if event.cursor]
                if seen[-1] == stage.hub.feed.cursor:
                    break
        assert seen == list(range(1, stage.hub.feed.cursor + 1))


async def test_a_full_lane_makes_those_outside_wait_and_lets_the_hub_itself_through() -> None:
    """`admit` adds only where there is room; `push` always does, so that lanes cannot block each other."""
    inbox = Inbox(limit=2)
    work = Work(Wake("hub:test", "sales"))
    assert inbox.admit(work)
    assert inbox.admit(work)
    assert not inbox.admit(work)
    waiting = asyncio.create_task(inbox.room())
    inbox.push(work)
    await asyncio.sleep(0)
    assert not waiting.done()
    assert len(await inbox.take(10)) == 3
    await waiting
    assert inbox.admit(work)
    assert len(inbox) == 1


async def test_what_is_too_large_to_be_committed_together_is_committed_apart(store: MongoStore) -> None:
    """A commit is one document, which holds 16 MB at most; what came together is still all there, in order."""
    channel = ScriptedChannel()
    async with running(stage_of(store, [channel])) as stage:
        texts = [f"{n:02}" + "x" * 1_000_000 for n in range(20)]
        await asyncio.gather(*(channel.write("carl", text, str(n)) for n, text in enumerate(texts)))
        await stage.settled()
        [conversation] = await stage.conversations()
        assert await stage.texts(conversation.id) == texts
