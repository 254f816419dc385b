"""A message of ours as Telegram takes it: pieces in order, each one call, files kept together where possible."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiogram import Bot
from aiogram.methods import (
    SendAnimation,
    SendAudio,
    SendDocument,
    SendMediaGroup,
    SendMessage,
    SendPhoto,
    SendSticker,
    SendVideo,
    SendVideoNote,
    SendVoice,
    TelegramMethod,
)
from aiogram.types import InputFile, InputMediaAudio, InputMediaDocument, InputMediaPhoto, InputMediaVideo

from bots.telegram.catalogue import say
from bots.telegram.text import CAPTION, split, to_telegram, units
from router.media import Attachment, MediaKind
from router.model import Message
from router.ports import Files
from router.rules import Language

#: bytes that bots may upload; a picture larger than that goes as a document
LARGEST, LARGEST_PHOTO = 50 * 1000 * 1000, 10 * 1000 * 1000
#: files in one album
_ALBUM = 10
_ALBUMS: Mapping[MediaKind, str] = {"photo": "seen", "video": "seen", "file": "file", "audio": "audio"}
_PHOTOS = {"image/jpeg", "image/png", "image/webp"}


class HubFile(InputFile):
    """A file of the hub's, read while it is uploaded."""

    def __init__(self, files: Files, file: Attachment) -> None:
        super().__init__(filename=file.name)
        self._files, self._id = files, file.id

    async def read(self, bot: Bot) -> AsyncGenerator[bytes, None]:  # noqa: ARG002 - as aiogram wants it
        """Yield its bytes."""
        async for chunk in self._files.read(self._id):
            yield chunk


@dataclass(frozen=True, slots=True)
class Piece:
    """One call that makes one message or, for an album, several."""

    #: makes the call's method of where it goes, and of what it answers and the buttons it bears
    make: Callable[[Mapping[str, Any]], TelegramMethod[Any]]
    #: messages that it makes
    count: int = 1
    #: what it is, for staff
    called: str = "the text"
    #: an album has no buttons
    may_have_buttons: bool = True
    #: carries a file
    uploads: bool = False


@dataclass(slots=True)
class Plan:
    """The pieces of a message: first the files, then the text, where that is not below a file."""

    pieces: list[Piece] = field(default_factory=list)
    #: messages that files make; those after them hold the text
    media: int = 0


def shown_kind(file: Attachment) -> MediaKind:
    """Return how Telegram is to show a file."""
    if file.kind == "photo" or (file.kind == "file" and file.media_type in _PHOTOS):
        return "photo" if file.size <= LARGEST_PHOTO and file.media_type in _PHOTOS else "file"
    if file.kind == "file" and file.media_type == "video/mp4":
        return "video"
    if file.kind == "voice" and file.media_type not in {"audio/ogg", "audio/mpeg", "audio/mp4", "application/ogg"}:
        return "file"
    return file.kind


def planned(message: Message, files: Files, link: Callable[[Attachment], str], language: Language) -> Plan:
    """Return how a message is sent. What is too large becomes a link at the end of its text."""
    small = [file for file in message.attachments if file.size <= LARGEST]
    text = full_text(message, link, language)
    groups = list(grouped(small))
    below = has_caption(message, text, groups)
    plan = Plan()
    for n, group in enumerate(groups):
        caption = _caption(text, message) if below and n == 0 else {}
        plan.pieces.append(_media(group, files, caption))
        plan.media += len(group)
    if text and not below:
        plan.pieces += [_words(part.text, part.entities) for part in split(text, message.entities) if not part.is_blank]
    return plan


def full_text(message: Message, link: Callable[[Attachment], str], language: Language) -> str:
    """Return a message's text, with links to what is too large for Telegram at its end."""
    links = [say("too_large", language, name=f.name, url=link(f)) for f in message.attachments if f.size > LARGEST]
    return "\n\n".join(filter(None, [message.text, *links]))


def has_caption(message: Message, text: str, groups: Sequence[Sequence[Attachment]]) -> bool:
    """Return whether the text stands below the first file: it fits, and all files are shown together."""
    if not text or len(groups) != 1 or units(text) > CAPTION:
        return False
    return shown_kind(groups[0][0]) not in {"sticker", "video_note"} and not (message.choices and len(groups[0]) > 1)


def grouped(files: Sequence[Attachment]) -> Iterator[list[Attachment]]:
    """Yield files that are shown together: pictures with videos, documents, music; everything else alone."""
    together: dict[str, list[Attachment]] = {}
    for n, file in enumerate(files):
        together.setdefault(_ALBUMS.get(shown_kind(file), f"alone {n}"), []).append(file)
    for group in together.values():
        yield from (group[at : at + _ALBUM] for at in range(0, len(group), _ALBUM))


def _caption(text: str, message: Message) -> dict[str, Any]:
    return {"caption": text, "caption_entities": to_telegram(text, message.entities) or None}


def _words(text: str, entities: Sequence[Any]) -> Piece:
    shown = to_telegram(text, entities) or None
    return Piece(lambda more: SendMessage(text=text, entities=shown, parse_mode=None, **more))


def _media(group: Sequence[Attachment], files: Files, caption: Mapping[str, Any]) -> Piece:
    called = ", ".join(file.name for file in group)
    if len(group) == 1:
        make = _SINGLE[shown_kind(group[0])]
        return Piece(
            lambda more: make(group[0], HubFile(files, group[0]), {**caption, **more}), 1, called, uploads=True
        )

    def album(more: Mapping[str, Any]) -> TelegramMethod[Any]:
        media = [_in_album(each, files, caption if n == 0 else {}) for n, each in enumerate(group)]
        return SendMediaGroup(media=media, **more)

    return Piece(album, len(group), called, may_have_buttons=False, uploads=True)


def _in_album(file: Attachment, files: Files, caption: Mapping[str, Any]) -> Any:
    kinds = {"photo": InputMediaPhoto, "video": InputMediaVideo, "audio": InputMediaAudio}
    kind: Any = kinds.get(shown_kind(file), InputMediaDocument)
    return kind(media=HubFile(files, file), parse_mode=None, **_played(file), **caption)


def _played(file: Attachment) -> dict[str, Any]:
    played = shown_kind(file) in {"video", "audio", "voice", "video_note", "animation"}
    return {"duration": file.duration} if played and file.duration else {}


_Make = Callable[[Attachment, HubFile, Mapping[str, Any]], TelegramMethod[Any]]
_SINGLE: Mapping[MediaKind, _Make] = {
    "photo": lambda _, it, more: SendPhoto(photo=it, parse_mode=None, **more),
    "video": lambda file, it, more: SendVideo(video=it, parse_mode=None, **_played(file), **more),
    "video_note": lambda file, it, more: SendVideoNote(video_note=it, **_played(file), **more),
    "voice": lambda file, it, more: SendVoice(voice=it, parse_mode=None, **_played(file), **more),
    "audio": lambda file, it, more: SendAudio(audio=it, parse_mode=None, **_played(file), **more),
    "animation": lambda file, it, more: SendAnimation(animation=it, parse_mode=None, **_played(file), **more),
    "sticker": lambda _, it, more: SendSticker(sticker=it, **more),
    "file": lambda _, it, more: SendDocument(document=it, parse_mode=None, **more),
}
