"""What a change of the rules comes to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from router.people import OperatorState
from router.review import AHEAD, Change, changes, clashes, gaps, idle, loops, missing_skills, unled
from router.rules import Rules
from tests.unit.router.shops import shop, two_lines
from tests.unit.router.world import World

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAYS = {"week": {"mon-fri": "09:00-18:00"}}
NIGHTS = {"week": {"mon-fri": "18:00-09:00"}}


def _rules(**line: Any) -> Rules:
    return Rules.model_validate(shop(**line))


def test_a_change_names_its_setting_with_both_values_as_they_are_written() -> None:
    before = _rules(hours=DAYS)
    after = _rules(hours={"week": {"mon-thu": "09:00-18:00", "fri": "09:00-13:00"}}, offer_timeout="90s", rating=False)
    assert changes(before, after) == [
        Change("lines.sales.offer_timeout", "1m", "1m 30s"),
        Change("lines.sales.hours.week.fri", "09:00-18:00", "09:00-13:00"),
        Change("lines.sales.rating", True, False),
    ]


def test_equal_rules_have_no_changes() -> None:
    assert changes(_rules(hours=DAYS), _rules(hours=DAYS)) == []


def test_an_operator_who_is_new_or_gone_is_one_change() -> None:
    with_cid = Rules.model_validate(shop({"ann": {}, "bob": {}, "cid": {}}))
    new = [change for change in changes(_rules(), with_cid) if change.setting.startswith("operators")]
    assert [(change.setting, change.before) for change in new] == [("operators.cid", None)]
    gone = [change for change in changes(with_cid, _rules()) if change.setting.startswith("operators")]
    assert [(change.setting, change.after) for change in gone] == [("operators.cid", None)]


def test_whoever_serves_no_line_is_named_unless_they_lead() -> None:
    rules = shop()
    rules["lines"]["sales"]["operators"] = ["ann"]
    assert idle(Rules.model_validate(rules)) == ["bob"]


@pytest.mark.parametrize(
    ("people", "line", "expected"),
    [
        ({"ann": {"hours": DAYS}}, DAYS, 0),
        ({"ann": {"hours": DAYS}, "bob": {"hours": NIGHTS}}, None, 2),
        ({"ann": {"hours": DAYS}}, {"week": {"mon-sun": "09:00-18:00"}}, 4),
        ({"ann": {"leave": [{"from": "2026-03-04"}]}}, DAYS, 1),
        ({"ann": {}}, None, 0),
    ],
)
def test_gaps_are_the_times_of_the_line_at_which_nobody_works(people: Any, line: Any, expected: int) -> None:
    """Checked minute by minute; a week's end between two shifts is one gap."""
    book = World(shop(people, hours=line)).book
    found = gaps(book.rules, "sales", MONDAY)
    assert len(found) == expected
    for minutes in range(0, int(AHEAD.total_seconds() // 60), 7):
        at = MONDAY + timedelta(minutes=minutes)
        deserted = book.is_open("sales", at) and not any(book.on_shift(OperatorState(name), at) for name in people)
        assert any(gap.since <= at < gap.until for gap in found) is deserted


def test_a_skill_nobody_of_a_line_has_is_found() -> None:
    """Whether the line wants it, or what the bot hands over to it; a level that is too low is none."""
    people: dict[str, Any] = {"ann": {"skills": {"cars": 2, "returns": 1}}}
    triage = {"intents": {"refund": {"skills": {"returns": 2}}, "hours": {"skills": {"cars": 1}}}}
    rules = Rules.model_validate(shop(people, triage, skills={"boats": 1}))
    assert list(missing_skills(rules)) == [("sales", "boats", 1), ("sales", "returns", 2)]


def test_overflows_that_lead_back_are_found_once() -> None:
    def rules(sales: str | None, support: str | None) -> Rules:
        queues = ({"queue": {"limit": 1, "overflow": to}} for to in (sales, support))
        return Rules.model_validate(two_lines(*queues))

    assert loops(rules("support", "sales")) == [("sales", "support")]
    assert loops(rules("support", None)) == []


def test_escalation_to_supervisors_who_do_not_exist_is_found() -> None:
    rules = shop({"ann": {}}, escalate={"to": "supervisors"})
    assert unled(Rules.model_validate(rules)) == []
    rules["operators"]["eve"]["role"] = "operator"
    assert unled(Rules.model_validate(rules)) == ["sales"]


def test_times_that_outlast_what_they_are_for_are_named() -> None:
    """An offer that stands longer than its client waits, or than the target for the answer, serves nobody."""
    line = {
        "name": "Sales",
        "operators": [],
        "offer_timeout": "10m",
        "sla": {"first_response": "10m"},
        "queue": {"max_wait": "5m", "call_back_after": "5m", "tell_position": True, "tell_every": "1m"},
    }
    found = [
        (longer, shorter) for _, longer, _, shorter, _ in clashes(Rules.model_validate({"lines": {"sales": line}}))
    ]
    assert found == [
        ("offer_timeout", "sla.first_response"),
        ("offer_timeout", "queue.max_wait"),
        ("queue.call_back_after", "queue.max_wait"),
    ]
    assert list(clashes(Rules.model_validate({"lines": {"sales": {"name": "Sales", "operators": []}}}))) == []
