"""What a running channel works with, from its `run` to the end of it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from typing import Protocol

from aiohttp import web

from bots.webchat.limits import Allowance, address_of
from bots.webchat.screen import Screen
from bots.webchat.settings import WebchatSettings
from bots.webchat.tokens import Tokens
from router.ports import Host
from router.rates import Seats


class Visit(Protocol):
    """One open window of a visitor."""

    screen: Screen

    def stop(self) -> None:
        """Say goodbye; the widget will come back to resume."""


class Visits:
    """Who is here now."""

    def __init__(self) -> None:
        self._by_visitor: defaultdict[str, set[Visit]] = defaultdict(set)
        self._nobody = asyncio.Event()
        self._nobody.set()

    def enter(self, visitor: str, visit: Visit) -> None:
        """Remember a window until it leaves."""
        self._by_visitor[visitor].add(visit)
        self._nobody.clear()

    def leave(self, visitor: str, visit: Visit) -> None:
        """Forget a window."""
        self._by_visitor[visitor].discard(visit)
        if not self._by_visitor[visitor]:
            del self._by_visitor[visitor]
        if not self._by_visitor:
            self._nobody.set()

    def screens(self, visitor: str, besides: Visit | None = None) -> Iterator[Screen]:
        """Yield the screens of a visitor's windows."""
        yield from (visit.screen for visit in self._by_visitor.get(visitor, ()) if visit is not besides)

    async def stop(self) -> None:
        """Send everybody away and wait until they have left."""
        for visit in [visit for visits in self._by_visitor.values() for visit in visits]:
            visit.stop()
        await self._nobody.wait()


class Running:
    """The hub's side and the visitors' side of one running channel."""

    def __init__(self, name: str, settings: WebchatSettings, host: Host) -> None:
        limits, now = settings.limits, host.clock.now
        self.name = name
        self.settings = settings
        self.host = host
        self.tokens = Tokens(host.secret, now)
        self.allowance = Allowance(limits.per_visitor, limits.per_address, now)
        self.uploads = Allowance(limits.per_visitor, limits.per_address, now)
        self.visitor_seats = Seats(limits.sockets_per_visitor)
        self.address_seats = Seats(limits.sockets_per_address)
        self.visits = Visits()

    def address(self, request: web.BaseRequest) -> str:
        """Return whose limits a request falls under."""
        return address_of(request, self.settings.trusted_proxies)

    def link(self, visitor: str, file: str) -> str:
        """Return a file's address relative to the channel's folder."""
        return f"files/{self.tokens.link(visitor, file)}"
