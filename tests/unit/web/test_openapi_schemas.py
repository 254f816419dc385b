"""The schemas of what the API takes and answers, side by side in one document."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Literal

import pytest
from msgspec import UNSET, Struct, UnsetType
from pydantic import BaseModel

from hub.web.moment import Moment
from hub.web.openapi_schemas import schemas


class Size(StrEnum):
    """How much there is in a cup."""

    SMALL = "small"
    LARGE = "large"
    HUGE = "huge"


class NewCup(BaseModel):
    """What is ordered."""

    #: before it is drunk
    size: Size = Size.SMALL


class Cup(Struct, frozen=True):
    """A cup.

    It is hot.
    """

    size: Size
    #: from where it was grown
    beans: Sequence[Literal["red", "green"]]
    poured_at: Moment | None = None
    #: left out where there is none
    sugar: int | UnsetType = UNSET


class Tray(Struct, frozen=True):
    """Several of them."""

    cups: Sequence[Cup]


def test_what_is_taken_and_what_is_answered_share_their_choices() -> None:
    """In the order they are declared in, which tells more than the alphabet."""
    found, refs = schemas([NewCup], [Tray])
    assert list(found) == ["Cup", "NewCup", "Size", "Tray"]
    assert found["Size"]["enum"] == ["small", "large", "huge"]
    assert found["Size"]["type"] == "string"
    assert refs == {model: {"$ref": f"#/components/schemas/{model.__name__}"} for model in (NewCup, Tray)}


def test_what_is_sent_whatever_it_is_may_be_relied_on() -> None:
    """A default is no reason to leave a field out; only what is left out where there is none is not promised."""
    found, _ = schemas([], [Cup])
    assert found["Cup"]["required"] == ["size", "beans", "poured_at"]
    assert found["Cup"]["properties"]["poured_at"]["anyOf"] == [
        {"type": "string", "format": "date-time"},
        {"type": "null"},
    ]
    assert found["Cup"]["properties"]["sugar"]["type"] == "integer"


def test_answers_are_described_by_what_stands_beside_them_in_the_source() -> None:
    """Whole, and without the indentation of the source."""
    found, _ = schemas([], [Tray])
    assert found["Cup"]["description"] == "A cup.\n\nIt is hot."
    beans = found["Cup"]["properties"]["beans"]
    assert beans["description"] == "from where it was grown"
    assert (beans["items"]["type"], set(beans["items"]["enum"])) == ("string", {"red", "green"})


def test_one_name_is_one_model() -> None:
    """The document cannot say which of the two is meant."""
    namesake = type("Cup", (BaseModel,), {"__doc__": "Something else.", "__module__": __name__})
    with pytest.raises(ValueError, match="one name: Cup"):
        schemas([namesake], [Tray])
