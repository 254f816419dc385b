"""What messages carry besides plain words: files as messengers show them, and how parts of a text are shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

MediaKind = Literal["file", "photo", "video", "video_note", "voice", "audio", "animation", "sticker"]
EntityKind = Literal["bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "quote", "link"]


class Attachment(Struct, frozen=True):
    """A file kept by the hub, or about to be."""

    id: str
    name: str
    #: judged by content, never by name; what the platform says until the file is here
    media_type: str
    #: bytes; what the platform says until the file is here, 0 when it does not
    size: int
    #: how messengers show it
    kind: MediaKind = "file"
    #: whole seconds of what is played; 0 when unknown
    duration: int = 0
    #: the platform's own reference to what the hub has not fetched yet; empty once the file is here
    source: str = ""
    #: why it could not be fetched, for staff; empty while that may still happen
    trouble: str = ""

    @property
    def is_here(self) -> bool:
        """Whether the hub has the file."""
        return not self.source and not self.trouble

    @property
    def is_picture(self) -> bool:
        """Whether browsers may show it inline."""
        return self.media_type in {"image/png", "image/jpeg", "image/gif", "image/webp"}


class Entity(Struct, frozen=True):
    """A part of a text that is shown in its own way."""

    kind: EntityKind
    #: characters (code points) from the text's beginning
    start: int
    #: characters
    length: int
    #: where a `link` leads
    url: str = ""


#: parts of one text that may be shown in their own way
MOST_ENTITIES = 500
#: characters
_LONGEST_URL = 2048
#: what a link may begin with: nothing that runs in a browser
_SCHEMES = ("https://", "http://", "mailto:", "tg://")


def leads_somewhere(url: str) -> bool:
    """Return whether an address may be shown as a link."""
    return len(url) <= _LONGEST_URL and url.lower().startswith(_SCHEMES) and not any(map(str.isspace, url))


def sound(text: str, entities: Iterable[Entity]) -> bool:
    """Return whether all entities lie within the text, are not too many, and lead where links may lead."""
    every = tuple(entities)
    return len(every) <= MOST_ENTITIES and all(_fits(text, each) for each in every)


def _fits(text: str, entity: Entity) -> bool:
    within = entity.start >= 0 and entity.length > 0 and entity.start + entity.length <= len(text)
    return within and (leads_somewhere(entity.url) if entity.kind == "link" else not entity.url)
