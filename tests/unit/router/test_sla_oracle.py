"""Random conversations under an SLA, judged by walking through them second by second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from router.events import Close, Reply, Skip, Take
from router.hours import is_open
from router.model import Conversation, State
from router.pledges import BREACH, Target
from tests.unit.router.shops import shop, staffed
from tests.unit.router.world import World

STEP = timedelta(minutes=1)
HOURS = {"week": {"mon-fri": "09:00-12:10, 12:20-13:00"}}
SLA = {"first_response": "7m", "next_response": "5m", "resolution": "20m", "warn_at": ["20%", "60%"]}
GOALS = {Target.FIRST_RESPONSE: 7, Target.NEXT_RESPONSE: 5, Target.RESOLUTION: 20}
_DEEDS: dict[str, Callable[[World, Conversation], Any]] = {
    "writes": lambda world, it: world.says("and?"),
    "takes": lambda world, it: world.does(Take, it, "ann"),
    "answers": lambda world, it: world.does(Reply, it, "ann", text="Hi"),
    "skips": lambda world, it: world.does(Skip, it, "ann"),
    "closes": lambda world, it: world.does(Close, it, "ann"),
}


@dataclass
class Oracle:
    """Counts minutes, with nothing but the conversation's state and what was said to go by."""

    spent: Counter[Target] = field(default_factory=Counter)
    #: (target, which run of it) that were over their time
    late: set[tuple[Target, int]] = field(default_factory=set)
    runs: Counter[Target] = field(default_factory=Counter)
    running: set[Target] = field(default_factory=set)

    def owed(self, it: Conversation, replied: bool, asked: bool) -> set[Target]:
        """Return the targets whose time goes by."""
        if it.state in {State.WAITING, State.CLOSED, State.TRIAGE}:
            return set()
        answer = Target.NEXT_RESPONSE if replied else Target.FIRST_RESPONSE
        return {Target.RESOLUTION} | ({answer} if asked else set())

    def becomes(self, owed: set[Target]) -> None:
        """Begin what begins; a response that was given begins anew the next time."""
        for target in owed - self.running - {Target.RESOLUTION}:
            self.runs[target] += 1
            self.spent[target] = 0
        self.running = owed

    def minute(self, open_: bool) -> None:
        """Let a minute pass."""
        for target in self.running if open_ else ():
            self.spent[target] += 1
            if self.spent[target] >= GOALS[target]:
                self.late.add((target, self.runs[target]))


deeds = st.one_of(st.sampled_from(sorted(_DEEDS)), st.integers(1, 12), st.integers(1, 30).map(lambda n: -n))


@given(st.lists(deeds, max_size=25), st.booleans())
def test_each_share_is_told_once_and_a_breach_is_exactly_a_target_over_its_time(
    script: list[str | int], crashes: bool
) -> None:
    """Whatever people do, and however long the hub is down: a negative number is time that nobody saw pass."""
    rules = shop(
        {"ann": {}},
        hours=HOURS,
        sla=SLA,
        reopen_within="7d",
        ask_again_after="0s",
        offer_timeout="12h",
        unanswered="stay",
    )
    world, oracle = staffed(rules), Oracle()
    conversation, replied, asked = world.says("hello"), False, True
    oracle.becomes(oracle.owed(conversation, replied, asked))
    for deed in script:
        if isinstance(deed, int):
            began = world.now
            _pass(world, oracle, deed, crashes=crashes)
            _nothing_told_while_paused(world, conversation, began, oracle)
            continue
        before = world.now_of(conversation)
        refused = _DEEDS[deed](world, conversation)
        if deed == "writes":
            asked = True
        if deed == "answers" and refused == "":
            replied, asked = True, False
        after = world.now_of(conversation)
        reopened = before.state is State.CLOSED and after.state is not State.CLOSED
        if reopened and not replied:
            return  # never answered: another conversation
        oracle.becomes(oracle.owed(after, replied, asked))
    _judge(world, conversation, oracle)


def _pass(world: World, oracle: Oracle, minutes: int, *, crashes: bool) -> None:
    hours = world.book.line("sales").hours
    for n in range(abs(minutes)):
        oracle.minute(is_open(hours, world.now + n * STEP))
    if minutes > 0:
        world.advance(minutes * STEP)
        return
    if crashes:
        world.start()
    world.jump(-minutes * STEP)


def _nothing_told_while_paused(world: World, conversation: Conversation, since: datetime, oracle: Oracle) -> None:
    told = [m for m in world.kept.of(conversation.id) if m.text.startswith("sla_") and m.at > since]
    assert {m.text.split("_", 2)[2] for m in told} <= {target.value for target in oracle.running}


def _judge(world: World, conversation: Conversation, oracle: Oracle) -> None:
    alerts = [alert.what for alert in world.kept.alerts if alert.conversation == conversation.id]
    breaches = Counter(Target(what["target"]) for what in alerts if what["what"] == "sla_breached")
    assert breaches == Counter(target for target, _ in oracle.late)
    assert set(world.now_of(conversation).breached) == set(breaches)
    shares = Counter((what["target"], what["share"]) for what in alerts if what["what"] == "sla_warned")
    for (target, _), count in shares.items():
        assert count <= (oracle.runs[Target(target)] or 1)
    for target, clock in world.now_of(conversation).sla.items():
        assert clock.told == max(
            (s for s in (20, 60, BREACH) if oracle.spent[target] * 100 >= s * GOALS[target]), default=0
        )
