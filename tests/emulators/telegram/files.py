"""Files with real bytes, and the identifiers by which each bot knows them."""

from __future__ import annotations

import struct
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.emulators.telegram.errors import bad_request

#: Bots may download up to this many bytes,
DOWNLOAD_LIMIT = 20 * 2**20
#: upload up to this many,
UPLOAD_LIMIT = 50 * 2**20
#: and upload a photo up to this many.
PHOTO_LIMIT = 10 * 2**20

_MIMES = {
    "photo": "image/jpeg",
    "video": "video/mp4",
    "animation": "video/mp4",
    "video_note": "video/mp4",
    "voice": "audio/ogg",
    "audio": "audio/mpeg",
    "sticker": "image/webp",
}


@dataclass(frozen=True)
class StoredFile:
    """One file that somebody sent."""

    number: int
    #: photo, video, voice, video_note, audio, animation, sticker or document
    kind: str
    data: bytes
    name: str
    mime: str
    #: in bytes; tests may say more than `data` has, for files too big to keep
    size: int
    #: width, height, duration, performer, title, emoji …
    facts: dict[str, Any] = field(default_factory=dict)
    #: a smaller picture of it, or None
    thumbnail: StoredFile | None = None

    @property
    def unique_id(self) -> str:
        """Return the identifier that is the same for all bots."""
        return f"AQAD{self.number:08d}"

    def id_for(self, bot_id: int) -> str:
        """Return the `file_id` by which this bot, and no other, may use the file."""
        return urlsafe_b64encode(f"{self.kind}:{self.number}:{bot_id}".encode()).decode().rstrip("=")

    @property
    def path(self) -> str:
        """Return the `file_path`, below `/file/bot<token>/`."""
        folder = {"photo": "photos", "document": "documents", "sticker": "stickers"}.get(self.kind, f"{self.kind}s")
        extension = self.name.rpartition(".")[2] if "." in self.name else "bin"
        return f"{folder}/file_{self.number}.{extension}"


class FileStore:
    """All files of an emulator."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._files: dict[int, StoredFile] = {}

    def keep(
        self, kind: str, data: bytes, name: str = "", *, mime: str = "", size: int | None = None, **facts: Any
    ) -> StoredFile:
        """Keep a file and return it. Pictures get their real width and height, and a thumbnail."""
        facts = _facts(kind, data) | {key: value for key, value in facts.items() if value is not None}
        thumbnail = None
        if kind in ("photo", "video", "animation", "video_note"):
            thumbnail = self._add(StoredFile(next(self._numbers), "photo", *_thumbnail()))
        number = next(self._numbers)
        mime = mime or _MIMES.get(kind, "application/octet-stream")
        name = name or f"file_{number}.{mime.rpartition('/')[2].replace('octet-stream', 'bin')}"
        size = len(data) if size is None else size
        return self._add(StoredFile(number, kind, data, name, mime, size, facts, thumbnail))

    def _add(self, file: StoredFile) -> StoredFile:
        self._files[file.number] = file
        return file

    def by_id(self, file_id: str, bot_id: int) -> StoredFile:
        """Return the file that a bot names. Raises ApiError for an identifier that is not this bot's."""
        try:
            kind, number, owner = urlsafe_b64decode(file_id + "=" * (-len(file_id) % 4)).decode().split(":")
            file = self._files[int(number)]
        except (ValueError, KeyError):
            raise bad_request("wrong file identifier/HTTP URL specified") from None
        if int(owner) != bot_id or file.kind != kind:
            raise bad_request("wrong file identifier/HTTP URL specified")
        return file

    def by_number(self, number: int) -> StoredFile | None:
        """Return the file of a number, or None."""
        return self._files.get(number)

    def by_path(self, path: str) -> StoredFile | None:
        """Return the file of a `file_path`, or None."""
        return next((file for file in self._files.values() if file.path == path), None)


def _facts(kind: str, data: bytes) -> dict[str, Any]:
    width, height = image_size(data) or (640, 360)
    return {
        "photo": {"width": width, "height": height},
        "sticker": {"width": 512, "height": 512},
        "video": {"width": 640, "height": 360, "duration": 1},
        "animation": {"width": 320, "height": 240, "duration": 1},
        "video_note": {"length": 240, "duration": 1},
        "voice": {"duration": 1},
        "audio": {"duration": 1},
    }.get(kind, {})


def check_photo(data: bytes) -> None:
    """Refuse what Telegram would not take as a photo."""
    if len(data) > PHOTO_LIMIT:
        raise bad_request("too big for a photo")
    size = image_size(data)
    if size is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    width, height = size
    if not width or not height or width + height > 10_000 or max(width / height, height / width) > 20:
        raise bad_request("PHOTO_INVALID_DIMENSIONS")


def image_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height of a PNG, GIF, WebP or JPEG picture in pixels, or None for anything else."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if data[:4] == b"GIF8" and len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
        return width, height
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return 512, 512
    return _jpeg_size(data) if data[:2] == b"\xff\xd8" else None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None


def png(width: int, height: int, rgb: tuple[int, int, int] = (160, 160, 160)) -> bytes:
    """Return a PNG picture of one colour."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    rows = (b"\0" + bytes(rgb) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def _thumbnail() -> tuple[bytes, str, str, int, dict[str, Any]]:
    data = png(90, 90)
    return data, "thumbnail.png", "image/png", len(data), {"width": 90, "height": 90}
