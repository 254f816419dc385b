"""The console as the hub runs it: hears what operators do in Telegram, and draws what happens for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from functools import partial
from typing import Any

import structlog
from aiogram.methods import GetMe, SendChatAction, SetMyCommands
from aiogram.types import BotCommand, BotCommandScopeAllPrivateChats, BotCommandScopeChat

from bots.telegram.client import Client
from bots.telegram.console import doctor, words
from bots.telegram.console.ending import end
from bots.telegram.console.hearing import ALLOWED, Hearing
from bots.telegram.console.office import Office
from bots.telegram.console.place import Place
from bots.telegram.console.progress import Progress
from bots.telegram.console.records import CURSOR
from bots.telegram.console.settings import TelegramConsoleSettings
from bots.telegram.limits import Pace
from bots.telegram.receiving import Keep, Webhook, derived_secret, persistently, receive
from bots.telegram.sending import Line
from router.consoles import ConsoleHost, Figures
from router.doctoring import Finding
from router.notebooks import Entry
from router.ports import FeedEvent

_log = structlog.get_logger(__name__)
#: events after which the cursor is written although nothing was drawn
_UNWRITTEN = 500
#: what may change how a conversation is drawn
_DRAWN = frozenset({"message", "conversation", "delivery"})


class TelegramConsole:
    """Implements `router.consoles.Console`."""

    kind = "telegram"

    def __init__(self, name: str, settings: TelegramConsoleSettings) -> None:
        self.name = name
        self._settings = settings
        self._webhook = Webhook(f"/consoles/{name}/telegram", settings.bot)
        self._shift: _Shift | None = None

    def routes(self) -> Sequence[object]:
        """Return the webhook's route, where it is used; see `RoutedConsole`."""
        return self._webhook.routes() if self._settings.mode == "webhook" else ()

    async def run(self, host: ConsoleHost) -> None:
        """Work until cancelled. Raises `AuthFailed` when the token is not accepted."""
        client = self._client()
        self._shift = _Shift(host, client, self._settings, partial(self._receive, client, host))
        try:
            await self._shift.work()
        finally:
            self._shift = None
            await client.close()

    def figures(self) -> Figures | None:
        """Return how the console is; see `MeasuredConsole`."""
        return self._shift.figures() if self._shift is not None else None

    async def _receive(self, client: Client, host: ConsoleHost, keep: Keep) -> None:
        secret = derived_secret(host.secret, self.name)
        await receive(client, keep, ALLOWED, self._settings, self._webhook, secret)

    async def examined(self, chats: Collection[str]) -> Sequence[Finding]:  # noqa: ARG002 - clients write elsewhere
        """Return whether the bot is set up as operators need it; see `Doctored`."""
        client = self._client()
        try:
            return await doctor.examined(client, self.name, self._settings, self._webhook.path)
        finally:
            await client.close()

    def _client(self) -> Client:
        return Client(self._settings.token.get_secret_value(), self._settings.api)


class _Shift:
    """One run of the console."""

    def __init__(
        self,
        host: ConsoleHost,
        client: Client,
        settings: TelegramConsoleSettings,
        hear: Callable[[Keep], Awaitable[None]],
    ) -> None:
        self._host = host
        self._settings = settings
        self._receive = hear
        line = Line(client, Pace(host.clock.now), host.clock)
        self._office = Office(host, line, settings.group, settings.topics)
        self._progress = Progress(0)
        self._places: dict[int, Place] = {}
        self._hearing = Hearing(self._office, self._place_of, self._fail)
        self._new: asyncio.Queue[Place] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        #: ends with the first failure
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def work(self) -> None:
        """Take up what was left, then hear and draw until something fails."""
        await self._introduce()
        kept = await persistently(lambda: self._host.notes.get(CURSOR))
        self._progress = Progress(int(kept) if kept is not None else self._host.cursor)
        await persistently(self._office.read_links)
        for user, link in self._office.links.items():
            self._place_of(user, link.operator, user)
        if self._settings.group is not None:
            self._place_of(0, "", self._settings.group)
        try:
            for part in (self._open_places, self._follow, self._hear):
                self._begin(part())
            await self._over
        finally:
            self._hearing.stop()
            await end(lambda: {*self._tasks, *self._hearing.people})

    def figures(self) -> Figures:
        """Return how it goes."""
        operators = self._host.book.rules.operators
        linked = sum(link.operator in operators for link in self._office.links.values())
        behind = max(0, self._host.cursor - self._progress.drawn)
        return Figures(linked, self._progress.undrawn, behind, self._office.line.client.slowed)

    def _begin(self, part: Coroutine[Any, Any, None]) -> None:
        """Run a part of the console; when one fails, all of it is over."""
        task = asyncio.create_task(part, name="telegram console")
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        self._fail(error or RuntimeError("A part of the console in Telegram has ended, which none does by itself."))

    def _fail(self, error: BaseException) -> None:
        """End the run, so that all begins anew where the notebook says."""
        if not self._over.done():
            self._over.set_exception(error)

    async def _introduce(self) -> None:
        """Find out who the bot is, whether chats have topics, and say what commands there are."""
        me = await persistently(lambda: self._office.line.client(GetMe(), repeatable=True))
        self._office.username = me.username or ""
        if self._settings.group is None:
            self._office.topics = self._settings.topics and bool(me.has_topics_enabled)
        for language in words.LANGUAGES:
            commands = [
                BotCommand(command=key.removeprefix("command."), description=words.say(language, key))
                for key in words.keys("command.")
            ]
            code = None if language == "en" else language
            scopes: list[BotCommandScopeAllPrivateChats | BotCommandScopeChat] = [BotCommandScopeAllPrivateChats()]
            if self._settings.group is not None:
                scopes.append(BotCommandScopeChat(chat_id=self._settings.group))
            for scope in scopes:
                await self._office.best_effort(SetMyCommands(commands=commands, scope=scope, language_code=code))

    def _place_of(self, user: int, operator: str, chat: int) -> Place | None:
        """Return the chat as a place; None for one where the console does not work."""
        if chat == self._settings.group:
            operator = ""
        elif chat != user:
            return None
        known = self._places.get(chat)
        if known is None or known.operator != operator:
            known = self._places[chat] = Place(self._office, chat, operator, self._progress)
            self._new.put_nowait(known)
        return known

    async def _open_places(self) -> None:
        """Have each place draw; what concerns it now is drawn first."""
        while True:
            place = await self._new.get()
            await persistently(place.load)
            if self._draws(place):
                await persistently(place.catch_up)
            self._begin(place.run())

    def _draws(self, place: Place) -> bool:
        """Return whether conversations are drawn in a place: where all work in a group, only there."""
        return self._settings.group is None or place.chat == self._settings.group

    async def _follow(self) -> None:
        """Have every place look again at what events speak of."""
        async for events in self._host.follow(self._progress.seen):
            await persistently(self._office.read_links)
            for event in events:
                await self._tell(event)
            self._progress.seen = max([self._progress.seen, *(event.cursor for event in events)])
            if self._progress.seen - self._progress.saved >= _UNWRITTEN:
                entries: dict[str, Entry | None] = self._progress.entry()
                await persistently(lambda entries=entries: self._host.notes.write(entries))  # type: ignore[misc]  # bound now

    async def _tell(self, event: FeedEvent) -> None:
        for place in self._listening():
            if event.type == "typing":
                await self._typing(place, event)
            elif event.type in _DRAWN and event.conversation and place.concerns(event.conversation, event.staff):
                changed = (event.subject,) if event.type == "message" else ()
                place.touch(event.conversation, changed, event.cursor)

    def _listening(self) -> Sequence[Place]:
        """Return the places where conversations are drawn for whoever is linked now."""
        return [place for place in self._places.values() if self._draws(place) and place.is_open]

    async def _typing(self, place: Place, event: FeedEvent) -> None:
        """Show that a client types, in the chat where their conversation is drawn."""
        known = place.painter.threads.get(event.conversation)
        if known is not None and known.active and known.head:
            thread = known.topic or None
            method = SendChatAction(chat_id=place.chat, action="typing", message_thread_id=thread)
            await self._office.best_effort(method)

    async def _hear(self) -> None:
        await persistently(self._hearing.resume)
        await self._receive(self._hearing.keep)
