"""Scalars of a settings file: YAML 1.2's core schema, and `${NAME}` from the environment.

The core schema is what people expect: `no` is a text, `09:00` is a text, `0777` is seven hundred and seventy-seven.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]{1,40}")
_OCTAL = re.compile(r"0o([0-7]{1,40})")
_HEX = re.compile(r"0x([0-9a-fA-F]{1,40})")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,40}|[0-9]{1,40}(?:\.[0-9]{0,40})?)(?:[eE][-+]?[0-9]{1,4})?")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_REFERENCE = re.compile(rf"\$\$\{{|\$\{{(?P<name>{_NAME})(?::-(?P<default>[^}}]*))?\}}|\$\{{")
_SECRET = re.compile(rf"\$\{{{_NAME}(?::-)?\}}")
#: `scheme://user:password@`, with the password written out
_PASSWORD_IN_URL = re.compile(r"://[^/\s:@]*:(?!\$\{)[^/\s@]+@")

Scalar = str | int | float | bool | None


def resolve(text: str) -> Scalar:
    """Return what an unquoted scalar means in YAML 1.2's core schema."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    if octal := _OCTAL.fullmatch(text):
        return int(octal[1], 8)
    if hexadecimal := _HEX.fullmatch(text):
        return int(hexadecimal[1], 16)
    if _SPECIAL.fullmatch(text):
        return float(text.replace(".", ""))
    return float(text) if _FLOAT.fullmatch(text) else text


def substitute(text: str, env: Mapping[str, str], complain: Callable[[str], None]) -> str:
    """Return `text` with `${NAME}` and `${NAME:-default}` filled in from `env`; `$${` stands for `${` itself.

    The default is used when the variable is unset or empty. `complain` is given a sentence for each variable that is
    missing and for each `${` that is not closed.
    """

    def fill(match: re.Match[str]) -> str:
        name, default = match["name"], match["default"]
        if match[0] == "$${":
            return "${"
        if name is None:
            complain("expected ${NAME} or ${NAME:-default} here; write $${ for the characters themselves")
            return ""
        if default is not None:
            return env.get(name) or default
        if name not in env:
            complain(f"the environment variable {name} is not set: set it, or write ${{{name}:-default}}")
        return env.get(name, "")

    return _REFERENCE.sub(fill, text)


def is_wholly_reference(text: str) -> bool:
    """Return whether a scalar is `${NAME}` and nothing else, as secrets must be."""
    return _SECRET.fullmatch(text) is not None


def shows_password(text: str) -> bool:
    """Return whether a scalar is an address with a password written out."""
    return _PASSWORD_IN_URL.search(text) is not None
