"""Nobody waits for ever: whatever comes in between, a queue is served in the order of its places."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from router.events import Close, Take
from router.model import Conversation, State
from tests.unit.router.shops import scripted, shop, staffed, sure
from tests.unit.router.world import World

#: class → how much longer than in truth its clients count as having waited, in seconds
HEADS = {"plain": 0, "urgent": 120, "vip": 600}
#: the most that anybody who comes later may be put before
HEAD_START = timedelta(seconds=max(HEADS.values()))
_TRIAGE = {"intents": {name: {"do": "handoff", "priority": name} for name in HEADS}}
_STEP = timedelta(seconds=1)


def rules(**line: Any) -> dict[str, Any]:
    """Return a shop with one operator who has room for one."""
    made = shop({"ann": {"capacity": 1}}, _TRIAGE, offer_timeout="12h", **line)
    return made | {"priorities": {name: f"{seconds}s" for name, seconds in HEADS.items()}}


class Desk:
    """Ann, who takes whoever she is offered and is done with them after a while."""

    def __init__(self, world: World) -> None:
        self.world = world
        #: chat → when its client came
        self.came: dict[str, datetime] = {}
        self.served: list[str] = []

    def comes(self, what: str) -> None:
        """Let a client of a class come."""
        chat = f"c{len(self.came)}"
        self.came[chat] = self.world.now
        self.world.says(what, chat)

    @property
    def waiting(self) -> list[Conversation]:
        return [it for it in self.world.kept.conversations.values() if it.state is State.QUEUED]

    def serves(self) -> None:
        """Take the one that is offered; of those who wait, none was to come before."""
        offered = [it for it in self.world.kept.conversations.values() if it.state is State.OFFERED]
        assert offered or not self.waiting, "Ann is free, and nobody is offered to her"
        for it in offered:
            assert all(it.place <= other.place for other in self.waiting)
            assert self.world.does(Take, it, "ann") == ""
            self.served.append(it.chat)

    def is_done(self) -> None:
        """Let Ann close what she holds."""
        for it in list(self.world.kept.conversations.values()):
            if it.state is State.OPEN:
                assert self.world.does(Close, it, "ann") == ""


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from([*HEADS])), min_size=2, max_size=14),
    st.integers(1, 4),
)
def test_nobody_is_passed_by_who_came_a_head_start_later(arrivals: list[tuple[int, str]], pace: int) -> None:
    """Whatever classes come, only those who came within the largest head start are served before one who waits.

    Ann serves one client for each `pace` who come, so that the queue grows as long as they do.
    """
    desk = Desk(staffed(rules(), triage=scripted(**{name: sure(name) for name in HEADS})))
    for number, (gap, what) in enumerate(arrivals):
        desk.world.advance(timedelta(seconds=gap) + _STEP)
        desk.comes(what)
        if number % pace == 0:
            desk.is_done()
            desk.serves()
    while len(desk.served) < len(arrivals):
        desk.is_done()
        desk.serves()
    order = {chat: place for place, chat in enumerate(desk.served)}
    assert len(order) == len(arrivals), "somebody was never served, or twice"
    for chat, came in desk.came.items():
        later = [other for other, at in desk.came.items() if at > came + HEAD_START]
        assert all(order[chat] < order[other] for other in later)


def test_an_endless_stream_of_important_clients_starves_nobody() -> None:
    """A client of no class comes first once the important ones came a head start later than they did."""
    desk = Desk(staffed(rules(), triage=scripted(**{name: sure(name) for name in HEADS})))
    desk.comes("vip")
    desk.serves()
    desk.comes("plain")
    for _ in range(40):
        desk.comes("vip")
        desk.world.advance(timedelta(seconds=30))
        desk.comes("vip")
        desk.is_done()
        desk.serves()
        if "c1" in desk.served:
            break
    before = [chat for chat in desk.served[1:-1] if desk.came[chat] > desk.came["c1"]]
    assert desk.served[-1] == "c1"
    assert all(desk.came[chat] <= desk.came["c1"] + HEAD_START for chat in before)
