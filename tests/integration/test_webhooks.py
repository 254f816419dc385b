"""What happens is told to integrators' programs: signed, in order, at least once, and tried for days."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from crm_store import MongoStore
from hub.web.feed_views import FeedItem
from router.delivery import DeliveryState
from router.webhooks import GONE
from tests.contract.store_samples import Batches, conversation, message
from tests.integration.integrator import Integrator, ended, kept, listening, present, subscription, telling_stage
from tests.integration.stage import ScriptedChannel, Stage, crash, running

pytestmark = pytest.mark.mongo
CLIENTS = [f"client{n}" for n in range(6)]
#: what is kept is cut off to whole milliseconds
MILLISECOND = timedelta(milliseconds=1)


async def test_each_conversation_is_told_in_its_order_and_as_the_api_tells_it(store: MongoStore) -> None:
    channel = ScriptedChannel()
    async with listening() as crm:
        wanted = subscription(crm, events=["message", "conversation"])
        async with running(telling_stage(store, {"crm": wanted}, [channel])) as stage:
            for n in range(5):
                await asyncio.gather(*(channel.write(chat, f"{chat} {n}") for chat in CLIENTS))
            await crm.until(lambda: len(crm.texts) == 5 * len(CLIENTS))
            held = {conversation.chat: conversation.id for conversation in await stage.conversations()}
    for chat in CLIENTS:
        said = [item["message"] for item in crm.told("message") if item["conversation"] == held[chat]]
        assert [message["text"] for message in said] == [f"{chat} {n}" for n in range(5)]
    for notice in crm.taken.values():
        item = msgspec.convert(notice["data"], FeedItem)
        assert (item.type, item.at.isoformat()) == (notice["type"], notice["timestamp"].replace("Z", "+00:00"))
    assert {item["state"]["state"] for item in crm.told("conversation")} <= {"queued", "offered"}


async def test_a_receiver_in_trouble_is_asked_again_and_later_notices_of_that_conversation_wait(
    store: MongoStore,
) -> None:
    clock, channel = present(), ScriptedChannel()
    async with listening(answers=[500]) as crm:
        stage = telling_stage(store, {"crm": subscription(crm, events=["message"])}, [channel], clock)
        async with running(stage):
            await channel.write("carl", "one")
            await ended(store, await first_posted(crm), DeliveryState.RETRYING)
            await channel.write("carl", "two")
            await channel.write("dora", "three")
            await crm.until(lambda: crm.texts == ["three"])
            clock.advance(timedelta(seconds=2))
            await crm.until(lambda: len(crm.taken) == 3)
            assert crm.texts == ["three", "one", "two"]
            told = await ended(store, crm.posted[0], DeliveryState.SENT)
    assert [attempt.state for attempt in told.attempts] == [DeliveryState.RETRYING, DeliveryState.SENT]
    assert told.attempts[0].reason == "The webhook's receiver answered 500: as the test says"


async def first_posted(crm: Integrator) -> str:
    """Return the first webhook-id that was posted."""
    await crm.until(lambda: bool(crm.posted))
    return crm.posted[0]


async def test_a_notice_is_dead_after_three_days_and_can_be_sent_again(store: MongoStore) -> None:
    """With few enough attempts that all can be kept, and every one of them kept."""
    clock, channel = present(), ScriptedChannel()
    async with listening(otherwise=500, in_time=False) as crm:
        stage = telling_stage(store, {"crm": subscription(crm, events=["message"])}, [channel], clock)
        async with running(stage):
            await channel.write("carl", "hello")
            notice = await first_posted(crm)
            began = clock.now()
            tried = await ended(store, notice, DeliveryState.RETRYING)
            while tried.next_at is not None:
                tries = len(tried.attempts)
                clock.advance(tried.next_at - clock.now() + MILLISECOND)
                tried = await kept(store, notice, lambda it, tries=tries: len(it.attempts) > tries)  # type: ignore[misc]
            assert tried.state is DeliveryState.FAILED
            assert timedelta(days=3) <= clock.now() - began < timedelta(days=3, seconds=1)
            assert tried.reason.startswith("Given up after 3 days of trying. The webhook's receiver answered 500")
            assert 70 < len(tried.attempts) == len(crm.posted) < 100
            crm.otherwise = 200
            assert await store.webhooks.resend("crm", None, clock.now()) == 1
            clock.advance(timedelta(seconds=2))
            told = await ended(store, notice, DeliveryState.SENT)
    assert crm.texts == ["hello"]
    assert [it.state for it in told.attempts[-2:]] == [DeliveryState.QUEUED, DeliveryState.SENT]
    assert told.attempts[:-2] == tried.attempts


async def test_what_is_sent_again_is_tried_as_long_as_a_new_one(store: MongoStore) -> None:
    clock, channel = present(), ScriptedChannel()
    async with listening(answers=[410], otherwise=500, in_time=False) as crm:
        stage = telling_stage(store, {"crm": subscription(crm, events=["message"])}, [channel], clock)
        async with running(stage):
            await channel.write("carl", "hello")
            notice = await first_posted(crm)
            await ended(store, notice, DeliveryState.FAILED)
            clock.advance(timedelta(days=20))
            await store.webhooks.resend("crm", [notice], clock.now())
            clock.advance(timedelta(seconds=2))
            again = await ended(store, notice, DeliveryState.RETRYING)
            assert again.next_at is not None
            assert again.next_at - clock.now() < timedelta(seconds=2)


async def test_a_hub_that_is_killed_again_and_again_loses_no_notice(store: MongoStore) -> None:
    """The receiver may be told of something twice, but by the same webhook-id."""
    dice, texts = random.Random(7), [f"message {n}" for n in range(40)]
    async with listening() as crm:
        wanted = {"crm": subscription(crm, events=["message"])}
        for part in range(4):
            channel = ScriptedChannel()
            stage = telling_stage(store, wanted, [channel])
            await stage.hub.start()
            for n in range(10 * part, 10 * part + 10):
                await channel.write(CLIENTS[n % 3], texts[n], external_id=f"u{n}")
            seen = len(crm.posted)
            more = min(seen + dice.randint(1, 8), 10 * part + 10)
            await crm.until(lambda more=more: len(crm.posted) >= more)  # type: ignore[misc]  # bound now
            await crash(stage)
        async with running(telling_stage(store, wanted)):
            await crm.until(lambda: len(crm.taken) == len(texts))
    assert sorted(crm.texts) == sorted(texts)
    for chat in range(3):
        told = [text for text in crm.texts if int(text.split()[1]) % 3 == chat]
        assert told == [text for n, text in enumerate(texts) if n % 3 == chat]


async def test_webhooks_are_not_told_of_webhooks(store: MongoStore) -> None:
    """A reply's delivery is told; the posting of notices is not, or there would be no end of it."""
    channel = ScriptedChannel()
    async with listening() as crm:
        wanted = subscription(crm, events=["message", "delivery"])
        async with running(telling_stage(store, {"crm": wanted}, [channel])) as stage:
            await stage.command("anna", "presence", presence="available")
            await channel.write("carl", "hello")
            await stage.settled()
            (conversation,) = await stage.conversations()
            assert await stage.command("anna", "take", conversation=conversation.id) == ""
            assert await stage.command("anna", "reply", conversation=conversation.id, text="hi") == ""
            await crm.until(lambda: [it["delivery"]["state"] for it in crm.told("delivery")] == ["sent"])
            await stage.settled()
            assert stage.hub.feed.cursor == (await store.events(0, 1000))[-1].cursor
            kinds = [(event.type, event.subject) for event in await store.events(0, 1000)]
    posted = set(crm.posted)
    assert not [subject for kind, subject in kinds if kind == "delivery" and subject in posted]


async def test_a_subscription_sees_its_lines_and_types_only(store: MongoStore) -> None:
    sales, support = ScriptedChannel("shop"), ScriptedChannel("help")
    line = {"operators": ["anna"], "triage": False, "texts": {"queued": "", "nobody": ""}}
    rules = {
        "lines": {"sales": {"name": "Sales", **line}, "support": {"name": "Support", **line}},
        "operators": {"anna": {"name": "Anna", "capacity": 50}},
    }
    async with listening() as crm, listening() as desk:
        webhooks = {
            "crm": subscription(crm, events=["message"], lines=["support"]),
            "desk": subscription(desk, events=["client", "operator", "message"]),
        }
        stage = telling_stage(store, webhooks, [sales, support], rules=rules)
        stage.hub.engine.board.homes["help"] = "support"  # type: ignore[index]  # a dict, as the stage makes it
        async with running(stage):
            await stage.command("anna", "presence", presence="available")
            await sales.write("carl", "for sales")
            await support.write("dora", "for support")
            await crm.until(lambda: crm.texts == ["for support"])
            await desk.until(lambda: len(desk.told("client")) == 2 and len(desk.texts) == 2)
    assert crm.texts == ["for support"]
    assert {item["client"]["name"] for item in desk.told("client")} == {"carl", "dora"}
    assert desk.told("operator")[0]["operator"]["presence"] == "available"
    assert set(desk.texts) == {"for sales", "for support"}


async def test_a_new_subscription_begins_now_and_a_paused_one_misses_nothing(store: MongoStore) -> None:
    channel = ScriptedChannel()
    async with running(telling_stage(store, {}, [channel])) as stage:
        await channel.write("carl", "before")
        await stage.settled()
    async with listening() as crm:
        wanted = subscription(crm, events=["message"])
        for settings, text in ((wanted, "during"), (wanted.model_copy(update={"enabled": False}), "paused")):
            channel = ScriptedChannel()
            async with running(telling_stage(store, {"crm": settings}, [channel])) as stage:
                await channel.write("carl", text, external_id=text)
                await stage.settled()
                if settings.enabled:
                    await crm.until(lambda: crm.texts == ["during"])
                else:
                    assert health(stage)["status"] == "paused"
        assert crm.texts == ["during"]
        async with running(telling_stage(store, {"crm": wanted})):
            await crm.until(lambda: crm.texts == ["during", "paused"])


async def test_a_receiver_that_hangs_holds_nobody_else_up(store: MongoStore) -> None:
    channel = ScriptedChannel()
    async with listening(otherwise=asyncio.Event()) as stuck, listening() as crm:
        assert isinstance(stuck.otherwise, asyncio.Event)
        webhooks = {name: subscription(it, events=["message"]) for name, it in (("stuck", stuck), ("crm", crm))}
        async with running(telling_stage(store, webhooks, [channel])) as stage:
            for n in range(20):
                await channel.write("carl", f"{n}")
            await crm.until(lambda: crm.texts == [f"{n}" for n in range(20)])
            await stage.settled()
            assert len(stuck.posted) == 1
            stuck.otherwise.set()
            await stuck.until(lambda: len(stuck.taken) == 20)


async def test_health_tells_of_failing_and_gone_receivers(store: MongoStore) -> None:
    clock, channel = present(), ScriptedChannel()
    async with listening(answers=[302, 410]) as crm:
        stage = telling_stage(store, {"crm": subscription(crm, events=["message"])}, [channel], clock)
        async with running(stage):
            await channel.write("carl", "one")
            await ended(store, await first_posted(crm), DeliveryState.RETRYING)
            failing = health(stage)
            assert failing["status"] == "failing"
            assert "Redirects are not followed: set url to the final address." in failing["reason"]
            assert stage.hub.health()["status"] == "degraded"
            clock.advance(timedelta(seconds=2))
            await ended(store, crm.posted[0], DeliveryState.FAILED)
            assert (health(stage)["status"], health(stage)["reason"]) == ("gone", GONE)
            await channel.write("carl", "two")
            await crm.until(lambda: crm.texts == ["two"])
            await ended(store, crm.posted[-1], DeliveryState.SENT)
            assert health(stage)["status"] == "ok"
            assert stage.hub.health()["status"] == "ok"


def health(stage: Stage) -> Any:
    """Return how the subscription `crm` is."""
    webhooks: Any = stage.hub.health()["webhooks"]
    return webhooks["crm"]


async def test_a_receiver_that_asks_for_time_gets_it(store: MongoStore) -> None:
    clock, channel = present(), ScriptedChannel()
    async with listening(answers=[(503, {"Retry-After": "1800"})], in_time=False) as crm:
        stage = telling_stage(store, {"crm": subscription(crm, events=["message"])}, [channel], clock)
        async with running(stage):
            await channel.write("carl", "hello")
            told = await ended(store, await first_posted(crm), DeliveryState.RETRYING)
            assert told.next_at == clock.now() + timedelta(minutes=30)
            clock.advance(timedelta(minutes=30))
            await ended(store, crm.posted[0], DeliveryState.SENT)


async def test_ten_thousand_events_behind_stay_bounded_and_none_is_lost(store: MongoStore) -> None:
    """The receiver stands still while notices of everything are made; memory holds a part, the store the rest."""
    batches, chats = Batches(), 100
    for k in range(20):
        numbers = range(500 * k, 500 * k + 500)
        said = [message(f"m{n}", conversation=f"k{n % chats}", n=n // chats + 1, chat=f"v{n % chats}") for n in numbers]
        batch = batches.make(messages=said)
        batch.conversations = {f"k{n}": conversation(f"k{n}", chat=f"v{n}") for n in range(chats)} if k == 0 else {}
        await store.commit(batch)
    await store.webhooks.cursor("crm", 0)
    gate, most = asyncio.Event(), 0
    async with listening(otherwise=gate) as crm:
        stage = telling_stage(store, {"crm": subscription(crm, events=["message"], timeout="50s")})
        async with running(stage):
            async with asyncio.timeout(45):
                while await store.webhooks.cursor("crm", 0) < 10_000:
                    most = max(most, health(stage)["deliveries"])
            gate.set()
            await crm.until(lambda: len(crm.taken) >= 3_000)
        standing = await store.webhooks.standing("crm")
    assert 2_000 < most <= 5_000
    assert standing.dead == 0
    assert standing.waiting >= 10_000 - len(crm.taken)
    for k in range(chats):
        told = [item["message"]["n"] for item in crm.told("message") if item["conversation"] == f"k{k}"]
        assert told == list(range(1, len(told) + 1))
