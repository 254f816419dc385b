"""Those of a line's operators who can take something now, in the order in which its rule asks them.

It is kept in step with the table of operators, so that choosing costs little however many serve the line.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from router.lines import Distribution, EvenBy, LineRules
from router.people import OperatorState, Presence
from router.roster import Roster
from router.rulebook import Rulebook

BEGINNING = datetime.min.replace(tzinfo=UTC)
#: the least first; the last number is the place in the order written
_Key = tuple[float, float, datetime, int]
#: reasons of people who have no room, but are there
NO_ROOM = frozenset({"full", "full_line"})


def obstacle(operator: str, line: str, book: Rulebook, roster: Roster, now: datetime) -> str:
    """Return why an operator can take nothing of a line at the moment; empty when they can."""
    if book.operator(operator) is None:
        return "unknown"
    state = roster.get(operator)
    if state.presence is not Presence.AVAILABLE:
        return state.presence.value
    if not book.on_shift(state, now):
        return "off_hours"
    if state.load >= book.capacity(operator):
        return "full"
    own = book.line_capacity(operator, line)
    return "full_line" if own is not None and state.loads.get(line, 0) >= own else ""


@dataclass(slots=True)
class Pool:
    """The operators of one line, as they are between `since` and `until` under one book of rules."""

    line: str
    book: Rulebook
    roster: Roster
    since: datetime
    until: datetime
    #: everybody in the order asked
    order: list[tuple[_Key, str]] = field(default_factory=list)
    #: those of them without an obstacle
    free: list[tuple[_Key, str]] = field(default_factory=list)
    #: operator → obstacle, empty for none
    obstacles: dict[str, str] = field(default_factory=dict)
    #: obstacle → how many have it
    counts: Counter[str] = field(default_factory=Counter)
    #: grows whenever somebody changes from whom a waiting conversation may have hope
    moves: int = 0
    _entries: dict[str, tuple[_Key, str]] = field(default_factory=dict)
    _seen: int = 0

    @classmethod
    def of(cls, line: str, book: Rulebook, roster: Roster, now: datetime) -> Pool:
        """Return the pool of a line as it is now."""
        names = book.line(line).operators
        until = min(
            (book.shift_changes(roster.get(name), now) for name in names), default=datetime.max.replace(tzinfo=UTC)
        )
        pool = cls(line, book, roster, now, until, _seen=roster.version)
        for place, name in enumerate(names):
            entry = (pool._key(name, place), name)
            why = obstacle(name, line, book, roster, now)
            pool._entries[name], pool.obstacles[name] = entry, why
            pool.counts[why] += 1
        pool.order = sorted(pool._entries.values())
        pool.free = [entry for entry in pool.order if not pool.obstacles[entry[1]]]
        return pool

    def brought_to(self, book: Rulebook, now: datetime) -> Pool:
        """Return the pool as it is now: this one with what has changed, or a new one."""
        if book is not self.book or not self.since <= now < self.until:
            fresh = Pool.of(self.line, book, self.roster, now)
            fresh.moves = self.moves + 1
            return fresh
        if self.roster.version != self._seen:
            for name in self.roster.changed_since(self._seen):
                if name in self._entries:
                    self._update(name, now)
            self._seen = self.roster.version
        return self

    def _update(self, name: str, now: datetime) -> None:
        before, was = self._entries[name], self.obstacles[name]
        entry = (self._key(name, before[0][-1]), name)
        why = obstacle(name, self.line, self.book, self.roster, now)
        # Their leave may be another one now.
        self.until = min(self.until, self.book.shift_changes(self.roster.get(name), now))
        if not was:
            del self.free[bisect_left(self.free, before)]
        if not why:
            insort(self.free, entry)
        if entry != before:
            del self.order[bisect_left(self.order, before)]
            insort(self.order, entry)
            self._entries[name] = entry
        if why != was:
            self.counts[was] -= 1
            self.counts[why] += 1
            self.obstacles[name] = why
            self.moves += why not in NO_ROOM

    def _key(self, name: str, place: int) -> _Key:
        state, weight, rules = self.roster.get(name), self.book.weight(name), self.book.line(self.line)
        return (*_preference(state, weight, self.line, rules), place)


def _preference(state: OperatorState, weight: float, line: str, rules: LineRules) -> tuple[float, float, datetime]:
    """Return what the line's rule sorts operators by, least first; ties keep the order written."""
    given, at = state.given.get(line, 0) / weight, state.given_at.get(line, BEGINNING)
    if rules.distribution is Distribution.LEAST_LOADED:
        return (state.open + rules.waiting_weighs * state.waiting) / weight, given, at
    if rules.distribution is Distribution.EVEN:
        return (0, given, at) if rules.even_by is EvenBy.COUNT else (0, 0, at)
    return 0, 0, BEGINNING
