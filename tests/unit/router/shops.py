"""Rules that many tests start from, as an admin would write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from router.effects import AskTriage
from router.events import Close, Reply, Take
from router.model import Conversation, Understanding
from router.people import Presence
from tests.unit.router.engine import TriageScript
from tests.unit.router.world import World

#: 09:00 to 18:00 on working days
OFFICE = {"week": {"mon-fri": "09:00-18:00"}}


def shop(operators: Mapping[str, Any] | None = None, triage: Any = None, **line: Any) -> dict[str, Any]:
    """Return rules with the line `sales`, served by Ann and Bob, and a supervisor Eve; no bot unless asked for."""
    people = operators or {"ann": {}, "bob": {}}
    asked = [name for name in people if name != "eve"]
    named = {name: {"name": name.capitalize(), **more} for name, more in people.items()}
    named.setdefault("eve", {"name": "Eve", "role": "supervisor"})
    sales = {"name": "Sales", "operators": asked, "triage": triage is not None, "distribution": "strict", **line}
    rules: dict[str, Any] = {"lines": {"sales": sales}, "operators": named}
    return rules | ({"triage": triage} if triage else {})


def two_lines(sales: Mapping[str, Any] | None = None, support: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return rules with `sales` (Ann, Bob) and `support` (Bob, Cid), where everybody takes one at a time."""
    plain = {"triage": False, "distribution": "strict"}
    lines = {
        "sales": {"name": "Sales", "operators": ["ann", "bob"], **plain, **(sales or {})},
        "support": {"name": "Support", "operators": ["bob", "cid"], **plain, **(support or {})},
    }
    people: dict[str, Any] = {name: {"name": name.capitalize(), "capacity": 1} for name in ("ann", "bob", "cid")}
    return {"lines": lines, "operators": {**people, "eve": {"name": "Eve", "role": "supervisor"}}}


def staffed(rules: Mapping[str, Any], *absent: str, **more: Any) -> World:
    """Return a world in which everybody but the absent is available."""
    world = World(rules, **more)
    world.presence(Presence.AVAILABLE, *(name for name in world.book.rules.operators if name not in absent))
    return world


def opened(world: World, chat: str = "c1") -> Conversation:
    """Return a conversation that Ann has taken."""
    conversation = world.says("hello", chat)
    assert world.does(Take, conversation, "ann") == ""
    return world.conversation(chat)


def answered(world: World, chat: str = "c1") -> Conversation:
    """Return a conversation that Ann has answered."""
    assert world.does(Reply, opened(world, chat), "ann", text="Hello!") == ""
    return world.conversation(chat)


def ended(world: World, chat: str = "c1") -> Conversation:
    """Return a conversation that Ann has answered and closed."""
    assert world.does(Close, answered(world, chat), "ann") == ""
    return world.conversation(chat)


def scripted(**answers: Understanding | str | None) -> TriageScript:
    """Return a triage engine that knows these texts (spaces written as `_`) and understands nothing else."""

    def understand(question: AskTriage) -> Understanding | str | None:
        return answers.get(question.text.replace(" ", "_"), Understanding("", 0.0))

    return understand


def sure(intent: str, answer: str = "", **slots: str) -> Understanding:
    """Return a confident understanding."""
    return Understanding(intent, 0.95, slots, "sure", answer=answer)


def unsure(intent: str) -> Understanding:
    """Return an understanding that a person should look at."""
    return Understanding(intent, 0.4, band="unsure")


def slots_only(**slots: str) -> Understanding:
    """Return an understanding of nothing but slots."""
    return Understanding("", 0.1, slots)


PERSON = Understanding("person", 0.99, band="sure", wants_person=True)
