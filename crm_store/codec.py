"""Values of the core to documents of MongoDB and back.

A value's `id` is the document's `_id`. Unknown fields are ignored when reading, so that a newer hub's documents can
be read by an older one. MongoDB keeps times in whole milliseconds: what is finer is cut off.

What people type is made storable here, once: NUL is dropped and lone surrogates become U+FFFD. Keys that come from
outside (slot names, facts) may hold `.` and `$`, which mean something to MongoDB: they are kept percent-encoded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import unquote

import msgspec
import structlog

Document = dict[str, Any]
Value = TypeVar("Value")

_log = structlog.get_logger(__name__)
_UNSAFE_IN_KEY = re.compile(r"[%.]|^\$")


def encode(value: object, **extra: object) -> Document:
    """Return the document of a dataclass, with more fields that the store adds for its indexes."""
    document: Document = msgspec.to_builtins(value, builtin_types=(datetime,))
    if "id" in document:
        document = {"_id": document.pop("id"), **document}
    document.update(extra)
    return _storable_document(document)


def encode_all(values: Iterable[object]) -> list[Document]:
    """Return the documents of many dataclasses, at less than the cost of one by one."""
    documents: list[Document] = msgspec.to_builtins(list(values), builtin_types=(datetime,))
    if not _are_storable(documents):
        documents = [_storable_document(document) for document in documents]
    for document in documents:
        if "id" in document:
            document["_id"] = document.pop("id")
    return documents


def plain(fields: dict[str, Any]) -> Document:
    """Return fields of a dataclass as a document holds them."""
    return _storable_document(msgspec.to_builtins(fields, builtin_types=(datetime,)))


def _storable_document(document: Document) -> Document:
    """Return a document whose own keys are the store's; nearly every one comes back as it is."""
    if _are_storable([document]):
        return document
    return {key: storable(field) for key, field in document.items()}


def _are_storable(documents: list[Document]) -> bool:
    """Return whether nothing has to be mended, which C code sees many times faster than we can mend it."""
    try:
        raw = msgspec.json.encode(documents)
    except UnicodeEncodeError:
        return False
    return b"\\u0000" not in raw and not any(_has_meaning_in_keys(document.values()) for document in documents)


def _has_meaning_in_keys(values: Iterable[Any]) -> bool:
    """Return whether a key within these fields could mean something to MongoDB."""
    for value in values:
        kind = type(value)
        if kind is dict and value:
            keys = "".join(value)
            if "." in keys or "%" in keys or "$" in keys or _has_meaning_in_keys(value.values()):
                return True
        elif kind is list and value and _has_meaning_in_keys(value):
            return True
    return False


def decode(document: Document, kind: type[Value]) -> Value:
    """Return the dataclass kept in a document. Raises `msgspec.ValidationError` when it is not one."""
    fields = {key: _restored(field) for key, field in document.items()}
    if "_id" in fields:
        fields["id"] = fields["_id"]
    return msgspec.convert(fields, kind)


def decode_all(documents: Iterable[Document], kind: type[Value]) -> list[Value]:
    """Return the dataclasses of many documents; one that cannot be read is reported and hides no other."""
    values = []
    for document in documents:
        try:
            values.append(decode(document, kind))
        except msgspec.ValidationError as error:
            _log.error("unreadable document", kind=kind.__name__, id=document.get("_id"), reason=str(error))
    return values


def storable(value: Any) -> Any:
    """Return the same value with every string and key in it made storable."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {_key(key): storable(field) for key, field in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable(item) for item in value]
    return value


def clean(text: str) -> str:
    """Return the text without NUL and lone surrogates; nearly every text comes back as it is."""
    if "\0" in text:
        text = text.replace("\0", "")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            # UTF-16 pairs halves that arrived apart; what stays alone is replaced.
            return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _key(key: object) -> str:
    text = clean(str(key))
    if not _UNSAFE_IN_KEY.search(text):
        return text
    text = text.replace("%", "%25").replace(".", "%2E")
    return f"%24{text[1:]}" if text.startswith("$") else text


def _restored(value: Any) -> Any:
    if isinstance(value, dict):
        return {unquote(key) if "%" in key else key: _restored(field) for key, field in value.items()}
    if isinstance(value, list):
        return [_restored(item) for item in value]
    return value
