"""How much a visitor or an address may ask for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from router.addresses import Proxies, client_address
from router.rates import Buckets, Rate


class Allowance:
    """The rates of a visitor and of their address together."""

    def __init__(self, visitor: Rate, address: Rate, now: Callable[[], datetime]) -> None:
        self._visitors = Buckets(visitor, now)
        self._addresses = Buckets(address, now)

    def spend(self, visitor: str, address: str) -> float:
        """Take one from both and return 0, or take nothing and return the seconds to wait."""
        wait = max(self._visitors.wait(visitor), self._addresses.wait(address))
        if wait == 0:
            self._visitors.take(visitor)
            self._addresses.take(address)
        return wait


def address_of(request: web.BaseRequest, trusted: Proxies) -> str:
    """Return who is asking: the peer, or what trusted proxies say of it."""
    return client_address(request.remote or "", request.headers.getall("X-Forwarded-For", ()), trusted)
