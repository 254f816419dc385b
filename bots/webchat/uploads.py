"""Visitors' files: taken in and given out as streams."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Mapping
from urllib.parse import quote

from aiohttp import ClientPayloadError, StreamReader, web

from bots.webchat.catalogue import closest, say
from bots.webchat.mapping import file_frame, one_line, player_of
from bots.webchat.origins import sharing
from bots.webchat.running import Running
from bots.webchat.settings import MEGABYTE
from router.errors import Rejected, Retryable
from router.media import Attachment

_CHUNK = 64 * 1024
#: seconds within which the next piece of a file has to come
_STALL = 60.0
#: even if a browser could be talked into showing a file, nothing in it may run or load
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, max-age=604800, immutable",
}


async def take(running: Running, request: web.Request) -> web.Response:
    """Keep the request's body as a file of the visitor's chat; answer with its description."""
    language = closest(request.headers.get("Accept-Language", ""))
    visitor = running.tokens.visitor(request.headers.get("Authorization", "").removeprefix("Bearer "))
    if visitor is None:
        return _sorry(request, 401, "sign_in", say("sign_in", language))
    limit = running.settings.max_file
    if (request.content_length or 0) > limit:
        return _sorry(request, 413, "file_too_large", say("file_too_large", language, limit=_megabytes(limit)))
    wait = running.uploads.spend(visitor, running.address(request))
    if wait:
        text = say("upload_rate_limited", language, seconds=math.ceil(wait))
        return _sorry(request, 429, "rate_limited", text, {"Retry-After": str(math.ceil(wait))})
    body = _Body(request.content)
    name = one_line(request.query.get("name", ""), 200).replace("/", "_").replace("\\", "_") or "file"
    try:
        file = await running.host.files.put(body.chunks(), name=name, channel=running.name, chat=visitor, limit=limit)
    except Rejected:
        code, status = body.blame(limit)
        return _sorry(request, status, code, say(code, language, limit=_megabytes(limit)))
    except (ConnectionError, ClientPayloadError, TimeoutError):
        return _sorry(request, 400, "file_incomplete", say("file_incomplete", language))
    except Retryable:
        return _sorry(request, 503, "busy", say("busy", language), {"Retry-After": "2"})
    return web.json_response(file_frame(file, running.link(visitor, file.id)), headers=sharing(request))


class _Body:
    """The bytes of a request, counted as they pass."""

    def __init__(self, content: StreamReader) -> None:
        self._content = content
        self._passed = 0

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the bytes. Raises `TimeoutError` when they stop coming."""
        while True:
            async with asyncio.timeout(_STALL):
                chunk = await self._content.readany()
            if not chunk:
                return
            self._passed += len(chunk)
            yield chunk

    def blame(self, limit: int) -> tuple[str, int]:
        """Return why a file was rejected: the sentence's key and the HTTP status."""
        if self._passed > limit:
            return "file_too_large", 413
        return ("file_empty", 400) if not self._passed else ("file_refused", 415)


async def give(running: Running, request: web.Request) -> web.StreamResponse:
    """Answer with a file, or the range of it that was asked for, to whoever has a link to it."""
    file = await _linked(running, request)
    if file is None:
        text = say("file_not_yours", closest(request.headers.get("Accept-Language", "")))
        return _sorry(request, 404, "file_not_yours", text)
    try:
        start, stop = _range(request, file.size)
    except ValueError:
        headers = {**sharing(request), "Content-Range": f"bytes */{file.size}"}
        return web.Response(status=416, headers=headers)
    response = web.StreamResponse(status=206 if (start, stop) != (0, file.size) else 200, headers=_headers(file))
    response.headers.update(sharing(request))
    response.content_length = stop - start
    if response.status == 206:
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
    await response.prepare(request)
    if request.method != "HEAD":
        await _pour(running, file, start, stop, response)
    return response


async def _linked(running: Running, request: web.Request) -> Attachment | None:
    linked = running.tokens.linked(request.match_info["key"])
    if linked is None:
        return None
    visitor, file = linked
    return await running.host.files.find(file, channel=running.name, chat=visitor)


def _range(request: web.Request, size: int) -> tuple[int, int]:
    """Return the bytes asked for as (start, stop). Raises `ValueError` for those that do not exist.

    Several ranges in one request are answered with the whole file, which RFC 9110 (14.2) allows.
    """
    if "," in request.headers.get("Range", ""):
        return 0, size
    wanted = request.http_range
    start, stop, _ = wanted.indices(size)
    if wanted.start is not None and start >= stop:
        raise ValueError("the range lies outside of the file")
    return start, stop


async def _pour(running: Running, file: Attachment, start: int, stop: int, response: web.StreamResponse) -> None:
    left = stop - start
    async for chunk in running.host.files.read(file.id, start=start):
        await response.write(chunk[:left])
        left -= len(chunk)
        if left <= 0:
            break


def _headers(file: Attachment) -> Mapping[str, str]:
    disposition = "inline" if file.is_picture else "attachment"
    return {
        **_SAFE,
        # Only what is looked at or played keeps its type: nothing else is ever shown in the page's name.
        "Content-Type": file.media_type if file.is_picture or player_of(file) else "application/octet-stream",
        "Content-Disposition": f"{disposition}; filename*=UTF-8''{quote(file.name, safe='')}",
        "ETag": f'"{quote(file.id)}"',
    }


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:g}"


def _sorry(
    request: web.Request, status: int, code: str, text: str, headers: Mapping[str, str] | None = None
) -> web.Response:
    body = {"code": code, "text": text}
    return web.json_response(body, status=status, headers={**sharing(request), **(headers or {})})
