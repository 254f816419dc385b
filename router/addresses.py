"""Whose network address counts: the peer's, or what trusted reverse proxies say of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

#: reverse proxies whose X-Forwarded-… headers are believed
Proxies = Sequence[IPv4Network | IPv6Network]


def client_address(peer: str, forwarded: Iterable[str], trusted: Proxies) -> str:
    """Return who is asking, an IPv6 address as its /64 network.

    `forwarded` holds every X-Forwarded-For header of the request, because some proxies add one of their own. They are
    read from the right, where our own proxies write, up to the first address that we do not trust: what stands further
    left anybody may have written.
    """
    hops = [hop.strip() for header in forwarded for hop in header.split(",") if hop.strip()]
    address = peer
    while hops and is_within(address, trusted):
        address = hops.pop()
    return _network(address)


def is_within(address: str, networks: Proxies) -> bool:
    """Return whether an address lies in one of the networks; what is no address does not."""
    parsed = _parsed(address)
    return parsed is not None and any(parsed.version == it.version and parsed in it for it in networks)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    """Return an address; one that a socket for both families shows as ::ffff:192.0.2.1 is the IPv4 address it is."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, IPv6Address) else parsed


def _network(address: str) -> str:
    parsed = _parsed(address)
    if parsed is None:
        return address[:64]
    return str(IPv6Network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else str(parsed)
