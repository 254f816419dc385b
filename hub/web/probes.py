"""What machines ask about the hub: does it live, should traffic come, how is it doing."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network
from time import perf_counter

from aiohttp import web
from aiohttp.typedefs import Handler

from hub.metrics import CONTENT_TYPE
from hub.web.facade import Hub
from hub.web.keys import HUB
from router.addresses import is_within
from router.errors import Retryable

_FRESH = {"Cache-Control": "no-store"}
#: seconds that the store has to answer, and for which its answer holds
_PATIENCE = _HOLDS = 1.0
#: seconds between looks at how late the event loop is
_LOOK = 0.5
_HERE = (IPv4Network("127.0.0.0/8"), IPv6Network("::1"))
#: what nobody answers at
_NOWHERE = "none"


class Readiness:
    """Asks the store at most once a second, however many ask us."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._store_fault = ""
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()

    async def problems(self) -> tuple[str, ...]:
        """Return why no traffic should come, a sentence each; empty when the hub is ready."""
        async with self._asking:
            if perf_counter() - self._asked_at >= _HOLDS:
                self._store_fault = await self._ask_store()
                self._asked_at = perf_counter()
        return (*filter(None, [self._store_fault]), *self._hub.hindrances())

    async def _ask_store(self) -> str:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._hub.store.ping()
        except TimeoutError:
            return f"The store has not answered within {_PATIENCE:g} s."
        except Retryable as error:
            return str(error)
        return ""


READINESS = web.AppKey("readiness", Readiness)


async def healthz(request: web.Request) -> web.StreamResponse:
    """Tell how the hub is. The process answers, so this is 200 even while parts of it are not well."""
    return web.json_response(request.app[HUB].health(), headers=_FRESH)


async def readyz(request: web.Request) -> web.StreamResponse:
    """Tell whether traffic should come: 503 with the reasons while it should not."""
    problems = await request.app[READINESS].problems()
    body = {"status": "not ready" if problems else "ready", "problems": list(problems)}
    return web.json_response(body, status=503 if problems else 200, headers=_FRESH)


async def metrics(request: web.Request) -> web.StreamResponse:
    """Tell Prometheus how the hub is doing: this machine, or whoever shows the token."""
    if not _may_read(request):
        problem = "Metrics are for this machine, and for those who show the token under hub.metrics.token.\n"
        return web.Response(status=HTTPStatus.FORBIDDEN, text=problem, headers=_FRESH)
    body = await request.app[HUB].metrics()
    return web.Response(body=body, headers={**_FRESH, "Content-Type": CONTENT_TYPE})


def _may_read(request: web.Request) -> bool:
    settings = request.app[HUB].settings.hub
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    if settings.metrics.token is not None and scheme.lower() == "bearer":
        token = settings.metrics.token.get_secret_value()
        return hmac.compare_digest(shown.strip().encode("utf-8", "replace"), token.encode())
    # A proxy on this machine speaks for others.
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return is_within(request.remote or "", _HERE) and not forwarded


@web.middleware
async def measure(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count every request and how long it took; a socket is no request."""
    began, status = perf_counter(), 500
    try:
        response = await handler(request)
        status = response.status
    except web.HTTPException as error:
        status = error.status
        raise
    finally:
        if status != HTTPStatus.SWITCHING_PROTOCOLS:
            request.app[HUB].meters.answered(_operation(request), status, perf_counter() - began)
    return response


def _operation(request: web.Request) -> str:
    """Return the route's own path, so that ids in addresses do not become names of their own."""
    resource = request.match_info.route.resource
    return f"{request.method} {resource.canonical}" if resource is not None else _NOWHERE


async def watch_loop(app: web.Application) -> AsyncIterator[None]:
    """Measure how late the event loop comes to what is due, while the application runs."""
    task = asyncio.create_task(_watch(app[HUB]), name="event loop lag")
    yield
    task.cancel()
    await asyncio.wait([task])


async def _watch(hub: Hub) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _LOOK
        await asyncio.sleep(_LOOK)
        hub.meters.lag.observe(max(0.0, loop.time() - due))


ROUTES = (web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics))
