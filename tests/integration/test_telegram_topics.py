"""Topics of the console that somebody deletes, and those of clients who write again."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from crm_store import MongoStore
from tests.clock import FastClock
from tests.emulators.telegram.model import Topic
from tests.integration.telegram_desk import (
    RULES,
    TelegramDesk,
    Worker,
    operators_bot,
    operators_group,
    telegram_desk,
)

pytestmark = pytest.mark.mongo
#: whoever writes again begins another conversation
_SALES = {**RULES["lines"]["sales"], "reopen_within": "0s"}
_RULES = {**RULES, "lines": {**RULES["lines"], "sales": _SALES}}


@pytest.fixture(params=["private", "group"])
async def desk(request: pytest.FixtureRequest, store: MongoStore) -> AsyncIterator[TelegramDesk]:
    clock, together = FastClock(), request.param == "group"
    async with operators_bot(topics=not together, clock=clock) as telegram:
        group = operators_group(telegram) if together else None
        async with telegram_desk(store, telegram, rules=_RULES, clock=clock, group=group) as desk:
            yield desk


async def _topic(anna: Worker) -> Topic:
    """Have Anna take what Carl wrote; return the topic where it stands."""
    assert await anna.press("🔔 carl", "Take") == "Yours now"
    topic = (await anna.sees("🔴 carl")).topic
    assert topic is not None
    return topic


async def _close(desk: TelegramDesk, anna: Worker, topic: Topic) -> None:
    assert (await anna.answered(anna.says("/close solved", topic=topic))).text == "Closed"
    await anna.chat.until(lambda: topic.name == "⚫ carl" and topic.closed == (desk.group is not None))


async def test_a_deleted_topic_is_made_anew(desk: TelegramDesk) -> None:
    """With its head and what was said before, and with all that is new, also what came when the topic was gone."""
    anna = await desk.worker("anna")
    long = " ".join(f"word{n}" for n in range(100))
    await desk.channel.write("carl", long)
    topic = await _topic(anna)
    await anna.sees(long)
    await anna.marked(anna.says("Let me look", topic=topic), "👌")
    anna.user.deletes_topic(anna.chat, topic)
    for n in range(12):
        await desk.channel.write("carl", f"news {n:02d}")
    await anna.sees("news 11")
    again = (await anna.sees("🔴 carl")).topic
    assert again is not None
    assert again is not topic
    shown = "\n".join(it.text for it in anna.chat.in_topic(again))
    places = [shown.index(text) for text in ("🔴 carl", long, "Let me look", *(f"news {n:02d}" for n in range(12)))]
    assert places == sorted(places)
    await anna.marked(anna.says("Here it is", topic=again), "👌")
    assert desk.channel.taken["carl"] == ["Let me look", "Here it is"]
    assert len(desk.telegram.calls_of("createForumTopic")) == 2


async def test_a_clients_next_conversation_has_the_same_topic(desk: TelegramDesk) -> None:
    """Its words stand below those of the one before."""
    anna = await desk.worker("anna")
    await desk.channel.write("carl", "Is the red one in stock?")
    topic = await _topic(anna)
    await _close(desk, anna, topic)
    await desk.channel.write("carl", "And the blue one?")
    assert await _topic(anna) is topic
    await anna.chat.until(lambda: any("blue" in it.text for it in anna.chat.in_topic(topic)))
    assert len(await desk.stage.conversations()) == 2


async def test_two_conversations_of_one_client_have_a_topic_each(desk: TelegramDesk) -> None:
    """What is written in one goes to that one alone."""
    anna = await desk.worker("anna")
    await desk.channel.write("at home", "Is it in stock?", user="carl")
    first = await _topic(anna)
    await desk.channel.write("at work", "And the blue one?", user="carl")
    assert await anna.press("And the blue one?", "Take") == "Yours now"

    def second_topic() -> Topic | None:
        heads = (it.topic for it in anna.chat.messages if "🔴 carl" in it.text)
        return next((topic for topic in heads if topic is not None and topic is not first), None)

    second = await anna.chat.until(second_topic)
    await anna.marked(anna.says("For your home", topic=first), "👌")
    await anna.marked(anna.says("For your work", topic=second), "👌")
    assert (desk.channel.taken["at home"], desk.channel.taken["at work"]) == (["For your home"], ["For your work"])
