"""What clients send besides words: files that stay with Telegram until the hub fetches them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bots.telegram.reading import Json, listed, one_line, part, size, words
from router.errors import Unparsable
from router.ids import derive
from router.media import Attachment, MediaKind


@dataclass(frozen=True, slots=True)
class _Looks:
    kind: MediaKind
    name: str
    media_type: str


_MEDIA: Mapping[str, _Looks] = {
    # An animation comes as a document, too: it stands before it.
    "animation": _Looks("animation", "animation.mp4", "video/mp4"),
    "video": _Looks("video", "video.mp4", "video/mp4"),
    "video_note": _Looks("video_note", "video.mp4", "video/mp4"),
    "voice": _Looks("voice", "voice.ogg", "audio/ogg"),
    "audio": _Looks("audio", "audio.mp3", "audio/mpeg"),
    "sticker": _Looks("sticker", "sticker.webp", "image/webp"),
    "document": _Looks("file", "file", "application/octet-stream"),
}


def attachments_of(message: Json, update: str) -> tuple[Attachment, ...]:
    """Return the file of a message, if it has one. Raises `Unparsable`."""
    if message.get("photo") is not None:
        return (_photo(message, update),)
    for name, looks in _MEDIA.items():
        if message.get(name) is not None:
            return (_file(part(message, name), looks, update),)
    return ()


def _photo(message: Json, update: str) -> Attachment:
    sizes = listed(message, "photo")
    if not sizes:
        raise Unparsable("Expected at least one size of a photo in an update of Telegram.")
    largest = max(sizes, key=lambda it: (size(it, "width") * size(it, "height"), size(it, "file_size")))
    return _file(largest, _Looks("photo", "photo.jpg", "image/jpeg"), update)


def _file(it: Json, looks: _Looks, update: str) -> Attachment:
    source = words(it, "file_id")
    if not source:
        raise Unparsable("Expected the file_id of a file in an update of Telegram.")
    name, media_type = one_line(it, "file_name"), one_line(it, "mime_type")
    if looks.kind == "sticker":
        name, media_type = _sticker(it)
    return Attachment(
        derive("telegram file", update),
        name.replace("/", "_").replace("\\", "_") or looks.name,
        media_type or looks.media_type,
        size(it, "file_size"),
        kind=looks.kind,
        duration=size(it, "duration"),
        source=source,
    )


def _sticker(it: Json) -> tuple[str, str]:
    if it.get("is_video") is True:
        return "sticker.webm", "video/webm"
    if it.get("is_animated") is True:
        return "sticker.tgs", "application/x-tgsticker"
    return "sticker.webp", "image/webp"
