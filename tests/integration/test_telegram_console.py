"""The console in Telegram, as operators see it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from crm_store import MongoStore
from tests.clock import FastClock
from tests.emulators.telegram.model import Message
from tests.integration.telegram_desk import TelegramDesk, Worker, operators_bot, telegram_desk

pytestmark = pytest.mark.mongo


@pytest.fixture(params=[True, False], ids=["topics", "threads"])
async def desk(request: pytest.FixtureRequest, store: MongoStore) -> AsyncIterator[TelegramDesk]:
    clock = FastClock()
    async with operators_bot(topics=request.param, clock=clock) as telegram:
        telegram.limiter.private = (3, 3.0)  # Telegram tells of one a second, and takes short bursts
        telegram.limiter.on = True
        async with telegram_desk(store, telegram, clock=clock) as desk:
            yield desk


def _shown(anna: Worker, beside: Message) -> list[str]:
    """Return what stands in a topic, or in the chat where there are none."""
    return [it.text for it in anna.chat.in_topic(beside.topic)]


async def test_an_offer_is_taken_and_answered(desk: TelegramDesk) -> None:
    """What the client wrote is there, the answer reaches them, and the mark on it says so."""
    anna = await desk.worker("anna")
    await desk.channel.write("carl", "Is the red one in stock?")
    offer = await anna.sees("🔔 carl · Sales")
    assert "Is the red one in stock?" in offer.text
    assert await anna.press("🔔 carl", "Take") == "Yours now"
    head = await anna.sees("🔴 carl · Sales")
    await desk.channel.write("carl", "Hello?")
    said = await anna.sees("Hello?")
    answer = anna.says("It is!", answers=said if said.topic is None else None, topic=said.topic)
    await anna.marked(answer, "👌")
    assert desk.channel.taken["carl"] == ["It is!"]
    assert head.topic is said.topic


async def test_whoever_takes_a_conversation_reads_all_that_was_said(desk: TelegramDesk) -> None:
    """In full, however long it is; also what was said while a conversation that they had before was nobody's."""
    anna = await desk.worker("anna")
    story = " ".join(f"word{n}" for n in range(200))
    await desk.channel.write("carl", story)
    await desk.channel.write("carl", "Can you help?")
    await anna.press("🔔 carl", "Take")
    said = await anna.sees(story)
    assert "Can you help?" in said.text
    head = await anna.sees("🔴 carl")
    anna.says("/close solved", answers=head if head.topic is None else None, topic=head.topic)
    await anna.sees("closed the conversation")
    await desk.channel.write("carl", "It broke again")
    await anna.press("🔔 carl", "Take")
    await anna.chat.until(lambda: any("It broke again" in text for text in _shown(anna, head) if "🔔" not in text))
    assert desk.telegram.limiter.refused == 0
