"""The console in Telegram, as operators see it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from crm_store import MongoStore
from tests.clock import FastClock
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


def _talk(anna: Worker) -> str:
    """Return all that the bot has said to her."""
    return "\n".join(it.text for it in anna.chat.messages if it.from_bot)


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
    """In full, however long it is."""
    anna = await desk.worker("anna")
    story = " ".join(f"word{n}" for n in range(200))
    await desk.channel.write("carl", story)
    await desk.channel.write("carl", "Can you help?")
    await anna.press("🔔 carl", "Take")
    said = await anna.sees(story)
    assert "Can you help?" in said.text
    head = await anna.sees("🔴 carl")
    assert desk.telegram.limiter.refused == 0
    assert head.topic is said.topic


async def test_what_was_said_while_a_colleague_had_it_is_there_when_it_comes_back(desk: TelegramDesk) -> None:
    """In order, once, and not before: what is said to a colleague does not concern whoever has handed it over."""
    anna = await desk.worker("anna")
    await desk.channel.write("carl", "hello")
    await anna.press("🔔 carl", "Take")
    await anna.sees("🔴 carl")
    (it,) = await desk.stage.conversations()
    slow = desk.telegram.faults.stall(method="sendMessage", chat=anna.chat)
    await desk.channel.write("carl", "one moment")
    await slow.reached()
    for operator, command, more in (
        ("boris", "presence", {"presence": "available"}),
        ("anna", "transfer", {"conversation": it.id, "to_operator": "boris"}),
        ("boris", "take", {"conversation": it.id}),
    ):
        assert await desk.stage.command(operator, command, **more) == ""
    await desk.channel.write("carl", "It broke again")
    await desk.stage.settled()
    slow.release()
    await anna.sees("Anna transferred it to Борис")
    assert await desk.stage.command("boris", "reply", conversation=it.id, text="I see") == ""
    await desk.stage.settled()
    assert anna.find("It broke again") is None
    assert await desk.stage.command("boris", "transfer", conversation=it.id, to_operator="anna") == ""
    await anna.press("🔔 carl", "Take")
    await anna.chat.until(lambda: anna.find("I see") is not None and "🔔" not in _talk(anna))
    talk = _talk(anna)
    assert [talk.count(text) for text in ("It broke again", "I see")] == [1, 1]
    assert talk.index("transferred") < talk.index("It broke again") < talk.index("I see")
