"""Made-up traffic, the same for the same seed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from router.lab.lives import Life
from router.lab.recording import PresenceChange, Recording, Response, Step, Visit
from router.people import Presence
from router.rulebook import Rulebook
from router.rules import Rules
from tests.unit.router.texts import Prompts, catalog

#: a Monday
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def book_of(rules: Mapping[str, Any]) -> Rulebook:
    """Return the rules as decisions use them."""
    return Rulebook(Rules.model_validate(rules), catalog(), Prompts())


def shop(lines: int, operators: int, **line: Any) -> dict[str, Any]:
    """Return the rules of a shop: each operator serves two of its lines."""
    names = [f"op{n}" for n in range(operators)]
    serving = {n: [name for k, name in enumerate(names) if k % lines in {n, (n + 1) % lines}] for n in range(lines)}
    return {
        "lines": {f"line{n}": {"name": f"Line {n}", "operators": serving[n], **line} for n in range(lines)},
        "operators": {name: {"name": name.capitalize(), "capacity": 4} for name in names},
    }


def traffic(seed: int, visits: int, days: float, lines: int, operators: int) -> Recording:
    """Return busy days: clients who come, write and end, and operators who come, rest and go."""
    random, until = Random(seed), MONDAY + timedelta(days=days)
    times = sorted(random.uniform(0, days * 86_400) for _ in range(visits))
    came = tuple(_visit(random, n, at, lines, operators) for n, at in enumerate(times))
    return Recording(
        since=MONDAY,
        until=until,
        visits=came,
        present={f"op{n}": Presence.AVAILABLE for n in range(operators)},
        changes=tuple(_changes(random, days, operators)),
        lives=tuple(Life(it.line, it.at) for it in came),
    )


def _visit(random: Random, number: int, at: float, lines: int, operators: int) -> Visit:
    who = f"op{random.randrange(operators)}"
    steps = [Step("reply", random.uniform(5, 120))]
    for _ in range(random.randrange(3)):
        steps += [Step("client", random.uniform(5, 300)), Step("reply", random.uniform(5, 120))]
    return Visit(
        id=f"v{number}",
        line=f"line{random.randrange(lines)}",
        channel="shop",
        client=f"c{random.randrange(number + 1)}",
        at=MONDAY + timedelta(seconds=at),
        responses=(Response(who, random.uniform(2, 40), "took"),),
        steps=(*steps, Step("close", random.uniform(5, 300))),
        gave_up=None,
    )


def _changes(random: Random, days: float, operators: int) -> list[PresenceChange]:
    found = [
        PresenceChange(MONDAY + timedelta(hours=random.uniform(0, 24 * days)), f"op{n}", random.choice(list(Presence)))
        for n in range(operators)
        for _ in range(int(days))
    ]
    found += [
        PresenceChange(MONDAY + timedelta(days=day, seconds=n), f"op{n}", Presence.AVAILABLE)
        for n in range(operators)
        for day in range(int(days))
    ]
    return sorted(found, key=lambda it: (it.at, it.operator))
