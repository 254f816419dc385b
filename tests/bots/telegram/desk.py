"""A client of a telegram channel, and the strict Bot API server between the two."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

from aiohttp import web
from aiohttp.test_utils import TestServer

from bots.telegram import TelegramSettings, build
from bots.telegram.channel import TelegramChannel
from router.media import MediaKind
from tests.contract.carrying import Look
from tests.contract.host import MemoryHost
from tests.emulators.telegram import Bot, Message, TelegramEmulator, User

NAME = "shop-telegram"
TOKEN = "4711:emulated-token-of-the-shops-bot"
USERNAME = "shop_bot"
#: what Telegram calls parts of a text otherwise than we do
_KINDS = {"text_link": "link", "blockquote": "quote"}


def make_settings(**changes: Any) -> TelegramSettings:
    return TelegramSettings.model_validate({"kind": "telegram", "line": "sales", "token": TOKEN, **changes})


def make_channel(**changes: Any) -> TelegramChannel:
    return build(NAME, make_settings(**changes))


def raw(update_id: int = 1, **message: Any) -> str:
    """Return an update with a message as Telegram writes it."""
    carl = {"id": 7, "is_bot": False, "first_name": "Carl", "language_code": "en"}
    chat = {"id": 7, "type": "private", "first_name": "Carl"}
    body = {"message_id": 11, "from": carl, "chat": chat, "date": 1_700_000_000, **message}
    return json.dumps({"update_id": update_id, "message": body})


class Desk:
    """One person who writes to the bot, and what they see."""

    def __init__(self, emulator: TelegramEmulator, bot: Bot, user: User, host: MemoryHost) -> None:
        self.emulator = emulator
        self.bot = bot
        self.user = user
        self.host = host
        self.chat = str(user.id)
        self._said: set[str] = set()

    async def say(self, text: str, id_: str) -> bool:
        """Write, or have Telegram repeat what was written."""
        polls, webhook = len(self.emulator.calls_of("getUpdates")), self.bot.updates.webhook
        if webhook:
            webhook.last_error_message = ""
        if id_ not in self._said:
            self._said.add(id_)
            self.user.says(self.bot, text)
        else:
            self.bot.updates.repeat()
        await self.emulator.until(lambda: self._decided(polls))
        return not self.bot.updates.waiting

    def _decided(self, polls: int) -> bool:
        """Whether the update was acknowledged, or seen and not acknowledged."""
        waiting, webhook = self.bot.updates.waiting, self.bot.updates.webhook
        if webhook:
            return not waiting or bool(webhook.last_error_message)
        polled = len(self.emulator.calls_of("getUpdates")) - polls
        return polled >= 1 if not waiting else polled >= 2

    async def shown(self, count: int) -> Sequence[str]:
        """Return the texts of the bot's messages."""
        await self.emulator.until(lambda: len(self.answers) >= count)
        return [message.text for message in self.answers]

    @property
    def answers(self) -> list[Message]:
        """The bot's messages that are there now."""
        return [message for message in self.user.chat(self.bot).messages if message.from_bot]

    async def looks(self, count: int) -> list[Look]:
        await self.shown(count)
        return [_look(message) for message in self.answers]

    @property
    def senders(self) -> Mapping[MediaKind, Callable[[], Awaitable[bytes]]]:
        user, bot = self.user, self.bot
        named = partial(user.sends_document, name="offer.pdf")
        ways: dict[MediaKind, Callable[[Bot, bytes], Message]] = {
            "photo": user.sends_photo,
            "video": user.sends_video,
            "video_note": user.sends_video_note,
            "voice": user.sends_voice,
            "audio": user.sends_audio,
            "animation": user.sends_animation,
            "sticker": lambda to, data: user.sends_sticker(to, data=data),
            "file": named,
        }

        async def sends(kind: MediaKind) -> bytes:
            content = kind.encode() * 100
            ways[kind](bot, content)
            return content

        return {kind: partial(sends, kind) for kind in ways}

    async def presses(self, choice: str) -> None:
        self.user.presses(self.answers[-1], choice)

    async def sees_typing(self) -> None:
        await self.emulator.until(lambda: self.emulator.calls_of("sendChatAction"))

    async def answers_to(self, to: str, text: str) -> bool:
        (meant,) = (message for message in self.answers if message.text == to)
        self.user.says(self.bot, text, reply_to=meant)
        return True

    async def reacts(self, emoji: str, to: str) -> bool:
        (meant,) = (message for message in self.answers if message.text == to)
        self.user.reacts(meant, emoji)
        return True

    async def shows(self, texts: Sequence[str]) -> None:
        await self.emulator.until(lambda: [message.text for message in self.answers] == list(texts))

    async def shows_emoji(self, text: str, emoji: Sequence[str]) -> None:
        (meant,) = (message for message in self.user.chat(self.bot).messages if message.text == text)
        await self.emulator.until(lambda: meant.reactions == list(emoji))

    async def settled(self) -> None:
        """Return when everything that waited is kept."""
        await self.emulator.until(lambda: not self.bot.updates.waiting)


def _look(message: Message) -> Look:
    """Return a message of the bot's as its client sees it; Telegram counts in UTF-16."""
    units = message.text.encode("utf-16-le")
    parts = tuple(
        (_KINDS.get(it["type"], it["type"]), units[2 * it["offset"] :][: 2 * it["length"]].decode("utf-16-le"))
        for it in message.entities
    )
    answered = message.reply_to.text if message.reply_to else ""
    choices = tuple(button["text"] for row in message.keyboard for button in row)
    return Look(message.text, answered, (message.file,) if message.file else (), choices, parts)


class Hook:
    """A server that hands Telegram's posts to whichever channel runs."""

    def __init__(self) -> None:
        app = web.Application()
        app.router.add_post("/channels/{name}/telegram", self._pass_on)
        self.server = TestServer(app)
        self.channel: TelegramChannel | None = None

    @property
    def url(self) -> str:
        return str(self.server.make_url("/")).rstrip("/")

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        assert self.channel is not None
        route = cast("web.RouteDef", self.channel.routes()[0])
        assert route.path == request.path
        handler: Any = route.handler
        return cast("web.StreamResponse", await handler(request))


@asynccontextmanager
async def served(emulator: TelegramEmulator, channel: TelegramChannel, host: MemoryHost) -> AsyncIterator[Desk]:
    """A person who writes to a running channel."""
    bot = emulator.world.bots[TOKEN]
    await emulator.until(lambda: bot.updates.webhook or emulator.calls_of("getUpdates"))
    try:
        yield Desk(emulator, bot, emulator.add_user("Carl Bauer", language_code="en"), host)
    finally:
        await emulator.stop_posting(bot)
        emulator.calls.clear()
