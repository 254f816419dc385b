"""Who is given, and who lets go of, easy and hard conversations: figures for those who lead. Pure.

The effort of a conversation is how often it went back and forth between client and operator, and three for each time
it was handed on or returned while somebody held it. Within its line, the third with the least is easy and the third
with the most hard; of equal ones none is parted from the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from math import ceil, exp, lgamma

from msgspec import Struct

from router.lab.lives import Life
from router.lab.recording import Recording, Visit

_HANDED = frozenset({"let_go", "to_operator", "to_line"})
_SAID = frozenset({"client", "reply"})
#: a hand-over makes as much work as this many turns
_HAND_OVER = 3
#: how rarely chance alone makes a difference of which a sentence is said
_CHANCE = 0.01
#: the least difference between shares of which a sentence is said
_WORTH_SAYING = 0.1


class Effort(StrEnum):
    """How much work a conversation made, among those of its line."""

    EASY = "easy"
    USUAL = "usual"
    HARD = "hard"


class Work(Struct, frozen=True):
    """What one operator did with conversations of one kind."""

    #: conversations they were asked to take, or held
    involved: int = 0
    #: of these, those they did not end up with: see the four below
    passed: int = 0
    #: offers taken
    took: int = 0
    #: offers let go by hand
    skipped: int = 0
    #: offers that ran out
    unanswered: int = 0
    #: returned to the queue by hand while they held them
    returned: int = 0
    #: handed to a colleague or to a line
    handed_on: int = 0

    @property
    def share(self) -> float | None:
        """Return which share of them they passed on, 0 to 1; None of none."""
        return self.passed / self.involved if self.involved else None

    def __add__(self, other: Work) -> Work:
        """Return both together."""
        return Work(*(getattr(self, name) + getattr(other, name) for name in self.__struct_fields__))


class Finding(Struct, frozen=True):
    """Somebody passes on more of the easy or of the hard ones than their colleagues do."""

    operator: str
    effort: Effort
    #: 0 to 1
    share: float
    colleagues: float


class Efforts(Struct, frozen=True):
    """The report."""

    #: conversations that came and ended within the period and had been taken, by effort
    conversations: Mapping[Effort, int]
    #: operator → effort → what they did, for everybody who was asked or held any
    operators: Mapping[str, Mapping[Effort, Work]]
    findings: tuple[Finding, ...]


def efforts(recording: Recording, line: str = "") -> Efforts:
    """Return who had, and passed on, what, on one line or on all."""
    ended = [
        (visit, life)
        for visit, life in zip(recording.visits, recording.lives, strict=True)
        if life.ended_at is not None and life.holds and line in {"", life.line}
    ]
    counts, found = dict.fromkeys(Effort, 0), defaultdict[str, dict[Effort, Work]](_nothing)
    for (visit, life), effort in zip(ended, _judged(ended), strict=True):
        counts[effort] += 1
        for operator, work in _of_visit(visit, life).items():
            found[operator][effort] += work
    operators = {name: found[name] for name in sorted(found)}
    return Efforts(counts, operators, tuple(_findings(operators)))


def _nothing() -> dict[Effort, Work]:
    return {effort: Work() for effort in Effort}


def effort_of(visit: Visit) -> int:
    """Return how much work a visit made: its turns, and three for each hand-over."""
    said = [step.kind for step in visit.steps if step.kind in _SAID]
    turns = sum(before != after for before, after in zip(["", *said], said, strict=False))
    return turns + _HAND_OVER * sum(step.kind in _HANDED for step in visit.steps)


def _judged(ended: Sequence[tuple[Visit, Life]]) -> list[Effort]:
    """Return each one's effort among those of its line."""
    of_line = defaultdict[str, list[int]](list)
    for visit, life in ended:
        of_line[life.line].append(effort_of(visit))
    bounds = {line: _bounds(sorted(each)) for line, each in of_line.items()}
    return [_judge(effort_of(visit), *bounds[life.line]) for visit, life in ended]


def _bounds(ascending: Sequence[int]) -> tuple[int, int]:
    """Return the most of the easiest third, and the least of the hardest."""
    third = ceil(len(ascending) / 3)
    return ascending[third - 1], ascending[-third]


def _judge(effort: int, low: int, high: int) -> Effort:
    if low >= high:
        # The middle reaches into both thirds, and none of it is parted.
        return Effort.EASY if effort < low else Effort.HARD if effort > high else Effort.USUAL
    return Effort.EASY if effort <= low else Effort.HARD if effort >= high else Effort.USUAL


def _of_visit(visit: Visit, life: Life) -> Mapping[str, Work]:
    """Return operator → what they did with one conversation."""
    counts = defaultdict[str, defaultdict[str, int]](lambda: defaultdict(int))
    for hold in life.holds:
        counts[hold.operator]["held"] += 1
    for response in visit.responses:
        counts[response.operator][{"took": "took", "let_go": "skipped", "nothing": "unanswered"}[response.did]] += 1
    for step in visit.steps:
        if step.kind in _HANDED:
            counts[step.by]["returned" if step.kind == "let_go" else "handed_on"] += 1
    last = life.holds[-1].operator
    return {name: _work(each, kept=name == last) for name, each in counts.items() if name}


def _work(counts: Mapping[str, int], *, kept: bool) -> Work:
    did = {name: counts.get(name, 0) for name in ("took", "skipped", "unanswered", "returned", "handed_on")}
    gave = did["skipped"] + did["unanswered"] + did["returned"] + did["handed_on"]
    return Work(involved=1, passed=int(bool(gave) and not kept), **did)


def _findings(operators: Mapping[str, Mapping[Effort, Work]]) -> Iterator[Finding]:
    """Yield who passes on clearly more of one kind than their colleagues, and more of it than of the rest."""
    for name, work in operators.items():
        others = [each for other, each in operators.items() if other != name]
        for effort in (Effort.EASY, Effort.HARD):
            mine, theirs = work[effort], _sum(each[effort] for each in others)
            rest = _sum(work[each] for each in Effort if each is not effort)
            if _stands_out(mine, theirs) and (rest.share or 0) < (mine.share or 0):
                yield Finding(name, effort, mine.share or 0, theirs.share or 0)


def _sum(works: Iterable[Work]) -> Work:
    return sum(works, Work())


def _stands_out(mine: Work, theirs: Work) -> bool:
    if mine.share is None or theirs.share is None or mine.share - theirs.share < _WORTH_SAYING:
        return False
    return chance(mine.passed, mine.involved, theirs.passed, theirs.involved) < _CHANCE


def chance(passed: int, of: int, others_passed: int, of_others: int) -> float:
    """Return how likely so many or more are passed on if all pass on alike: Fisher's exact test, one-sided."""
    all_passed = passed + others_passed
    every = _ways(of + of_others, all_passed)
    least, most = max(passed, all_passed - of_others), min(of, all_passed)
    return sum(exp(_ways(of, k) + _ways(of_others, all_passed - k) - every) for k in range(least, most + 1))


def _ways(of: int, some: int) -> float:
    """Return the logarithm of how many ways there are to choose so many."""
    return lgamma(of + 1) - lgamma(some + 1) - lgamma(of - some + 1)
