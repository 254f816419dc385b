"""The table of operators, shared by all lanes of a process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile

from msgspec.structs import replace

from router.effects import ChangeLoad
from router.loads import Load
from router.people import OperatorState, Presence
from router.rulebook import Rulebook


@dataclass(slots=True)
class Roster:
    """The state of every operator: one table per process, read and changed by decisions synchronously."""

    states: dict[str, OperatorState] = field(default_factory=dict)
    #: grows with each change
    version: int = 0
    #: operator → the version at which they changed last, in that order
    _changed: dict[str, int] = field(default_factory=dict)

    def get(self, operator: str) -> OperatorState:
        """Return an operator's state; whoever has never signed in is away."""
        return self.states.get(operator) or OperatorState(operator)

    def put(self, state: OperatorState) -> None:
        """Replace an operator's state."""
        self.states[state.id] = state
        self.version += 1
        self._changed.pop(state.id, None)
        self._changed[state.id] = self.version

    def changed_since(self, version: int) -> list[str]:
        """Return who has changed after a version, the latest first."""
        return [name for name, _ in takewhile(lambda each: each[1] > version, reversed(self._changed.items()))]

    def change(self, it: ChangeLoad) -> None:
        """Count what an operator holds more or fewer."""
        state = self.get(it.operator)
        loads = {**state.loads, it.line: max(0, state.loads.get(it.line, 0) + it.by)} if it.by else state.loads
        load, held, waiting = state.load + it.by, state.open + it.open, state.waiting + it.waiting
        self.put(replace(state, load=max(0, load), loads=loads, open=max(0, held), waiting=max(0, waiting)))

    def recount(self, loads: Mapping[str, Load]) -> None:
        """Take over what the store has counted; whoever is not named holds nothing."""
        for operator in {*self.states, *loads}:
            load = loads.get(operator, Load())
            self.put(
                replace(
                    self.get(operator),
                    load=load.counted,
                    loads=load.lines,
                    open=load.open,
                    waiting=load.waiting,
                )
            )

    def at_work(self, operator: str, book: Rulebook, now: datetime) -> bool:
        """Return whether an operator is here: within their hours, and available or on a break."""
        return self.get(operator).presence is not Presence.AWAY and book.on_shift(self.get(operator), now)

    def absent_with_load(self, book: Rulebook, now: datetime) -> tuple[str, ...]:
        """Return who holds conversations without being at work."""
        holding = (name for name, state in self.states.items() if state.open or state.waiting)
        return tuple(name for name in holding if not self.at_work(name, book, now))
