"""The emulator as tests and other programs use it: started, peopled, driven and looked at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

from aiohttp import web

from tests.emulators.telegram.bots import Bot
from tests.emulators.telegram.control import Control
from tests.emulators.telegram.faults import Faults
from tests.emulators.telegram.files import png
from tests.emulators.telegram.groups import Groups
from tests.emulators.telegram.limiter import Limiter
from tests.emulators.telegram.people import User
from tests.emulators.telegram.server import Record, Server
from tests.emulators.telegram.webhook import Poster
from tests.emulators.telegram.world import World

T = TypeVar("T")


class TelegramEmulator(Groups):
    """A Bot API server on a port of this machine, and the people behind it."""

    def __init__(self, *, now: Callable[[], datetime] | None = None, webhook_pause: float = 0.05) -> None:
        self.world = World(now)
        self.server = Server(self.world)
        self._webhook_pause = webhook_pause
        self._posters: dict[str, Poster] = {}
        self._runner: web.AppRunner | None = None
        self._port = 0
        self._host = "127.0.0.1"

    @classmethod
    async def started(
        cls,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        now: Callable[[], datetime] | None = None,
        webhook_pause: float = 0.05,
    ) -> Self:
        """Start a server; port 0 takes any free one. `now` is the clock for dates and limits."""
        emulator = cls(now=now, webhook_pause=webhook_pause)
        await emulator.serve(host, port)
        return emulator

    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen."""
        self._runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        self._host, self._port = host, self._runner.addresses[0][1]

    def application(self) -> web.Application:
        """Return what is served: the Bot API, the page and its control API."""
        app = self.server.app()
        Control(self).add_to(app)
        return app

    async def close(self) -> None:
        """Stop listening and posting, and end what waits. Raises what went wrong in the emulator itself."""
        self.faults.clear()
        for poster in self._posters.values():
            await poster.stop()
        for bot in self.world.bots.values():
            bot.updates.end_poll()
        if self._runner is not None:
            await self._runner.cleanup()
        if self.server.broken:
            raise ExceptionGroup("The emulator could not answer some calls", self.server.broken)

    async def stop_posting(self, bot: Bot) -> None:
        """Take a bot's webhook away and end the task that serves it."""
        bot.updates.change_webhook(None)
        await self._posters[bot.token].stop()

    async def __aenter__(self) -> Self:
        if self._runner is None:
            await self.serve()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def url(self) -> str:
        """Return the address for `TelegramAPIServer.from_base`."""
        return f"http://{self._host}:{self._port}"

    @property
    def port(self) -> int:
        """Return the port."""
        return self._port

    @property
    def faults(self) -> Faults:
        """Return what goes wrong on purpose."""
        return self.server.faults

    @property
    def limiter(self) -> Limiter:
        """Return Telegram's own limits, which are off until `limiter.on = True`."""
        return self.server.limiter

    @property
    def calls(self) -> list[Record]:
        """Return every call so far, in order."""
        return self.server.calls

    def calls_of(self, *methods: str) -> list[Record]:
        """Return the calls of these methods, in order."""
        return [record for record in self.calls if record.method in methods]

    async def until(self, condition: Callable[[], T], timeout: float = 20) -> T:
        """Return the first true value of a condition, looked at whenever anything changes. Raises TimeoutError."""
        return await self.world.until(condition, timeout)

    def add_bot(self, token: str = "", username: str = "", name: str = "", **flags: Any) -> Bot:
        """Add a bot; without a token it gets one. `flags` are fields of `Bot`, such as `has_topics_enabled`."""
        token = token or f"{self.world.number()}00:emulated-token-of-a-bot"
        username = username or f"shop{token.partition(':')[0]}_bot"
        bot = Bot(self.world, token, username, name or username, **flags)
        self.world.bots[token] = bot
        self._posters[token] = Poster(bot, pause=self._webhook_pause)
        bot.updates.on_webhook = self._posters[token].start
        self.world.touch()
        return bot

    def add_user(self, name: str, *, photo: bool | bytes = False, **details: Any) -> User:
        """Add a person. `details` are fields of `User`: username, language_code, phone, last_name, id."""
        first, _, last = name.partition(" ")
        number = details.pop("id", None) or self.world.number()
        user = User(self.world, number, first, **({"last_name": last} | details))
        if photo:
            user.shows(png(160, 160) if photo is True else photo)
        self.world.users[number] = user
        self.world.touch()
        return user
