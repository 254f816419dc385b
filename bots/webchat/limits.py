"""How much a visitor or an address may ask for."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from aiohttp import web

from bots.webchat.settings import Rate

#: buckets remembered at a time; the longest unused is forgotten first, and by then is usually full again
REMEMBERED = 20_000


class Buckets:
    """Token buckets, one for each key."""

    def __init__(self, rate: Rate, now: Callable[[], datetime]) -> None:
        self._rate = rate
        self._now = now
        self._buckets: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def wait(self, key: str) -> float:
        """Return the seconds until `key` may take a token, 0 when it may now."""
        return max(0.0, (1 - self._tokens(key)) * 60 / self._rate.per_minute)

    def take(self, key: str) -> None:
        """Take a token; ask `wait` first."""
        self._buckets[key] = (self._tokens(key) - 1, self._now())
        self._buckets.move_to_end(key)
        while len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)

    def _tokens(self, key: str) -> float:
        tokens, at = self._buckets.get(key, (float(self._rate.burst), self._now()))
        # A clock that was set back must not drain anybody's bucket.
        passed = max(0.0, (self._now() - at).total_seconds())
        return min(float(self._rate.burst), tokens + passed * self._rate.per_minute / 60)


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


class Seats:
    """How many connections each key holds."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken: Counter[str] = Counter()

    @contextmanager
    def seat(self, key: str) -> Iterator[bool]:
        """Hold a seat while the block runs; yields False, holding none, when all of the key's are taken."""
        if self._taken[key] >= self._limit:
            yield False
            return
        self._taken[key] += 1
        try:
            yield True
        finally:
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]


def address_of(request: web.BaseRequest, trusted: Sequence[IPv4Network | IPv6Network]) -> str:
    """Return who is asking: the peer, or what trusted proxies say of it. An IPv6 address counts as its /64.

    Forwarded addresses are read from the right, where our own proxies write, up to the first we do not trust.
    """
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    address = request.remote or ""
    while hops and _is_within(address, trusted):
        address = hops.pop()
    return _network(address)


def _is_within(address: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed.version == network.version and parsed in network for network in networks)


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(IPv6Network((parsed, 64), strict=False))
    return str(parsed)
