"""A line in memory, as its lane has it: very many conversations wait, and of very many operators nobody has room."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from msgspec.structs import replace

from hub.catalogs import read_catalog
from router.desk import Desk
from router.model import Conversation, Floor, FloorHolder, State
from router.people import OperatorState, Presence
from router.pool import Pool
from router.roster import Roster
from router.rulebook import Rulebook
from router.rules import Rules

LINE = "sales"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
_SEED = 11
#: the skill that every other operator has
_SKILL = "glass"
_EVEN: Mapping[str, Any] = MappingProxyType({"distribution": "even"})
#: what is measured → the line's rules; `skills`: every other operator has room and lacks what all who wait need
KINDS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "even": _EVEN,
        "least_loaded": {"distribution": "least_loaded"},
        "strict": {"distribution": "strict"},
        "skills": {**_EVEN, "skills": {_SKILL: 3}, "match_language": "require"},
    }
)


class _NoPrompts:
    """No bot speaks here."""

    def ask(self, slot: str, language: str) -> str:
        """Return no question."""
        return ""

    def again(self, slot: str, language: str) -> str:
        """Return no question."""
        return ""


@dataclass(slots=True)
class Hall:
    """The desk of the line, and who could have room."""

    book: Rulebook
    desk: Desk
    #: operator → the conversation they hold, for those who could take what waits
    held: dict[str, str]
    now: datetime = NOW
    chance: random.Random = field(default_factory=lambda: random.Random(_SEED))

    @property
    def pool(self) -> Pool:
        """Return the line's operators as they were looked at last."""
        assert self.desk.pool is not None, "a hall is made with its pool"
        return self.desk.pool

    def turns(self, count: int) -> Iterator[str]:
        """Yield who has room next, each once."""
        yield from self.chance.sample(sorted(self.held), count)


def hall(kind: str, operators: int, waiting: int) -> Hall:
    """Return a hall of one of `KINDS`: everybody who could take what waits holds one conversation, all they may."""
    chance = random.Random(_SEED)
    names = [f"operator-{number:04}" for number in range(operators)]
    able = names[::2] if kind == "skills" else names
    book = _book(kind, names, able)
    desk = Desk(LINE, Roster())
    for name in names:
        desk.roster.put(_state(name, int(name in able), chance))
    held = [_conversation(number, NOW - timedelta(hours=20)) for number in range(len(able))]
    for name, conversation in zip(able, held, strict=True):
        floor = Floor(FloorHolder.OPERATOR, name)
        desk.put(replace(conversation, state=State.OPEN, operator=name, floor=floor, taken_at=NOW))
    for number in range(waiting):
        desk.put(waiter(len(able) + number, NOW - timedelta(seconds=2 * waiting - number)))
    desk.pool = Pool.of(LINE, book, desk.roster, NOW)
    desk.looked_at = desk.pool.moves
    desk.fresh.clear()
    return Hall(book, desk, {name: each.id for name, each in zip(able, held, strict=True)})


def waiter(number: int, since: datetime) -> Conversation:
    """Return a conversation that has waited since then."""
    return replace(_conversation(number, since), state=State.QUEUED, queued_at=since, said=("queued",))


def _book(kind: str, names: list[str], able: list[str]) -> Rulebook:
    line = {"name": "Sales", "operators": names, "triage": False, "offer_timeout": "10m", **KINDS[kind]}
    people = {name: {"name": name.capitalize(), "capacity": 1} for name in names}
    for name in able:
        people[name] |= {"skills": {_SKILL: 4}, "languages": {"en": 5, "ru": 3}}
    rules = Rules.model_validate({"lines": {LINE: line}, "operators": people})
    return Rulebook(rules, read_catalog("router"), _NoPrompts())


def _state(name: str, load: int, chance: random.Random) -> OperatorState:
    given, ago = chance.randrange(20), timedelta(seconds=chance.randrange(30_000))
    counts = {LINE: load} if load else {}
    return OperatorState(name, Presence.AVAILABLE, load, counts, load, 0, {LINE: given}, {LINE: NOW - ago})


def _conversation(number: int, since: datetime) -> Conversation:
    name = f"{number:06}"
    return Conversation(
        id=f"conversation-{name}",
        line=LINE,
        channel="shop",
        kind="http",
        chat=f"chat-{name}",
        client=f"client-{name}",
        client_name=f"Client {name}",
        created_at=since,
        last_client_at=since,
        language="en",
        n=1,
        client_n=1,
    )
