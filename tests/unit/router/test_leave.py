"""Leave that comes while the hub runs: who may enter it, what it does to conversations, and when it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.absence import Absence, absent, interrupted, moment
from router.events import Take
from router.hours import is_open, next_change, stretch
from router.leave import MOST
from router.model import State
from router.people import OperatorState, Presence
from router.rulebook import Rulebook
from router.rules import Rules
from router.staff_events import AddLeave, CalendarRead, RemoveLeave
from router.timetable import Hours
from tests.unit.router.engine import NOON
from tests.unit.router.texts import Prompts, catalog
from tests.unit.router.world import World

HERE = Presence.AVAILABLE
RULES: dict[str, Any] = {
    "lines": {
        "shop": {"name": "Shop", "operators": ["ann", "bob"], "triage": False, "distribution": "strict"},
        "back": {"name": "Back", "operators": ["ann"], "triage": False},
    },
    "operators": {
        "ann": {
            "name": "Ann",
            "hours": {"timezone": "Europe/Berlin", "week": {"mon-sun": "00:00-24:00"}},
            "calendar": "ann.ics",
        },
        "bob": {"name": "Bob"},
        "sue": {"name": "Sue", "role": "supervisor"},
    },
}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def world() -> World:
    world = World(RULES)
    world.presence(HERE, "ann")
    return world


def enter(world: World, by: str, whom: str, **more: Any) -> str:
    """Enter leave and return the refusal."""
    return world.perform(AddLeave(world.fresh_id(), by, whom, **more))


def leave_of(world: World, operator: str = "ann") -> tuple[Absence, ...]:
    return world.kept.operators[operator].leave


def test_whoever_goes_on_leave_is_absent_at_once(world: World) -> None:
    """What clients wait for returns to the queue and goes to the next one; nothing new comes."""
    taken, offered = world.says("hello", "c1"), world.says("hello", "c2")
    assert world.does(Take, taken, "ann") == ""
    world.presence(HERE, "bob")
    assert enter(world, "ann", "ann", reason="sick") == ""
    assert [world.now_of(it).offered for it in (taken, offered)] == [("bob",), ("bob",)]
    assert world.load("ann") == 0
    assert world.does(Take, world.now_of(taken), "ann") == "offered_to"


def test_leave_begins_and_ends_by_itself(world: World) -> None:
    """At its beginning an offer goes back; at its end the queue is offered again, to the second."""
    begin, end = NOON + HOUR, NOON + 3 * HOUR
    assert enter(world, "sue", "ann", since=begin.isoformat(), until=end.isoformat()) == ""
    world.advance(HOUR - timedelta(seconds=1))
    it = world.says("hello")
    assert it.state is State.OFFERED
    world.advance(timedelta(seconds=1))
    assert world.now_of(it).state is State.QUEUED
    world.advance(2 * HOUR - timedelta(seconds=1))
    assert world.now_of(it).state is State.QUEUED
    world.advance(timedelta(seconds=1))
    assert world.now_of(it).offered == ("ann",)


def test_a_date_is_the_whole_day_where_the_operator_is(world: World) -> None:
    """`until` includes its date; a date alone is one day."""
    assert enter(world, "sue", "ann", since="2026-03-10", until="2026-03-12") == ""
    assert enter(world, "sue", "bob", since="2026-03-10") == ""
    assert [(it.since, it.until) for it in leave_of(world)] == [
        (datetime(2026, 3, 9, 23, tzinfo=UTC), datetime(2026, 3, 12, 23, tzinfo=UTC))
    ]
    assert [(it.since, it.until) for it in leave_of(world, "bob")] == [
        (datetime(2026, 3, 10, tzinfo=UTC), datetime(2026, 3, 11, tzinfo=UTC))
    ]


def test_without_times_it_is_the_rest_of_today(world: World) -> None:
    """Whoever feels ill says so and nothing else."""
    assert enter(world, "ann", "ann", reason="sick") == ""
    assert [(it.since, it.until, it.reason) for it in leave_of(world)] == [
        (NOON, datetime(2026, 3, 2, 23, tzinfo=UTC), "sick")
    ]


@pytest.mark.parametrize(
    ("times", "refusal"),
    [
        ({"since": "tomorrow"}, "leave_times"),
        ({"since": "2026-03-10T10:00"}, "leave_times"),
        ({"since": "9999-12-31"}, "leave_times"),
        ({"since": "2026-03-10", "until": "2026-03-09"}, "leave_backwards"),
        ({"since": "2026-03-10T10:00Z", "until": "2026-03-10T10:00Z"}, "leave_backwards"),
        ({"since": "2026-03-01", "until": "2026-03-01"}, "leave_over"),
    ],
)
def test_times_that_make_no_leave_are_refused(world: World, times: dict[str, str], refusal: str) -> None:
    """And nothing is kept."""
    assert enter(world, "sue", "ann", **times) == refusal
    assert leave_of(world) == ()


def test_leave_is_entered_for_oneself_or_by_a_supervisor(world: World) -> None:
    """Colleagues neither enter it nor take it away."""
    assert enter(world, "bob", "ann") == "leave_of_colleague"
    assert enter(world, "sue", "zoe") == "no_colleague"
    assert enter(world, "ann", "ann") == ""
    (mine,) = leave_of(world)
    assert world.perform(RemoveLeave(world.fresh_id(), "bob", "ann", mine.id)) == "leave_of_colleague"
    assert world.perform(RemoveLeave(world.fresh_id(), "ann", "ann", mine.id)) == ""
    assert world.perform(RemoveLeave(world.fresh_id(), "ann", "ann", mine.id)) == "no_leave"


def test_what_a_supervisor_entered_only_supervisors_take_away(world: World) -> None:
    """Whoever is sent on leave does not call themselves back."""
    assert enter(world, "sue", "ann") == ""
    (it,) = leave_of(world)
    assert world.perform(RemoveLeave(world.fresh_id(), "ann", "ann", it.id)) == "leave_of_supervisor"
    waiting = world.says("hello")
    assert world.now_of(waiting).state is State.QUEUED
    assert world.perform(RemoveLeave(world.fresh_id(), "sue", "ann", it.id)) == ""
    assert world.now_of(waiting).offered == ("ann",)


def test_leaves_may_overlap(world: World) -> None:
    """Whoever is on any of them is away; taking one away leaves the other."""
    assert enter(world, "sue", "ann", until=(NOON + 2 * HOUR).isoformat()) == ""
    assert enter(world, "sue", "ann", since=(NOON + HOUR).isoformat(), until=(NOON + 3 * HOUR).isoformat()) == ""
    it = world.says("hello")
    world.advance(3 * HOUR - timedelta(seconds=1))
    assert world.now_of(it).state is State.QUEUED
    world.advance(timedelta(seconds=1))
    assert world.now_of(it).state is State.OFFERED


def test_what_is_over_is_cleared_away(world: World) -> None:
    """A day later, when anything about hours happens; what is to come stays."""
    assert enter(world, "sue", "ann", until=(NOON + HOUR).isoformat()) == ""
    assert enter(world, "sue", "ann", since=(NOON + 3 * DAY).isoformat(), until=(NOON + 4 * DAY).isoformat()) == ""
    world.advance(2 * HOUR)
    assert len(leave_of(world)) == 2
    world.advance(3 * DAY)
    assert [it.since for it in leave_of(world)] == [NOON + 3 * DAY]


def test_there_is_a_limit(world: World) -> None:
    """A program that runs wild fills no document."""
    for _ in range(MOST):
        assert enter(world, "ann", "ann") == ""
    assert enter(world, "ann", "ann") == "leave_too_many"


def test_a_calendar_replaces_what_it_said_before(world: World) -> None:
    """And touches nothing that was entered; it cannot be taken away by hand."""
    assert enter(world, "sue", "ann", since=(NOON + DAY).isoformat()) == ""
    (entered,) = leave_of(world)
    first = Absence("k1", NOON, NOON + HOUR)
    source = world.book.rules.operators["ann"].calendar.source
    world.post(CalendarRead("hub:calendar:1", "ann", source, (first,)))
    world.settle()
    assert leave_of(world) == (entered, first)
    assert world.perform(RemoveLeave(world.fresh_id(), "sue", "ann", "k1")) == "leave_of_calendar"
    it = world.says("hello")
    assert world.now_of(it).state is State.QUEUED
    world.post(CalendarRead("hub:calendar:2", "ann", source, ()))
    world.settle()
    assert leave_of(world) == (entered,)
    assert world.now_of(it).state is State.OFFERED


def test_a_calendar_that_the_rules_no_longer_name_is_forgotten(world: World) -> None:
    """With the next look at the line; what is still being read of it then changes nothing."""
    source = world.book.rules.operators["ann"].calendar.source
    read = CalendarRead("hub:calendar:1", "ann", source, (Absence("k1", NOON, NOON + HOUR),))
    world.post(read)
    world.settle()
    it = world.says("hello")
    assert it.state is State.QUEUED
    operators = {**RULES["operators"], "ann": {"name": "Ann", "calendar": "other.ics"}}
    world.book = Rulebook(Rules.model_validate({**RULES, "operators": operators}), catalog(), Prompts())
    world.jump(timedelta())
    assert (leave_of(world), world.kept.operators["ann"].calendar) == ((), "")
    assert world.now_of(it).state is State.OFFERED
    world.post(read)
    world.settle()
    assert leave_of(world) == ()


def test_the_reason_is_shown(world: World) -> None:
    """In why nobody was asked, as for leave in the settings."""
    assert enter(world, "ann", "ann", reason="sick") == ""
    world.says("hello")
    assert dict(world.kept.explanations[-1].considered) == {"ann": "leave_sick", "bob": "away"}


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        # Midnight does not exist on the day on which Lebanon's clocks go on.
        ("2026-03-29", "Asia/Beirut", datetime(2026, 3, 28, 22, tzinfo=UTC)),
        # It comes twice on the day after Cuba's have gone back: the first one counts.
        ("2026-11-01", "America/Havana", datetime(2026, 11, 1, 4, tzinfo=UTC)),
        ("2026-03-29T02:30+01:00", "Europe/Berlin", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
    ],
)
def test_days_begin_also_where_the_clocks_change(text: str, zone: str, expected: datetime) -> None:
    """One behaviour, stated: a midnight that is skipped is the moment of the jump, of two the first counts."""
    assert moment(text, Hours(timezone=zone, week={}).zone) == expected


MINUTES = st.integers(0, 3 * 24 * 60).map(lambda minutes: NOON - DAY + timedelta(minutes=minutes))
ABSENCES = st.lists(
    st.tuples(MINUTES, st.integers(1, 2000)).map(lambda it: Absence("", it[0], it[0] + timedelta(minutes=it[1]))),
    max_size=4,
)
PLANS = st.sampled_from(
    [None, Hours.model_validate({"timezone": "Europe/Berlin", "week": {"mon-fri": "09:00-13:00, 14:00-18:00"}})]
)


@given(plan=PLANS, absences=ABSENCES, now=MINUTES)
def test_nothing_changes_within_a_stretch(plan: Hours | None, absences: list[Absence], now: datetime) -> None:
    """Working means within hours and on no leave; until the stretch ends, asking again would say the same."""
    found = interrupted(stretch(plan, now), absences, now)

    def works(at: datetime) -> bool:
        return is_open(plan, at) and absent(absences, at) is None

    assert found.is_open == works(now)
    assert now < found.until
    edges = [edge for it in absences for edge in (it.since, it.until)] + [next_change(plan, now) or found.until]
    for at in (edge for edge in edges if now <= edge < found.until):
        assert works(at) == found.is_open
    assert works(found.until - timedelta(seconds=1)) == found.is_open
    assert found.began is None or (found.is_open and found.began <= now and works(found.began))


def test_leave_survives_being_kept() -> None:
    """A state with leave is looked up by what it holds, not by which object it is."""
    world = World(RULES)
    state = OperatorState("ann", leave=(Absence("a", NOON, NOON + HOUR),))
    assert not world.book.on_shift(state, NOON)
    assert world.book.on_shift(OperatorState("ann"), NOON)
    assert not world.book.on_shift(OperatorState("ann", leave=(Absence("a", NOON, NOON + HOUR),)), NOON)
