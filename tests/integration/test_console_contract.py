"""What every console promises, held by Telegram with topics, without them, by webhook, and by the web console."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from crm_store import MongoStore
from tests.clock import FastClock
from tests.contract.console import ABLE, Bench, ConsoleContract, Person
from tests.emulators.telegram import TelegramEmulator
from tests.emulators.telegram.model import Message
from tests.integration.stage import ScriptedChannel, Stage, crash, stage_of
from tests.integration.telegram_desk import RULES, Front, Worker, operators_bot, with_console
from tests.integration.web_stage import Desk, WebStage, web_stage

pytestmark = pytest.mark.mongo


@dataclass(repr=False)
class InTelegram:
    """An operator in Telegram."""

    worker: Worker
    said: dict[str, Message] = field(default_factory=dict)

    async def come(self) -> None:
        self.worker.says("/available")
        await self.worker.sees("🟢")

    async def offered(self, text: str) -> None:
        await self.worker.chat.until(lambda: (it := self.worker.find("🔔")) is not None and text in it.text)

    async def take(self) -> str:
        offer = await self.worker.sees("🔔")
        button = next((each for row in offer.keyboard for each in row), None)
        if button is None:
            return offer.text
        pressed = self.worker.user.presses(offer, button["text"])
        answer = (await pressed.answered()).text
        if not answer.startswith("🚫"):
            await self.worker.sees("🔴 carl")
            return ""
        return answer

    def _write(self, text: str) -> Message:
        head = self.worker.find("🔴 carl") or self.worker.find("🟢 carl")
        assert head is not None
        return self.worker.says(text, None if head.topic else head, head.topic)

    async def say(self, text: str) -> None:
        self.said[text] = self._write(text)

    async def note(self, text: str) -> None:
        await self.worker.marked(self._write(f"/note {text}"), "✍")

    async def sees(self, text: str) -> None:
        await self.worker.sees(text)

    async def shown(self) -> Sequence[str]:
        return [it.text for it in self.worker.chat.messages]

    async def undelivered(self, text: str, reason: str) -> None:
        await self.worker.marked(self.said[text], "😢")
        notice = await self.worker.sees(reason)
        assert notice.reply_to is self.said[text]

    async def resend(self, text: str) -> None:
        await self.worker.press("⚠️", "🔁")
        await self.worker.marked(self.said[text], "👌")


@dataclass(repr=False)
class TelegramBench:
    """A hub with a console in Telegram."""

    store: MongoStore
    telegram: TelegramEmulator
    clock: FastClock
    #: where Telegram posts updates; None where it is polled
    front: Front | None = None
    channel: ScriptedChannel = field(default_factory=lambda: ScriptedChannel(capabilities=ABLE))
    people: dict[str, InTelegram] = field(default_factory=dict)
    stage: Stage = field(init=False)

    async def start(self) -> None:
        settings = {"mode": "webhook", "webhook": {"url": self.front.url}} if self.front else {}
        self.stage = with_console(stage_of(self.store, [self.channel], RULES, self.clock), self.telegram, **settings)
        if self.front:
            await self.front.serve(self.stage)
        await self.stage.hub.start()

    async def restart(self) -> None:
        await crash(self.stage)
        self.channel = self.channel.anew()
        await self.start()

    async def person(self, operator: str) -> Person:
        if operator not in self.people:
            bot = next(iter(self.telegram.world.bots.values()))
            worker = Worker(self.telegram.add_user(operator.title(), language_code="en"), bot)
            await worker.link(self.stage, operator)
            self.people[operator] = InTelegram(worker)
        return self.people[operator]


class _Telegram(ConsoleContract):
    topics: bool
    posts = False

    @asynccontextmanager
    async def bench(self, store: MongoStore) -> AsyncIterator[Bench]:
        clock, front = FastClock(), Front() if self.posts else None
        async with operators_bot(topics=self.topics, clock=clock) as telegram:
            bench = TelegramBench(store, telegram, clock, front)
            await bench.start()
            try:
                yield bench
            finally:
                await bench.stage.hub.stop()
                if front:
                    await front.close()


class TestTelegramWithTopics(_Telegram):
    topics = True


class TestTelegramWithoutTopics(_Telegram):
    topics = False


class TestTelegramByWebhook(_Telegram):
    topics = True
    posts = True


@dataclass(repr=False)
class OnTheWeb:
    """An operator at the web console, as far as its API goes."""

    desk: Desk

    async def _until(self, holds: Any) -> Any:
        """Return what holds, looking again whenever the feed tells something."""
        cursor = (await self.desk.get("/me"))["cursor"]
        async with asyncio.timeout(20):
            while not (found := await holds()):
                cursor = (await self.desk.get("/events", after=cursor, wait=20))["cursor"]
            return found

    async def _mine(self) -> Any:
        return (await self.desk.get("/conversations", view="mine"))["conversations"]

    async def _id(self) -> str:
        views = [*await self._mine(), *(await self.desk.get("/conversations", view="all"))["conversations"]]
        return str(views[0]["id"])

    async def _messages(self) -> Any:
        return (await self.desk.get(f"/conversations/{await self._id()}/messages"))["messages"]

    async def come(self) -> None:
        status, _ = await self.desk.send("PUT", "/presence", {"presence": "available"})
        assert status == 200

    async def offered(self, text: str) -> None:
        async def holds() -> bool:
            return any(it["state"] == "offered" and it["preview"] == text for it in await self._mine())

        await self._until(holds)

    async def take(self) -> str:
        status, answer = await self.desk.post(f"/conversations/{await self._id()}/take")
        return "" if status == 200 else str(answer["detail"])

    async def say(self, text: str) -> None:
        await self.desk.do(f"/conversations/{await self._id()}/replies", {"text": text})

    async def note(self, text: str) -> None:
        await self.desk.do(f"/conversations/{await self._id()}/notes", {"text": text})

    async def sees(self, text: str) -> None:
        async def holds() -> bool:
            return text in [it["text"] for it in await self._messages()]

        await self._until(holds)

    async def shown(self) -> Sequence[str]:
        return [it["text"] for it in await self._messages()]

    async def _failed(self, text: str) -> Any:
        deliveries = [d for it in await self._messages() if it["text"] == text for d in it["deliveries"]]
        return next((it for it in deliveries if it["state"] == "failed"), None)

    async def undelivered(self, text: str, reason: str) -> None:
        failed = await self._until(lambda: self._failed(text))
        assert reason in failed["reason"]

    async def resend(self, text: str) -> None:
        failed = await self._failed(text)
        await self.desk.do(f"/conversations/{await self._id()}/resend", {"delivery": failed["id"]})


@dataclass(repr=False)
class WebBench:
    """A hub with its web application."""

    store: MongoStore
    web: WebStage = field(init=False)
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def stage(self) -> Stage:
        return self.web.stage

    @property
    def channel(self) -> ScriptedChannel:
        return self.web.channel

    async def start(self) -> None:
        self.web = await self._open.enter_async_context(web_stage(self.store, rules=RULES))

    async def restart(self) -> None:
        former = self.web.channel
        await crash(self.web.stage)
        await self.close()
        await self.start()
        self.web.channel.goes_on_from(former)

    async def close(self) -> None:
        await self._open.aclose()

    async def person(self, operator: str) -> Person:
        return OnTheWeb(await self.web.sign_in(operator))


class TestWeb(ConsoleContract):
    @asynccontextmanager
    async def bench(self, store: MongoStore) -> AsyncIterator[Bench]:
        bench = WebBench(store)
        await bench.start()
        try:
            yield bench  # type: ignore[misc]  # its stage and channel are properties, because they change
        finally:
            await bench.close()
