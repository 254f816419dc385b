"""The console in a group with topics, where all operators work together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from crm_store import MongoStore
from tests.clock import FastClock
from tests.emulators.telegram.model import Topic
from tests.integration.telegram_desk import TelegramDesk, Worker, operators_bot, operators_group, telegram_desk

pytestmark = pytest.mark.mongo


@pytest.fixture
async def desk(store: MongoStore) -> AsyncIterator[TelegramDesk]:
    clock = FastClock()
    async with (
        operators_bot(topics=False, clock=clock) as telegram,
        telegram_desk(store, telegram, clock=clock, group=operators_group(telegram)) as desk,
    ):
        yield desk


async def _taken(desk: TelegramDesk, text: str = "Is the red one in stock?") -> tuple[Worker, Topic]:
    """Return Anna, who has taken what Carl wrote, and the topic where his words stand."""
    anna = desk.workers.get("anna") or await desk.worker("anna")
    await desk.channel.write("carl", text)
    assert await anna.press("🔔 carl", "Take") == "Yours now"
    topic = (await anna.sees("🔴 carl")).topic
    assert topic is not None
    await anna.chat.until(lambda: [it.text for it in anna.chat.in_topic(topic)].count(f"👤 {text}") == 1)
    return anna, topic


def _reached(desk: TelegramDesk) -> list[str]:
    return [text for texts in desk.channel.taken.values() for text in texts]


async def test_two_operators_share_a_conversations_topic(desk: TelegramDesk) -> None:
    """Offered once and outside of topics, taken by one, and what is said stands in the topic for both."""
    boris = await desk.worker("boris")
    anna, topic = await _taken(desk)
    offers = [it for it in anna.chat.in_topic(None) if "carl" in it.text]
    assert len(offers) == 1
    assert offers[0] is await boris.sees("carl: taken by Anna")
    assert not offers[0].keyboard
    assert (await anna.sees("Is the red one in stock?")).topic is topic
    await desk.channel.write("carl", "Hello?")
    assert (await boris.sees("Hello?")).topic is topic
    answer = anna.says("It is!", topic=topic)
    await anna.marked(answer, "👌")
    assert desk.channel.taken["carl"] == ["It is!"]
    assert topic.name.endswith("carl")
    await anna.chat.until(lambda: topic.name == "🟢 carl")
    boris.says("I can help, too", topic=topic)
    assert (await boris.sees("🚫")).topic is topic
    assert _reached(desk) == ["It is!"]


async def test_what_is_for_staff_stays_in_the_group(desk: TelegramDesk) -> None:
    """Notes and whispers, anybody's, and what colleagues say to each other outside of our topics."""
    sofia = await desk.worker("sofia", available=False)
    anna, topic = await _taken(desk)
    await anna.marked(anna.says("/note a regular", topic=topic), "✍")
    await sofia.marked(sofia.says("/whisper offer her the set", topic=topic), "🙊")
    own = anna.user.opens_topic(anna.chat, "Holidays")
    aside = [anna.says("Who has the keys?"), anna.says("I am off tomorrow", topic=own)]
    aside.append(anna.says("Me, too", answers=aside[0]))
    await anna.marked(anna.says("Good morning", topic=topic), "👌")
    await desk.stage.settled()
    assert _reached(desk) == ["Good morning"]
    assert not [it for it in anna.chat.messages if it.from_bot and it.reply_to in aside]


async def test_a_stranger_in_the_group_gets_nothing_done(desk: TelegramDesk) -> None:
    """Neither by words, nor by commands, nor by buttons, which say that they are not theirs."""
    stranger = desk.telegram.add_user("Eve", language_code="en")
    assert desk.group is not None
    desk.telegram.add_member(desk.group, stranger, by=stranger)
    anna, topic = await _taken(desk)
    await desk.channel.write("dora", "Another one")
    offer = await anna.sees("🔔 dora")
    pressed = await stranger.presses(offer, offer.buttons[0]).answered()
    assert pressed.text == "Hello! This bot is for the operators of this business only."
    said = [stranger.says(desk.group, text, topic=topic) for text in ("Buy my pills", "/close", "/link ABCD2345")]
    await anna.marked(anna.says("It is!", topic=topic), "👌")
    await desk.stage.settled()
    assert {it.chat: it.state.value for it in await desk.stage.conversations()} == {
        "carl": "waiting",
        "dora": "offered",
    }
    assert _reached(desk) == ["It is!"]
    assert not [it for it in desk.group.messages if it.from_bot and it.reply_to in said]


async def test_buttons_are_for_whoever_may_use_them(desk: TelegramDesk) -> None:
    """A colleague's press is refused in words to them alone; the holder hands over by a button."""
    boris = await desk.worker("boris")
    anna, topic = await _taken(desk)
    await boris.press("🔴 carl", "Transfer")
    assert (await boris.press("↪️ carl: кому?", "Sofia")).startswith("🚫")
    await anna.press("🔴 carl", "Transfer")
    assert await anna.press("↪️ carl: to whom?", "Борис") == "Handed over"
    assert await boris.press("🔔 carl", "Take") == "Теперь у вас"
    await boris.marked(boris.says("Здравствуйте", topic=topic), "👌")
    assert _reached(desk) == ["Здравствуйте"]


async def test_a_topic_is_closed_with_its_conversation(desk: TelegramDesk) -> None:
    """Besides the sign in its name. Reopened by the button, the conversation has it open again at once."""
    anna, topic = await _taken(desk)
    await anna.press("🔴 carl", "Close")
    assert await anna.press("✔️ carl", "Solved") == "Closed"
    await anna.chat.until(lambda: topic.closed and topic.name == "⚫ carl")
    with pytest.raises(RuntimeError, match="is closed"):
        anna.says("One more thing", topic=topic)
    assert await anna.press("⚫ carl", "Reopen") == "Reopened"
    await anna.chat.until(lambda: not topic.closed)
    await anna.marked(anna.says("One more thing", topic=topic), "👌")
    assert not [it for it in desk.telegram.calls_of("closeForumTopic", "reopenForumTopic") if it.error]


async def test_a_closed_topic_opens_again_for_its_client(desk: TelegramDesk) -> None:
    """As soon as somebody takes what they write next, and without a second topic."""
    anna, topic = await _taken(desk)
    anna.says("/close solved", topic=topic)
    await anna.chat.until(lambda: topic.closed)
    _, again = await _taken(desk, "And the blue one?")
    assert again is topic
    assert not topic.closed
    assert len(desk.telegram.calls_of("createForumTopic")) == 1
    assert not [it for it in desk.telegram.calls_of("closeForumTopic", "reopenForumTopic") if it.error]


async def test_a_group_that_becomes_a_supergroup_is_to_be_named_anew(store: MongoStore) -> None:
    """The hub's health says under which id it goes on."""
    clock = FastClock()
    async with operators_bot(topics=False, clock=clock) as telegram:
        group = telegram.add_group("Desk", telegram.add_user("Olga"), next(iter(telegram.world.bots.values())))
        async with telegram_desk(store, telegram, clock=clock, group=group) as desk:
            anna = await desk.worker("anna")
            await desk.channel.write("carl", "Is it in stock?")
            await anna.sees("🔔 carl")
            new = telegram.migrate(group)
            await desk.channel.write("carl", "Hello?")

            said = f"supergroup with the id {new.id}: set group to that"
            async with asyncio.timeout(20):
                while said not in str(desk.stage.hub.consoles.health()):  # noqa: ASYNC110 - nobody tells of health
                    await asyncio.sleep(0)
