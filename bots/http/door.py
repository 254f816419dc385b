"""Who may come in, and how much at a time."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus

from aiohttp import ClientPayloadError, web
from aiohttp.http_exceptions import HttpProcessingError

from bots.http.problems import Problem, later, too_large
from bots.http.settings import Rate

#: requests that may wait for the ledger at a time, and the bytes of their bodies
MAX_WAITING = 2_000
MAX_WAITING_BYTES = 64 * 1024 * 1024
#: seconds within which the next piece of a body has to come
_STALL = 30.0
#: what reading a body that breaks off, or is packed wrongly, may raise
BROKEN_BODY = (ClientPayloadError, web.RequestPayloadError, HttpProcessingError, ConnectionError, TimeoutError)


class Tokens:
    """The tokens a channel is called with."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._expected = [f"Bearer {token}".encode() for token in tokens]

    def accept(self, request: web.BaseRequest) -> bool:
        """Return whether the request carries one of them. Takes equally long whichever it is, or none."""
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        return any([hmac.compare_digest(given, expected) for expected in self._expected])  # noqa: C419 - see above


class Room:
    """How much may be on its way into the ledger at a time; who finds it full is told to come back."""

    def __init__(self) -> None:
        self.requests = 0
        self.bytes = 0

    def enter(self, size: int) -> None:
        """Take up room for a body of at most `size` bytes. Raises `Problem`; else call `leave` afterwards."""
        if self.requests >= MAX_WAITING or (self.requests and self.bytes + size > MAX_WAITING_BYTES):
            detail = "Too much is waiting to be kept: send this again in a moment. Nothing of it was taken."
            raise later(HTTPStatus.SERVICE_UNAVAILABLE, detail, 1)
        self.requests += 1
        self.bytes += size

    def leave(self, size: int) -> None:
        """Give the room back."""
        self.requests -= 1
        self.bytes -= size


class Allowance:
    """A token bucket for the whole channel; without a rate everything passes."""

    def __init__(self, rate: Rate | None, now: Callable[[], datetime]) -> None:
        self._rate = rate
        self._now = now
        self._tokens = float(rate.burst) if rate else 0.0
        self._at = now()

    def spend(self, count: int = 1) -> None:
        """Let `count` messages pass. Raises `Problem` that says when to come back.

        A batch larger than the bucket passes when the bucket is full, and is paid for afterwards.
        """
        if self._rate is None:
            return
        self._refill(self._rate)
        lacking = min(count, self._rate.burst) - self._tokens
        if lacking > 0:
            detail = f"This channel may hand over {self._rate.per_minute:g} messages a minute: send this again later."
            raise later(HTTPStatus.TOO_MANY_REQUESTS, detail, lacking * 60 / self._rate.per_minute)
        self._tokens -= count

    def _refill(self, rate: Rate) -> None:
        now = self._now()
        # A clock that was set back must not drain the bucket.
        passed = max(0.0, (now - self._at).total_seconds())
        self._at = now
        self._tokens = min(float(rate.burst), self._tokens + passed * rate.per_minute / 60)


def announced(request: web.BaseRequest, limit: int) -> int:
    """Return how many bytes a body may have, `limit` when it does not say. Raises `Problem` for more than that."""
    length = request.content_length
    if length is not None and length > limit:
        raise too_large(limit)
    return limit if length is None else length


async def body_of(request: web.BaseRequest, limit: int) -> bytes:
    """Return a body of at most `limit` bytes. Raises `Problem`."""
    try:
        if request.content.is_eof():  # a small body has come along with its headers
            return _within(request.content.read_nowait(), limit)
        return await _gather(request, limit)
    except BROKEN_BODY as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "The body did not arrive whole: send it again.") from error


async def _gather(request: web.BaseRequest, limit: int) -> bytes:
    body = bytearray()
    while True:
        async with asyncio.timeout(_STALL):
            chunk = await request.content.readany()
        if not chunk:
            return bytes(body)
        body += chunk
        _within(body, limit)


def _within(body: bytes | bytearray, limit: int) -> bytes:
    if len(body) > limit:
        raise too_large(limit)
    return body  # type: ignore[return-value]  # callers pass on bytes only
