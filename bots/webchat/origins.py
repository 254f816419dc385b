"""Which sites may embed the chat."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from aiohttp import web

_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Range",
    "Access-Control-Max-Age": "600",
}


def is_allowed(request: web.BaseRequest, allowed: Collection[str]) -> bool:
    """Return whether the request's site may use the chat.

    The hub's own pages always may, and so may whoever is no browser and sends no Origin: the chat knows visitors by
    token, never by cookie, so there is nothing a foreign page could borrow.
    """
    origin = request.headers.get("Origin")
    if origin is None or "*" in allowed or origin in allowed:
        return True
    return bool(origin != "null" and urlsplit(origin).netloc == request.host)


def sharing(request: web.BaseRequest) -> Mapping[str, str]:
    """Return the headers that let the asking page read the answer. Call it for allowed origins only."""
    origin = request.headers.get("Origin")
    shared = {"Vary": "Origin", "Cross-Origin-Resource-Policy": "cross-origin"}
    if origin is not None:
        shared["Access-Control-Allow-Origin"] = origin
    return shared


def preflight(request: web.BaseRequest) -> Mapping[str, str]:
    """Return the headers that answer a browser asking beforehand."""
    return {**sharing(request), **_PREFLIGHT}
