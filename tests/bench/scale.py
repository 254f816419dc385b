"""How much and how long is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from tests.bench.world import World

#: of the line that new clients come to; with room for everybody whom the measures bring
FRONT_OPERATORS = 11


@dataclass(frozen=True, slots=True)
class Scale:
    """Counts and durations, in seconds, of one run."""

    rounds: int
    #: of one round of anything that runs as fast as it can
    seconds: float
    #: before the first round
    warm_up: float
    #: of each pace at which latency is measured
    latency_seconds: float
    #: inserts one at a time, for their median
    single_inserts: int
    #: new conversations in one round
    newcomers: int
    #: open conversations with which memory is measured
    open_conversations: int
    #: rounds in each world of `growth`
    growth_rounds: int
    #: where the traffic of relay, latency and batch goes
    desk: World
    front: World
    #: name → a world that is larger than `desk` in one respect
    larger: Mapping[str, World]
    #: part of the run → roughly how many seconds it takes; only the progress bar believes it
    expected: Mapping[str, float]


_DESK = World()
_FRONT = World(talks=1, conversations=1, said=2, messages=2, front=FRONT_OPERATORS)
_MANY_CONVERSATIONS = replace(_DESK, lines=11, conversations=100_000, said=2)
_MANY_OPERATORS = replace(_DESK, lines=100)
_MANY_MESSAGES = replace(_DESK, messages=1_000_000)

FULL = Scale(
    rounds=5,
    seconds=4.0,
    warm_up=3.0,
    latency_seconds=15.0,
    single_inserts=500,
    newcomers=1_000,
    open_conversations=10_000,
    growth_rounds=3,
    desk=_DESK,
    front=_FRONT,
    larger=MappingProxyType(
        {"conversations": _MANY_CONVERSATIONS, "operators": _MANY_OPERATORS, "messages": _MANY_MESSAGES}
    ),
    expected=MappingProxyType(
        {
            "choice": 20,
            "filling": 12,
            "relay": 75,
            "latency": 45,
            "batch": 25,
            "conversation": 20,
            "memory": 25,
            "growth_base": 30,
            "growth_conversations": 60,
            "growth_operators": 30,
            "growth_messages": 120,
        }
    ),
)
QUICK = replace(
    FULL,
    rounds=2,
    seconds=1.5,
    warm_up=1.0,
    latency_seconds=4.0,
    single_inserts=150,
    newcomers=300,
    growth_rounds=2,
    larger=MappingProxyType(
        {
            "conversations": replace(_MANY_CONVERSATIONS, conversations=10_000),
            "operators": replace(_MANY_OPERATORS, lines=10),
            "messages": replace(_MANY_MESSAGES, messages=100_000),
        }
    ),
    expected=MappingProxyType(
        {
            "choice": 9,
            "filling": 10,
            "relay": 15,
            "latency": 12,
            "batch": 6,
            "conversation": 5,
            "memory": 15,
            "growth_base": 15,
            "growth_conversations": 20,
            "growth_operators": 15,
            "growth_messages": 25,
        }
    ),
)
