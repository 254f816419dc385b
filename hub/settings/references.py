"""Finds names that point nowhere even while other things in the file are wrong.

pydantic looks at references only when all else is right, and an admin wants to hear of everything at once. So a copy of
the data is mended, wrong value by wrong value, until the references are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hub.settings.problems import Place
from router.rules import ReferenceProblems

#: fits wherever a text or a name is required
_STAND_IN = "x"
_ROUNDS = 6

References = list[tuple[Place, str]]


def references_in(errors: Iterable[ErrorDetails]) -> References:
    """Return the references among pydantic's errors that point nowhere."""
    causes = (error.get("ctx", {}).get("error") for error in errors)
    return [problem for cause in causes if isinstance(cause, ReferenceProblems) for problem in cause.problems]


def hidden_references(data: Any, model: type[BaseModel], errors: list[ErrorDetails]) -> References:
    """Return the references that point nowhere and that `errors`, found in `data`, kept pydantic from looking at."""
    if not isinstance(data, dict):
        return []
    copy, stand_ins = deepcopy(data), set[Place]()
    for _ in range(_ROUNDS):
        _mend(copy, errors, stand_ins)
        try:
            model.model_validate(copy)
        except ValidationError as again:
            errors = again.errors(include_url=False)
        else:
            return []
        if found := references_in(errors):
            return [(place, message) for place, message in found if place not in stand_ins]
    return []


def place_of(data: Any, error: ErrorDetails) -> Place:
    """Return the place an error is about; pydantic names union members and keys on the way, which are no places."""
    place: Place = ()
    for part in error["loc"]:
        is_key = isinstance(data, dict) and part in data
        is_index = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if is_key or is_index:
            data, place = data[part], (*place, part)
    return place


def value_at(data: Any, place: Place) -> Any:
    """Return what stands at a place that exists."""
    for part in place:
        data = data[part]
    return data


def _mend(data: Any, errors: list[ErrorDetails], stand_ins: set[Place]) -> None:
    """Replace or take out what the errors are about, the deepest places first."""
    missing = {(*place_of(data, error), error["loc"][-1]) for error in errors if error["type"] == "missing"}
    wrong = {place_of(data, error): error for error in errors if error["type"] != "missing"}
    # A stand-in that is wrong itself goes together with what required it.
    targets = {place[:-1] if place in stand_ins else place: error for place, error in wrong.items()}
    for place in missing:
        value_at(data, place[:-1])[place[-1]] = _STAND_IN
    for place in sorted(filter(None, targets), key=len, reverse=True):
        _take_out(value_at(data, place[:-1]), place[-1], targets[place]["type"])
    stand_ins |= missing | {place for place in targets if place and isinstance(place[-1], int)}


def _take_out(parent: Any, key: str | int, error: str) -> None:
    if isinstance(key, int):
        parent[key] = _STAND_IN
    elif error in {"model_type", "model_attributes_type"}:
        parent[key] = {}
    else:
        del parent[key]
