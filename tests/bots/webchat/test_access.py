"""Who may embed the chat, whose limits count, and what admins may write."""

from __future__ import annotations

from datetime import timedelta

import pytest
from aiohttp import WSServerHandshakeError
from aiohttp.test_utils import make_mocked_request
from pydantic import ValidationError

from bots.webchat.limits import address_of
from router.rates import Buckets, Rate
from tests.bots.webchat.visitor import Shop, make_settings, open_shop
from tests.contract.host import TestClock

GUARDED = ("settings", "files/x")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://shop.example.evil", "http://shop.example"])
async def test_other_sites_are_kept_out(origin: str) -> None:
    """Neither socket nor files nor settings answer a page of a site that is not allowed, and it is told why."""
    headers = {"Origin": origin}
    async with open_shop(allowed_origins=["https://shop.example"]) as shop:
        for path in GUARDED:
            async with shop.http.get(shop.url(path), headers=headers) as response:
                assert response.status == 403
                assert "allowed_origins" in await response.text()
        with pytest.raises(WSServerHandshakeError, match="403"):
            await shop.http.ws_connect(shop.url("socket"), headers=headers)


async def test_allowed_sites_and_the_hubs_own_pages_are_let_in() -> None:
    """They may connect and read the answers."""
    async with open_shop(allowed_origins=["https://shop.example"]) as shop:
        own = str(shop.server.make_url("")).rstrip("/")
        for origin in ("https://shop.example", own):
            async with shop.http.get(shop.url("settings"), headers={"Origin": origin}) as response:
                assert response.headers["Access-Control-Allow-Origin"] == origin
                assert "Origin" in response.headers["Vary"]
            async with shop.http.options(shop.url("files"), headers={"Origin": origin}) as response:
                assert response.status == 204
                assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
            async with shop.visit(headers={"Origin": origin}) as visit:
                assert visit.welcome["type"] == "welcome"


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "address"),
    [
        ("203.0.113.7", "", [], "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", [], "203.0.113.7"),
        ("10.0.0.2", "198.51.100.1", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.2", "6.6.6.6, 198.51.100.1, 10.0.0.9", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.2", "garbage", ["10.0.0.0/8"], "garbage"),
        ("10.0.0.2", "", ["10.0.0.0/8"], "10.0.0.2"),
        ("2001:db8:1:2:3:4:5:6", "", [], "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "", [], "203.0.113.7"),
    ],
)
def test_whose_limits_count(peer: str, forwarded: str, trusted: list[str], address: str) -> None:
    """The peer's, unless a trusted proxy names another; nobody can name their own."""
    settings = make_settings(trusted_proxies=trusted)
    request = make_mocked_request("GET", "/", headers={"X-Forwarded-For": forwarded}).clone(remote=peer)
    assert address_of(request, settings.trusted_proxies) == address


def test_a_bucket_survives_a_clock_that_is_set_back() -> None:
    """Nobody is locked out because the hub's time was corrected."""
    clock = TestClock()
    buckets = Buckets(Rate(per_minute=60, burst=2), clock.now)
    buckets.take("a")
    clock.advance(timedelta(days=-1))
    assert buckets.wait("a") == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "telegram"},
        {"line": "No Such"},
        {"colour": "#123456"},
        {"color": "red"},
        {"allowed_origins": ["shop.example"]},
        {"allowed_origins": ["https://shop.example/"]},
        {"greeting": {"fr": "Bonjour"}},
        {"max_file": 0},
        {"limits": {"per_visitor": {"per_minute": 0, "burst": 1}}},
        {"trusted_proxies": ["somewhere"]},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, object]) -> None:
    """What cannot work is an error where it is written."""
    with pytest.raises(ValidationError):
        make_settings(**wrong)


@pytest.mark.parametrize(("color", "ink"), [("#0b6e5f", "#ffffff"), ("#ffe066", "#000000"), ("#000000", "#ffffff")])
def test_text_on_the_accent_can_be_read(color: str, ink: str) -> None:
    """Black or white, whichever contrasts more."""
    assert make_settings(color=color).ink == ink


async def test_a_site_is_not_in_the_way_of_programs(shop: Shop) -> None:
    """A client that is no browser sends no Origin and is served."""
    async with shop.http.get(shop.url("settings")) as response:
        assert response.status == 200
        assert "Access-Control-Allow-Origin" not in response.headers
