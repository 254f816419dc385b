"""Requests as the documentation asks integrators to send them: what was not answered is sent again, unchanged."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import aiohttp
import msgspec

from tests.integration.siege import CHANNEL, Siege

API = "/api/v1"
#: seconds: for an answer, and before sending again to whoever is not there
_PATIENCE, _PAUSE = 60.0, 0.1
#: refused for now: nothing was taken
_LATER = {429, 503}


@dataclass(slots=True)
class Calls:
    """What all callers together met."""

    #: why requests were sent again → how often
    repeated: Counter[str] = field(default_factory=Counter)
    #: what should not have been: a fault in the hub, or a refusal that does not say when to come back
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that settles the matter."""

    status: int
    body: Any


@dataclass(slots=True)
class Caller:
    """One program with its token."""

    siege: Siege
    session: aiohttp.ClientSession
    token: str
    calls: Calls

    async def get(self, path: str) -> Any:
        """Return what an address of the API answers; it must be there."""
        answer = await self.send("GET", path)
        assert answer.status == 200, f"GET {path} was answered with {answer}"
        return answer.body

    async def send(self, method: str, path: str, body: object = None, key: str = "") -> Answer:
        """Return the answer that settles a request, however often it has to be sent."""
        data = msgspec.json.encode(body) if body is not None else None
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        while True:
            answer = await self._try(method, path, data, headers)
            if answer is not None:
                return answer

    async def _try(self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]) -> Answer | None:
        """Return an answer; None after a pause when the same is to be sent again."""
        address = f"{await self.siege.address()}{API}{path}"
        sent = BytesIO(data) if data is not None else None
        try:
            async with self.session.request(method, address, data=sent, headers=headers) as response:
                status, body = response.status, await response.read()
                after = response.headers.get("Retry-After", "")
        except (aiohttp.ClientError, TimeoutError) as error:
            self.calls.repeated[type(error).__name__] += 1
            await asyncio.sleep(_PAUSE)
            return None
        if status < 500 and status not in _LATER:
            return Answer(status, msgspec.json.decode(body))
        self.calls.repeated[str(status)] += 1
        if status not in _LATER or not after.isdecimal():
            self.calls.faults.append(f"{method} {path}: {status}, Retry-After {after!r}: {body[:300]!r}")
        await asyncio.sleep(float(after) if after.isdecimal() else _PAUSE)
        return None


@dataclass(slots=True)
class Callers:
    """Makes callers that share their connections and their account of what they met."""

    siege: Siege
    session: aiohttp.ClientSession
    calls: Calls = field(default_factory=Calls)

    @property
    def channel(self) -> Caller:
        """The system that speaks for the clients."""
        return Caller(self.siege, self.session, self.siege.channel_token, self.calls)

    def operator(self, name: str) -> Caller:
        """A program that acts as an operator."""
        return Caller(self.siege, self.session, self.siege.tokens[name], self.calls)


@asynccontextmanager
async def callers(siege: Siege) -> AsyncIterator[Callers]:
    """Open the way to a hub."""
    timeout = aiohttp.ClientTimeout(total=_PATIENCE)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield Callers(siege, session)


def of_channel(operation: str) -> str:
    """Return the path of one of the channel's operations."""
    return f"/channels/{CHANNEL}/{operation}"
