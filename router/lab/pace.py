"""How fast people are: what is assumed of somebody of whom the recording does not say it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median

from router.lab.recording import Step, Visit

#: kinds of steps that are the operator's to do
_ANSWERS, _ENDS = frozenset({"reply"}), frozenset({"close", "ends"})
_EVERYWHERE = ""


@dataclass(frozen=True, slots=True)
class Pace:
    """Medians of a recording, in seconds."""

    #: operator → from an offer to their taking it
    taking: Mapping[str, float] = field(default_factory=dict)
    #: line → the same, whoever it was; the empty name stands for all lines
    taking_on: Mapping[str, float] = field(default_factory=dict)
    #: line → from being taken to the first answer
    answering_on: Mapping[str, float] = field(default_factory=dict)
    #: line → from the first answer to the end
    ending_on: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, visits: Iterable[Visit]) -> Pace:
        """Return the pace of a recording."""
        by, on, answers, ends = (defaultdict[str, list[float]](list) for _ in range(4))
        for visit in visits:
            for response in visit.responses:
                if response.did == "took":
                    by[response.operator].append(response.after)
                    _note(on, visit.line, response.after)
            if len(visit.steps) > 1 and visit.steps[0].kind in _ANSWERS and visit.steps[-1].kind in _ENDS:
                _note(answers, visit.line, visit.steps[0].after)
                _note(ends, visit.line, sum(step.after for step in visit.steps[1:]))
        return cls(_medians(by), _medians(on), _medians(answers), _medians(ends))

    def take(self, operator: str, line: str) -> float | None:
        """Return how long somebody takes to take an offer; None when nobody ever took one."""
        known = self.taking.get(operator)
        return _on(self.taking_on, line) if known is None else known

    def talk(self, line: str) -> tuple[Step, ...]:
        """Return what is done with a conversation that in truth nobody ever took."""
        answer, end = _on(self.answering_on, line), _on(self.ending_on, line)
        return () if answer is None or end is None else (Step("reply", answer), Step("close", end))


def _note(times: defaultdict[str, list[float]], line: str, seconds: float) -> None:
    times[line].append(seconds)
    times[_EVERYWHERE].append(seconds)


def _medians(times: Mapping[str, list[float]]) -> dict[str, float]:
    return {key: median(values) for key, values in times.items()}


def _on(medians: Mapping[str, float], line: str) -> float | None:
    return medians.get(line, medians.get(_EVERYWHERE))
