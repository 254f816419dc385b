"""Fills a store with made-up conversations as a hub would have kept them, many times faster than a hub could."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from crm_store.codec import encode
from crm_store.driver import Database
from router.effects import Explain
from router.model import Author, AuthorKind, Conversation, Message, MessageKind, State

_PAGE = 2_000
SECOND = timedelta(seconds=1)


async def fill(database: Database, begin: datetime, visits: int, days: float, operators: list[str]) -> None:
    """Write so many conversations of the line `sales`, taken and answered by these operators, who are always there."""
    random = Random(7)
    await database.raw["updates"].insert_many(list(_presences(begin - SECOND, operators)))
    for start in range(0, visits, _PAGE):
        batch: dict[str, list[dict[str, Any]]] = {"conversations": [], "messages": [], "explanations": []}
        for number in range(start, min(start + _PAGE, visits)):
            at = begin + timedelta(seconds=round(days * 86_400 * number / visits, 1))
            for name, document in _conversation(random, f"k{number}", at, operators):
                batch[name].append(document)
        for name, documents in batch.items():
            await database.raw[name].insert_many(documents, ordered=False)


def _presences(at: datetime, operators: list[str]) -> Iterator[dict[str, Any]]:
    for number, operator in enumerate(operators):
        raw = json.dumps({"operator": operator, "presence": "available", "type": "presence"}, sort_keys=True)
        yield {
            "_id": f"console:{operator}:{number}", "channel": "console", "raw": raw, "received_at": at,
            "seq": number, "state": "new",
        }  # fmt: skip


def _conversation(random: Random, key: str, at: datetime, operators: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (collection, document): a client writes, somebody takes it, they talk, and it is closed."""
    who, client = random.choice(operators), Author(AuthorKind.CLIENT, f"c{key}")
    operator, system = Author(AuthorKind.OPERATOR, who, who.capitalize()), Author(AuthorKind.SYSTEM)
    taken = at + random.randrange(2, 30) * SECOND
    told: list[tuple[datetime, Author, str]] = [(at, client, "hi"), (taken, system, "taken")]
    now = taken
    for author in (operator, *[client, operator] * random.choice([0, 1, 1, 3])):
        now += random.randrange(5, 60) * SECOND
        told.append((now, author, "some words"))
    closed = now + random.randrange(5, 100) * SECOND
    told.append((closed, system, "closed_by_operator"))
    it = Conversation(
        id=key, line="sales", channel="shop", kind="http", chat=key, client=f"c{key}", client_name="", created_at=at,
        state=State.CLOSED, operator=who, queued_at=at, taken_at=taken, answered_at=told[2][0],
        last_client_at=told[-3][0] if len(told) > 4 else at, last_reply_at=now, closed_at=closed,
        closed_by=who, n=len(told),
    )  # fmt: skip
    yield "conversations", encode(it, phase="closed", activity=closed.replace(second=0, microsecond=0), staff=[who])
    explain = Explain(key, "offer", (who,), ((who, "chosen_even"),), "", line="sales")
    yield "explanations", encode(explain, _id=f"{key}:0", at=at)
    for n, (moment, author, text) in enumerate(told, 1):
        kind = MessageKind.EVENT if author is system else MessageKind.TEXT
        data = {"name": who.capitalize()} if text == "taken" else {}
        message = Message(f"{key}m{n}", key, n, author, kind, text, moment, "shop", key, data=data)
        yield "messages", encode(message, seq=n, visible=message.visible)
