"""Who may come in, and how much at a time."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import ClientPayloadError, web
from aiohttp.http_exceptions import HttpProcessingError

from bots.http.problems import Problem, later, too_large

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
