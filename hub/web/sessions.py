"""Signed-in operators: random tokens in a cookie, of which the store only knows the digest."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from functools import partial

from aiohttp import web

from hub.web.facade import Hub
from hub.web.lately import Lately
from hub.web.peers import is_https

COOKIE = "trunkline_session"
#: a session nobody uses for this long ends
IDLE = timedelta(hours=12)
#: a session ends after this long, however busy
LONGEST = timedelta(days=7)
#: a session in use is extended at most this often, to spare the store
_EXTEND_EVERY = timedelta(minutes=10)
_REMEMBERED = 10_000


def digest(token: str) -> str:
    """Return what the store keeps of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def new_token(now: datetime) -> str:
    """Return 256 random bits, preceded by the time they were made, so that a session cannot be extended for ever."""
    return f"{int(now.timestamp())}.{secrets.token_urlsafe(32)}"


def ends_at(token: str) -> datetime:
    """Return when a token ends at the latest; the beginning of time for what is no token."""
    made, _, _ = token.partition(".")
    if not (made.isascii() and made.isdigit() and len(made) <= 12):
        return datetime.min.replace(tzinfo=UTC)
    return datetime.fromtimestamp(int(made), UTC) + LONGEST


class Sessions:
    """Opens, checks and ends sessions. One that is ended elsewhere ends here within `lately.TRUSTED`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        #: digest → operator
        self._known: Lately[str] = Lately()
        #: digest → when it was last extended
        self._extended: OrderedDict[str, datetime] = OrderedDict()

    async def open(self, request: web.Request, response: web.StreamResponse, operator: str) -> None:
        """Begin a session with a fresh token; the one the browser came with, if any, ends."""
        await self.end(request)
        now = self._hub.clock.now()
        token = new_token(now)
        await self._hub.store.open_session(digest(token), operator, now + IDLE)
        self._remember(digest(token), now)
        response.set_cookie(
            self._cookie(request),
            token,
            max_age=int(LONGEST.total_seconds()),
            path="/",
            httponly=True,
            samesite="Strict",
            secure=is_https(request, self._hub.settings.hub),
        )

    def token(self, request: web.Request) -> str:
        """Return the token of the browser's cookie, empty when it sent none."""
        return request.cookies.get(self._cookie(request), "")

    async def find(self, request: web.Request) -> str | None:
        """Return who is signed in, or None, and keep their session alive."""
        token = self.token(request)
        now = self._hub.clock.now()
        last = ends_at(token)
        if last <= now:
            return None
        key = digest(token)
        return await self._known.ask(key, now, partial(self._read, key, now, last))

    async def _read(self, key: str, now: datetime, last: datetime) -> str | None:
        operator = await self._hub.store.session(key)
        if operator is not None and now - self._extended.get(key, last - LONGEST) > _EXTEND_EVERY:
            self._remember(key, now)
            await self._hub.store.extend_session(key, min(now + IDLE, last))
        return operator

    async def end(self, request: web.Request) -> None:
        """End the session the browser came with, if any."""
        token = self.token(request)
        if token:
            self._extended.pop(digest(token), None)
            await self._hub.store.end_session(digest(token))
            self._known.forget(digest(token))

    def forget(self, request: web.Request, response: web.StreamResponse) -> None:
        """Let the browser forget its token."""
        secure = is_https(request, self._hub.settings.hub)
        response.del_cookie(self._cookie(request), path="/", httponly=True, samesite="Strict", secure=secure)

    def _remember(self, key: str, now: datetime) -> None:
        self._extended[key] = now
        self._extended.move_to_end(key)
        while len(self._extended) > _REMEMBERED:
            self._extended.popitem(last=False)

    def _cookie(self, request: web.Request) -> str:
        # With this prefix browsers take the cookie from this very host only, so that no sibling can plant one.
        return f"__Host-{COOKIE}" if is_https(request, self._hub.settings.hub) else COOKIE
