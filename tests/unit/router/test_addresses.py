"""Whose network address counts."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from router.addresses import client_address, is_within

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9", "198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", [" , ,"], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("fd00::1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", [], "2001:db8:1:2::/64"),
        ("10.0.0.1", ["x" * 1000], "x" * 64),
        ("", ["198.51.100.7"], ""),
    ],
)
def test_whose_address_counts(peer: str, forwarded: list[str], address: str) -> None:
    """What the nearest proxy that is not trusted wrote last; the peer's own when that is no proxy of ours."""
    assert client_address(peer, forwarded, PROXIES) == address


@pytest.mark.parametrize("address", ["", "localhost", "11.0.0.1", "10.0.0.1, 10.0.0.2", "fe80::1%eth0", "10.0.0.1:80"])
def test_what_is_no_address_of_a_proxy_is_not_trusted(address: str) -> None:
    """Neither a name, nor a list, nor an address elsewhere."""
    assert not is_within(address, PROXIES)
