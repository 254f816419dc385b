"""The web application: pages, the API, and the channels' own routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import cast

from aiohttp import web
from aiohttp.typedefs import Handler

from hub.catalogs import read_catalog
from hub.passwords import Passwords
from hub.web import (
    api_commands,
    api_conversations,
    api_feed,
    api_files,
    api_invitations,
    api_leading,
    api_leave,
    api_ledger,
    api_links,
    api_live,
    api_reports,
    api_session,
    api_settings,
    api_staff,
    api_webhooks,
    pages,
    probes,
    public_files,
)
from hub.web.attendance import Attendance
from hub.web.facade import Hub
from hub.web.followers import Followers
from hub.web.hydrate import Hydrator
from hub.web.keys import ATTENDANCE, FOLLOWERS, HUB, HYDRATOR, PACE, SESSIONS, SIGN_IN, TEXTS, TOKENS
from hub.web.operations import Operation
from hub.web.pace import Pace
from hub.web.problems import speak_problems
from hub.web.reference import Reference
from hub.web.security import keep_pace, protect, refuse_foreign_pages
from hub.web.sessions import Sessions
from hub.web.signin import SignInDesk
from hub.web.tokens import Tokens
from router.consoles import Console, RoutedConsole
from router.ports import Channel, Documented, Endpoint, Routed

API = "/api/v1"
#: every operation of the API but those of the channels
OPERATIONS: tuple[Operation, ...] = (
    *api_session.OPERATIONS,
    *api_conversations.OPERATIONS,
    *api_commands.OPERATIONS,
    *api_files.OPERATIONS,
    *api_staff.OPERATIONS,
    *api_invitations.OPERATIONS,
    *api_links.OPERATIONS,
    *api_leave.OPERATIONS,
    *api_live.OPERATIONS,
    *api_reports.OPERATIONS,
    *api_feed.OPERATIONS,
    *api_leading.OPERATIONS,
    *api_webhooks.OPERATIONS,
    *api_settings.OPERATIONS,
    *api_ledger.OPERATIONS,
)


def build_app(hub: Hub) -> web.Application:
    """Return the application that serves everything over HTTP."""
    app = web.Application(middlewares=[probes.measure, speak_problems, keep_pace, refuse_foreign_pages])
    app[HUB] = hub
    app[TEXTS] = read_catalog("hub.web")
    app[SESSIONS] = Sessions(hub)
    app[TOKENS] = Tokens(hub)
    app[PACE] = Pace(hub, app[SESSIONS])
    app[SIGN_IN] = SignInDesk(hub, Passwords())
    app[ATTENDANCE] = Attendance(hub)
    app.on_shutdown.append(app[ATTENDANCE].close)
    app[FOLLOWERS] = Followers()
    app.on_shutdown.append(app[FOLLOWERS].close)
    app[HYDRATOR] = Hydrator(hub.store, hub.recent)
    app[pages.TEMPLATES] = pages.environment()
    app.on_response_prepare.append(protect)
    app.cleanup_ctx.append(_close_hydrator)
    app.add_routes(web.route(it.method, API + it.path, it.handler) for it in OPERATIONS)
    _add_reference(app, hub)
    app[probes.READINESS] = probes.Readiness(hub)
    app.cleanup_ctx.append(probes.watch_loop)
    app.add_routes([*pages.ROUTES, *probes.ROUTES, *public_files.ROUTES])
    app.add_routes([web.static("/static", pages.HERE / "static", append_version=True)])
    parts: list[Channel | Console] = [*hub.channels.values(), *hub.consoles.consoles.values()]
    for part in parts:
        app.add_routes(_routes(part))
    return app


def _add_reference(app: web.Application, hub: Hub) -> None:
    url = (hub.settings.hub.public_url or "").rstrip("/")
    reference = Reference(OPERATIONS, hub.channels.values(), url, app[pages.TEMPLATES])
    app.add_routes([web.get(f"{API}/openapi.json", reference.openapi), web.get(f"{API}/docs", reference.page)])
    app.on_cleanup.append(reference.close)


def _routes(part: Channel | Console) -> Iterator[web.AbstractRouteDef]:
    if isinstance(part, Routed | RoutedConsole):
        yield from cast("Iterable[web.AbstractRouteDef]", part.routes())
    if isinstance(part, Documented):
        for endpoint in part.endpoints():
            yield _route(part.name, endpoint)


def _route(channel: str, endpoint: Endpoint) -> web.AbstractRouteDef:
    path = API + endpoint.path.replace("{channel}", channel)
    return web.route(endpoint.method, path, cast("Handler", endpoint.handler))


async def _close_hydrator(app: web.Application) -> AsyncIterator[None]:
    yield
    await app[HYDRATOR].close()
