"""What a batch writes, laid out as a few commands: one or two for each collection that it touches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from pymongo import ReplaceOne, UpdateMany, UpdateOne

from crm_store.codec import Document, clean, encode
from router.effects import Outcome
from router.errors import Conflict
from router.model import Conversation, Message
from router.store import Batch, DeliveryChange

#: room for the deliveries of one message in the order of all deliveries
PER_MESSAGE = 1024

Operation = ReplaceOne[Document] | UpdateOne | UpdateMany


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
                raise Conflict(
                    f"Of {self.finds} {self.collection}, only {result.matched_count} are still to be decided."
                )


def planned(batch: Batch) -> list[Write]:
    """Return the batch's commands: first what shows that it was written before, then guards, then the rest."""
    cursors = {event.subject: event.cursor for event in batch.events if event.type == "message"}
    return [
        Write("events", documents=_events(batch)),
        Write("commits", documents=_mark(batch)),
        Write("updates", operations=list(_done(batch)), finds=len(batch.done)),
        Write("operators", operations=[*_operators(batch), *_loads(batch)]),
        Write("identities", documents=_identities(batch)),
        Write("messages", documents=[_message(batch, message, cursors) for message in batch.messages]),
        Write("deliveries", documents=list(_deliveries(batch, cursors)), operations=list(map(_change, batch.changes))),
        Write("conversations", operations=[_replaced(_conversation(each)) for each in batch.conversations.values()]),
        Write("clients", operations=[_replaced(encode(client)) for client in batch.clients.values()]),
        Write("explanations", documents=_explanations(batch)),
    ]


def _replaced(document: Document) -> Operation:
    return ReplaceOne({"_id": document["_id"]}, document, upsert=True)


def _events(batch: Batch) -> list[Document]:
    documents = [encode(event, batch=batch.id) for event in batch.events]
    return [{"_id": document.pop("cursor"), **document} for document in documents]


def _mark(batch: Batch) -> list[Document]:
    """Return the trace of a batch that has no events but would do harm if it were written twice."""
    if batch.events or not (batch.done or batch.changes or batch.loads or batch.explanations or _inserts(batch)):
        return []
    return [{"_id": batch.id, "at": datetime.now(UTC)}]


def _inserts(batch: Batch) -> bool:
    return bool(batch.identities or batch.messages or batch.deliveries)


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


def _deliveries(batch: Batch, cursors: dict[str, int]) -> Iterator[Document]:
    """Number deliveries in the order of their messages; those of older messages follow the batch's last event."""
    last = batch.events[-1].cursor if batch.events else 0
    for place, delivery in enumerate(batch.deliveries):
        yield encode(delivery, seq=cursors.get(delivery.message, last) * PER_MESSAGE + place % PER_MESSAGE)


def _change(change: DeliveryChange) -> Operation:
    fields: Document = {"state": change.state.value, "reason": clean(change.reason), "next_at": change.next_at}
    if change.external_id:
        fields["external_id"] = clean(change.external_id)
    update: Document = {"$set": fields}
    if change.attempt is not None:
        update["$push"] = {"attempts": encode(change.attempt)}
    return UpdateOne({"_id": change.delivery, "state": {"$in": [state.value for state in change.only_from]}}, update)


def _conversation(conversation: Conversation) -> Document:
    """Return the document with the fields that lists and timers look for."""
    times = (conversation.created_at, conversation.last_client_at, conversation.last_reply_at, conversation.closed_at)
    staff = {conversation.operator, *conversation.offered, *conversation.joined} - {""}
    extra: Document = {"activity": max(time for time in times if time is not None), "staff": sorted(staff)}
    if conversation.due_at is not None:
        extra["due_at"] = conversation.due_at
    return encode(conversation, **extra)


def _explanations(batch: Batch) -> list[Document]:
    at = batch.events[-1].at if batch.events else datetime.now(UTC)
    number = count()
    return [encode(each, _id=f"{batch.id}:{next(number):05}", at=at) for each in batch.explanations]


def _done(batch: Batch) -> Iterator[Operation]:
    plain = [clean(update) for update, outcome in batch.done.items() if outcome is None]
    if plain:
        yield UpdateMany({"_id": {"$in": plain}, "state": "new"}, {"$set": {"state": "done"}})
    for update, outcome in batch.done.items():
        if outcome is not None:
            yield _decided(update, outcome)


def _decided(update: str, outcome: Outcome) -> Operation:
    fields = {"state": "done", "outcome": encode(outcome)}
    return UpdateOne({"_id": clean(update), "state": "new"}, {"$set": fields})
