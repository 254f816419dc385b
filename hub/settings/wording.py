"""Sentences for what pydantic refuses: each says what was expected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from router.durations import written_as
from router.lines import TONGUE_PATTERN

_EXPECTED = {
    "int_type": "a whole number such as 5",
    "int_parsing": "a whole number such as 5",
    "int_from_float": "a whole number such as 5",
    "float_type": "a number such as 0.5",
    "float_parsing": "a number such as 0.5",
    "finite_number": "a number that is not endless",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "model_type": "keys with values here",
    "model_attributes_type": "keys with values here",
    "dict_type": "keys with values here",
    "mapping_type": "keys with values here",
    "list_type": "a list such as [anna, boris]",
    "tuple_type": "a list such as [anna, boris]",
    "set_type": "a list such as [anna, boris]",
    "path_type": "a path such as ./data",
    "ip_v4_network": "a network such as 10.0.0.0/8",
    "ip_v6_network": "a network such as 10.0.0.0/8",
    "greater_than_equal": "a number of at least {ge}",
    "greater_than": "a number above {gt}",
    "less_than_equal": "a number of at most {le}",
    "less_than": "a number below {lt}",
    "string_too_short": "a text of at least {min_length} characters",
    "string_too_long": "a text of at most {max_length} characters",
    "union_tag_not_found": "a key {discriminator} that says which kind this is",
}
_NAME_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,39}$"
_QUOTED = re.compile(r"'([^']*)'")


def sentence(error: ErrorDetails, value: Any, written: str | None, known: Iterable[str]) -> str:
    """Return what to say about an error at a value.

    `written` is a scalar as it stands in the file, None for lists and keys; `known` are the keys that may stand there.
    """
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "extra_forbidden":
        return unknown_key(str(error["loc"][-1]), known)
    if kind == "missing":
        return f"the key {error['loc'][-1]!r} is missing here"
    if kind == "string_type":
        return text_expected(value, written)
    if kind == "string_pattern_mismatch":
        return _pattern(str(context["pattern"]))
    if choices := context.get("expected") or context.get("expected_tags"):
        return f"expected {choices}{_meant(written, _QUOTED.findall(str(choices)))}"
    if kind.startswith("date_"):
        return "expected a date such as 2026-12-31"
    return _from_table(kind, context) or f"{error['msg']}; see docs/configuration.md"


def text_expected(value: Any, written: str | None) -> str:
    """Return what to say where a text was expected and something else stands."""
    if isinstance(value, bool | int | float) and written is not None:
        return f'expected a text; put it in quotes: "{written}"'
    return "expected a text" if value is None else "expected a text, not a list or keys"


def unknown_key(key: str, known: Iterable[str]) -> str:
    """Return what to say about a key that means nothing, with the one that was probably meant."""
    choices = list(known)
    if key == "<<":
        return "merging with << is not supported; write the keys out"
    hint = _meant(key, choices) or (f"; expected one of {', '.join(choices)}" if choices else "")
    return f"there is no key {key[:80]!r} here{hint}"


def _meant(written: str | None, choices: list[str]) -> str:
    close = get_close_matches((written or "")[:80].lower(), choices, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _pattern(pattern: str) -> str:
    if pattern == _NAME_PATTERN:
        return "expected a name of 1 to 40 small Latin letters, digits, - and _, such as sales-2"
    if pattern == TONGUE_PATTERN:
        return "expected a language of two or three small Latin letters, such as en"
    return f"expected a text that fits the pattern {pattern}"


def _from_table(kind: str, context: Mapping[str, Any]) -> str:
    expected = _EXPECTED.get(kind)
    if expected and any(isinstance(limit, timedelta) for limit in context.values()):
        written = {key: written_as(limit) for key, limit in context.items() if isinstance(limit, timedelta)}
        return f"expected {expected.replace('a number', 'a duration').format_map(written)}"
    return f"expected {expected.format_map(context)}" if expected else ""
