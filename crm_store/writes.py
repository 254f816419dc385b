"""What a batch writes, laid out as a few commands: one or two for each collection that it touches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from pymongo import ReplaceOne, UpdateOne

from crm_store.codec import Document, clean, encode
from crm_store.commits import committed, decided_at
from crm_store.fetched import moved
from crm_store.standing import begun, changed
from router.errors import Conflict
from router.model import Message
from router.store import Batch, DeliveryChange

Operation = ReplaceOne[Document] | UpdateOne


@dataclass(frozen=True, slots=True)
class Write:
    """One command of the transaction: documents to insert, or operations to run in order."""

    collection: str
    documents: list[Document] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    #: how many documents the operations must find; None where it does not matter
    finds: int | None = None

    async def run(self, database: Any, session: Any) -> None:
        """Send it, if there is anything to send. Raises `Conflict` when it finds less than it must."""
        if self.documents:
            await database[self.collection].insert_many(self.documents, session=session)
        if self.operations:
            result = await database[self.collection].bulk_write(self.operations, session=session)
            if self.finds not in {None, result.matched_count}:
                raise Conflict(f"Of {self.finds} {self.collection}, only {result.matched_count} are where they were.")


def planned(batch: Batch) -> list[Write]:
    """Return the batch's commands: first what shows that it was written before, then guards, then the rest."""
    cursors = {event.subject: event.cursor for event in batch.events if event.type == "message"}
    return [
        Write("commits", documents=[committed(batch)]),
        Write("operators", operations=[*_operators(batch), *_loads(batch)]),
        Write("identities", documents=_identities(batch)),
        Write(
            "messages",
            documents=[_message(batch, message, cursors) for message in batch.messages],
            operations=list(map(_amended, batch.changed.values())),
        ),
        Write("outlets", operations=list(moved(batch))),
        Write(
            "deliveries",
            documents=[encode(delivery, made_at=decided_at(batch)) for delivery in batch.deliveries],
            operations=list(map(_change, batch.changes)),
        ),
        Write("conversations", documents=begun(batch)),
        Write("conversations", operations=list(changes := changed(batch)), finds=len(changes)),
        Write("clients", operations=[_replaced(encode(client)) for client in batch.clients.values()]),
        Write("explanations", documents=_explanations(batch)),
    ]


def _replaced(document: Document) -> Operation:
    return ReplaceOne({"_id": document["_id"]}, document, upsert=True)


def _operators(batch: Batch) -> Iterator[Operation]:
    for operator in batch.operators.values():
        document = encode(operator)
        fields = {name: document[name] for name in ("presence", "given", "given_at")}
        yield UpdateOne({"_id": document["_id"]}, {"$set": fields, "$setOnInsert": {"load": 0}}, upsert=True)


def _loads(batch: Batch) -> Iterator[Operation]:
    """Change loads; over capacity, the guard finds nothing and the upsert stumbles over the operator that exists."""
    for operator, (change, capacity) in batch.loads.items():
        if change > 0:
            guard = {"_id": operator, "load": {"$lte": capacity - change}}
            yield UpdateOne(guard, {"$inc": {"load": change}}, upsert=True)
        elif change < 0:
            less = {"$max": [0, {"$add": [{"$ifNull": ["$load", 0]}, change]}]}
            yield UpdateOne({"_id": operator}, [{"$set": {"load": less}}], upsert=True)


def _identities(batch: Batch) -> list[Document]:
    return [encode(identity, _id=identity.key, client=client) for identity, client in batch.identities.items()]


def _message(batch: Batch, message: Message, cursors: dict[str, int]) -> Document:
    seq = cursors.get(message.id)
    if seq is None and message.visible:
        raise ValueError(f"Message {message.id} of batch {batch.id} has no event, so no client would ever be shown it.")
    return encode(message, seq=seq or 0, visible=message.visible)


def _amended(message: Message) -> Operation:
    """Change what may change about a message; its place in the chat stays."""
    document = encode(message)
    fields = {name: document[name] for name in ("text", "edited_at", "deleted_at", "versions")}
    return UpdateOne({"_id": document["_id"]}, {"$set": fields})


def _change(change: DeliveryChange) -> Operation:
    fields: Document = {"state": change.state.value, "reason": clean(change.reason), "next_at": change.next_at}
    if change.cursor:
        fields["cursor"] = change.cursor
    if change.external_id:
        fields["external_id"] = clean(change.external_id)
    update: Document = {"$set": fields}
    if change.attempt is not None:
        update["$push"] = {"attempts": encode(change.attempt)}
    return UpdateOne({"_id": change.delivery, "state": {"$in": [state.value for state in change.only_from]}}, update)


def _explanations(batch: Batch) -> list[Document]:
    at = decided_at(batch)
    number = count()
    return [encode(each, _id=f"{batch.id}:{next(number):05}", at=at) for each in batch.explanations]
