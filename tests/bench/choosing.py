"""How long it takes to choose an operator among very many for one of very many conversations that wait.

This is the core alone, in this process: no store, no network, and nobody else on the clock.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from time import perf_counter

from msgspec.structs import replace

from router.decide import decide
from router.distribution import Choice, Search
from router.effects import ChangeLoad
from router.events import Close
from router.pool import Pool
from tests.bench.failure import BenchFailed
from tests.bench.hall import KINDS, LINE, Hall, hall
from tests.bench.samples import Samples

OPERATORS, WAITING = 1_000, 10_000
#: choices, and whole decisions, of each kind in a round
TIMES = 300
#: how often the limits are measured in a round
_LIMIT_TIMES = 20
_SEED = 11


def choosing_round(samples: Samples, operators: int = OPERATORS, waiting: int = WAITING, times: int = TIMES) -> None:
    """Measure each kind of choice once, in microseconds, and what it is held against. Raises `BenchFailed`.

    `choice_us` is the slowest kind's.
    """
    slowest = 0.0
    with _undisturbed():
        samples.add("sort_us", _sorting(operators))
        for kind in KINDS:
            scene = hall(kind, operators, waiting)
            choice = median(_choices(scene, times)) * 1e6
            samples.add(f"choice_{kind}_us", choice)
            samples.add(f"anew_{kind}_us", median(_anew(scene)) * 1e6)
            samples.add(f"decision_{kind}_us", median(_decisions(scene, times)) * 1e6)
            slowest = max(slowest, choice)
    samples.add("choice_us", slowest)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep the garbage collector away, which would look at all that a hall holds, as the hub's own does not."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _choices(scene: Hall, times: int) -> Iterator[float]:
    """Yield the seconds from when an operator has room until it is known that they are asked, and why."""
    for operator in scene.turns(times):
        scene.desk.roster.change(ChangeLoad(operator, LINE, by=-1, open=-1, waiting=0))
        first = scene.desk.in_queue(0)
        if first is None:
            raise BenchFailed("Nobody waits in the hall where a choice is measured.")
        began = perf_counter()
        pool = scene.pool.brought_to(scene.book, scene.now)
        choice = Search.of(first, pool, scene.now).choice()
        took = perf_counter() - began
        _expect(choice, operator)
        _fill(scene, operator)
        yield took


def _expect(choice: Choice, operator: str) -> None:
    told = dict(choice.considered).get(operator, "")
    if choice.chosen != (operator,) or not told.startswith("chosen_"):
        raise BenchFailed(f"Expected {operator} to be chosen, with the reason, got {choice.chosen} for {told!r}.")


def _fill(scene: Hall, operator: str) -> None:
    """Let an operator have taken what they were chosen for."""
    scene.desk.roster.change(ChangeLoad(operator, LINE, by=1, open=1, waiting=0))
    state = scene.desk.roster.get(operator)
    given = {LINE: state.given[LINE] + 1}
    scene.desk.roster.put(replace(state, given=given, given_at={LINE: scene.now}))
    scene.desk.pool = scene.pool.brought_to(scene.book, scene.now)


def _decisions(scene: Hall, times: int) -> Iterator[float]:
    """Yield the seconds in which an operator's conversation is closed and the next one offered to them."""
    for number, operator in enumerate(scene.turns(times)):
        first = scene.desk.in_queue(0)
        event = Close(f"close-{number}", scene.held[operator], operator)
        began = perf_counter()
        decide(scene.desk, event, scene.book, scene.now)
        took = perf_counter() - began
        now = scene.desk.get(first.id) if first else None
        if now is None or now.offered != (operator,):
            raise BenchFailed(f"Expected what has waited longest to be offered to {operator}, got {now}.")
        yield took


def _anew(scene: Hall) -> Iterator[float]:
    """Yield the seconds in which all operators are looked at and put in order anew."""
    for _ in range(_LIMIT_TIMES):
        began = perf_counter()
        Pool.of(LINE, scene.book, scene.desk.roster, scene.now)
        yield perf_counter() - began


def _sorting(operators: int) -> float:
    """Return the microseconds in which Python sorts as many pairs of a number and a name."""
    chance, took = random.Random(_SEED), []
    for _ in range(_LIMIT_TIMES):
        pairs = [(chance.random(), f"operator-{number:04}") for number in range(operators)]
        began = perf_counter()
        pairs.sort()
        took.append(perf_counter() - began)
    return median(took) * 1e6
