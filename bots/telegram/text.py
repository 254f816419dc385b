"""Texts as Telegram takes them: split where people would, and parts shown in their own way counted in UTF-16."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from aiogram.types import MessageEntity
from msgspec.structs import replace

from router.media import Entity, EntityKind

#: UTF-16 units in a message, and below a picture
MESSAGE, CAPTION = 4096, 1024
_THEIRS: Mapping[str, EntityKind] = {
    "bold": "bold",
    "italic": "italic",
    "underline": "underline",
    "strikethrough": "strikethrough",
    "spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "quote",
    "expandable_blockquote": "quote",
    "text_link": "link",
}
_OURS: Mapping[str, str] = {ours: theirs for theirs, ours in _THEIRS.items() if theirs != "expandable_blockquote"}
#: where a part may end, the best first: after a paragraph, a line, a sentence, a word
_ENDS = tuple(re.compile(end) for end in (r"\n[ \t]*\n+", r"\n", r"[.!?…]+[\"'»”)\]]*\s+", r"\s+"))


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text, with what is shown in its own way there."""

    text: str
    entities: tuple[Entity, ...] = ()

    @property
    def is_blank(self) -> bool:
        """Whether Telegram would refuse it as empty."""
        return not self.text.strip()


def units(text: str) -> int:
    """Return how long Telegram takes a text to be."""
    return len(text) + sum(character > "\uffff" for character in text)


def split(text: str, entities: Sequence[Entity] = (), limit: int = MESSAGE) -> list[Part]:
    """Return the parts of a text, each at most `limit` long, which together are the text.

    No part ends within an entity, unless that alone is longer than a part: then it goes on in the next one.
    """
    parts, start = [], 0
    while start < len(text):
        end = _end(text, start, limit, entities)
        parts.append(Part(text[start:end], tuple(_within(entities, start, end))))
        start = end
    return parts or [Part("")]


def _end(text: str, start: int, room: int, entities: Sequence[Entity]) -> int:
    """Return where the part that begins at `start` ends."""
    most = _fitting(text, start, room)
    if most == len(text):
        return most
    whole = [it for it in entities if units(text[it.start : it.start + it.length]) <= room]
    for pattern in _ENDS:
        ends = [found.end() for found in pattern.finditer(text, start, most)]
        for end in reversed(ends):
            if start + (most - start) // 3 <= end and not _inside(whole, end):
                return end
    for end in range(most, start, -1):
        if not _joined(text, end) and not _inside(whole, end):
            return end
    return next((end for end in range(most, start, -1) if not _joined(text, end)), most)


def _fitting(text: str, start: int, room: int) -> int:
    """Return the last place up to which the text fits; at least one character on."""
    lengths = list(accumulate(2 if character > "\uffff" else 1 for character in text[start : start + room]))
    return start + max(1, bisect_right(lengths, room))


def _inside(entities: Sequence[Entity], end: int) -> bool:
    return any(it.start < end < it.start + it.length for it in entities)


def _joined(text: str, at: int) -> bool:
    """Return whether the characters before and after this place are shown as one."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if _extends(after) or before == "\u200d" or (before, after) == ("\r", "\n"):
        return True
    return _is_flag(before) and _is_flag(after) and _flags_before(text, at) % 2 == 1


def _extends(character: str) -> bool:
    return (
        unicodedata.category(character).startswith("M")
        or character == "\u200d"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flags_before(text: str, at: int) -> int:
    count = 0
    while count < at and _is_flag(text[at - 1 - count]):
        count += 1
    return count


def _within(entities: Sequence[Entity], start: int, end: int) -> Iterator[Entity]:
    for it in entities:
        begins, stops = max(it.start, start), min(it.start + it.length, end)
        if begins < stops:
            yield replace(it, start=begins - start, length=stops - begins)


def to_telegram(text: str, entities: Sequence[Entity]) -> list[MessageEntity]:
    """Return entities as Telegram counts them; those that lie outside the text are left out."""
    before = [0, *accumulate(2 if character > "\uffff" else 1 for character in text)]
    return [
        MessageEntity(
            type=_OURS[it.kind],
            offset=before[it.start],
            length=before[it.start + it.length] - before[it.start],
            url=it.url or None,
        )
        for it in entities
        if it.start >= 0 and it.length > 0 and it.start + it.length <= len(text)
    ]


def from_telegram(text: str, entities: object) -> tuple[Entity, ...]:
    """Return what Telegram's JSON says is shown in its own way, counted in characters; what it garbles is left out."""
    if not isinstance(entities, list):
        return ()
    places = {at: n for n, at in enumerate([0, *accumulate(2 if c > "\uffff" else 1 for c in text)])}
    found = (_entity(each, places) for each in entities)
    return tuple(entity for entity in found if entity is not None)


def _entity(it: Any, places: Mapping[int, int]) -> Entity | None:
    if not isinstance(it, dict) or not isinstance(it.get("type"), str) or it["type"] not in _THEIRS:
        return None
    offset, length = it.get("offset"), it.get("length")
    if not isinstance(offset, int) or not isinstance(length, int):
        return None
    start, stop = places.get(offset), places.get(offset + length)
    if start is None or stop is None or start >= stop:
        return None
    url = it.get("url") if it["type"] == "text_link" else ""
    return Entity(_THEIRS[it["type"]], start, stop - start, url) if isinstance(url, str) else None
