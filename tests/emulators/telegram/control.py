"""A small JSON API with which other programs, and the page, do what people do."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.emulators.telegram import deeds, views
from tests.emulators.telegram.files import StoredFile
from tests.emulators.telegram.people import User

if TYPE_CHECKING:
    from tests.emulators.telegram.emulator import TelegramEmulator

STATIC = Path(__file__).parent / "static"
#: Only these are shown by browsers in place; all else is downloaded.
_IN_PLACE = ("image/png", "image/jpeg", "image/gif", "image/webp", "video/", "audio/")


class Control:
    """Routes `/` and `/control/…`. Wrong requests are answered 400 with `{"error": …}`."""

    def __init__(self, telegram: TelegramEmulator) -> None:
        self._telegram = telegram
        self._world = telegram.world

    def add_to(self, app: web.Application) -> None:
        """Add the routes to an application."""
        app.router.add_get("/", self._page)
        app.router.add_static("/static", STATIC)
        app.router.add_get("/control/state", self._state)
        app.router.add_get("/control/events", self._events)
        app.router.add_get("/control/calls", self._calls)
        app.router.add_get("/control/files/{number}", self._file)
        app.router.add_post("/control/bots", self._told(self._add_bot))
        app.router.add_post("/control/users", self._told(self._add_user))
        app.router.add_post("/control/groups", self._told(self._add_group))
        app.router.add_post("/control/users/{user}/files", self._send_file)
        app.router.add_post("/control/users/{user}/{deed}", self._told(self._do))

    def _told(
        self, act: Callable[[web.Request, dict[str, Any]], Awaitable[Any]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handler(request: web.Request) -> web.Response:
            # A page of another site can send JSON only after asking first, which this server never allows.
            if request.content_type != "application/json":
                return _wrong("send JSON, with Content-Type: application/json")
            try:
                return web.json_response(await act(request, await _body(request)))
            except (LookupError, ValueError, TypeError, RuntimeError) as error:
                return _wrong(_said(error))

        return handler

    async def _page(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(STATIC / "index.html")

    async def _state(self, request: web.Request) -> web.Response:
        return web.json_response(views.state(self._world))

    async def _events(self, request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await stream.prepare(request)
        while True:
            version = self._world.version
            await stream.write(f"data: {version}\n\n".encode())
            if version == self._world.version:
                await self._world.changed()

    async def _calls(self, request: web.Request) -> web.Response:
        since = int(request.query.get("since", 0))
        shown = [
            {
                "bot": record.bot.username,
                "method": record.method,
                "params": record.params,
                "time": record.time,
                "error": record.error.description if record.error else "",
            }
            for record in self._telegram.calls[since:]
        ]
        text = json.dumps({"next": since + len(shown), "calls": shown}, default=lambda upload: upload.name)
        return web.json_response(text=text)

    async def _file(self, request: web.Request) -> web.Response:
        file = self._world.files.by_number(int(request.match_info["number"]))
        if file is None:
            return _wrong("there is no such file", status=404)
        return web.Response(body=file.data, headers=_file_headers(file))

    async def _add_bot(self, request: web.Request, body: dict[str, Any]) -> Any:
        return views.bot_view(self._telegram.add_bot(**body))

    async def _add_user(self, request: web.Request, body: dict[str, Any]) -> Any:
        if not str(body.get("name", "")).strip():
            raise ValueError("a person needs a name")
        return views.user_view(self._telegram.add_user(**body))

    async def _add_group(self, request: web.Request, body: dict[str, Any]) -> Any:
        return views.chat_view(deeds.add_group(self._telegram, **body))

    async def _do(self, request: web.Request, body: dict[str, Any]) -> Any:
        return await deeds.do(self._world, self._user(request), request.match_info["deed"], body)

    async def _send_file(self, request: web.Request) -> web.Response:
        if request.content_type != "application/octet-stream":
            return _wrong("send the bytes of the file, with Content-Type: application/octet-stream")
        try:
            message = deeds.send_file(self._world, self._user(request), dict(request.query), await request.read())
        except (LookupError, ValueError, RuntimeError) as error:
            return _wrong(_said(error))
        return web.json_response(views.message_view(message))

    def _user(self, request: web.Request) -> User:
        number = request.match_info["user"]
        if not number.isdigit() or int(number) not in self._world.users:
            raise LookupError(f"There is no user {number}: take the id of one from /control/state.")
        return self._world.users[int(number)]


async def _body(request: web.Request) -> dict[str, Any]:
    body = await request.json()
    if not isinstance(body, dict):
        raise ValueError("send a JSON object")
    return body


def _said(error: Exception) -> str:
    return f"there is no {error.args[0]!r}" if isinstance(error, KeyError) else str(error)


def _wrong(what: str, status: int = 400) -> web.Response:
    return web.json_response({"error": what}, status=status)


def _file_headers(file: StoredFile) -> dict[str, str]:
    safe = file.mime.startswith(_IN_PLACE)
    headers = {"Content-Type": file.mime if safe else "application/octet-stream", "X-Content-Type-Options": "nosniff"}
    return headers | ({} if safe else {"Content-Disposition": "attachment"})
