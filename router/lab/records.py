"""What the store keeps of a conversation, as far as a rehearsal needs it. Nothing of what anybody wrote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from msgspec import Struct

from router.lab.recording import PresenceChange, Visit
from router.people import Presence
from router.rules import Rules


class Told(Struct, frozen=True, gc=False):
    """Something in a conversation's history."""

    at: datetime
    #: `client` or `reply` for what was said, else the catalogue key of what happened
    what: str
    #: the operator who said it
    operator: str = ""
    #: the name of whoever did it, of several, or where it went, as staff read it
    name: str = ""
    to: str = ""


class Asked(Struct, frozen=True, gc=False):
    """Somebody was asked to take a conversation."""

    at: datetime
    operators: tuple[str, ...]
    #: by a colleague who handed it on
    transfer: bool = False


class Record(Struct, frozen=True):
    """One conversation that waited for a person, as it is kept."""

    id: str
    #: where it is now
    line: str
    channel: str
    client: str
    created_at: datetime
    language: str = ""
    #: the client's own class
    priority: str = ""
    responsible: str = ""
    previous: str = ""
    intent: str = ""
    told: tuple[Told, ...] = ()
    asked: tuple[Asked, ...] = ()
    #: when the rules were first asked about it, and its line then; None when nobody knows
    first: tuple[datetime, str] | None = None


class Records(Protocol):
    """Reads what happened in a period. Every call raises `Retryable` when the database cannot be reached."""

    async def count(self, since: datetime, until: datetime) -> int:
        """Return how many conversations `records` yields."""

    def records(self, since: datetime, until: datetime) -> AsyncIterator[list[Record]]:
        """Yield pages of the conversations that waited for a person before `until` and went on after `since`."""

    async def presence_changes(self, console: str, since: datetime) -> list[PresenceChange]:
        """Return how operators came and went after a time; their commands are in the ledger under `console`."""

    async def presences(self) -> dict[str, Presence]:
        """Return operator → presence as it is now."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the rules put clients, and who is meant by the names that staff read."""

    rules: Rules
    #: channel → the line on which its conversations begin
    homes: Mapping[str, str]
    _operators: Mapping[str, tuple[str, ...]]
    _lines: Mapping[str, str]

    @classmethod
    def of(cls, rules: Rules, homes: Mapping[str, str]) -> Self:
        """Return the directory of these rules."""
        operators = defaultdict[str, tuple[str, ...]](tuple)
        for key, person in rules.operators.items():
            operators[person.name] += (key,)
        return cls(rules, homes, operators, {line.name: key for key, line in rules.lines.items()})

    def begins_on(self, channel: str, intent: str) -> str:
        """Return the line to which the bot hands what it understood; empty for a channel that is not known."""
        wanted = self.rules.triage.intents.get(intent)
        return (wanted.line if wanted else None) or self.homes.get(channel, "")

    def operators_named(self, name: str) -> tuple[str, ...]:
        """Return who has a name."""
        return self._operators.get(name, ())

    def line_named(self, name: str) -> str:
        """Return the line of a name; empty when there is none."""
        return self._lines.get(name, "")


def rerouted(old: Directory, new: Directory) -> Callable[[Visit], str]:
    """Return the line a visit comes to under new rules: the recorded one, unless they route what the old ones did."""

    def line_of(visit: Visit) -> str:
        before, after = (each.begins_on(visit.channel, visit.intent) for each in (old, new))
        return after if after and visit.line == before else visit.line

    return line_of
