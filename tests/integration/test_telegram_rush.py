"""1,000 clients write to a Telegram bot at once, Telegram slows the hub down, and the hub is killed in the middle."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest

from crm_store import MongoStore, open_store
from router.delivery import Delivery, DeliveryState
from router.model import AuthorKind, Conversation
from router.store import Filter
from tests.clock import FastClock
from tests.emulators.telegram import Bot, TelegramEmulator, User
from tests.integration.rush_hub import ANSWER, RUSH, TOKEN, telegram
from tests.integration.stage import Stage, running, stage_of

pytestmark = pytest.mark.mongo
CLIENTS = 1_000
#: answers that were shown when the hub is killed
SHOWN = 300
#: chats that are slowed down, and those whose answer gets lost on the way back
SLOWED, LOST = 40, 5


@asynccontextmanager
async def hub_to_be_killed(*arguments: str) -> AsyncIterator[None]:
    """Run a hub in a process of its own; at the end it is killed, wherever it stands."""
    command = (sys.executable, "-m", "tests.integration.rush_hub", *arguments)
    process = await asyncio.create_subprocess_exec(*command)
    try:
        yield
        assert process.returncode is None, "the hub ended by itself"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def answers(bot: Bot, user: User) -> list[str]:
    return [message.text for message in user.chat(bot).messages if message.from_bot]


async def chats(stage: Stage) -> list[Conversation]:
    """Return every conversation."""
    found, page = await stage.hub.store.list_conversations(Filter(), limit=500)
    while page:
        more, page = await stage.hub.store.list_conversations(Filter(), before=page, limit=500)
        found += more
    return found


async def deliveries(stage: Stage) -> dict[str, list[Delivery]]:
    """Return chat → its deliveries. In each the client is heard once."""
    found: dict[str, list[Delivery]] = {}
    for conversation in await chats(stage):
        messages = await stage.hub.store.messages(conversation.id)
        said = [message for message in messages if message.visible]
        assert [it.text for it in said if it.author.kind is AuthorKind.CLIENT] == ["hello"], conversation.chat
        made = await stage.hub.store.deliveries_of([it.id for it in said])
        found.setdefault(conversation.chat, []).extend(each for some in made.values() for each in some)
    return found


async def told(stage: Stage) -> None:
    """Return when every client has a conversation and nothing waits to be sent."""
    async with asyncio.timeout(100), aclosing(stage.hub.feed.follow(0)) as feed:
        async for _ in feed:
            sending = len(stage.hub.engine.outboxes["shop"])
            waiting = sending or await stage.hub.store.undelivered("shop", 0, 1)
            if not waiting and len(await chats(stage)) == CLIENTS:
                return


@asynccontextmanager
async def opened(mongo_url: str, database: str) -> AsyncIterator[MongoStore]:
    """Open the store as the next hub does, which finds what the one that was killed had not applied yet."""
    store = await open_store(mongo_url, database)
    try:
        yield store
    finally:
        await store.close()


async def test_nothing_is_lost_and_nothing_is_said_twice(mongo_url: str, database: str) -> None:
    """Every client is heard once and answered once; where nobody can know whether that arrived, the state says so."""
    clock = FastClock()
    async with TelegramEmulator(now=clock.now) as emulator:
        bot = emulator.add_bot(TOKEN, "shop_bot", "Shop")
        users = [emulator.add_user(f"Client {n}") for n in range(CLIENTS)]
        emulator.limiter.on = True
        for user in users:
            user.says(bot, "hello")
        for user in users[:SLOWED]:
            emulator.faults.too_many_requests(2, method="sendMessage", chat=user.id)
        for user in users[SLOWED : SLOWED + LOST]:
            emulator.faults.hang_up_after(method="sendMessage", chat=user.id)

        def shown() -> int:
            return sum(bool(answers(bot, user)) for user in users)

        async with hub_to_be_killed(mongo_url, database, emulator.url, clock.began.isoformat()):
            await emulator.until(lambda: shown() >= SHOWN, timeout=100)
        assert shown() < CLIENTS

        async with (
            opened(mongo_url, database) as store,
            running(stage_of(store, [telegram(emulator.url)], RUSH, clock)) as stage,
        ):
            await told(stage)
            made = await deliveries(stage)
        assert len(made) == CLIENTS
        doubtful = 0
        for user in users:
            (delivery,) = made[str(user.id)]
            said = answers(bot, user)
            if delivery.state is DeliveryState.UNKNOWN:
                doubtful += 1
                assert said in ([], [ANSWER])
            else:
                assert delivery.state is DeliveryState.SENT
                assert said == [ANSWER]
        assert doubtful >= LOST
        assert doubtful < CLIENTS // 4
