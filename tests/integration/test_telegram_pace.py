"""The console at the pace that Telegram takes, on a clock that only the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from crm_store import MongoStore
from hub.engine.clock import SystemClock
from tests.clock import ManualClock
from tests.emulators.telegram.model import Chat
from tests.integration.telegram_desk import (
    TelegramDesk,
    Worker,
    operators_bot,
    operators_group,
    telegram_desk,
)

pytestmark = pytest.mark.mongo
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
#: after so long, a group takes messages again
WINDOW = timedelta(seconds=61)
CLIENTS = [f"client{n}" for n in range(8)]


async def _holding(desk: TelegramDesk, clock: ManualClock, operator: str, client: str) -> Worker:
    """Return somebody who holds the conversation of a client, after a quiet minute."""
    worker = await desk.worker(operator)
    clock.advance(MINUTE)
    await desk.channel.write(client, f"hello from {client}")
    await worker.sees(f"🔔 {client}")
    (it,) = (it for it in await desk.stage.conversations() if it.chat == client)
    assert await desk.stage.command(operator, "take", conversation=it.id) == ""
    await worker.sees(f"🔴 {client}")
    clock.advance(MINUTE)
    await worker.sees(f"👤 hello from {client}")
    worker.says("/break")
    await worker.sees("на перерыве" if operator == "boris" else "on a break")
    clock.advance(MINUTE)
    return worker


def _talk(worker: Worker) -> str:
    """Return what the bot says in topics."""
    return "\n".join(it.text for it in worker.chat.messages if it.from_bot and it.topic)


def _times(desk: TelegramDesk, chat: Chat, since: float, *methods: str) -> list[float]:
    """Return after how many seconds a chat was asked for something."""
    calls = [it for it in desk.telegram.calls if it.params.get("chat_id") in {chat.id, f"{chat.id}"}]
    return [it.time - since for it in calls if it.time >= since and (it.method in methods or not methods)]


async def _measured(desk: TelegramDesk, *names: str) -> list[float]:
    """Return what `/metrics` says of the console."""
    text = (await desk.stage.hub.metrics()).decode()
    found = {sample.name: sample for family in text_string_to_metric_families(text) for sample in family.samples}
    samples = [found[f"trunkline_{name}"] for name in names]
    assert all(sample.labels == {"console": "team"} for sample in samples)
    return [sample.value for sample in samples]


async def test_a_chat_that_is_slowed_down_waits_alone_and_to_the_second(store: MongoStore) -> None:
    """Telegram's `retry_after` is obeyed by all that goes to that chat, and nothing is lost or doubled."""
    clock = ManualClock(SystemClock().now())
    async with operators_bot(topics=True, clock=clock) as telegram, telegram_desk(store, telegram, clock=clock) as desk:
        anna = await _holding(desk, clock, "anna", "carl")
        boris = await _holding(desk, clock, "boris", "dora")
        began = clock.now()
        slowed = telegram.faults.too_many_requests(7, method="sendMessage", chat=anna.chat)
        await desk.channel.write("carl", "first word")
        await slowed.reached()
        await clock.awaited(began + 7 * SECOND)
        await desk.channel.write("carl", "second word")
        asked = anna.says("/mine")
        await desk.channel.write("dora", "third word")
        await boris.sees("third word")
        clock.advance(6 * SECOND)
        await desk.channel.write("dora", "fourth word")
        await boris.sees("fourth word")
        assert anna.find("word") is None
        assert await _measured(desk, "console_fault", "console_linked", "console_slowed_total") == [0, 2, 1]
        assert min(await _measured(desk, "console_undrawn", "console_behind_events")) > 0
        clock.advance(SECOND)
        await anna.answered(asked)
        await anna.chat.until(lambda: "second word" in _talk(anna))
        times = _times(desk, anna.chat, began.timestamp(), "sendMessage")
        assert times[0] == 0
        assert min(times[1:]) == 7
        for worker, words in ((anna, ("first word", "second word")), (boris, ("third word", "fourth word"))):
            assert [_talk(worker).count(word) for word in words] == [1, 1]


async def test_signs_that_are_slowed_down_come_later(store: MongoStore) -> None:
    """What is no message, such as the reaction that says how far an answer is, is not lost either."""
    clock = ManualClock(SystemClock().now())
    async with operators_bot(topics=True, clock=clock) as telegram, telegram_desk(store, telegram, clock=clock) as desk:
        anna = await _holding(desk, clock, "anna", "carl")
        slowed = [
            telegram.faults.too_many_requests(11, method=method) for method in ("setMessageReaction", "editForumTopic")
        ]
        topic = (await anna.sees("👤 hello")).topic
        assert topic is not None
        answer = anna.says("It is!", topic=topic)
        for fault in slowed:
            await fault.reached()
            await clock.awaited(clock.now() + 11 * SECOND)
            clock.advance(11 * SECOND)
        await anna.marked(answer, "👌")
        await anna.chat.until(lambda: topic.name == "🟢 carl")


async def _minutes(clock: ManualClock, desk: TelegramDesk, holds: Callable[[], bool]) -> None:
    """Let a minute pass whenever the group is full, until something holds."""
    while not holds():
        full = asyncio.create_task(clock.awaited(clock.now() + WINDOW))
        over = asyncio.create_task(desk.telegram.until(holds))
        done, waiting = await asyncio.wait({full, over}, return_when=asyncio.FIRST_COMPLETED)
        for each in waiting:
            each.cancel()
        await asyncio.gather(*done)
        if full in done:
            clock.advance(WINDOW)


async def _taken(desk: TelegramDesk) -> bool:
    """Return whether an answer has reached anybody."""
    return any(desk.channel.taken.values())


def _check_words(group: Chat) -> None:
    """Each client's words stand in their topic once, in order, and what had to wait in one message."""
    for client in CLIENTS:
        (topic,) = (it for it in group.topics.values() if it.name.endswith(client))
        texts = [it.text for it in group.in_topic(topic) if it.from_bot]
        shown, words = "\n".join(texts), [f"{client} says {what}" for what in ("hello", 0, 1, 2)]
        assert [shown.count(word) for word in words] == [1] * 4
        assert [shown.index(word) for word in words] == sorted(shown.index(word) for word in words)
        assert any(all(word in text for word in words[1:]) for text in texts)


async def test_a_busy_group_takes_20_messages_a_minute(store: MongoStore) -> None:
    """Answers come at once, then words, several in one message when they wait, and names of topics at last."""
    clock = ManualClock(SystemClock().now())
    async with operators_bot(topics=False, clock=clock) as telegram:
        telegram.limiter.on = True
        group = operators_group(telegram)
        async with telegram_desk(store, telegram, clock=clock, group=group) as desk:
            anna = await desk.worker("anna")
            for client in CLIENTS:
                await desk.channel.write(client, f"{client} says hello")
                await anna.sees(f"🔔 {client}")
            for it in await desk.stage.conversations():
                assert await desk.stage.command("anna", "take", conversation=it.id) == ""
            await clock.awaited(clock.now() + WINDOW)
            answered = next(it.topic for it in group.messages if it.topic and "says hello" in it.text)
            assert answered is not None
            for n in range(3):
                for client in CLIENTS:
                    await desk.channel.write(client, f"{client} says {n}")
            answer = anna.says("Hello!", topic=answered)
            await desk.stage.until(lambda: _taken(desk))
            await desk.stage.settled()
            assert "💬 Yours" in (await anna.answered(anna.says("/mine"))).text  # at once, though others wait
            await _minutes(clock, desk, lambda: answered.name.startswith("🟢"))
            await anna.marked(answer, "👌")
            assert telegram.limiter.refused == 0
            times = _times(desk, group, 0, "sendMessage", "editMessageText")
            assert 15 < max(sum(at <= other < at + 60 for other in times) for at in times) <= 20
            _check_words(group)
            said = [n for n, it in enumerate(telegram.calls) if "says" in it.params.get("text", "")]
            signs = [n for n, it in enumerate(telegram.calls) if it.method == "editForumTopic"]
            assert min(signs) > max(said)


async def test_offers_count_down_for_whoever_may_still_take_them(store: MongoStore) -> None:
    """With what the client says meanwhile; an account that is unlinked is shown nothing more, and can do nothing."""
    clock = ManualClock(SystemClock().now())
    async with operators_bot(topics=True, clock=clock) as telegram, telegram_desk(store, telegram, clock=clock) as desk:
        anna = await desk.worker("anna")
        clock.advance(MINUTE)
        await desk.channel.write("carl", "hello")
        offer = await anna.sees("⏳ 30 min")
        await clock.awaited(clock.now() + 15 * SECOND)
        await desk.channel.write("carl", "anybody there?")
        await desk.stage.settled()
        clock.advance(5 * MINUTE)
        await anna.chat.until(lambda: "⏳ 25 min" in offer.text and "anybody there?" in offer.text)
        await desk.stage.hub.consoles.unlink("team", str(anna.user.id))
        boris = await desk.worker("boris")
        await desk.channel.write("carl", "my secret")
        await desk.stage.settled()
        clock.advance(5 * MINUTE)
        assert "my secret" in (await boris.answered(boris.says("/queue"))).text
        assert "operators of this business only" in (await anna.user.presses(offer, "✅ Take").answered()).text
        assert anna.find("my secret") is None
        assert "⏳ 25 min" in offer.text
