"""What a call carries, read against the table: unknown, missing and mistyped parameters are refused."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.emulators.telegram.errors import ApiError, bad_request
from tests.emulators.telegram.table import METHODS, OBJECTS, UNIONS

_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Upload:
    """A file that came with a call."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Field:
    """One row of the table."""

    name: str
    required: bool
    type: str


@cache
def fields(row: str) -> dict[str, Field]:
    """Return the fields that a row of the table describes, by name."""
    found = {}
    for word in row.split():
        name, kind = word.split(":")
        found[name.rstrip("!")] = Field(name.rstrip("!"), name.endswith("!"), kind)
    return found


def read_parameters(method: str, raw: dict[str, Any]) -> dict[str, Any]:
    """Return the call's parameters with their types. Raises ApiError for an unknown method or what is wrong."""
    if method not in METHODS:
        raise ApiError(404, "Not Found: method not found")
    return _read_fields(fields(METHODS[method]), raw, method, outer=True)


def _read_fields(known: dict[str, Field], raw: dict[str, Any], where: str, *, outer: bool) -> dict[str, Any]:
    unknown = sorted(set(raw) - set(known))
    if unknown:
        raise bad_request(f'{where} has no parameter "{unknown[0]}"')
    for field in known.values():
        if field.required and _absent(raw.get(field.name), outer=outer):
            raise bad_request(_missing(field, where))
    return {name: _read(known[name].type, value, f"{where}.{name}", outer=outer) for name, value in raw.items()}


def _absent(value: Any, *, outer: bool) -> bool:
    return value is None or (outer and value == "")


def _missing(field: Field, where: str) -> str:
    usual = {"chat_id": "chat_id is empty", "text": "message text is empty"}
    if where.startswith(("send", "edit")) and field.name in usual:
        return usual[field.name]
    return f'{where} needs parameter "{field.name}"'


def _read(kind: str, value: Any, where: str, *, outer: bool) -> Any:
    if kind in _SIMPLE:
        return _SIMPLE[kind](value, where, outer)
    if outer and isinstance(value, str):
        value = _parse_json(value, where)
    if kind.startswith("["):
        if not isinstance(value, list):
            raise bad_request(f"{where} must be an array")
        return [_read(kind[1:-1], item, f"{where}[{at}]", outer=False) for at, item in enumerate(value)]
    if not isinstance(value, dict):
        raise bad_request(f"{where} must be an object")
    return _read_fields(fields(OBJECTS[_object_type(kind, value, where)]), value, where, outer=False)


def _object_type(kind: str, value: dict[str, Any], where: str) -> str:
    if kind not in UNIONS:
        return kind
    choices = UNIONS[kind]
    if kind == "Markup":
        for key, name in choices.items():
            if key in value:
                return name
        raise bad_request("object expected as reply markup")
    if value.get("type") not in choices:
        raise bad_request(f'{where} has type "{value.get("type")}", expected one of {", ".join(choices)}')
    return choices[value["type"]]


def _parse_json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise bad_request(f"can't parse {where} JSON object") from None


def _string(value: Any, where: str, outer: bool) -> str:
    if not isinstance(value, str):
        raise bad_request(f"{where} must be a string")
    return value


def _integer(value: Any, where: str, outer: bool) -> int:
    if outer and isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise bad_request(f"{where} must be an integer")
    return value


def _number(value: Any, where: str, outer: bool) -> float:
    if outer and isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise bad_request(f"{where} must be a number")
    return float(value)


def _boolean(value: Any, where: str, outer: bool) -> bool:
    if outer and value in ("true", "True", "false", "False"):
        return value in ("true", "True")
    if not isinstance(value, bool):
        raise bad_request(f"{where} must be true or false")
    return value


def _chat(value: Any, where: str, outer: bool) -> int | str:
    if isinstance(value, str) and value.startswith("@"):
        return value
    if isinstance(value, str) and not value.lstrip("-").isdigit():
        raise bad_request("chat not found")
    return _integer(value, where, True)


def _file(value: Any, where: str, outer: bool) -> str | Upload:
    return value if isinstance(value, Upload) else _string(value, where, outer)


_SIMPLE = {"str": _string, "int": _integer, "float": _number, "bool": _boolean, "chat": _chat, "file": _file}
