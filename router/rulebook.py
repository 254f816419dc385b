"""The rules as decisions use them: with their places in the file, the texts and the bot's slot prompts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from router.absence import Absence, absent, interrupted
from router.catalog import Catalog, filled
from router.hours import Plan, Stretch, next_opening, stretch
from router.lines import Counts, LineRules, worded
from router.people import OperatorState, Role
from router.ports import Channel
from router.rules import OperatorRules, Rules
from router.worktime import Calendar


class SlotPrompts(Protocol):
    """What the bot says to learn a slot, from the triage data."""

    def ask(self, slot: str, language: str) -> str:
        """Return the question for a slot."""

    def again(self, slot: str, language: str) -> str:
        """Return the question for a slot after an answer that held none."""


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything `decide` goes by besides the state of the desk."""

    rules: Rules
    catalog: Catalog
    prompts: SlotPrompts
    #: dot path in the settings → `file:line`
    where: Mapping[str, str] = field(default_factory=dict)
    #: channels on which what was said can be changed and taken back
    amends: frozenset[str] = frozenset()
    #: channels on which reactions to what was said are shown
    reacts: frozenset[str] = frozenset()
    #: channels on which clients see what a message answers
    quotes: frozenset[str] = frozenset()
    #: channels that are told when a conversation is closed
    closings: frozenset[str] = frozenset()
    #: working time as last looked up: every decision asks for it, and it changes a few times a day
    _stretches: dict[tuple[str, str], tuple[Stretch, tuple[Absence, ...]]] = field(
        default_factory=dict, repr=False, compare=False
    )
    _calendars: dict[str, Calendar] = field(default_factory=dict, repr=False, compare=False)

    def calendar(self, line: str) -> Calendar | None:
        """Return a line's hours to count with; None for always."""
        hours = self.line(line).hours
        if hours is None:
            return None
        return self._calendars.setdefault(line, Calendar(hours))

    def on(self, channels: Mapping[str, Channel]) -> Rulebook:
        """Return the rules as they are on these channels, by name, whose abilities decide what can be done there."""
        amends = frozenset(name for name, it in channels.items() if it.capabilities.edits)
        reacts = frozenset(name for name, it in channels.items() if it.capabilities.reactions)
        quotes = frozenset(name for name, it in channels.items() if it.capabilities.replies)
        closings = frozenset(name for name, it in channels.items() if it.capabilities.closings)
        return replace(self, amends=amends, reacts=reacts, quotes=quotes, closings=closings)

    def line(self, name: str) -> LineRules:
        """Return a line's rules; one that was taken out of the file keeps its conversations, for supervisors."""
        return self.rules.lines.get(name) or LineRules(name=name)

    def operator(self, operator: str) -> OperatorRules | None:
        """Return who an operator is, or None when they are no longer in the file."""
        return self.rules.operators.get(operator)

    def name(self, operator: str) -> str:
        """Return the name to show."""
        known = self.operator(operator)
        return known.name if known else operator

    def capacity(self, operator: str) -> int:
        """Return how many conversations an operator may hold at a time."""
        known = self.operator(operator)
        return known.capacity if known else 0

    def line_capacity(self, operator: str, line: str) -> int | None:
        """Return how many of a line's conversations an operator may hold at a time; None for as many as in all."""
        known = self.operator(operator)
        own = known.capacity_on.get(line) if known else None
        return self.line(line).capacity if own is None else own

    def counts_waiting(self, line: str) -> bool:
        """Return whether a line's conversations take up capacity while they wait for the client."""
        return self.line(line).capacity_counts is Counts.OPEN_AND_WAITING

    @property
    def uncounted(self) -> frozenset[str]:
        """The lines whose conversations take up no capacity while they wait for the client."""
        return frozenset(name for name in self.rules.lines if not self.counts_waiting(name))

    def weight(self, operator: str) -> float:
        """Return how much an operator is given, compared with one of weight 1."""
        known = self.operator(operator)
        return known.weight if known else 1

    def head_start(self, priority: str) -> timedelta:
        """Return how much longer than in truth a conversation of a priority class counts as having waited."""
        return self.rules.priorities.get(priority, timedelta())

    def leads(self, operator: str) -> bool:
        """Return whether they are a supervisor or admin."""
        known = self.operator(operator)
        return known is not None and known.role is not Role.OPERATOR

    def serves(self, operator: str) -> tuple[str, ...]:
        """Return the lines on which somebody who has room may be awaited: for those who lead, all."""
        return tuple(self.rules.lines) if self.leads(operator) else self.rules.lines_of(operator)

    def on_shift(self, operator: OperatorState, now: datetime) -> bool:
        """Return whether an operator works now: within their own hours, and on no leave of whatever source."""
        known = self.operator(operator.id)
        return known is not None and self._shift(known, operator, now).is_open

    def on_leave(self, operator: OperatorState, now: datetime) -> str:
        """Return why an operator is on leave; empty when they are not."""
        known = self.operator(operator.id)
        leave = (known.on_leave(now) if known else None) or absent(operator.leave, now)
        return leave.reason if leave else ""

    def shift_began(self, operator: OperatorState, now: datetime) -> datetime | None:
        """Return when the shift an operator is on, or what is left of it behind their leave, began.

        None when they are off, or have no hours.
        """
        known = self.operator(operator.id)
        return self._shift(known, operator, now).began if known else None

    def _shift(self, rules: OperatorRules, state: OperatorState, now: datetime) -> Stretch:
        return self._stretch("operator", state.id, rules.shifts, now, state.leave)

    def shift_changes(self, operator: OperatorState, now: datetime) -> datetime:
        """Return until when an operator is on or off shift as they are `now`, as far as it has been looked."""
        known = self.operator(operator.id)
        return self._stretch("operator", operator.id, known.shifts if known else None, now, operator.leave).until

    def zone(self, operator: str, line: str) -> ZoneInfo:
        """Return the time zone in which an operator speaks of times: that of their hours, or else of the line's."""
        known = self.operator(operator)
        hours = (known.hours if known else None) or self.line(line).hours
        return hours.zone if hours else ZoneInfo("UTC")

    def is_open(self, line: str, now: datetime) -> bool:
        """Return whether `now` is within a line's hours."""
        return self._stretch("line", line, self.line(line).hours, now).is_open

    def changes(self, line: str, now: datetime) -> datetime | None:
        """Return when a line opens or closes next after `now`; None when it never does."""
        known = self._stretch("line", line, self.line(line).hours, now)
        return known.until if known.ends else None

    def opens(self, line: str, now: datetime) -> datetime | None:
        """Return when a line opens next after `now`; None when it never does."""
        return next_opening(self.line(line).hours, now)

    def _stretch(
        self, kind: str, name: str, hours: Plan | None, now: datetime, leave: tuple[Absence, ...] = ()
    ) -> Stretch:
        known, without = self._stretches.get((kind, name), (None, leave))
        if known is None or without is not leave or not known.since <= now < known.until:
            known = interrupted(stretch(hours, now), leave, now) if leave else stretch(hours, now)
            self._stretches[kind, name] = known, leave
        return known

    def language(self, tag: str) -> str:
        """Return the language to speak with somebody whose own is `tag`."""
        return self.catalog.language(tag, self.rules.language)

    def close_reasons(self, line: str, language: str) -> list[str]:
        """Return what an operator who reads a language chooses among when they close a line's conversation."""
        return [worded(it, language, self.rules.language) for it in self.line(line).close_reasons]

    def text(self, line: str, key: str, tag: str, **values: str) -> str:
        """Return what a line says by itself: its own text, or the catalogue's in the client's language."""
        own: str | None = getattr(self.line(line).texts, key)
        return self.catalog.say(self.language(tag), f"client.{key}", **values) if own is None else filled(own, values)

    def next_shift_change(self, line: str, states: Mapping[str, OperatorState], now: datetime) -> datetime | None:
        """Return when the line or any operator next begins or ends work: by transfer, anybody may hold its clients."""
        people = self.rules.operators.items()
        known = [self._shift(rules, states.get(name) or OperatorState(name), now) for name, rules in people]
        known.append(self._stretch("line", line, self.line(line).hours, now))
        return min((each.until for each in known if each.ends), default=None)
