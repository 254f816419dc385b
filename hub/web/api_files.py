"""Files of a conversation, streamed in and out and never whole in memory."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from urllib.parse import quote

from aiohttp import web

from hub.web.access import visible, visible_client
from hub.web.bodies import NewFile, Nothing
from hub.web.keys import HUB
from hub.web.message_views import FileView
from hub.web.operations import Call, operation
from hub.web.present import file_view, photo_of
from hub.web.problems import Problem, not_found
from router.errors import Conflict, Rejected
from router.media import Attachment
from router.model import Conversation
from router.ports import Files

#: bytes
MAX_FILE = 20 * 1024 * 1024
_CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")
#: a file opened by itself may run nothing and load nothing
_SANDBOX = "default-src 'none'; sandbox"


class _Body:
    """The bytes of a request, digested as they pass."""

    def __init__(self, request: web.Request) -> None:
        self._content = request.content
        self.digest = hashlib.sha256()

    async def chunks(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._content.iter_chunked(_CHUNK):
            size += len(chunk)
            if size > MAX_FILE:
                raise _too_large()
            self.digest.update(chunk)
            yield chunk


@operation(
    "POST",
    "/conversations/{id}/files",
    "Upload a file: its bytes are the body",
    query=NewFile,
    problems=(HTTPStatus.REQUEST_ENTITY_TOO_LARGE,),
    upload=True,
)
async def upload(call: Call[Nothing, NewFile]) -> FileView:
    """Keep the file, of at most 20 MB, so that a reply or note can attach it. Its type is judged by its content."""
    it = await visible(call.hub, call.path("id"), call.operator)
    if (call.request.content_length or 0) > MAX_FILE:
        raise _too_large()
    body, key = _Body(call.request), f"{call.operator}:{it.id}:{call.key}"
    try:
        kept = await _keep(call, it, body, key)
    except Conflict:
        kept = await _repeated(call.hub.store.files, body, key)
    except Rejected as error:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
    return file_view(it.id, kept)


async def _keep(call: Call[Nothing, NewFile], it: Conversation, body: _Body, key: str) -> Attachment:
    return await call.hub.store.files.put(
        body.chunks(), name=call.query.name, channel=it.channel, chat=it.chat, limit=MAX_FILE, key=key
    )


async def _repeated(files: Files, body: _Body, key: str) -> Attachment:
    """Return the file that the same upload kept before. Raises a 422 `Problem` when it had other bytes."""
    kept = await files.kept_under(key)
    digest = hashlib.sha256()
    if kept is not None:
        async for chunk in files.read(kept.id):
            digest.update(chunk)
    if kept is None or digest.digest() != body.digest.digest():
        detail = "This Idempotency-Key was used for a different file. Use a new key for each file."
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
    return kept


def _too_large() -> Problem:
    detail = f"A file may have at most {MAX_FILE // 1024 // 1024} MB. Please send a smaller one, or a link to it."
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)


@operation(
    "GET",
    "/conversations/{id}/files/{file}",
    "Read a file of the conversation, or a range of it",
    problems=(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,),
)
async def download(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """Stream the file. Only pictures are shown by browsers, everything else is saved."""
    it = await visible(call.hub, call.path("id"), call.operator)
    found = await call.hub.store.files.find(call.path("file"), channel=it.channel, chat=it.chat)
    if found is None:
        raise not_found("file")
    return await stream(call.request, found)


async def stream(request: web.Request, found: Attachment, *, always_saved: bool = False) -> web.StreamResponse:
    """Answer with a file, or the range of it that was asked for. Raises a 416 `Problem`."""
    start, end = wanted_range(request.headers.get("Range", ""), found.size)
    response = web.StreamResponse(headers=_headers(found, shown=found.is_picture and not always_saved))
    response.content_length = left = end - start
    if "Range" in request.headers:
        response.set_status(HTTPStatus.PARTIAL_CONTENT)
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size}"
    await response.prepare(request)
    async for chunk in request.app[HUB].store.files.read(found.id, start=start):
        await response.write(chunk[:left])
        left -= len(chunk)
        if left <= 0:
            break
    await response.write_eof()
    return response


def wanted_range(header: str, size: int) -> tuple[int, int]:
    """Return the first byte wanted and the one after the last. Raises a 416 `Problem` for one that does not exist."""
    if not header:
        return 0, size
    match = _RANGE.fullmatch(header)
    start = int(match[1]) if match else size
    end = min(int(match[2]) + 1, size) if match and match[2] else size
    if start >= end:
        detail = f"Expected a range such as bytes=0-99 within the file's {size} bytes."
        raise Problem(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, detail)
    return start, end


def _is_played(found: Attachment) -> bool:
    """Return whether a browser's player may play it, which runs nothing."""
    return found.media_type.startswith(("audio/", "video/"))


def _headers(found: Attachment, *, shown: bool) -> dict[str, str]:
    how = "inline" if shown else "attachment"
    return {
        "Content-Type": found.media_type if shown or _is_played(found) else "application/octet-stream",
        "Content-Disposition": f"{how}; filename*=UTF-8''{quote(found.name, safe='')}",
        "Content-Security-Policy": _SANDBOX,
        "Cache-Control": "private, max-age=86400, immutable",
        "Accept-Ranges": "bytes",
    }


@operation("GET", "/clients/{id}/photos/{file}", "A client's picture")
async def photo(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """Only to those who may see at least one of the client's conversations. `photo` of the client is its address."""
    found, _ = await visible_client(call.hub, call.path("id"), call.operator)
    if found.photo is None or not photo_of(found) or found.photo.id != call.path("file"):
        raise not_found("file")
    return await stream(call.request, found.photo)


OPERATIONS = (upload, download, photo)
