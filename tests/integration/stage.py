"""A running hub on the real store, with a scripted platform in place of a messenger."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from crm_store import MongoStore
from hub.catalogs import read_catalog
from hub.consoles import WebConsoleSettings
from hub.engine.clock import SystemClock
from hub.engine.engine import Engine
from hub.hub import Hub
from hub.settings.model import BusSettings, HubSettings, Settings, StoreSettings
from nlu.answers import load_answers
from router.client_events import ClientEvent, ClientMessage
from router.delivery import Delivery
from router.errors import Unparsable
from router.model import Conversation, Message, Understanding
from router.people import Identity, Sender
from router.ports import Capabilities, Channel, Clock, Host, Sent, Update
from router.rulebook import Rulebook
from router.rules import Rules
from router.store import Filter

#: what a platform does with one message: take it, raise, or never answer
Answer = Sent | Exception | asyncio.Event
RULES: dict[str, Any] = {
    "lines": {
        "sales": {"name": "Sales", "operators": ["anna"], "triage": False, "texts": {"queued": "", "nobody": ""}}
    },
    "operators": {"anna": {"name": "Anna", "capacity": 50}},
}


@dataclass(slots=True)
class ScriptedChannel:
    """A channel whose platform is the test: it hands over what it is told, and answers sendings as scripted."""

    name: str = "shop"
    kind: str = "scripted"
    capabilities: Capabilities = field(default_factory=Capabilities)
    #: what each sending meets, in order, an event being set when the platform falls silent; afterwards all is taken
    answers: list[Answer] = field(default_factory=list)
    #: chat → texts the platform has taken, in order
    taken: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    attempts: list[str] = field(default_factory=list)
    #: raised by `run` instead of running
    broken: Exception | None = None
    #: (conversation, n) that was shown as read
    read: list[tuple[str, int]] = field(default_factory=list)
    #: (chat, operator) that was shown as typing
    typed: list[tuple[str, str]] = field(default_factory=list)
    #: chats whose conversation changed hands or ended
    news: list[str] = field(default_factory=list)
    host: asyncio.Future[Host] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    #: what takes messages
    platform: Callable[[str, str], Awaitable[Sent]] = field(init=False)
    _numbers: count[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.platform = self._platform

    def anew(self) -> ScriptedChannel:
        """Return the same channel as a new process has it: its platform goes on counting updates."""
        channel = ScriptedChannel(self.name, self.kind, self.capabilities)
        channel.goes_on_from(self)
        return channel

    def goes_on_from(self, former: ScriptedChannel) -> None:
        """Count updates on from where the platform's former connection stood."""
        self._numbers = former._numbers

    async def run(self, host: Host) -> None:
        if not self.host.done():
            self.host.set_result(host)
        if self.broken:
            raise self.broken
        await asyncio.Event().wait()

    def parse(self, update: str, raw: str, at: datetime) -> ClientEvent | None:
        body = json.loads(raw)
        if "chat" not in body:
            raise Unparsable("Expected a chat.")
        user = body.get("user", body["chat"])
        sender = Sender(Identity(self.kind, self.name, user), name=body.get("name", user))
        return ClientMessage(update, self.name, body["chat"], sender, body["text"], at, external_id=update)

    async def send(self, delivery: Delivery, message: Message) -> Sent:
        return await self.platform(delivery.chat, message.text)

    async def _platform(self, chat: str, text: str) -> Sent:
        self.attempts.append(text)
        answer = self.answers.pop(0) if self.answers else Sent()
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, asyncio.Event):
            answer.set()
            await asyncio.Event().wait()
            raise AssertionError("the platform was not to answer")
        self.taken[chat].append(text)
        return answer

    async def typing(self, chat: str, name: str) -> None:
        self.typed.append((chat, name))

    async def seen(self, chat: str, conversation: str, n: int) -> None:
        self.read.append((conversation, n))

    async def changed(self, chat: str) -> None:
        self.news.append(chat)

    async def write(self, chat: str, text: str, external_id: str = "", user: str = "") -> bool:
        """Hand over a message of the chat's client, or of a user with several chats; return whether it is new."""
        raw = json.dumps({"chat": chat, "text": text} | ({"user": user} if user else {}))
        update = Update(external_id or f"u{next(self._numbers)}", raw)
        return (await (await self.host).receive([update]))[0]


class NoTriage:
    """An engine for lines without a bot."""

    async def understand(self, text: str, language: str) -> Understanding:
        raise AssertionError(f"nobody should have been asked about {text!r}")


def settings_of(rules: Rules) -> Settings:
    """Return settings that hold nothing but rules."""
    parts = HubSettings(), StoreSettings(), BusSettings(), {}, {"web": WebConsoleSettings()}, rules, {}
    return Settings(*parts, revision="test", text="", file=Path("config.yaml"))


@dataclass(slots=True)
class Stage:
    """A running hub and what tests ask of it."""

    hub: Hub
    _keys: count[int] = field(default_factory=count)

    async def command(self, operator: str, type: str, **body: Any) -> str:  # noqa: A002 - the command's own word
        """Carry out a command; return why it was refused, empty when it was carried out."""
        outcome = await self.hub.command(operator, f"k{next(self._keys)}", {"type": type, **body})
        return outcome.refused

    async def conversations(self) -> list[Conversation]:
        """Return every conversation."""
        return (await self.hub.store.list_conversations(Filter(), limit=1000))[0]

    async def texts(self, conversation: str) -> list[str]:
        """Return what was said in a conversation, in order."""
        return [m.text for m in await self.hub.store.messages(conversation, limit=10_000) if m.visible]

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Return when something holds, looking again whenever anything happens."""
        async with asyncio.timeout(30):
            if await holds():
                return
            async with aclosing(self.hub.feed.follow(0)) as feed:
                async for _ in feed:
                    if await holds():
                        return

    async def settled(self) -> None:
        """Return when nothing is under way."""
        async with asyncio.timeout(30):
            while not self.hub.engine.idle:  # noqa: ASYNC110 - idle is the sum of many tasks' states
                await asyncio.sleep(0)


def stage_of(
    store: MongoStore,
    channels: Sequence[Channel],
    rules: Mapping[str, Any] = RULES,
    clock: Clock | None = None,
    triage: Any = None,
) -> Stage:
    """Return a hub that is not started yet."""
    checked = Rules.model_validate(rules)
    prompts = load_answers(None)
    home = next(iter(checked.lines))
    engine = Engine(
        store=store,
        ledger=store.ledger,
        clock=clock or SystemClock(),
        book=Rulebook(checked, read_catalog("router"), prompts, {}),
        channels={channel.name: channel for channel in channels},
        homes={channel.name: home for channel in channels},
        triage=triage or NoTriage(),
    )
    return Stage(Hub(settings_of(checked), engine, prompts, {channel.name: channel for channel in channels}))


@asynccontextmanager
async def running(stage: Stage) -> AsyncIterator[Stage]:
    """Run a hub to its graceful end."""
    await stage.hub.start()
    try:
        yield stage
    finally:
        await stage.hub.stop()


async def crash(stage: Stage) -> None:
    """End a hub as kill -9 would: every task stops where it is, and nothing is finished or written."""
    await stage.hub.supervisor.stop()
    await stage.hub.engine.abandon()
