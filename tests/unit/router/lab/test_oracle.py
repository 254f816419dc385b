"""A rehearsal comes out as one played on paper, whatever the traffic."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.lab.lives import Life
from router.lab.recording import PresenceChange, Recording, Response, Step, Visit
from router.lab.simulation import played
from router.people import Presence
from tests.unit.router.lab.oracle import Client, Paper
from tests.unit.router.lab.traffic import MONDAY, book_of

NAMES = ("anna", "boris", "carl")
OFFER, AGAIN = 60, 300


def times(random: Random, most: float, number: int) -> list[float]:
    """Return moments in seconds, ascending; no two things happen at the same microsecond, whose order is nobody's."""
    return sorted(random.randrange(1, int(most * 1_000_000)) / 1_000_000 for _ in range(number))


@st.composite
def recordings(draw: st.DrawFn) -> Recording:
    random = Random(draw(st.integers(0, 2**32)))
    came, changed = (times(random, 900, draw(st.integers(least, most))) for least, most in ((1, 10), (0, 6)))
    return Recording(
        since=MONDAY,
        until=MONDAY + timedelta(seconds=draw(st.sampled_from([600.5, 2_000.5]))),
        visits=tuple(draw(visits(random, n, at)) for n, at in enumerate(came)),
        present={name: draw(st.sampled_from(Presence)) for name in NAMES},
        changes=tuple(
            PresenceChange(
                MONDAY + timedelta(seconds=at), draw(st.sampled_from(NAMES)), draw(st.sampled_from(Presence))
            )
            for at in changed
        ),
    )


@st.composite
def visits(draw: st.DrawFn, random: Random, number: int, at: float) -> Visit:
    def soon() -> float:
        return times(random, draw(st.sampled_from([9, 90])), 1)[0]

    did_nothing = draw(st.lists(st.sampled_from(NAMES), max_size=2))
    took = Response(draw(st.sampled_from(NAMES)), soon(), "took")
    talks = [(), ("reply",), ("reply", "close"), ("close",), ("reply", "client", "reply", "close")]
    return Visit(
        id=f"v{number}",
        line="sales",
        channel="shop",
        client=f"c{number}",
        at=MONDAY + timedelta(seconds=at),
        responses=(*(Response(name, 60.0, "nothing") for name in did_nothing), took),
        steps=tuple(Step(kind, soon()) for kind in draw(st.sampled_from(talks))),
        gave_up=times(random, 900, 1)[0] if draw(st.booleans()) else None,
    )


def rules(distribution: str, capacity: dict[str, int]) -> dict[str, object]:
    line = {
        "name": "Sales", "operators": list(NAMES), "distribution": distribution, "previous_operator_first": False,
        "offer_timeout": f"{OFFER}s", "ask_again_after": f"{AGAIN}s",
    }  # fmt: skip
    people = {name: {"name": name.capitalize(), "capacity": most} for name, most in capacity.items()}
    return {"lines": {"sales": line}, "operators": people}


def on_paper(it: Client) -> tuple[object, ...]:
    return [tuple(hold) for hold in it.holds], it.offers, it.returns, it.ended


def as_played(life: Life) -> tuple[object, ...]:
    def time(at: object) -> object:
        return None if at is None else (at - MONDAY) // timedelta(microseconds=1)  # type: ignore[operator]

    holds = [(hold.operator, time(hold.since), time(hold.until)) for hold in life.holds]
    return holds, life.offers, life.returns, time(life.ended_at)


@pytest.mark.parametrize("distribution", ["strict", "even"])
@given(recording=recordings(), capacity=st.fixed_dictionaries({name: st.integers(1, 3) for name in NAMES}))
def test_a_rehearsal_comes_out_as_on_paper(distribution: str, recording: Recording, capacity: dict[str, int]) -> None:
    """Who held what from when to when, how often it was offered and came back, and when it ended."""
    capacity = {name: capacity[name] for name in NAMES}
    lives = played(recording, book_of(rules(distribution, capacity)))
    paper = Paper(recording, distribution, capacity, offer_timeout=OFFER * 1_000_000, ask_again_after=AGAIN * 1_000_000)
    came = [it for it in paper.play() if it.state != "to come"]
    assert list(map(as_played, lives)) == list(map(on_paper, came))
