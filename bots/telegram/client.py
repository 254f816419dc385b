"""One bot's way to Telegram: calls methods through aiogram, and says of every failure what to do about it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

import aiohttp
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    AiogramError,
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import GetFile, TelegramMethod
from aiohttp.client_exceptions import ClientConnectorError

from bots.telegram.settings import API
from router.errors import AuthFailed, HubError, Misconfigured, Rejected, Retryable, Uncertain

#: seconds a call may take; uploads get more
PATIENCE, UPLOAD_PATIENCE = 25, 55
#: bytes that the public Bot API hands out
LARGEST_DOWNLOAD = 20 * 1024 * 1024
T = TypeVar("T")


class Slowed(Retryable):
    """Telegram wants nothing for this chat before `after`."""


class Migrated(Retryable):
    """The group goes on under another id."""

    def __init__(self, to: int) -> None:
        super().__init__("The group has become a supergroup with another id.")
        self.to = to


class Unreachable(Rejected):
    """Nothing reaches this chat any more: `why` is `blocked` or `gone`."""

    def __init__(self, reason: str, why: str) -> None:
        super().__init__(reason)
        self.why = why


class Client:
    """Calls methods for one bot, each once. Opens no connection before the first call."""

    def __init__(self, token: str, api: str = API) -> None:
        session = AiohttpSession(api=TelegramAPIServer.from_base(api), timeout=PATIENCE)
        self._bot = Bot(token, session=session)
        self._token = token
        #: calls that Telegram refused because they came too fast
        self.slowed = 0
        #: closed for good: the SDK would open its connections anew, and nobody would close them
        self._over = False

    @property
    def id(self) -> int:
        """The bot's user id, which its token begins with."""
        return self._bot.id

    async def __call__(self, method: TelegramMethod[T], *, patience: int = PATIENCE, repeatable: bool = False) -> T:
        """Call a method; `repeatable` says that calling it again does no harm, so that a doubt is no doubt.

        Raises an error of `router.errors` whose text never holds the token.
        """
        if self._over:
            raise Retryable("The bot is not running at the moment.")
        try:
            return await self._bot.session(self._bot, method, timeout=patience)
        except (AiogramError, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._plain(error, repeatable=repeatable) from None

    async def download(self, file_id: str) -> AsyncIterator[bytes]:
        """Yield a file's bytes. Raises `Retryable` when it may come later, else `Rejected`."""
        file = await self(GetFile(file_id=file_id), repeatable=True)
        if not file.file_path:
            raise Rejected("Telegram does not hand out this file.")
        url = self._bot.session.api.file_url(self._token, file.file_path)
        try:
            async for chunk in self._bot.session.stream_content(url, timeout=UPLOAD_PATIENCE):
                yield chunk
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Retryable(f"The file broke off while it was fetched ({type(error).__name__}).") from None

    async def close(self) -> None:
        """Close the connections; whatever is called from then on is to be called again later."""
        self._over = True
        await self._bot.session.close()

    def _plain(self, error: Exception, *, repeatable: bool) -> HubError:
        plain = plain_error(error, repeatable=repeatable)
        self.slowed += isinstance(plain, Slowed)
        plain.args = (self.redacted(str(plain)),)
        return plain

    def redacted(self, text: str) -> str:
        """Return a text without the token."""
        return text.replace(self._token, "<token>").replace(self._token.partition(":")[2], "<token>")


def plain_error(error: Exception, *, repeatable: bool) -> HubError:
    """Return what to do about a failure; the one place that knows."""
    for kind, mapped in _ERRORS.items():
        if isinstance(error, kind):
            found: HubError = mapped(error)
            return Retryable(str(found)) if repeatable and isinstance(found, Uncertain) else found
    doubt = f"Nobody knows whether Telegram took it ({type(error).__name__})."
    return Retryable(doubt) if repeatable else Uncertain(doubt)


def _slowed(error: TelegramRetryAfter) -> HubError:
    said = f"Telegram asks us to wait {error.retry_after} s."
    return Slowed(said, timedelta(seconds=error.retry_after))


def _forbidden(error: TelegramForbiddenError) -> HubError:
    said = error.message.lower()
    if "deactivated" in said:
        return Unreachable("The client's Telegram account has been deleted, so nothing reaches them there.", "gone")
    if "kicked" in said or "not a member" in said:
        return Unreachable("The bot has been removed from this group, so nothing reaches it.", "blocked")
    if "blocked" in said:
        return Unreachable("The client has blocked the bot, so nothing reaches them until they unblock it.", "blocked")
    if "initiate" in said:
        return Unreachable("The client has not started the bot, and only then may it write to them.", "blocked")
    return Rejected(f"Telegram does not allow it: {error.message}.")


def _network(error: TelegramNetworkError) -> HubError:
    if isinstance(error.__cause__, ClientConnectorError):
        return Retryable("Telegram cannot be reached.")
    why = type(error.__cause__).__name__ if error.__cause__ else "no answer"
    return Uncertain(f"Telegram did not answer, and nobody knows whether it took this ({why}).")


def _bad_request(error: TelegramBadRequest) -> HubError:
    said = error.message.removeprefix("Bad Request: ")
    if "file is too big" in said:
        return Rejected("The file is larger than the 20 MB that Telegram hands out to bots: ask for it by e-mail.")
    if "chat not found" in said:
        return Unreachable("Telegram knows no such chat: the client never wrote to this bot, or is gone.", "gone")
    return Rejected(f"Telegram refused it: {said}.")


def _conflict(error: TelegramConflictError) -> HubError:
    if "webhook" in error.message:
        return Misconfigured("A webhook is set for this bot, so it cannot be polled: only one of the two may be used.")
    return Misconfigured("Another program polls with this bot's token: stop it, or give the hub a bot of its own.")


_WRONG_TOKEN = "Telegram does not accept the bot's token: get a valid one from @BotFather."  # noqa: S105 - a sentence
_NOTHING_THERE = "Telegram does not know this bot or method: look at the token, and at the address under api."
#: the first that fits is right
_ERRORS: Mapping[type[Exception], Callable[[Any], HubError]] = {
    TelegramRetryAfter: _slowed,
    TelegramMigrateToChat: lambda error: Migrated(error.migrate_to_chat_id),
    TelegramUnauthorizedError: lambda _: AuthFailed(_WRONG_TOKEN),
    TelegramNotFound: lambda _: AuthFailed(_NOTHING_THERE),
    TelegramForbiddenError: _forbidden,
    TelegramEntityTooLarge: lambda _: Rejected("The file is larger than Telegram takes from bots."),
    TelegramBadRequest: _bad_request,
    TelegramConflictError: _conflict,
    TelegramServerError: lambda _: Uncertain("Telegram had a failure of its own, and may have taken this."),
    TelegramNetworkError: _network,
    TelegramAPIError: lambda error: Rejected(f"Telegram refused it: {error.message}."),
    ClientDecodeError: lambda _: Uncertain("Telegram's answer could not be read, so it may have taken this."),
    ClientConnectorError: lambda _: Retryable("Telegram cannot be reached."),
}
