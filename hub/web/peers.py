"""Who is at the other end of a request when reverse proxies stand between."""

from __future__ import annotations

from aiohttp import web

from hub.settings.model import HubSettings
from router.addresses import client_address, is_within


def address_of(request: web.BaseRequest, settings: HubSettings) -> str:
    """Return the network address that asks, an IPv6 address as its /64 network."""
    forwarded = request.headers.getall("X-Forwarded-For", ())
    return client_address(request.remote or "", forwarded, settings.trusted_proxies)


def is_https(request: web.BaseRequest, settings: HubSettings) -> bool:
    """Return whether the browser speaks TLS, with us or with a proxy of ours."""
    if request.secure or (settings.public_url or "").startswith("https:"):
        return True
    if not is_within(request.remote or "", settings.trusted_proxies):
        return False
    # Of several values the last is that of the proxy nearest to us.
    said = ",".join(request.headers.getall("X-Forwarded-Proto", ()))
    return said.rpartition(",")[2].strip().lower() == "https"
