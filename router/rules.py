"""What admins write in YAML about lines, operators, hours and triage.

Unknown keys are errors. Cross-references (an operator a line names, a line an intent names) are checked here as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from router.durations import Duration
from router.hours import Plan
from router.people import Role
from router.strict import Strict
from router.timetable import Hours, Leave, Shifts

Language = Literal["en", "ru"]
#: 1 is some, 5 is expert
Level = Annotated[int, Field(ge=1, le=5)]
#: the first part of a BCP 47 tag
Tongue = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]


class Distribution(StrEnum):
    """Who is asked first."""

    STRICT = "strict"
    EVEN = "even"
    LEAST_LOADED = "least_loaded"
    BROADCAST = "broadcast"


class EvenBy(StrEnum):
    """What `even` evens out."""

    COUNT = "count"
    LONGEST_IDLE = "longest_idle"


class Counts(StrEnum):
    """Which conversations take up capacity, besides those that are offered."""

    OPEN = "open"
    OPEN_AND_WAITING = "open_and_waiting"


class MatchLanguage(StrEnum):
    """What a client's language means to the choice of an operator."""

    OFF = "off"
    PREFER = "prefer"
    REQUIRE = "require"


class AutoClose(Strict):
    """Ends a conversation whose client has gone silent."""

    after: Annotated[Duration, Field(ge=timedelta(seconds=1))]
    #: said to the client; null says nothing
    text: str | None = None


class Texts(Strict):
    """What the line says by itself, each in the client's language unless written here. An empty text says nothing."""

    #: the line is closed now
    out_of_hours: str | None = None
    #: a person will answer
    queued: str | None = None
    #: nobody of the line is at work
    nobody: str | None = None
    closed: str | None = None
    rating: str | None = None
    thanks: str | None = None


class LineRules(Strict):
    """One queue with its own operators and rules."""

    name: str
    #: in the order in which `strict` asks them
    operators: tuple[Name, ...] = ()
    distribution: Distribution = Distribution.EVEN
    #: what `even` looks at: who was given the fewest, or whose last one is the longest ago
    even_by: EvenBy = EvenBy.COUNT
    #: what a conversation that waits for the client weighs under `least_loaded`; one that waits for us weighs 1
    waiting_weighs: Annotated[float, Field(ge=0, le=1)] = 0.5
    #: conversations of this line that each operator may have at a time; null for as many as they may have in all
    capacity: Annotated[int, Field(ge=1, le=1000)] | None = None
    #: whether this line's conversations take up capacity while they wait for the client
    capacity_counts: Counts = Counts.OPEN_AND_WAITING
    #: skill → level an operator must have for this line's conversations
    skills: Mapping[Name, Level] = {}
    match_language: MatchLanguage = MatchLanguage.OFF
    #: whoever has waited for this long is offered to operators without the skills and languages too; null for never
    relax_after: Duration | None = None
    #: the class of conversations whose client and intent have none
    priority: Name | None = None
    responsible_first: bool = True
    previous_operator_first: bool = True
    #: how long a conversation waits for whoever comes first while they are at work and have no room
    sticky: Duration = timedelta()
    #: how long an operator has to take an offer
    offer_timeout: Annotated[Duration, Field(ge=timedelta(seconds=1))] = timedelta(seconds=60)
    #: who let a conversation go is not asked again for this long
    ask_again_after: Duration = timedelta(minutes=5)
    hours: Hours | None = None
    #: what a closed conversation's client writes within this time continues it; 0s always starts a new one
    reopen_within: Duration = timedelta(hours=12)
    auto_close: AutoClose | None = None
    rating: bool = True
    #: the bot speaks first
    triage: bool = True
    texts: Texts = Texts()

    @property
    def rule(self) -> str:
        """By what operators are sorted."""
        longest_idle = self.distribution is Distribution.EVEN and self.even_by is EvenBy.LONGEST_IDLE
        return self.even_by.value if longest_idle else self.distribution.value


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
    language: Language = "en"

    @property
    def shifts(self) -> Plan | None:
        """When they work; None for always."""
        return Shifts(self.hours, self.leave) if self.leave else self.hours

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
            ((*path, "priority"), f"there is no priority named {name!r} under priorities")
            for path, name in self._priorities_named()
            if name not in self.priorities
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
                yield ("lines", name), line.priority
        for intent, wanted in self.triage.intents.items():
            if wanted.priority is not None:
                yield ("triage", "intents", intent), wanted.priority

    def lines_of(self, operator: str) -> tuple[str, ...]:
        """Return the lines an operator serves, in the order written."""
        return tuple(name for name, line in self.lines.items() if operator in line.operators)


class ReferenceProblems(ValueError):
    """Names that point nowhere; `problems` holds (path in the file, sentence) pairs."""

    def __init__(self, problems: list[tuple[tuple[str | int, ...], str]]) -> None:
        super().__init__("; ".join(text for _, text in problems))
        self.problems = problems
