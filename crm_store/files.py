"""Files of clients and operators, in GridFS: streamed in and out, never whole in memory."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from typing import Any

from gridfs.errors import FileExists

from crm_store.codec import Document, clean
from crm_store.driver import Database
from crm_store.failures import named_failures
from crm_store.media_type import HEAD, file_name, media_type
from crm_store.transactions import settled
from router.errors import Conflict, Rejected
from router.media import Attachment

BUCKET = "files"


class GridFiles:
    """Implements `router.ports.Files`."""

    def __init__(self, database: Database) -> None:
        self._bucket = database.bucket(BUCKET)
        self._kept = database[f"{BUCKET}.files"]

    async def put(
        self, chunks: AsyncIterator[bytes], *, name: str, channel: str, chat: str, limit: int, key: str = ""
    ) -> Attachment:
        """Keep a file for one chat and judge its type by its content.

        Raises `Rejected` with a full sentence when it is empty or larger than `limit` bytes, `Conflict` when a file
        was kept under the same `key` before, and `Retryable`. Whatever goes wrong, and also when cancelled, nothing of
        the file stays.
        """
        head = await _beginning(chunks, limit)
        if not head:
            raise Rejected("The file is empty: send one that has something in it.")
        kind, name = media_type(head[:HEAD]), file_name(name)
        metadata = {"channel": clean(channel), "chat": clean(chat), "media_type": kind}
        # Not the file's id: two uploads at the same time would then write and clear away each other's parts.
        metadata |= {"key": clean(key)} if key else {}
        id_ = secrets.token_hex(16)
        with named_failures():
            upload = self._bucket.open_upload_stream_with_id(id_, name, metadata=metadata)
            try:
                size = await _write(upload, head, chunks, limit)
                await upload.close()
            except FileExists as error:
                await upload.abort()
                raise Conflict("A file was kept under this key before.") from error
            except BaseException:
                await upload.abort()
                raise
        return Attachment(id=id_, name=name, media_type=kind, size=size)

    async def find(self, file: str, *, channel: str, chat: str) -> Attachment | None:
        """Return the file's description, or None when it does not exist or belongs to another chat."""
        query = {"_id": file, "metadata.channel": channel, "metadata.chat": chat}
        document = await self._kept.find_one(query)
        return _attachment(document) if document is not None else None

    async def described(self, file: str) -> Attachment | None:
        """Return a file's description, whose ever it is."""
        document = await self._kept.find_one({"_id": clean(file)})
        return _attachment(document) if document is not None else None

    async def kept_under(self, key: str) -> Attachment | None:
        """Return the file that was kept under a key."""
        document = await self._kept.find_one({"metadata.key": key})
        return _attachment(document) if document is not None else None

    async def read(self, file: str, *, start: int = 0) -> AsyncIterator[bytes]:
        """Yield the file's bytes from `start`. Raises `Rejected` when there is no such file, and `Retryable`."""
        with named_failures():
            stream: Any = await self._bucket.open_download_stream(clean(file))
            await settled(stream.seek(min(start, stream.length)))
            while chunk := await stream.readchunk():
                yield chunk


async def _beginning(chunks: AsyncIterator[bytes], limit: int) -> bytes:
    """Return at least `HEAD` bytes, or the whole file when it is shorter."""
    head = bytearray()
    async for chunk in chunks:
        head += chunk
        _check(len(head), limit)
        if len(head) >= HEAD:
            break
    return bytes(head)


async def _write(upload: Any, head: bytes, rest: AsyncIterator[bytes], limit: int) -> int:
    """Write everything and return its size in bytes."""
    size = len(head)
    await upload.write(head)
    async for chunk in rest:
        size += len(chunk)
        _check(size, limit)
        await upload.write(chunk)
    return size


def _check(size: int, limit: int) -> None:
    if size > limit:
        raise Rejected(f"The file is too large: at most {limit / 1024 / 1024:.3g} MB can be sent.")


def _attachment(document: Document) -> Attachment:
    return Attachment(
        id=document["_id"],
        name=document["filename"],
        media_type=document["metadata"]["media_type"],
        # The driver's own integer would be no JSON for those who show it.
        size=int(document["length"]),
    )
