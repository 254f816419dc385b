"""Bearer tokens: how a program shows as which operator it acts. The store only knows their digests."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from functools import partial

from aiohttp import web

from hub.web.facade import Hub
from hub.web.lately import Lately
from hub.web.sessions import digest
from router.tokens import Token

#: lets people and scanners of source code tell what a token that has leaked belongs to
PREFIX = "tl_"
_MINUTE = timedelta(minutes=1)


def make() -> str:
    """Return a new token of 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def bearer(request: web.Request) -> str | None:
    """Return the bearer token a request came with, None for none: other schemes are a proxy's business."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


class Tokens:
    """Knows whom tokens act as. One that is revoked elsewhere stops working here within `lately.TRUSTED`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._known: Lately[Token] = Lately()

    async def operator(self, token: str) -> str | None:
        """Return whom a token acts as; None for one that was revoked, has expired, or never was."""
        if not token.startswith(PREFIX):
            return None
        key, now = digest(token), self._hub.clock.now()
        found = await self._known.ask(key, now, partial(self._read, key, now))
        return found.operator if found is not None and _lasts(found, now) else None

    async def _read(self, key: str, now: datetime) -> Token | None:
        found = await self._hub.store.token(key)
        if found is None or not _lasts(found, now):
            return None
        if found.last_used_at is None or now - found.last_used_at > _MINUTE:
            await self._hub.store.use_token(key, now)
        return found


def _lasts(token: Token, now: datetime) -> bool:
    return token.expires_at is None or now < token.expires_at
