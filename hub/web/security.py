"""What every answer says to browsers, who may change state, and how often the API may be asked."""

from __future__ import annotations

from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from hub.web.keys import HUB, PACE
from hub.web.peers import is_https
from hub.web.problems import Problem
from hub.web.tokens import bearer

#: scripts that are not browsers' pages say with this header that no foreign site sent them
PLAIN_CALL = "X-Trunkline"
API = "/api/"
#: where platforms speak, within the limits of each channel's own settings
_CHANNELS = "/api/v1/channels/"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Content-Security-Policy": _POLICY,
}
#: a year, which browsers count anew with each answer
_TLS_ONLY = "max-age=31536000"


async def protect(request: web.Request, response: web.StreamResponse) -> None:
    """Add the security headers; channels set most of their own, because their widgets live on other sites."""
    response.headers["Server"] = "Trunkline"
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if is_https(request, request.app[HUB].settings.hub):
        response.headers.setdefault("Strict-Transport-Security", _TLS_ONLY)
    if request.path.startswith("/channels/"):
        return
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.path.startswith("/static/"):
        # Asked anew each time, so that the parts of the console are always of one version.
        response.headers.setdefault("Cache-Control", "no-cache")
    else:
        response.headers.setdefault("Cache-Control", "no-store")


def _is_own(request: web.Request, origin: str) -> bool:
    """Return whether an Origin is the hub's own.

    Once the hub knows its public address, other names for it count no longer: a foreign site can have its own name
    lead to the hub, and speak to it as if it were the hub's page.
    """
    try:
        host = urlsplit(origin).netloc
    except ValueError:
        return False
    public = request.app[HUB].settings.hub.public_url
    if public is None:
        return host == request.host
    parts = urlsplit(public)
    return origin == f"{parts.scheme}://{parts.netloc}" or (host == request.host and _is_numeric(request))


def _is_numeric(request: web.Request) -> bool:
    name = urlsplit(f"//{request.host}").hostname or ""
    try:
        ip_address(name)
    except ValueError:
        return name == "localhost"
    return True


def from_own_page(request: web.Request) -> bool:
    """Return whether a request was made by one of our own pages, or by a program that is no page at all."""
    if bearer(request) is not None:
        # No browser adds a bearer token by itself: whoever sends one has it.
        return True
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None and site != "same-origin":
        return False
    if origin is not None:
        return _is_own(request, origin)
    return site == "same-origin" or PLAIN_CALL in request.headers


@web.middleware
async def refuse_foreign_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 403 to requests below `/api/` that would change state on behalf of a foreign page.

    Channels take a token of their own and no cookie, so that no page can speak for anybody there.
    """
    guarded = request.path.startswith(API) and not request.path.startswith(_CHANNELS)
    if guarded and request.method not in _SAFE and not from_own_page(request):
        public = request.app[HUB].settings.hub.public_url
        where = f", which are at {public} as hub.public_url says" if public else ""
        detail = f"This request did not come from the hub's own pages{where}. Programs send {PLAIN_CALL}: 1 with it."
        raise Problem(HTTPStatus.FORBIDDEN, detail)
    return await handler(request)


@web.middleware
async def keep_pace(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 429 to whoever asks the API more than `hub.api_rate`; channels' own endpoints have limits of their own."""
    if request.path.startswith(API) and not request.path.startswith(_CHANNELS):
        request.app[PACE].spend(request)
    return await handler(request)
