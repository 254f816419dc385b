"""The Bot API over HTTP: reads calls, lets faults strike, answers as Telegram does."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import dataclass
from typing import Any

from aiohttp import BodyPartReader, web

from tests.emulators.telegram import (
    methods_about,
    methods_ask,
    methods_change,
    methods_send,
    methods_topics,
    methods_updates,
)
from tests.emulators.telegram.bots import Bot
from tests.emulators.telegram.calls import HANDLERS, Call
from tests.emulators.telegram.checking import Upload, fields, read_parameters
from tests.emulators.telegram.errors import ApiError, bad_request, unauthorized
from tests.emulators.telegram.faults import Fault, Faults
from tests.emulators.telegram.files import DOWNLOAD_LIMIT
from tests.emulators.telegram.limiter import Limiter
from tests.emulators.telegram.table import METHODS
from tests.emulators.telegram.world import World

_MODULES = (methods_about, methods_ask, methods_change, methods_send, methods_topics, methods_updates)
_BY_LOWER = {name.lower(): name for name in METHODS}
#: What one request may carry: a file of 50 MB and its form.
_BODY_LIMIT = 64 * 2**20


@dataclass
class Record:
    """One call as it came, for assertions."""

    bot: Bot
    method: str
    #: typed where they could be read, otherwise raw
    params: dict[str, Any]
    #: Unix time with fractions, by the emulator's clock
    time: float
    #: the error it was answered, or None
    error: ApiError | None = None


class Server:
    """Routes `/bot<token>/<method>` and `/file/bot<token>/<path>`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.faults = Faults()
        self.limiter = Limiter(world.now)
        self.calls: list[Record] = []
        #: the emulator's own mistakes, which `TelegramEmulator.close` raises so that no test passes over them
        self.broken: list[Exception] = []

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application(client_max_size=_BODY_LIMIT)
        app.router.add_route("*", "/bot{token:[^/]*}/{method}", self.serve)
        app.router.add_get("/file/bot{token:[^/]*}/{path:.+}", self.download)
        return app

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        try:
            bot = self._bot(request.match_info["token"])
            method = _method(request.match_info["method"])
            raw, uploads = await _read(request)
            return await self._with_faults(request, bot, method, raw, uploads)
        except ApiError as error:
            return _refused(error)
        except Exception as error:
            self.broken.append(error)
            raise

    def _bot(self, token: str) -> Bot:
        bot = self.world.bots.get(token)
        if bot is None and not re.fullmatch(r"\d+:[\w-]+", token):
            raise ApiError(404, "Not Found")
        if bot is None or bot.revoked:
            raise unauthorized()
        return bot

    async def _with_faults(
        self, request: web.Request, bot: Bot, method: str, raw: dict[str, Any], uploads: dict[str, Upload]
    ) -> web.StreamResponse:
        fault = self.faults.take(bot, method, raw)
        kind = fault.kind if fault else ""
        if fault and kind in ("refuse", "html", "hang_up_before"):
            self._note(bot, method, raw, fault.error)
            return _struck(request, fault)
        if fault and kind == "stall_before":
            await fault.wait_for_release()
        answer = await self._answer(bot, method, raw, uploads)
        if fault and kind == "stall_after":
            await fault.wait_for_release()
        return _hung_up(request) if kind == "hang_up_after" else answer

    async def _answer(self, bot: Bot, method: str, raw: dict[str, Any], uploads: dict[str, Upload]) -> web.Response:
        record = self._note(bot, method, raw)
        try:
            record.params = read_parameters(method, raw)
            self.limiter.check(bot.id, method, record.params)
            result = HANDLERS[method](Call(self.world, bot, method, record.params, uploads))
            if inspect.isawaitable(result):
                result = await result
        except ApiError as error:
            record.error = error
            self.world.touch()
            raise
        return web.json_response({"ok": True, "result": result})

    def _note(self, bot: Bot, method: str, params: dict[str, Any], error: ApiError | None = None) -> Record:
        record = Record(bot, method, params, self.world.now().timestamp(), error)
        self.calls.append(record)
        self.world.touch()
        return record

    async def download(self, request: web.Request) -> web.StreamResponse:
        """Give out a file."""
        try:
            bot = self._bot(request.match_info["token"])
        except ApiError as error:
            return _refused(error)
        fault = self.faults.take(bot, "download", {})
        if fault and not fault.kind.startswith("stall"):
            return _struck(request, fault)
        if fault:
            await fault.wait_for_release()
        file = self.world.files.by_path(request.match_info["path"])
        if file is None or file.size > DOWNLOAD_LIMIT:
            return _refused(ApiError(404, "Not Found"))
        return web.Response(body=file.data, content_type="application/octet-stream")


def _method(name: str) -> str:
    if name.lower() not in _BY_LOWER:
        raise ApiError(404, "Not Found: method not found")
    return _BY_LOWER[name.lower()]


async def _read(request: web.Request) -> tuple[dict[str, Any], dict[str, Upload]]:
    raw: dict[str, Any] = dict(request.query)
    if request.method not in ("GET", "POST"):
        raise ApiError(405, "Method Not Allowed")
    if request.method == "GET" or not request.can_read_body:
        return raw, {}
    if request.content_type == "application/json":
        return raw | await _read_json(request), {}
    if request.content_type == "multipart/form-data":
        return await _read_multipart(request, raw)
    return raw | dict(await request.post()), {}


async def _read_json(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except ValueError:
        raise bad_request("can't parse JSON object") from None
    if not isinstance(body, dict):
        raise bad_request("object expected")
    return body


async def _read_multipart(request: web.Request, raw: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Upload]]:
    uploads = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            raise bad_request("every part of a form has a name")
        data = bytes(await part.read(decode=True))
        if part.filename is None:
            raw[part.name] = data.decode()
        else:
            uploads[part.name] = Upload(part.filename, data)
    direct = {name: upload for name, upload in uploads.items() if name in _FILE_FIELDS}
    return raw | direct, uploads


_FILE_FIELDS = frozenset(
    field.name for row in METHODS.values() for field in fields(row).values() if field.type == "file"
)


def _refused(error: ApiError) -> web.Response:
    return web.json_response(error.body(), status=error.code)


def _struck(request: web.Request, fault: Fault) -> web.Response:
    if fault.error is None:
        return _hung_up(request)
    if fault.kind == "html":
        page = f"<html><head><title>{fault.error.code} {fault.error.description}</title></head></html>"
        return web.Response(status=fault.error.code, text=page, content_type="text/html")
    return _refused(fault.error)


def _hung_up(request: web.Request) -> web.Response:
    """Break the connection; what is returned reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
