"""Texts and their entities, whose offsets and lengths count UTF-16 units."""

from __future__ import annotations

import re
from typing import Any

from tests.emulators.telegram.errors import bad_request
from tests.emulators.telegram.markup import parse_markup

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024

#: Kinds that cannot hold others, nor lie within others of this kind.
_FLAT = frozenset({"pre", "code"})
_WORDS = """
mention hashtag cashtag bot_command url email phone_number bold italic underline strikethrough spoiler blockquote
expandable_blockquote code
"""
_PLAIN = frozenset(_WORDS.split())
_NEEDS = {"text_link": "url", "text_mention": "user", "custom_emoji": "custom_emoji_id", "date_time": "unix_time"}
_MAY = {"pre": {"language"}, "date_time": {"date_time_format"}}
_FOUND = re.compile(
    r"(?P<url>https?://[^\s<>\"]+)|(?P<email>[\w.+-]+@[\w-]+\.[\w.-]*\w)"
    r"|(?<![\w/])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@\w+)?)|(?<!\w)(?P<mention>@\w{4,32})|(?<!\w)(?P<hashtag>#\w*[^\W\d]\w*)"
)


def units(text: str) -> int:
    """Return the length of a text in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, offset: int, length: int) -> str:
    """Return the part of a text that an entity covers."""
    return text.encode("utf-16-le")[2 * offset : 2 * (offset + length)].decode("utf-16-le", "replace")


def formatted(
    text: str, parse_mode: str | None, entities: list[dict[str, Any]] | None, *, limit: int, empty: str | None
) -> tuple[str, list[dict[str, Any]]]:
    """Return a text and its entities after parsing, trimmed as Telegram trims.

    `empty` is what to say when nothing is left; with `None` an empty text is fine.
    """
    if parse_mode and entities:
        raise bad_request("parse_mode and entities cannot be given together")
    if parse_mode:
        text, entities = parse_markup(text, parse_mode)
    entities = list(entities or [])
    check_entities(text, entities)
    text, entities = _trimmed(text, entities)
    if not text and empty:
        raise bad_request(empty)
    if units(text) > limit:
        raise bad_request("message caption is too long" if limit == CAPTION_LIMIT else "message is too long")
    return text, with_found(text, entities)


def with_found(text: str, entities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the entities and those that Telegram finds by itself: links, mentions, commands and the like."""
    found = list(entities)
    for match in _FOUND.finditer(text):
        start, length = units(text[: match.start()]), units(match.group())
        if not any(e["offset"] < start + length and start < e["offset"] + e["length"] for e in entities):
            found.append({"type": match.lastgroup, "offset": start, "length": length})
    return sorted(found, key=lambda entity: (entity["offset"], -entity["length"]))


def check_entities(text: str, entities: list[dict[str, Any]]) -> None:
    """Refuse entities that lie outside the text, split a character, cross each other, or lack what their kind needs."""
    edges = _edges(text)
    for entity in entities:
        _check_kind(entity)
        start, end = entity["offset"], entity["offset"] + entity["length"]
        if start < 0 or entity["length"] <= 0 or end > units(text):
            raise bad_request(f"entity beginning at offset {start} with length {entity['length']} is outside the text")
        if start not in edges or end not in edges:
            raise bad_request(f"entity beginning at UTF-16 offset {start} ends in a middle of a UTF-16 symbol")
    for at, one in enumerate(entities):
        for other in entities[at + 1 :]:
            _check_pair(one, other)


def _edges(text: str) -> set[int]:
    edges, at = {0}, 0
    for character in text:
        at += 1 + (ord(character) > 0xFFFF)
        edges.add(at)
    return edges


def _check_kind(entity: dict[str, Any]) -> None:
    kind = entity["type"]
    if kind not in _PLAIN | set(_NEEDS) | set(_MAY):
        raise bad_request(f"can't parse MessageEntity: unknown type {kind}")
    needs = {_NEEDS[kind]} if kind in _NEEDS else set()
    given = {name for name, value in entity.items() if value is not None} - {"type", "offset", "length"}
    if not needs <= given or not given <= needs | _MAY.get(kind, set()):
        expected = ", ".join(sorted(needs | _MAY.get(kind, set()))) or "nothing more"
        raise bad_request(f"can't parse MessageEntity: {kind} takes {expected}")


def _check_pair(one: dict[str, Any], other: dict[str, Any]) -> None:
    if one["offset"] > other["offset"] or (one["offset"] == other["offset"] and one["length"] < other["length"]):
        one, other = other, one
    end = one["offset"] + one["length"]
    if other["offset"] >= end:
        return
    if other["offset"] + other["length"] > end:
        raise bad_request(f"entities {one['type']} and {other['type']} overlap without one holding the other")
    if {one["type"], other["type"]} & _FLAT:
        raise bad_request(f"entities {one['type']} and {other['type']} cannot be combined")


def _trimmed(text: str, entities: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    lead = len(text) - len(text.lstrip(" \n\t\r"))
    kept = text.strip(" \n\t\r\0")
    room, shift = units(kept), lead
    moved = []
    for entity in entities:
        start = max(0, entity["offset"] - shift)
        end = min(room, entity["offset"] + entity["length"] - shift)
        if end > start:
            moved.append(entity | {"offset": start, "length": end - start})
    return kept, moved
