"""The requests that another hub's http channel takes, with their answers and errors; see docs/http-channel.md."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar

from hub.settings.model import PartnerSettings
from router.errors import AuthFailed, HubError, Misconfigured, Rejected, Retryable

#: seconds a request may take
_PATIENCE = 20.0
#: seconds within which the next piece of a file has to come
_STALL = 30.0
#: characters of an answer that people are shown
_SHOWN = 300
_CHUNK = 64 * 1024


class Wire:
    """Speaks to one http channel of another hub, while it is open."""

    def __init__(self, settings: PartnerSettings) -> None:
        self._url = settings.url
        self._token = settings.token.get_secret_value()
        self._http: ClientSession | None = None

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Keep connections while it is open."""
        headers = {"Authorization": f"Bearer {self._token}", "User-Agent": "Trunkline"}
        async with ClientSession(headers=headers, cookie_jar=DummyCookieJar()) as self._http:
            try:
                yield
            finally:
                self._http = None

    async def post(self, path: str, body: Mapping[str, Any]) -> None:
        """Post JSON. Raises `Retryable`, `AuthFailed`, `Misconfigured` or `Rejected`."""
        async with self._asked("POST", f"{self._url}/{path}", ClientTimeout(total=_PATIENCE), json=body) as answer:
            await _read(answer)

    async def deliveries(self, after: int, wait: int) -> tuple[list[dict[str, Any]], int]:
        """Return what is said after a cursor, waiting seconds for it, and the cursor to ask with next.

        Raises as `post`.
        """
        limit, query = ClientTimeout(total=wait + _PATIENCE), {"after": after, "wait": wait}
        async with self._asked("GET", f"{self._url}/deliveries", limit, params=query) as answer:
            found = await _read(answer)
        return found["deliveries"], int(found["cursor"])

    async def upload(self, chat: str, name: str, chunks: AsyncIterator[bytes]) -> str:
        """Hand over a file; return its id there. Raises as `post`."""
        query = {"chat": chat, "name": name[:255]}
        async with self._asked("POST", f"{self._url}/files", _FILE, params=query, data=chunks) as answer:
            return str((await _read(answer))["id"])

    async def download(self, chat: str, file: str) -> AsyncIterator[bytes]:
        """Yield a file's bytes. Raises as `post`."""
        async with self._asked("GET", f"{self._url}/files/{file}", _FILE, params={"chat": chat}) as answer:
            if answer.status != 200:
                await _read(answer)
            async for chunk in answer.content.iter_chunked(_CHUNK):
                yield chunk

    @asynccontextmanager
    async def _asked(self, method: str, url: str, limit: ClientTimeout, **more: Any) -> AsyncIterator[ClientResponse]:
        if self._http is None:
            raise Retryable("The other hub is not spoken to at the moment.")
        try:
            async with self._http.request(method, url, timeout=limit, allow_redirects=False, **more) as answer:
                yield answer
        except (ClientError, OSError, TimeoutError) as error:
            raise Retryable(f"The other hub cannot be reached: {str(error) or type(error).__name__}.") from error


_FILE = ClientTimeout(total=None, sock_connect=_PATIENCE, sock_read=_STALL)


async def _read(answer: ClientResponse) -> Any:
    """Return the JSON of a success. Raises what another answer stands for."""
    if 200 <= answer.status < 300:
        try:
            return await answer.json(content_type=None)
        except ValueError as error:
            raise Misconfigured("What answers at hub.url is no Trunkline: its answer is no JSON.") from error
    words = " ".join((await answer.text(errors="replace")).split())[:_SHOWN]
    raise _meaning(answer.status, f"The other hub answered {answer.status}: {words or answer.reason}")


def _meaning(status: int, words: str) -> HubError:
    if status >= 500 or status in {408, 425, 429}:
        return Retryable(words)
    if status in {401, 403}:
        return AuthFailed(f"{words} Check hub.token.")
    if status in {404, 405} or status < 400:
        return Misconfigured(f"{words} Check hub.url.")
    return Rejected(words)
