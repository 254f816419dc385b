"""What admins write in YAML about operators and triage, and, with `lines`, all that the core decides by.

Unknown keys are errors. Cross-references (an operator a line names, a line an intent names) are checked here as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from router.durations import Duration
from router.hours import Plan
from router.lines import Level, LineRules, Name, Tongue
from router.people import Role
from router.strict import Strict
from router.timetable import Calendar, Hours, Leave, Shifts

Language = Literal["en", "ru"]


class OperatorRules(Strict):
    """A person who answers."""

    name: str
    role: Role = Role.OPERATOR
    #: conversations at a time, over all lines
    capacity: Annotated[int, Field(ge=1, le=1000)] = 5
    #: line → conversations of that line at a time, instead of the line's own `capacity`
    capacity_on: Mapping[Name, Annotated[int, Field(ge=1, le=1000)]] = {}
    #: twice the weight is given twice as many under `even`, and may hold twice as many under `least_loaded`
    weight: Annotated[float, Field(ge=0.01, le=100)] = 1
    #: skill → level
    skills: Mapping[Name, Level] = {}
    #: language they speak with clients → level; empty for any
    languages: Mapping[Tongue, Level] = {}
    hours: Hours | None = None
    #: days off, in the time zone of their hours
    leave: tuple[Leave, ...] = ()
    #: leave that stands in a calendar of theirs
    calendar: Calendar | None = None
    language: Language = "en"

    @property
    def shifts(self) -> Plan | None:
        """When they work; None for always."""
        return Shifts(self.hours, self.leave) if self.leave else self.hours

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which their days begin and end: that of their hours."""
        return Shifts(self.hours, self.leave).zone

    def on_leave(self, now: datetime) -> Leave | None:
        """Return the leave that `now` lies in."""
        return Shifts(self.hours, self.leave).on_leave(now)


class IntentRules(Strict):
    """What the bot does when it recognises an intent."""

    #: hand over to this line instead of the channel's
    line: Name | None = None
    #: skill → level an operator must have, besides the line's
    skills: Mapping[Name, Level] = {}
    #: the class of conversations handed over, unless their client has one
    priority: Name | None = None
    #: slots to ask for before handing over
    ask: tuple[str, ...] = ()
    #: said instead of the catalogue's answer, by language
    answer: Mapping[Language, str] = {}
    #: `answer` from the catalogue, or `handoff` to a person; default: answer where the catalogue has one
    do: Literal["answer", "handoff"] | None = None


class TriageRules(Strict):
    """The bot that speaks first."""

    engine: Literal["embedded"] = "embedded"
    #: longer than this hands over at once
    timeout: Duration = timedelta(seconds=2)
    #: messages not understood before a person is asked
    misses: Annotated[int, Field(ge=1, le=10)] = 2
    intents: Mapping[str, IntentRules] = {}


#: who or what may close a conversation besides an operator
RESERVED = frozenset({"client", "silence"})


class Rules(Strict):
    """Everything the core decides by."""

    lines: Mapping[Name, LineRules]
    operators: Mapping[Name, OperatorRules] = {}
    triage: TriageRules = TriageRules()
    #: class → how much longer than in truth its conversations count as having waited
    priorities: Mapping[Name, Annotated[Duration, Field(ge=timedelta())]] = {}
    #: `/`-shortcut → text
    canned: Mapping[str, str] = {}
    #: of clients whose own is unknown
    language: Language = "en"

    @model_validator(mode="after")
    def _references_exist(self) -> Rules:
        problems: list[tuple[tuple[str | int, ...], str]] = [
            (("lines", line, "operators", index), f"there is no operator named {name!r} under operators")
            for line, rules in self.lines.items()
            for index, name in enumerate(rules.operators)
            if name not in self.operators
        ]
        problems += [
            (("triage", "intents", intent, "line"), f"there is no line named {wanted.line!r} under lines")
            for intent, wanted in self.triage.intents.items()
            if wanted.line is not None and wanted.line not in self.lines
        ]
        problems += [
            (path, f"there is no priority named {name!r} under priorities")
            for path, name in self._priorities_named()
            if name not in self.priorities
        ]
        problems += [
            (("lines", *path), f"there is no line named {target!r} under lines")
            for line, rules in self.lines.items()
            for path, target in _targets(line, rules)
            if target not in self.lines
        ]
        problems += [
            (("lines", *path), "it leads to the line itself; name another line")
            for line, rules in self.lines.items()
            for path, target in _targets(line, rules)
            if target == line
        ]
        problems += [
            (("operators", name, "capacity_on", line), f"there is no line named {line!r} under lines")
            for name, person in self.operators.items()
            for line in person.capacity_on
            if line not in self.lines
        ]
        problems += [
            (("operators", name), f"{name!r} is a word of the hub's own; give the operator another name")
            for name in self.operators
            if name in RESERVED
        ]
        if problems:
            raise ReferenceProblems(problems)
        return self

    def _priorities_named(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        for name, line in self.lines.items():
            if line.priority is not None:
                yield ("lines", name, "priority"), line.priority
            if line.sla is not None and line.sla.on_breach.raise_to is not None:
                yield ("lines", name, "sla", "on_breach", "raise_to"), line.sla.on_breach.raise_to
        for intent, wanted in self.triage.intents.items():
            if wanted.priority is not None:
                yield ("triage", "intents", intent, "priority"), wanted.priority

    def lines_of(self, operator: str) -> tuple[str, ...]:
        """Return the lines an operator serves, in the order written."""
        return tuple(name for name, line in self.lines.items() if operator in line.operators)


def _targets(name: str, line: LineRules) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield (path, the line that is named there)."""
    if line.queue.overflow is not None:
        yield (name, "queue", "overflow"), line.queue.overflow
    if line.escalate is not None and line.escalate.to_line is not None:
        yield (name, "escalate", "to_line"), line.escalate.to_line
    for index, target in enumerate(line.out_of_hours.hand_to):
        yield (name, "out_of_hours", "hand_to", index), target


class ReferenceProblems(ValueError):
    """Names that point nowhere; `problems` holds (path in the file, sentence) pairs."""

    def __init__(self, problems: list[tuple[tuple[str | int, ...], str]]) -> None:
        super().__init__("; ".join(text for _, text in problems))
        self.problems = problems
