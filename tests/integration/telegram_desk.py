"""A running hub with a telegram console on the emulator, and operators who work in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from socket import create_server
from typing import Any

from aiohttp import web
from pydantic import SecretStr

import bots.telegram.console.console  # noqa: F401 - takes seconds, which no test's own time should bear
from bots.telegram.console.settings import TelegramConsoleSettings
from crm_store import MongoStore
from hub.console_desk import ConsoleDesk
from hub.web.app import build_app
from router.ports import Channel, Clock
from tests.emulators.telegram import Bot, TelegramEmulator, User
from tests.emulators.telegram.model import Chat, Message, Topic
from tests.integration.stage import ScriptedChannel, Stage, running, stage_of

TOKEN = "777000:operators-work-with-this-bot-here"
RULES: dict[str, Any] = {
    "lines": {
        "sales": {
            "name": "Sales",
            "operators": ["anna", "boris"],
            "distribution": "strict",
            "offer_timeout": "30m",
            "triage": False,
            "texts": {"queued": "", "nobody": ""},
        },
        "support": {"name": "Support", "operators": ["boris"], "triage": False, "texts": {"queued": "", "nobody": ""}},
    },
    "operators": {
        "anna": {"name": "Anna", "capacity": 10},
        "boris": {"name": "Борис", "capacity": 10, "language": "ru"},
        "sofia": {"name": "Sofia", "role": "supervisor"},
    },
    "canned": {"hello": "Hello! How can I help?"},
}


@dataclass(slots=True, repr=False)
class Worker:
    """One operator in their private chat with the bot, or in the group where all work together."""

    user: User
    bot: Bot
    group: Chat | None = None

    @property
    def chat(self) -> Chat:
        """Where they work."""
        return self.group or self.user.chat(self.bot)

    def find(self, text: str) -> Message | None:
        """Return the latest message of the bot's that holds a text."""
        return next((it for it in reversed(self.chat.messages) if it.from_bot and text in it.text), None)

    async def sees(self, text: str) -> Message:
        """Return the bot's message that holds a text, as soon as it is there."""
        try:
            found = await self.chat.until(lambda: self.find(text))
        except TimeoutError:
            raise AssertionError(f"{text!r} is not among {[it.text for it in self.chat.messages]}") from None
        assert found is not None
        return found

    async def answered(self, said: Message) -> Message:
        """Return the bot's answer to something."""
        found = await self.chat.until(lambda: next((it for it in self.chat.messages if it.reply_to is said), None))
        assert found is not None
        return found

    async def press(self, text: str, button: str) -> str:
        """Press a button below the message that holds a text; return what is said above the chat."""
        message = await self.sees(text)
        await self.chat.until(lambda: any(button in each for each in _labels(message)))
        label = next(each for each in _labels(message) if button in each)
        return (await self.user.presses(message, label).answered()).text

    def says(self, text: str, answers: Message | None = None, topic: Topic | None = None) -> Message:
        """Write something."""
        return self.user.says(self.chat, text, reply_to=answers, topic=topic)

    async def link(self, stage: Stage, operator: str) -> None:
        """Link the account, which is done in the private chat."""
        code, _ = await stage.hub.consoles.codes.make(operator)
        self.user.starts(self.bot, code)
        private = self.user.chat(self.bot)
        await private.until(lambda: "👋" in private.last.text)

    async def marked(self, message: Message, emoji: str) -> None:
        """Return when a message bears a reaction."""
        await self.chat.until(lambda: emoji in message.reactions)


def _labels(message: Message) -> list[str]:
    return [each["text"] for row in message.keyboard for each in row]


@dataclass(slots=True, repr=False)
class TelegramDesk:
    """The hub, its channel, and its operators in Telegram."""

    stage: Stage
    channel: ScriptedChannel
    telegram: TelegramEmulator
    bot: Bot
    #: where all work together; None for private chats
    group: Chat | None = None
    workers: dict[str, Worker] = field(default_factory=dict)

    async def worker(self, operator: str, *, available: bool = True) -> Worker:
        """Return a linked operator."""
        name = self.stage.hub.rules.operators[operator].name
        user = self.telegram.add_user(name, language_code="en")
        worker = self.workers[operator] = Worker(user, self.bot, self.group)
        await worker.link(self.stage, operator)
        if self.group is not None:
            self.telegram.add_member(self.group, user, by=user)
        if available:
            assert "🟢" in (await worker.answered(worker.says("/available"))).text
        return worker


def with_console(stage: Stage, telegram: TelegramEmulator, **settings: Any) -> Stage:
    """Give a hub that is not started yet a console in Telegram."""
    wanted = TelegramConsoleSettings(kind="telegram", token=SecretStr(TOKEN), api=telegram.url, **settings)
    hub = stage.hub
    hub.settings = replace(hub.settings, consoles={**hub.settings.consoles, "team": wanted})
    hub.consoles = ConsoleDesk(hub, hub.engine, hub.settings.consoles)
    return stage


@asynccontextmanager
async def telegram_desk(
    store: MongoStore,
    telegram: TelegramEmulator,
    *,
    rules: Mapping[str, Any] = RULES,
    clock: Clock | None = None,
    others: Sequence[Channel] = (),
    channel: ScriptedChannel | None = None,
    group: Chat | None = None,
    front: Front | None = None,
    **settings: Any,
) -> AsyncIterator[TelegramDesk]:
    """Run a hub with one scripted channel and a console in Telegram."""
    channel = channel or ScriptedChannel()
    stage = stage_of(store, [channel, *others], rules, clock)
    with_console(stage, telegram, group=group.id if group else None, **settings)
    bot = next(iter(telegram.world.bots.values()))
    if front is not None:
        await front.serve(stage)
    async with running(stage):
        yield TelegramDesk(stage, channel, telegram, bot, group)


def operators_group(telegram: TelegramEmulator) -> Chat:
    """Make the group where operators work together; the bot manages its topics."""
    bot = next(iter(telegram.world.bots.values()))
    group = telegram.add_forum("Desk", telegram.add_user("Olga"), bot)
    telegram.promote(group, bot, "can_manage_topics", "can_delete_messages")
    return group


class Front:
    """The address under which Telegram reaches a hub's web application, whichever runs at the moment."""

    def __init__(self) -> None:
        self._door = create_server(("127.0.0.1", 0))
        self._runner: web.AppRunner | None = None
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"

    async def serve(self, stage: Stage) -> None:
        """Serve another hub in place of the former one."""
        await self._end()
        self._runner = web.AppRunner(build_app(stage.hub), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.SockSite(self._runner, self._door.dup()).start()

    async def close(self) -> None:
        """Serve no more."""
        await self._end()
        self._door.close()

    async def _end(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()


@asynccontextmanager
async def operators_bot(*, topics: bool, clock: Clock | None = None) -> AsyncIterator[TelegramEmulator]:
    """Run a Telegram with the operators' bot."""
    async with TelegramEmulator(now=clock.now if clock else None) as telegram:
        telegram.add_bot(TOKEN, "team_bot", "Team", has_topics_enabled=topics, supports_inline_queries=True)
        yield telegram
