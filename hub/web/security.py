"""What every answer says to browsers, and who may change state."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from hub.web.keys import HUB
from hub.web.problems import Problem

#: scripts that are not browsers' pages say with this header that no foreign site sent them
PLAIN_CALL = "X-Trunkline"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


async def protect(request: web.Request, response: web.StreamResponse) -> None:
    """Add the security headers; channels set their own, because their widgets live on other sites."""
    if request.path.startswith("/channels/"):
        return
    if request.path.startswith("/static/"):
        # Asked anew each time, so that the parts of the console are always of one version.
        response.headers.setdefault("Cache-Control", "no-cache")
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", _POLICY)


def _own_hosts(request: web.Request) -> set[str]:
    return {request.host, urlsplit(request.app[HUB].settings.hub.public_url or "").netloc} - {""}


def from_own_page(request: web.Request) -> bool:
    """Return whether a request was made by one of our own pages, or by a program that is no page at all."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None and site != "same-origin":
        return False
    if origin is not None:
        return urlsplit(origin).netloc in _own_hosts(request)
    return site == "same-origin" or PLAIN_CALL in request.headers


@web.middleware
async def refuse_foreign_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 403 to requests below `/api/` that would change state on behalf of a foreign page."""
    if request.path.startswith("/api/") and request.method not in _SAFE and not from_own_page(request):
        detail = (
            f"This request did not come from the hub's own pages. Programs send the header {PLAIN_CALL}: 1 with it."
        )
        raise Problem(HTTPStatus.FORBIDDEN, detail)
    return await handler(request)
