"""The web application: pages, the API, and the channels' own routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import cast

from aiohttp import web

from hub.catalogs import read_catalog
from hub.passwords import Passwords
from hub.web import api_commands, api_conversations, api_feed, api_files, api_session, api_staff, pages
from hub.web.facade import Hub
from hub.web.followers import Followers
from hub.web.hydrate import Hydrator
from hub.web.keys import FOLLOWERS, HUB, HYDRATOR, SESSIONS, SIGN_IN, TEXTS
from hub.web.operations import Operation
from hub.web.problems import speak_problems
from hub.web.security import protect, refuse_foreign_pages
from hub.web.sessions import Sessions
from hub.web.signin import SignInDesk
from router.ports import Channel, Routed

API = "/api/v1"
#: every operation of the API for signed-in operators
OPERATIONS: tuple[Operation, ...] = (
    *api_session.OPERATIONS,
    *api_conversations.OPERATIONS,
    *api_commands.OPERATIONS,
    *api_files.OPERATIONS,
    *api_staff.OPERATIONS,
    *api_feed.OPERATIONS,
)


def build_app(hub: Hub) -> web.Application:
    """Return the application that serves everything over HTTP."""
    app = web.Application(middlewares=[speak_problems, refuse_foreign_pages])
    app[HUB] = hub
    app[TEXTS] = read_catalog("hub.web")
    app[SESSIONS] = Sessions(hub)
    app[SIGN_IN] = SignInDesk(hub, Passwords())
    app[FOLLOWERS] = Followers()
    app.on_shutdown.append(app[FOLLOWERS].close)
    app[HYDRATOR] = Hydrator(hub.store)
    app[pages.TEMPLATES] = pages.environment()
    app.on_response_prepare.append(protect)
    app.cleanup_ctx.append(_close_hydrator)
    app.add_routes(web.route(it.method, API + it.path, it.handler) for it in OPERATIONS)
    app.add_routes([*api_session.PUBLIC, *api_feed.SOCKETS, *pages.ROUTES])
    app.add_routes([web.static("/static", pages.HERE / "static", append_version=True)])
    for channel in hub.channels.values():
        app.add_routes(_routes(channel))
    return app


def _routes(channel: Channel) -> Iterable[web.AbstractRouteDef]:
    return cast("Iterable[web.AbstractRouteDef]", channel.routes()) if isinstance(channel, Routed) else ()


async def _close_hydrator(app: web.Application) -> AsyncIterator[None]:
    yield
    await app[HYDRATOR].close()
