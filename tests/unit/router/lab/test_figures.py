"""Figures of what became of visits, against counting second by second."""

from __future__ import annotations

from datetime import UTC, timedelta

from hypothesis import given
from hypothesis import strategies as st

from router.lab.figures import figures, quantile
from router.lab.lives import Hold, Life
from router.lab.recorder import presences_at
from router.lab.recording import PresenceChange, Recording
from router.lab.spans import Span, busiest, common, length, united
from router.people import Presence
from tests.unit.router.lab.traffic import MONDAY, book_of, shop

SECOND = timedelta(seconds=1)
spans = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)).map(sorted), max_size=8).map(
    lambda found: [(MONDAY + a * SECOND, MONDAY + b * SECOND) for a, b in found if a < b]
)


def covers(of: list[Span], second: int) -> int:
    at = MONDAY + (second + 0.5) * SECOND
    return sum(since <= at < until for since, until in of)


@given(one=spans, other=spans)
def test_spans_are_counted_as_second_by_second(one: list[Span], other: list[Span]) -> None:
    seconds = range(51)
    assert length(united(one)) == sum(covers(one, n) > 0 for n in seconds)
    both = common(united(one), united(other))
    assert length(both) == sum(covers(one, n) > 0 and covers(other, n) > 0 for n in seconds)
    assert busiest(one) == max(covers(one, n) for n in seconds)


@given(values=st.lists(st.integers(0, 20), min_size=1), share=st.sampled_from([0.5, 0.9]))
def test_a_quantile_is_the_least_that_enough_do_not_exceed(values: list[int], share: float) -> None:
    found = quantile(sorted(values), share)
    assert found is not None
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) < share * len(values)


def test_a_line_and_its_operators_are_summed_up() -> None:
    hour = timedelta(hours=1)
    lives = [
        Life("line0", MONDAY, MONDAY, MONDAY + 10 * SECOND, MONDAY + hour, 1, holds=[
            Hold("op0", MONDAY + 10 * SECOND, MONDAY + hour)]),
        Life("line0", MONDAY, MONDAY + hour, MONDAY + hour, None, 2, 1, breached=("first_response",), holds=[
            Hold("op0", MONDAY + hour)]),
        Life("line0", MONDAY, ended_at=MONDAY + hour),
        Life("line1", MONDAY),
    ]  # fmt: skip
    recording = Recording(MONDAY, MONDAY + 2 * hour, (), present={"op0": Presence.AVAILABLE})
    found = figures(lives, recording, book_of(shop(2, 2)), UTC)
    line = found.lines["line0"]
    assert (line.conversations, line.taken, line.gave_up, line.still_waiting) == (3, 2, 1, 0)
    assert (line.wait_median, line.wait_p90, line.wait_longest) == (10, 3600, 3600)
    assert (line.asked_at_once, line.offers_each, line.returns) == (1 / 3, 1, 1)
    assert line.breached == {"first_response": 1}
    assert found.all.still_waiting == 1
    assert found.operators["op0"].most == 1
    assert found.operators["op0"].busy == (7200 - 10) / 7200
    assert found.operators["op1"].busy is None
    assert [hour.conversations for hour in found.hours] == [4] + [0] * 23


def test_presence_is_told_from_what_came_before_or_after_or_from_today() -> None:
    def change(seconds: int, operator: str, presence: Presence) -> PresenceChange:
        return PresenceChange(MONDAY + seconds * SECOND, operator, presence)

    away, there = Presence.AWAY, Presence.AVAILABLE
    changes = [change(-9, "anna", there), change(-5, "anna", away), change(5, "boris", there), change(5, "carl", away)]
    found = presences_at(MONDAY, {"anna": there, "dora": Presence.BREAK}, changes)
    assert found == {"anna": away, "boris": away, "carl": there, "dora": Presence.BREAK}
