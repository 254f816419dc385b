"""HTTP as lean as it gets: the load generator shares two cores with what it measures.

A keep-alive connection carries requests whose bytes are made beforehand, one at a time, and reads answers that have a
Content-Length, which all of the hub's have. Anything else is a failure.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NamedTuple, cast
from urllib.parse import urlsplit

from tests.bench.failure import BenchFailed

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
#: characters of an answer that a failure quotes
_QUOTED = 300


class Answer(NamedTuple):
    """What the server said."""

    status: int
    body: bytes


def read_answer(data: bytes) -> Answer | None:
    """Return the answer that `data` holds, or None while a part of it is missing. Raises `BenchFailed`."""
    end = data.find(_HEAD_END)
    if end < 0:
        return None
    length = _LENGTH.search(data, 0, end + 2)
    if length is None:
        raise BenchFailed(f"Expected an answer with a Content-Length, got: {data[:_QUOTED]!r}.")
    body = data[end + len(_HEAD_END) :]
    return Answer(int(data[9:12]), body) if len(body) >= int(length[1]) else None


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose head is the same each time but for its length."""

    head: bytes
    method: str
    path: str

    def bytes(self, body: bytes, extra: bytes = b"") -> bytes:
        """Return what goes over the wire; `extra` are more header lines, each with its line end."""
        return b"%sContent-Length: %d\r\n%s\r\n%s" % (self.head, len(body), extra, body)


def request(method: str, path: str, headers: Mapping[str, str]) -> Request:
    """Return a request to be sent many times."""
    lines = [f"{method} {path} HTTP/1.1", "Host: hub", *(f"{name}: {value}" for name, value in headers.items()), ""]
    return Request("\r\n".join(lines).encode(), method, path)


class Connection(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._data = b""
        self._answer: asyncio.Future[Answer] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Settle the request once its answer is whole."""
        self._data = self._data + data if self._data else data
        if self._answer is None or self._answer.done():
            return
        try:
            answer = read_answer(self._data)
        except BenchFailed as error:
            self._answer.set_exception(error)
            return
        if answer is not None:
            self._data = b""
            self._answer.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the request that is under way."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(BenchFailed(f"The server closed a connection in the middle of a request: {exc}"))

    async def ask(self, data: bytes) -> Answer:
        """Send a request and return its answer. Raises `BenchFailed` when the connection is lost."""
        if self._transport is None or self._transport.is_closing():
            raise BenchFailed("The server closed a connection between two requests.")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


@asynccontextmanager
async def connections(url: str, count: int) -> AsyncIterator[list[Connection]]:
    """Open several connections to a server."""
    address, loop = urlsplit(url), asyncio.get_running_loop()
    host, port = address.hostname or "", address.port or 80
    opened: list[Connection] = []
    try:
        while len(opened) < count:
            opened += [(await loop.create_connection(Connection, host, port))[1]]
        yield opened
    finally:
        for connection in opened:
            connection.close()


def expect(answer: Answer, status: int, what: str) -> None:
    """Raise `BenchFailed` unless the answer has the status it should have."""
    if answer.status != status:
        said = answer.body[:_QUOTED].decode(errors="replace")
        raise BenchFailed(f"{what} was answered with {answer.status} instead of {status}: {said}")
