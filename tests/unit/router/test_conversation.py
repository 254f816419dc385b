"""The state machine: which step leads where from every state, and that exactly one holds the floor all the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from router import conversation as steps
from router.model import Conversation, Floor, FloorHolder, JoinMode, State
from tests.unit.router.engine import NOON

LATER = NOON + timedelta(minutes=1)
BOT = Floor()
Step = Callable[[Conversation], Conversation]

STEPS: dict[str, Step] = {
    "queued": lambda c: steps.queued(c, LATER),
    "offered": lambda c: steps.offered(c, ("bob",), LATER, LATER + timedelta(minutes=1)),
    "taken": lambda c: steps.taken(c, "bob", LATER),
    "intercepted": lambda c: steps.taken(c, "eve", LATER, supervisor=True),
    "answered": lambda c: steps.answered(c, LATER, timedelta(hours=1)),
    "spoken_to": lambda c: steps.spoken_to(c, LATER),
    "let_go": lambda c: steps.let_go(c, ("ann",), LATER + timedelta(minutes=5), LATER),
    "closed": lambda c: steps.closed(c, "ann", LATER),
    "reopened": lambda c: steps.reopened(c, LATER),
}

_NEW = Conversation("v1", "sales", "shop", "webchat", "c1", "k1", "Zed", NOON, last_client_at=NOON)
_QUEUED = steps.queued(_NEW, NOON)
_OPEN = steps.taken(_QUEUED, "ann", NOON)
IN: dict[State, Conversation] = {
    State.TRIAGE: _NEW,
    State.QUEUED: _QUEUED,
    State.OFFERED: steps.offered(_QUEUED, ("ann",), NOON, LATER),
    State.OPEN: _OPEN,
    State.WAITING: steps.answered(_OPEN, NOON, timedelta(hours=1)),
    State.CLOSED: steps.closed(_OPEN, "ann", NOON),
}

#: step → the state it leads to, from each state in which `decide` takes it
TABLE: dict[str, dict[State, State]] = {
    "queued": dict.fromkeys(State, State.QUEUED),
    "offered": dict.fromkeys(State, State.OFFERED),
    "taken": dict.fromkeys((State.TRIAGE, State.QUEUED, State.OFFERED, State.OPEN), State.OPEN)
    | {State.WAITING: State.WAITING},
    "intercepted": {State.OFFERED: State.OPEN, State.OPEN: State.OPEN, State.WAITING: State.WAITING},
    "answered": {State.OPEN: State.WAITING, State.WAITING: State.WAITING},
    "spoken_to": {state: State.OPEN if state is State.WAITING else state for state in State},
    "let_go": dict.fromkeys((State.OFFERED, State.OPEN, State.WAITING), State.QUEUED),
    "closed": dict.fromkeys(State, State.CLOSED),
    "reopened": {State.CLOSED: State.QUEUED},
}
_MOVES = [(step, before, after) for step, moves in TABLE.items() for before, after in moves.items()]


@pytest.mark.parametrize(("step", "before", "after"), _MOVES)
def test_each_step_leads_where_the_table_says(step: str, before: State, after: State) -> None:
    """And leaves exactly one holder of the floor: the one who is responsible, or the bot."""
    moved = STEPS[step](IN[before])
    assert moved.state is after
    if after in {State.OPEN, State.WAITING}:
        assert moved.operator
        assert moved.floor.operator == moved.operator
        assert moved.floor.holder is (FloorHolder.SUPERVISOR if step == "intercepted" else FloorHolder.OPERATOR)
    else:
        assert moved.floor == BOT
    assert bool(moved.offered) == (after is State.OFFERED)


@pytest.mark.parametrize("state", list(State))
def test_waiting_for_a_person_takes_no_timers_along(state: State) -> None:
    """Whatever ticked before, only what the new state needs ticks after."""
    ticking = replace(IN[state], timers={steps.OFFER: NOON, steps.CLOSE: NOON, steps.TRIAGE: NOON})
    assert steps.queued(ticking, LATER).timers == {}
    assert set(steps.offered(ticking, ("bob",), LATER, LATER).timers) == {steps.OFFER}
    assert steps.closed(ticking, "ann", LATER).timers == {}


def test_a_timer_is_set_replaced_and_taken_away() -> None:
    """Nothing to change gives the same value back."""
    once = steps.with_timer(_NEW, steps.CLOSE, NOON)
    assert once.timers == {steps.CLOSE: NOON}
    assert steps.with_timer(once, steps.CLOSE, NOON) is once
    assert steps.with_timer(once, steps.CLOSE, LATER).due_at == LATER
    assert steps.with_timer(once, steps.CLOSE, None).due_at is None


def test_returning_keeps_the_place_in_the_queue() -> None:
    """An offer nobody took, and a conversation somebody took and never answered, wait since they began to."""
    for state in (State.QUEUED, State.OFFERED, State.OPEN):
        assert steps.queued(IN[state], LATER).queued_at == NOON


def test_after_an_answer_waiting_begins_with_the_clients_next_words() -> None:
    """Whoever has been answered is not ahead of those who have not; transferred at rest, it waits from now."""
    spoken = steps.spoken_to(steps.answered(_OPEN, NOON + timedelta(seconds=30), None), LATER)
    assert steps.queued(spoken, LATER + timedelta(hours=1)).queued_at == LATER
    assert steps.queued(IN[State.WAITING], LATER).queued_at == LATER


def test_whoever_let_it_go_is_remembered_until_somebody_takes_it() -> None:
    """Those whose time has passed are forgotten on the way."""
    once = steps.let_go(IN[State.OFFERED], ("ann",), LATER, NOON)
    twice = steps.let_go(once, ("bob",), LATER + timedelta(minutes=1), LATER)
    assert (once.passed, twice.passed) == ({"ann": LATER}, {"bob": LATER + timedelta(minutes=1)})
    assert (twice.returns, steps.taken(twice, "cid", LATER).passed) == (2, {})


def test_the_former_operator_is_remembered_on_return() -> None:
    """They come first when the rules say so; returning twice does not lose them."""
    returned = steps.let_go(_OPEN, (), LATER, LATER)
    assert (returned.operator, returned.previous_operator) == ("", "ann")
    assert steps.let_go(returned, (), LATER, LATER).previous_operator == "ann"


def test_whoever_is_relieved_stays_as_a_colleague() -> None:
    """An intercepted operator sees how it goes on; whoever takes over is no longer a mere colleague."""
    watching = replace(_OPEN, joined={"eve": JoinMode.HIDDEN})
    assert steps.taken(watching, "eve", LATER, supervisor=True).joined == {"ann": JoinMode.OPEN}
    assert steps.taken(_OPEN, "ann", LATER).joined == {}


def test_answering_marks_all_as_read_and_notes_the_first_answer() -> None:
    """Whoever answers has read; the first answer's time stays."""
    asked = replace(_OPEN, client_n=3, seen=1)
    first = steps.answered(asked, NOON, None)
    assert (first.seen, first.timers) == (3, {})
    second = steps.answered(first, LATER, timedelta(hours=1))
    assert (second.answered_at, second.last_reply_at) == (NOON, LATER)
    assert second.timers == {steps.CLOSE: LATER + timedelta(hours=1)}


def test_the_client_speaking_stops_the_clock_on_their_silence() -> None:
    """Nothing closes while somebody waits for us."""
    assert steps.spoken_to(IN[State.WAITING], LATER).timers == {}


def test_closing_keeps_who_was_responsible_and_dismisses_the_others() -> None:
    """The card shows who spoke with the client; nobody stays joined to what is over."""
    watched = replace(_OPEN, joined={"eve": JoinMode.OPEN})
    ended = steps.closed(watched, "ann", LATER)
    assert (ended.operator, ended.closed_by, ended.closed_at, ended.joined) == ("ann", "ann", LATER, {})


def test_reopening_begins_anew_with_the_former_operator_first() -> None:
    """What was said, passed and asked belongs to the former round."""
    ended = replace(IN[State.CLOSED], said=("queued",), passed={"bob": LATER}, rating_asked=True)
    again = steps.reopened(ended, LATER)
    assert (again.previous_operator, again.operator, again.queued_at) == ("ann", "", LATER)
    assert (again.said, again.passed, again.rating_asked, again.closed_at, again.closed_by) == ((), {}, False, None, "")
