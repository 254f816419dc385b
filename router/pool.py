"""Those of a line's operators who can take something now, in the order in which its rule asks them.

It is kept in step with the table of operators, so that choosing costs little however many serve the line.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import takewhile

from router.lines import Distribution, EvenBy, LineRules
from router.people import OperatorState, Presence
from router.roster import Roster
from router.rulebook import Rulebook
from router.skills import Needs, lack

BEGINNING = datetime.min.replace(tzinfo=UTC)
#: the least first; the last number is the place in the order written
_Key = tuple[float, float, datetime, int]
_Entry = tuple[_Key, str]
#: how many different needs are looked up at a time: clients have a say in them, with their languages
_NEEDS_KEPT = 50
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
class Able:
    """Those without an obstacle who also have what a conversation needs."""

    #: operator → what they lack, for those who lack something
    lacks: Mapping[str, str]
    #: in the order asked
    free: list[_Entry] = field(default_factory=list)
    #: what those without an obstacle lack → how many lack it
    unable: Counter[str] = field(default_factory=Counter)

    def leaves(self, entry: _Entry) -> None:
        """Take out somebody who has met an obstacle, or whose place changes."""
        why = self.lacks.get(entry[1])
        if why is None:
            del self.free[bisect_left(self.free, entry)]
        else:
            self.unable[why] -= 1

    def comes(self, entry: _Entry) -> None:
        """Put in somebody without an obstacle."""
        why = self.lacks.get(entry[1])
        if why is None:
            insort(self.free, entry)
        else:
            self.unable[why] += 1


@dataclass(slots=True)
class Pool:
    """The operators of one line, as they are between `since` and `until` under one book of rules."""

    line: str
    book: Rulebook
    roster: Roster
    since: datetime
    until: datetime
    #: everybody in the order asked
    order: list[_Entry] = field(default_factory=list)
    #: those of them without an obstacle
    free: list[_Entry] = field(default_factory=list)
    #: operator → obstacle, empty for none
    obstacles: dict[str, str] = field(default_factory=dict)
    #: obstacle → how many have it
    counts: Counter[str] = field(default_factory=Counter)
    #: grows whenever somebody changes from whom a waiting conversation may have hope
    moves: int = 0
    #: who has come to be free → `moves` then, the latest last
    _came: dict[str, int] = field(default_factory=dict)
    #: `moves` when others than those who came changed
    _upset: int = 0
    _able: dict[Needs, Able] = field(default_factory=dict)
    _entries: dict[str, _Entry] = field(default_factory=dict)
    _seen: int = 0

    @classmethod
    def of(cls, line: str, book: Rulebook, roster: Roster, now: datetime, *, moves: int = 0) -> Pool:
        """Return the pool of a line as it is now; `moves` continues those of a former one."""
        names = book.line(line).operators
        until = min(
            (book.shift_changes(roster.get(name), now) for name in names), default=datetime.max.replace(tzinfo=UTC)
        )
        pool = cls(line, book, roster, now, until, moves=moves, _upset=moves, _seen=roster.version)
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
            return Pool.of(self.line, book, self.roster, now, moves=self.moves + 1)
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
        for each in (Able({}, self.free), *self._able.values()):
            if not was:
                each.leaves(before)
            if not why:
                each.comes(entry)
        if entry != before:
            del self.order[bisect_left(self.order, before)]
            insort(self.order, entry)
            self._entries[name] = entry
        if why != was:
            self.counts[was] -= 1
            self.counts[why] += 1
            self.obstacles[name] = why
            if why not in NO_ROOM:
                self._moved(name, came=not why)

    def _moved(self, name: str, *, came: bool) -> None:
        self.moves += 1
        self._came.pop(name, None)
        if came:
            self._came[name] = self.moves
        else:
            self._upset = self.moves

    def came_since(self, moves: int) -> list[str] | None:
        """Return who has come to be free since `moves`; None when that is not all that has changed."""
        if moves < self._upset:
            return None
        return [name for name, _ in takewhile(lambda each: each[1] > moves, reversed(self._came.items()))]

    def able(self, needs: Needs) -> Able:
        """Return who of those without an obstacle has what is needed, kept in step from now on."""
        known = self._able.get(needs)
        if known is None:
            if len(self._able) >= _NEEDS_KEPT:
                self._able.clear()
            known = self._able[needs] = self._look_for(needs)
        return known

    def _look_for(self, needs: Needs) -> Able:
        rules = ((name, self.book.operator(name)) for name in self._entries)
        found = Able({name: why for name, known in rules if known and (why := lack(needs, known))})
        for entry in self.free:
            found.comes(entry)
        return found

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
