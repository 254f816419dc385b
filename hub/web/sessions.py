"""Signed-in operators: random tokens in a cookie, of which the store only knows the digest."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from aiohttp import web

from hub.web.facade import Hub
from hub.web.problems import Problem

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
    """Opens, checks and ends sessions."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
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
            COOKIE,
            token,
            max_age=int(LONGEST.total_seconds()),
            path="/",
            httponly=True,
            samesite="Strict",
            secure=self._is_https(request),
        )

    async def find(self, request: web.Request) -> str | None:
        """Return who is signed in, or None, and keep their session alive."""
        token = request.cookies.get(COOKIE, "")
        now = self._hub.clock.now()
        last = ends_at(token)
        if last <= now:
            return None
        operator = await self._hub.store.session(digest(token))
        if operator is not None and now - self._extended.get(digest(token), last - LONGEST) > _EXTEND_EVERY:
            self._remember(digest(token), now)
            await self._hub.store.open_session(digest(token), operator, min(now + IDLE, last))
        return operator

    async def operator(self, request: web.Request) -> str:
        """Return who is signed in. Raises a 401 `Problem` when nobody is."""
        operator = await self.find(request)
        if operator is None:
            raise Problem(HTTPStatus.UNAUTHORIZED, "Nobody is signed in, or the session has ended. Please sign in.")
        return operator

    async def end(self, request: web.Request) -> None:
        """End the session the browser came with, if any."""
        token = request.cookies.get(COOKIE)
        if token:
            self._extended.pop(digest(token), None)
            await self._hub.store.end_session(digest(token))

    def forget(self, response: web.StreamResponse) -> None:
        """Let the browser forget its token."""
        response.del_cookie(COOKIE, path="/", httponly=True, samesite="Strict")

    def _remember(self, key: str, now: datetime) -> None:
        self._extended[key] = now
        self._extended.move_to_end(key)
        while len(self._extended) > _REMEMBERED:
            self._extended.popitem(last=False)

    def _is_https(self, request: web.Request) -> bool:
        return request.secure or (self._hub.settings.hub.public_url or "").startswith("https:")
