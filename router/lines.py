"""What admins write in YAML about lines: who is asked, how long clients wait, and what they are told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, TypeVar

from pydantic import Field, model_validator

from router.durations import Duration
from router.sla_rules import SlaRules
from router.strict import Strict
from router.timetable import Hours

TONGUE_PATTERN = r"^[a-z]{2,3}$"
#: 1 is some, 5 is expert
Level = Annotated[int, Field(ge=1, le=5)]
#: the first part of a BCP 47 tag
Tongue = Annotated[str, Field(pattern=TONGUE_PATTERN)]
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


Worded = TypeVar("Worded", str, tuple[str, ...])


def worded(it: Worded | Mapping[str, Worded], tag: str, default: str) -> Worded:
    """Return a text, or texts, in the language of a BCP 47 tag, else in the default one, else in the first written."""
    if not isinstance(it, Mapping):
        return it
    primary = tag.replace("_", "-").partition("-")[0].lower()
    return next((it[tongue] for tongue in (primary, default) if tongue in it), next(iter(it.values())))


#: what a client reads, in one language for everybody or by language
Phrase = Annotated[str, Field(min_length=1, max_length=1000)]
Phrases = Phrase | Annotated[Mapping[Tongue, Phrase], Field(min_length=1)]
QuickAnswers = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=40)], ...], Field(max_length=10)]


class Question(Strict):
    """One question of a form."""

    ask: Phrases
    #: quick answers, and the only ones; empty for any words
    choices: QuickAnswers | Annotated[Mapping[Tongue, QuickAnswers], Field(min_length=1)] = ()


#: why conversations end, as operators read it, in one language for everybody or by language
Reason = Annotated[str, Field(min_length=1, max_length=60)]
Reasons = Reason | Annotated[Mapping[Tongue, Reason], Field(min_length=1)]


class AutoClose(Strict):
    """Ends a conversation whose client has gone silent."""

    after: Annotated[Duration, Field(ge=timedelta(seconds=1))]
    #: said to the client; null says nothing
    text: str | Annotated[Mapping[Tongue, str], Field(min_length=1)] | None = None
    #: asked then, one after the other, if a person had answered
    form: Annotated[tuple[Question, ...], Field(max_length=10)] = ()
    #: how long each question waits for its answer
    answer_within: Annotated[Duration, Field(ge=timedelta(seconds=1))] = timedelta(hours=24)


class Texts(Strict):
    """What the line says by itself, each in the client's language unless written here. An empty text says nothing."""

    #: the line is closed now; `{opens}` is when it opens, such as `tomorrow at 09:00`, if it ever does
    out_of_hours: str | None = None
    #: a person will answer
    queued: str | None = None
    #: nobody of the line is at work
    nobody: str | None = None
    #: a person will answer; `{place}` is the client's in the queue
    position: str | None = None
    #: the same, and `{minutes}` it takes about
    position_and_wait: str | None = None
    #: there is no room in the queue, or it has taken too long
    busy: str | None = None
    #: whether the client wants to be called back
    call_back: str | None = None
    #: the client will be called back
    called_back: str | None = None
    closed: str | None = None
    rating: str | None = None
    thanks: str | None = None


class Escalation(Strict):
    """Where a conversation goes that nobody answers."""

    #: how often it has come back to the queue
    after: Annotated[int, Field(ge=1, le=100)] = 3
    #: all of those who are at work at once: `supervisors`, or `everyone` of the line
    to: Literal["supervisors", "everyone"] | None = None
    #: … or another line
    to_line: Name | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Escalation:
        if (self.to is None) == (self.to_line is None):
            raise ValueError("expected either to: supervisors or everyone, or to_line with a line's name")
        return self


class QueueRules(Strict):
    """How many may wait for a person, for how long, and what they are told meanwhile."""

    #: clients who wait at a time; null for any number
    limit: Annotated[int, Field(ge=1)] | None = None
    #: null for as long as it takes
    max_wait: Annotated[Duration, Field(ge=timedelta(seconds=1))] | None = None
    #: who is beyond the limit, or has waited for too long, waits on this line instead
    overflow: Name | None = None
    #: tell clients how many are before them and, once that is known, about how long it takes
    tell_position: bool = False
    #: how often they are told again, if it has changed; null for only once
    tell_every: Annotated[Duration, Field(ge=timedelta(seconds=10))] | None = None
    #: when clients are asked whether they want to be called back instead of waiting; null for never
    call_back_after: Duration | None = None


class OutOfHours(Strict):
    """What becomes of clients who come while the line is closed, besides being told so."""

    #: the bot goes on answering what it knows while the client waits
    bot: bool = False
    #: the first of these lines that is open gets the conversation
    hand_to: tuple[Name, ...] = ()


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
    offer_timeout: Annotated[Duration, Field(ge=timedelta(seconds=1), le=timedelta(hours=12))] = timedelta(seconds=60)
    #: who let a conversation go is not asked again for this long
    ask_again_after: Duration = timedelta(minutes=5)
    #: what becomes of an offer that nobody takes in time: it returns to the queue, or stays until somebody acts
    unanswered: Literal["return", "stay"] = "return"
    escalate: Escalation | None = None
    #: when what an operator who left had answered returns to the queue; null for when its client writes
    return_held_after: Duration | None = None
    queue: QueueRules = QueueRules()
    hours: Hours | None = None
    out_of_hours: OutOfHours = OutOfHours()
    #: what a closed conversation's client writes within this time continues it; 0s always starts a new one
    reopen_within: Duration = timedelta(hours=12)
    auto_close: AutoClose | None = None
    #: what operators choose among when they close a conversation; they may say it in their own words, or not at all
    close_reasons: Annotated[tuple[Reasons, ...], Field(max_length=20)] = ()
    rating: bool = True
    #: the bot speaks first
    triage: bool = True
    #: by when clients are answered and helped
    sla: SlaRules | None = None
    #: what an operator's reply promises ("I'll write tomorrow at 10") becomes a timer
    promises: bool = True
    texts: Texts = Texts()

    @property
    def rule(self) -> str:
        """By what operators are sorted."""
        longest_idle = self.distribution is Distribution.EVEN and self.even_by is EvenBy.LONGEST_IDLE
        return self.even_by.value if longest_idle else self.distribution.value
