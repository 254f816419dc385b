"""Deliveries sent to the system, signed as the Standard Webhooks specification says (standardwebhooks.com)."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import SimpleNamespace

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, TraceConfig

from bots.http.settings import ReceiverSettings, signing_key
from router.errors import AuthFailed, HubError, Misconfigured, Rejected, Retryable, Uncertain

#: bytes read of an answer
_READ = 64 * 1024
#: characters of an answer that operators are shown
_SHOWN = 200
_LONGEST_WAIT = timedelta(hours=1)
#: Seconds an unused connection is kept. Receivers close theirs after some seconds too, and a request sent at that very
#: moment ends in doubt: so ours are closed well before.
_KEEP_ALIVE = 1.5
#: seconds that what is under way has to end when the hub stops
_FAREWELL = 5.0
_REFUSED_FOR_NOW = frozenset({408, 425, 429})


#: from an answer's status, headers and beginning, and the time, to what it asks the hub to do
Meaning = Callable[[int, Mapping[str, str], bytes, datetime], HubError]


@dataclass(slots=True)
class _Request:
    """How far a request has got."""

    #: something of it may have reached the receiver
    written: bool = False


class Webhook:
    """Posts deliveries while it is open."""

    def __init__(self, settings: ReceiverSettings, meaning: Meaning | None = None) -> None:
        """`meaning` says which error an answer other than success stands for."""
        self._settings = settings
        self._meaning = meaning or _meaning
        self._key = signing_key(settings.secret.get_secret_value())
        self._http: ClientSession | None = None
        self._under_way: set[asyncio.Task[object]] = set()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Keep one session open; what is under way at the end may finish."""
        async with ClientSession(
            connector=TCPConnector(keepalive_timeout=_KEEP_ALIVE),
            timeout=ClientTimeout(total=self._settings.timeout.total_seconds()),
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,  # the answer is asked for as it is, and 64 KiB packed may be gigabytes
            trace_configs=[_watch_writing()],
        ) as self._http:
            try:
                yield
            finally:
                self._http = None
                if self._under_way:
                    await asyncio.wait(set(self._under_way), timeout=_FAREWELL)

    async def post(self, id_: str, body: bytes, now: Callable[[], datetime]) -> str:
        """Send once; return the receiver's own id of what it took, empty when it names none.

        Raises what the receiver's answer, or the lack of it, asks the hub to do.
        """
        if self._http is None:
            raise Retryable("The channel is not running at the moment.")
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - this is a coroutine
        self._under_way.add(task)
        try:
            status, headers, said = await self._ask(self._http, id_, body, now())
        finally:
            self._under_way.discard(task)
        if 200 <= status < 300:
            return _own_id(said)
        raise self._meaning(status, headers, said, now())

    async def _ask(
        self, http: ClientSession, id_: str, body: bytes, now: datetime
    ) -> tuple[int, Mapping[str, str], bytes]:
        request = _Request()
        headers = signed(self._key, id_, int(now.timestamp()), body)
        try:
            async with http.post(
                self._settings.url, data=body, headers=headers, allow_redirects=False, trace_request_ctx=request
            ) as answer:
                return answer.status, answer.headers, await _beginning(answer)
        except (ClientError, OSError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            if request.written:
                raise Uncertain(f"The webhook was sent, and no whole answer came: {reason}.") from error
            raise Retryable(f"The webhook's receiver cannot be reached: {reason}.") from error


def signed(key: bytes, id_: str, at: int, body: bytes) -> dict[str, str]:
    """Return a webhook's headers; `at` is in seconds since 1970."""
    digest = hmac.digest(key, f"{id_}.{at}.".encode() + body, "sha256")
    return {
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "Trunkline",
        "webhook-id": id_,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _watch_writing() -> TraceConfig:
    """Find out whether a request that failed had begun to be sent."""
    trace = TraceConfig()

    async def writes(_session: ClientSession, context: SimpleNamespace, _: object) -> None:
        context.trace_request_ctx.written = True

    trace.on_request_headers_sent.append(writes)
    return trace


async def _beginning(answer: ClientResponse) -> bytes:
    """Return the first bytes of an answer. Raises `ClientPayloadError` when it is cut off before."""
    body = bytearray()
    while len(body) < _READ and (chunk := await answer.content.read(_READ - len(body))):
        body += chunk
    return bytes(body)


def _own_id(said: bytes) -> str:
    """Return the receiver's own id of what it took, where its answer is `{"id": …}`."""
    try:
        answer = json.loads(said)
    except (ValueError, RecursionError):
        return ""
    id_ = answer.get("id") if isinstance(answer, dict) else None
    known = isinstance(id_, str | int) and not isinstance(id_, bool)
    return str(id_) if known and len(str(id_)) <= _SHOWN else ""


def in_words(status: int, said: bytes) -> str:
    """Return an answer as operators are shown it."""
    words = " ".join(said.decode("utf-8", "replace").split())[:_SHOWN]
    return f"The webhook's receiver answered {status}" + (f": {words}" if words else ".")


def _meaning(status: int, headers: Mapping[str, str], said: bytes, now: datetime) -> HubError:
    """Return the error that an answer other than success stands for."""
    answered = in_words(status, said)
    if status >= 500 or status in _REFUSED_FOR_NOW:
        return Retryable(answered, after=pause(headers.get("Retry-After", ""), now))
    if status in {401, 403}:
        return AuthFailed(f"{answered} Check the webhook's address and secret.")
    if status < 400:
        return Misconfigured(f"{answered} Redirects are not followed: set webhook.url to the final address.")
    return Rejected(answered)


def pause(header: str, now: datetime) -> timedelta | None:
    """Return how long a `Retry-After` asks to wait, at most an hour; None when it says nothing that makes sense."""
    try:
        wait = timedelta(seconds=int(header)) if header.isascii() and header.isdecimal() else _until(header) - now
    except (ValueError, OverflowError):
        return None
    return min(max(wait, timedelta(0)), _LONGEST_WAIT)


def _until(header: str) -> datetime:
    at = parsedate_to_datetime(header)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
