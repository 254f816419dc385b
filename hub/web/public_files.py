"""Files for whoever has a signed link to them: what a messenger cannot carry, its client fetches here."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from hub.web.api_files import stream
from hub.web.keys import HUB
from hub.web.problems import Problem


async def give(request: web.Request) -> web.StreamResponse:
    """Answer with the file, or the range of it that was asked for. It is always saved, never shown in a page."""
    try:
        return await _given(request)
    except Problem as problem:
        return web.Response(text=problem.detail, status=problem.status, headers=problem.headers)


async def _given(request: web.Request) -> web.StreamResponse:
    hub = request.app[HUB]
    file = hub.links.opened(request.match_info["token"])
    found = await hub.store.files.described(file) if file is not None else None
    if found is None:
        detail = "This link leads nowhere, or it is older than a week. Please ask for the file again in the chat."
        raise Problem(HTTPStatus.NOT_FOUND, detail)
    return await stream(request, found, always_saved=True)


ROUTES = (web.get("/files/{token}/{name}", give),)
