"""What Telegram hands over, by polling or webhook: acknowledged only once it is kept, and each update for itself."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

import structlog
from aiogram.methods import DeleteWebhook, GetWebhookInfo, SetWebhook
from aiogram.methods.base import TelegramMethod
from aiohttp import web

from bots.telegram.client import Client
from bots.telegram.settings import BotSettings
from router.errors import Misconfigured, Retryable
from router.ports import Update

_log = structlog.get_logger(__name__)
#: puts updates where they are durable; raises `Retryable` when it cannot
Keep = Callable[[Sequence[Update]], Awaitable[object]]
#: seconds that Telegram may hold a poll open, and how much longer an answer may take
_POLL, _GRACE = 25, 15
#: updates in one poll
_BATCH = 100
#: bytes in one update; Telegram's are far smaller
_LARGEST = 2 * 1024 * 1024
#: seconds between looks at whether the webhook is still ours
_LOOK = 300.0
_PAUSES = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0)
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name


class _GetRawUpdates(TelegramMethod[list[Any]]):
    """`getUpdates`, its updates left as they are, so that one that makes no sense spoils nothing beside it."""

    __returning__ = list[Any]
    __api_method__ = "getUpdates"

    offset: int | None = None
    limit: int
    timeout: int
    allowed_updates: list[str]


def as_update(bot: int, raw: str, known: Any) -> Update:
    """Return what the ledger keeps; what has no number is known by its content."""
    number = known.get("update_id") if isinstance(known, dict) else None
    if isinstance(number, bool) or not isinstance(number, int):
        digest = hashlib.sha256(raw.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return Update(f"{bot}:unnumbered:{digest}", raw)
    return Update(f"{bot}:{number}", raw)


async def receive(
    client: Client, keep: Keep, allowed: Sequence[str], settings: BotSettings, webhook: Webhook, secret: str
) -> None:
    """Have updates kept until cancelled, in the way that the settings want.

    `secret` is what Telegram proves itself with to a webhook when the settings name nothing.
    """
    if settings.mode == "polling" or settings.webhook is None:
        await poll(client, keep, allowed)
    else:
        wanted = settings.webhook.secret
        shown = wanted.get_secret_value() if wanted else secret
        await webhook.run(client, keep, allowed, public=settings.webhook.url, secret=shown)


async def poll(client: Client, keep: Keep, allowed: Sequence[str], *, hold: int = _POLL) -> None:
    """Fetch updates until cancelled. Takes a webhook away, should there be one.

    Raises `AuthFailed` and `Misconfigured`; what passes is tried again here.
    """
    await persistently(lambda: client(DeleteWebhook(), repeatable=True))
    offset: int | None = None
    while True:
        offset = await persistently(partial(_round, client, keep, allowed, offset, hold))


async def _round(client: Client, keep: Keep, allowed: Sequence[str], offset: int | None, hold: int) -> int | None:
    """Fetch once, keep what came, and only then return the offset that acknowledges it."""
    method = _GetRawUpdates(offset=offset, limit=_BATCH, timeout=hold, allowed_updates=list(allowed))
    found = await client(method, patience=hold + _GRACE, repeatable=True)
    if found:
        await keep([as_update(client.id, json.dumps(each), each) for each in found])
    numbers = [each["update_id"] for each in found if isinstance(each, dict) and isinstance(each.get("update_id"), int)]
    return max(numbers) + 1 if numbers else offset


async def persistently(call: Callable[[], Awaitable[Any]]) -> Any:
    """Return what a call returns, tried again with growing pauses while it fails in a way that passes."""
    failures = 0
    while True:
        try:
            return await call()
        except Retryable as error:
            pause = _PAUSES[min(failures, len(_PAUSES) - 1)]
            failures += 1
            _log.warning("telegram.again", reason=str(error), failures=failures)
            await asyncio.sleep(max(pause, error.after.total_seconds() if error.after else 0))


class Webhook:
    """The address Telegram posts updates to."""

    def __init__(self, path: str, bot: int) -> None:
        #: below the hub's address
        self.path = path
        self._bot = bot
        self._keep: Keep | None = None
        self._secret = b""

    def routes(self) -> Sequence[web.RouteDef]:
        """Return the route for the hub to mount."""
        return [web.post(self.path, self._take)]

    async def run(self, client: Client, keep: Keep, allowed: Sequence[str], *, public: str, secret: str) -> None:
        """Have Telegram post to us until cancelled; `public` is the hub's address as Telegram reaches it."""
        self._keep, self._secret = keep, secret.encode()
        url = f"{public.rstrip('/')}{self.path}"
        method = SetWebhook(url=url, secret_token=secret, allowed_updates=list(allowed))
        try:
            await persistently(lambda: client(method, repeatable=True))
            while True:
                await asyncio.sleep(_LOOK)
                info = await persistently(lambda: client(GetWebhookInfo(), repeatable=True))
                if info.url != url:
                    raise Misconfigured(f"Somebody has set another webhook for this bot ({info.url or 'none'}).")
        finally:
            self._keep = None

    async def _take(self, request: web.Request) -> web.Response:
        """Keep one update, then answer 200."""
        keep = self._keep
        if keep is None:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, text="The hub is starting.")
        given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._secret):
            return web.Response(status=HTTPStatus.UNAUTHORIZED, text="The secret token is not the right one.")
        try:
            body = await _body(request)
        except ValueError:
            return web.Response(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text=f"At most {_LARGEST} bytes.")
        try:
            await keep([as_update(self._bot, body, _json(body))])
        except Retryable as error:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, text=str(error))
        return web.Response()


async def _body(request: web.Request) -> str:
    """Return the body as text. Raises `ValueError` when it is too large."""
    content = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        content += chunk
        if len(content) > _LARGEST:
            raise ValueError(len(content))
    return content.decode("utf-8", "replace")


def _json(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def derived_secret(secret: str, purpose: str) -> str:
    """Return a secret token for a webhook, as Telegram allows it, that stays the same over restarts."""
    return hmac.new(secret.encode(), f"telegram {purpose}".encode(), hashlib.sha256).hexdigest()
