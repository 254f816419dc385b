"""What a change of a conversation means for the loads of its operators."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from router.effects import ChangeLoad
from router.model import Conversation, State
from router.rulebook import Rulebook

#: (conversations that count towards capacity, that wait for the operator, that wait for the client)
_Load = tuple[int, int, int]
_NOTHING: _Load = (0, 0, 0)


def load_changes(before: Conversation | None, after: Conversation, book: Rulebook) -> Iterator[ChangeLoad]:
    """Yield what each operator of a conversation holds more or fewer once it stands as `after`."""
    if before is not None and before.line == after.line and before.holders == after.holders:
        yield from _turned(before, after, book)
        return
    was, now = _held(before, book), _held(after, book)
    for key in was | now:
        operator, line = key
        after_it, before_it = now.get(key, _NOTHING), was.get(key, _NOTHING)
        by, opened, waiting = (new - old for new, old in zip(after_it, before_it, strict=True))
        chosen = key not in was and by > 0
        capacity = book.capacity(operator) if chosen else None
        of_line = book.line_capacity(operator, line) if chosen else None
        if by or opened or waiting:
            yield ChangeLoad(operator, line, by, opened, waiting, capacity, of_line)


def _turned(before: Conversation, after: Conversation, book: Rulebook) -> Iterator[ChangeLoad]:
    """Yield what it means that a conversation in the same hands may wait for somebody else: that is nobody's choice."""
    more = (after.state is State.WAITING) - (before.state is State.WAITING)
    if more:
        counted = 0 if book.counts_waiting(after.line) else -more
        for operator in after.holders:
            yield ChangeLoad(operator, after.line, counted, -more, more)


def _held(conversation: Conversation | None, book: Rulebook) -> dict[tuple[str, str], _Load]:
    if conversation is None:
        return {}
    waits = conversation.state is State.WAITING
    counts = not waits or book.counts_waiting(conversation.line)
    load = (int(counts), int(not waits), int(waits))
    return {(operator, conversation.line): load for operator in conversation.holders}


@dataclass(slots=True)
class Change:
    """How a number changes within a batch."""

    by: int = 0
    #: the most that it may be before the batch; None for any number
    room: int | None = None

    def add(self, by: int, limit: int | None) -> None:
        """Add a change, after which the number may not be above `limit`."""
        self.by += by
        if limit is not None:
            room = limit - self.by
            self.room = room if self.room is None else min(self.room, room)


@dataclass(slots=True)
class LoadChange:
    """What changes about one operator's load within a batch."""

    all: Change = field(default_factory=Change)
    #: line → the same of that line
    lines: dict[str, Change] = field(default_factory=dict)

    def add(self, change: ChangeLoad) -> None:
        """Add what one decision changes."""
        self.all.add(change.by, change.capacity)
        self.lines.setdefault(change.line, Change()).add(change.by, change.line_capacity)

    @property
    def is_empty(self) -> bool:
        """Whether it all comes to nothing."""
        return not self.all.by and not any(line.by for line in self.lines.values())

    @property
    def is_impossible(self) -> bool:
        """Whether it is more than anybody could take who held nothing."""
        return any(it.room is not None and it.room < 0 for it in (self.all, *self.lines.values()))


@dataclass(frozen=True, slots=True)
class Load:
    """What one operator holds or is offered, as the store has counted it."""

    #: what counts towards their capacity
    counted: int = 0
    #: line → the same of that line
    lines: Mapping[str, int] = field(default_factory=dict)
    open: int = 0
    waiting: int = 0

    def more(self, line: str, number: int, waits: bool, uncounted: Collection[str]) -> Load:
        """Return it with so many conversations more, which wait for the client or not."""
        counted = 0 if waits and line in uncounted else number
        lines = {**self.lines, line: self.lines.get(line, 0) + counted}
        held, waiting = (0, number) if waits else (number, 0)
        return Load(self.counted + counted, lines, self.open + held, self.waiting + waiting)
