"""What admins write: defaults, and mistakes that are named."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from router.lines import Distribution
from router.people import Role
from router.rules import ReferenceProblems, Rules
from tests.unit.router.shops import shop, staffed, two_lines


def test_a_line_needs_only_a_name() -> None:
    """Everything else has a default that suits a small shop."""
    line = Rules.model_validate({"lines": {"sales": {"name": "Sales"}}}).lines["sales"]
    assert line.distribution is Distribution.EVEN
    assert line.previous_operator_first
    assert line.triage
    assert line.rating
    assert (line.offer_timeout, line.ask_again_after) == (timedelta(seconds=60), timedelta(minutes=5))
    assert line.reopen_within == timedelta(hours=12)
    assert (line.hours, line.auto_close) == (None, None)


def test_reasons_for_closing_are_in_the_operators_language_where_they_are_written_in_it() -> None:
    """Else in the hub's own, else in the first that is written; a line that is gone has none."""
    reasons = [{"ru": "Продано", "en": "Sold"}, "Spam", {"de": "Weg"}]
    book = staffed(shop(close_reasons=reasons)).book
    assert book.close_reasons("sales", "ru") == ["Продано", "Spam", "Weg"]
    assert book.close_reasons("sales", "en-GB") == book.close_reasons("sales", "fr") == ["Sold", "Spam", "Weg"]
    assert book.close_reasons("gone", "en") == []


def test_an_operator_needs_only_a_name() -> None:
    """Five conversations at a time, at any hour, as an ordinary operator."""
    ann = Rules.model_validate(shop()).operators["ann"]
    assert (ann.role, ann.capacity, ann.hours, ann.language) == (Role.OPERATOR, 5, None, "en")


def test_triage_gives_up_after_two_seconds_and_two_misses() -> None:
    """The bot is quick to let a person take over."""
    triage = Rules.model_validate(shop()).triage
    assert (triage.timeout, triage.misses) == (timedelta(seconds=2), 2)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"distribution": "random"}, "'strict', 'even', 'least_loaded' or 'broadcast'"),
        ({"colour": "red"}, "Extra inputs are not permitted"),
        ({"offer_timeout": "0s"}, "greater than or equal to"),
        ({"offer_timeout": 60}, "expected a duration"),
        ({"auto_close": {"after": "0s"}}, "greater than or equal to"),
        ({"hours": {"week": {"mon": "9-18"}}}, "'9-18' is not a time of day"),
        ({"hours": {"week": {"noday": "09:00-18:00"}}}, "'noday' is not a day"),
        ({"hours": {"week": {"mon-wed": "09:00-18:00", "tue": ""}}}, "tue is given twice"),
        ({"hours": {"week": {"mon": "09:00-13:00, 12:00-18:00"}}}, "overlap"),
        ({"hours": {"week": ["mon"]}}, "expected days and times"),
        ({"hours": {"week": {"mon": 9}}}, "expected times such as"),
        ({"hours": {"week": {}, "timezone": "Berlin"}}, "expected a time zone of the IANA database"),
    ],
)
def test_a_mistake_in_a_line_is_named(change: dict[str, Any], complaint: str) -> None:
    """Every mistake says what was expected."""
    with pytest.raises(ValidationError, match=complaint):
        Rules.model_validate(shop(**change))


@pytest.mark.parametrize("capacity", [0, -1, 1001, "many"])
def test_capacity_is_between_one_and_a_thousand(capacity: object) -> None:
    """Nobody works with no room, and nobody with more than anybody could."""
    with pytest.raises(ValidationError):
        Rules.model_validate(shop({"ann": {"capacity": capacity}}))


def test_all_names_that_point_nowhere_are_reported_with_their_places() -> None:
    """One run shows every dangling reference, by its path in the file."""
    rules = two_lines({"operators": ["ann", "zoe"]})
    rules["triage"] = {"intents": {"refund": {"line": "billing"}}}
    with pytest.raises(ValidationError) as caught:
        Rules.model_validate(rules)
    problem = caught.value.errors()[0]["ctx"]["error"]
    assert isinstance(problem, ReferenceProblems)
    assert problem.problems == [
        (("lines", "sales", "operators", 1), "there is no operator named 'zoe' under operators"),
        (("triage", "intents", "refund", "line"), "there is no line named 'billing' under lines"),
    ]


def test_the_lines_of_an_operator_come_in_the_order_written() -> None:
    """Bob serves both lines of the example."""
    rules = Rules.model_validate(two_lines())
    assert rules.lines_of("bob") == ("sales", "support")
    assert rules.lines_of("eve") == ()


def test_rules_never_change() -> None:
    """An edit makes new rules; decisions in flight keep the old ones."""
    rules = Rules.model_validate(shop())
    with pytest.raises(ValidationError):
        rules.lines["sales"].rating = False  # type: ignore[misc]  # that it is refused is what is tested
