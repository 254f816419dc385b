"""What the API takes and refuses."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hub.web.api_files import wanted_range
from hub.web.bodies import MAX_TEXT, NewNote, NewReply, NewTransfer, WantedEvents
from hub.web.problems import Problem, answer, invalid


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": " \n "},
        {"text": "nul \x00"},
        {"text": "half \ud83d"},
        {"text": "a" * (MAX_TEXT + 1)},
        {"text": "hi", "surprise": 1},
        {"attachments": ["f"] * 11},
        {"text": 5},
    ],
)
def test_a_reply_that_cannot_be_sent_is_refused(body: dict[str, object]) -> None:
    """Empty, too long, unsendable characters, unknown fields."""
    with pytest.raises(ValidationError):
        NewReply.model_validate(body)


def test_a_reply_may_be_a_text_or_a_file() -> None:
    """Either is enough; markup and reversed text are only text."""
    assert NewReply.model_validate({"text": "<b>\u202ehi</b>"}).text == "<b>\u202ehi</b>"
    assert NewReply.model_validate({"attachments": ["f1"]}).attachments == ("f1",)
    assert NewNote.model_validate({"text": "x"}).kind == "note"


@pytest.mark.parametrize("body", [{}, {"to_operator": "anna", "to_line": "sales"}])
def test_a_transfer_names_exactly_one_target(body: dict[str, str]) -> None:
    """A colleague or a line."""
    with pytest.raises(ValidationError, match="not both"):
        NewTransfer.model_validate(body)


def test_a_query_is_checked_like_a_body() -> None:
    """Numbers arrive as text."""
    assert WantedEvents.model_validate({"after": "7"}).after == 7
    with pytest.raises(ValidationError):
        WantedEvents.model_validate({"after": "-1"})


def test_what_is_wrong_is_told_field_by_field() -> None:
    """As problem details with one sentence for people."""
    with pytest.raises(ValidationError) as caught:
        NewTransfer.model_validate({"to_line": 5, "extra": 1})
    problem = invalid(caught.value, "body")
    assert [item["field"] for item in problem.fields] == ["to_line", "extra"]
    response = answer(problem)
    assert (response.status, response.content_type) == (422, "application/problem+json")


@pytest.mark.parametrize(
    ("header", "expected"),
    [("", (0, 10)), ("bytes=0-", (0, 10)), ("bytes=2-4", (2, 5)), ("bytes=5-99", (5, 10))],
)
def test_a_range_within_the_file_is_served(header: str, expected: tuple[int, int]) -> None:
    """The end is included in the header and excluded here."""
    assert wanted_range(header, 10) == expected


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=4-2", "bytes=-3", "bytes=a-b", "bytes=0-1,4-5", "lines=1-2"])
def test_a_range_outside_the_file_is_416(header: str) -> None:
    """The sentence says how large the file is."""
    with pytest.raises(Problem, match="10 bytes") as caught:
        wanted_range(header, 10)
    assert caught.value.status == 416
