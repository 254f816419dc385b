"""Clients' and operators' files: taken in and given out as streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote

from aiohttp import StreamReader, web
from pydantic import BaseModel, ValidationError

from bots.http.bodies import NewFile, WantedFile
from bots.http.door import BROKEN_BODY, announced
from bots.http.mapping import encoded, file_view, one_line
from bots.http.problems import Problem, invalid, too_large
from bots.http.running import Running
from router.errors import Rejected
from router.media import Attachment

#: seconds within which the next piece of a file has to come
_STALL = 60.0
#: whatever a file holds, nothing in it may run or load, should a browser be talked into showing it
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, max-age=604800, immutable",
}
_Query = TypeVar("_Query", bound=BaseModel)


async def take_file(running: Running, request: web.Request) -> web.Response:
    """Keep the request's body as a file of a chat."""
    query, limit = _query(request, NewFile), running.settings.max_file
    announced(request, limit)
    running.spend()
    body = _Body(request.content)
    name = one_line(query.name).replace("/", "_").replace("\\", "_") or "file"
    try:
        file = await running.host.files.put(
            body.chunks(), name=name, channel=running.name, chat=query.chat, limit=limit
        )
    except Rejected as error:
        raise (
            too_large(limit) if body.passed > limit else Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
        ) from error
    except BROKEN_BODY as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "The file did not arrive whole: send it again.") from error
    return web.Response(body=encoded(file_view(file)), status=201, headers={"Content-Type": "application/json"})


class _Body:
    """The bytes of a request, counted as they pass."""

    def __init__(self, content: StreamReader) -> None:
        self._content = content
        self.passed = 0

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the bytes. Raises `TimeoutError` when they stop coming."""
        while True:
            async with asyncio.timeout(_STALL):
                chunk = await self._content.readany()
            if not chunk:
                return
            self.passed += len(chunk)
            yield chunk


async def give_file(running: Running, request: web.Request) -> web.StreamResponse:
    """Answer with a file of a chat, whoever of the two sides sent it."""
    chat = _query(request, WantedFile).chat
    file = await running.host.files.find(request.match_info["id"], channel=running.name, chat=chat)
    if file is None:
        raise Problem(HTTPStatus.NOT_FOUND, "There is no such file in this chat.")
    response = web.StreamResponse(headers=_headers(file))
    response.content_length = file.size
    await response.prepare(request)
    async for chunk in running.host.files.read(file.id):
        await response.write(chunk)
    await response.write_eof()
    return response


def _query(request: web.Request, model: type[_Query]) -> _Query:
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        raise invalid(error, "query") from error


def _headers(file: Attachment) -> Mapping[str, str]:
    return {
        **_SAFE,
        "Content-Type": file.media_type,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
        "ETag": f'"{quote(file.id)}"',
    }
