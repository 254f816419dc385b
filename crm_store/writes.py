"""What a batch writes: guards, which are checked when it is committed, and all else, which is applied behind that.

The commit log keeps what is still to be applied as plain documents, so that any hub can do it (see `projection`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from pymongo import UpdateMany, UpdateOne

from crm_store.codec import Document, clean, encode, encode_all, plain
from crm_store.commits import decided_at
from crm_store.fetched import moved
from crm_store.standing import begun, changed, standing
from router.effects import ChangeClient
from router.model import Message
from router.people import Identity
from router.store import Batch, DeliveryChange

Operation = UpdateOne | UpdateMany
#: what may change about a message
_AMENDED = ("_id", "text", "entities", "attachments", "reactions", "edited_at", "deleted_at", "versions")
#: what is not written with the rest of a client's card
_APART = frozenset({"responsible", "priority", "photo", "joined_to"})
#: deliveries in these states have still to be sent
_WAITS = ["queued", "sending", "retrying"]
#: the collections that `applied` writes
APPLIED = frozenset({"messages", "conversations", "deliveries", "clients", "explanations", "lines", "outlets"})


@dataclass(frozen=True, slots=True)
class Write:
    """Documents to insert into a collection, then operations to run there in order."""

    collection: str
    documents: list[Document] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)

    async def run(self, database: Any, session: Any) -> None:
        """Send it, if there is anything to send."""
        if self.documents:
            await database[self.collection].insert_many(self.documents, session=session)
        if self.operations:
            await database[self.collection].bulk_write(self.operations, session=session)


def guards(batch: Batch) -> list[Write]:
    """Return what may show that somebody else was faster, besides the batch's entry in the commit log."""
    writes = [
        Write("operators", operations=[*_operators(batch), *_loads(batch)]),
        Write("identities", _identities(batch), [_handed_over(*pair) for pair in batch.joined.items()]),
        Write("invitations", operations=[_followed(*each) for each in batch.followed.items()]),
    ]
    return [write for write in writes if write.documents or write.operations]


def logged(batch: Batch) -> dict[str, list[Document]]:
    """Return everything else that the batch writes, by what it is, as the commit log keeps it."""
    writes = {
        "messages": _messages(batch),
        "amended": list(map(_amended, batch.changed.values())),
        "deliveries": _deliveries(batch),
        "changes": list(map(_change, batch.changes)),
        "begun": begun(batch),
        "changed": changed(batch),
        "clients": [_client(each) for each in encode_all(batch.clients.values())],
        "chats": encode_all(batch.chats),
        "cards": [_card(each) for each in batch.cards.values()],
        "joined": [{"_id": clean(gone), "kept": clean(kept)} for gone, kept in batch.joined.items()],
        "lines": encode_all(batch.lines.values()),
        "explanations": _explanations(batch),
        "fetched": [{"_id": clean(channel), "cursor": cursor} for channel, cursor in batch.fetched.items()],
    }
    return {kind: documents for kind, documents in writes.items() if documents}


def applied(commits: Iterable[dict[str, list[Document]]]) -> list[Write]:
    """Return what applies commits, in their order, which were `logged`; what they write twice is written once."""
    of: defaultdict[str, list[Document]] = defaultdict(list)
    for writes in commits:
        for kind, documents in writes.items():
            of[kind] += documents
    began, went_on = standing(of["begun"], of["changed"])
    clients = _latest(of["clients"])
    joined = [{"_id": it["_id"], "joined_to": it["kept"]} for it in of["joined"]]
    return [
        Write("messages", of["messages"], [_set(each) for each in of["amended"]]),
        Write("deliveries", of["deliveries"], [*map(_moved, of["changes"]), *map(_rerouted, of["chats"])]),
        Write("outlets", operations=list(moved(of["fetched"]))),
        Write("conversations", began, [*went_on, *(_handed_over(it["_id"], it["kept"]) for it in of["joined"])]),
        Write("clients", operations=[*map(_said_of, clients.values()), *map(_set, [*of["cards"], *joined])]),
        Write("lines", operations=list(map(_set_all, of["lines"]))),
        Write("explanations", of["explanations"]),
    ]


def _client(document: Document) -> Document:
    """Leave out what is written by itself alone, which another line may have changed meanwhile."""
    return {name: value for name, value in document.items() if name not in _APART}


def _card(change: ChangeClient) -> Document:
    news = {"responsible": change.responsible, "priority": change.priority}
    photo = {} if change.photo is None else {"photo": plain({"photo": change.photo})["photo"]}
    return {"_id": clean(change.client), **{name: value for name, value in news.items() if value is not None}, **photo}


def _set_all(document: Document) -> UpdateOne:
    fields = {name: value for name, value in document.items() if name != "_id"}
    return UpdateOne({"_id": document["_id"]}, {"$set": fields}, upsert=True)


def _latest(clients: list[Document]) -> dict[str, Document]:
    """Return each card as it was written last, with every address that was ever written."""
    latest: dict[str, Document] = {}
    for it in clients:
        known = latest.get(it["_id"], it)["identities"]
        latest[it["_id"]] = {**it, "identities": [*dict.fromkeys((*known, *it["identities"]))]}
    return latest


def _said_of(client: Document) -> UpdateOne:
    """Write a card; addresses are added to those that another line may have added meanwhile."""
    fields = {name: value for name, value in client.items() if name not in {"_id", "identities"}}
    known = {"$addToSet": {"identities": {"$each": client["identities"]}}}
    return UpdateOne({"_id": client["_id"]}, {"$set": fields, **known}, upsert=True)


def _handed_over(gone: str, kept: str) -> UpdateMany:
    """Let what is one client's be another's."""
    return UpdateMany({"client": clean(gone)}, {"$set": {"client": clean(kept)}})


def _followed(digest: str, identity: Identity) -> UpdateOne:
    """Use up an invitation; when that has been done, nothing is found and the upsert stumbles over it."""
    return UpdateOne({"_id": digest, "followed_by": ""}, {"$set": {"followed_by": clean(identity.key)}}, upsert=True)


def _operators(batch: Batch) -> Iterator[Operation]:
    for operator in batch.operators.values():
        document = encode(operator)
        fields = {name: document[name] for name in ("presence", "given", "given_at", "leave", "calendar")}
        yield UpdateOne({"_id": document["_id"]}, {"$set": fields, "$setOnInsert": {"load": 0}}, upsert=True)


def _loads(batch: Batch) -> Iterator[Operation]:
    """Change loads; over capacity, the guard finds nothing and the upsert stumbles over the operator that exists."""
    for operator, load in batch.loads.items():
        changes = {"load": load.all} | {f"loads.{line}": change for line, change in load.lines.items()}
        full = {field: {"$not": {"$gt": it.room}} for field, it in changes.items() if it.room is not None}
        fields = {field: _added(field, it.by) for field, it in changes.items() if it.by}
        if fields:
            yield UpdateOne({"_id": operator, **full}, [{"$set": fields}], upsert=True)


def _added(field: str, by: int) -> Document:
    return {"$max": [0, {"$add": [{"$ifNull": [f"${field}", 0]}, by]}]}


def _identities(batch: Batch) -> list[Document]:
    return [encode(identity, _id=identity.key, client=client) for identity, client in batch.identities.items()]


def _messages(batch: Batch) -> list[Document]:
    cursors = {event.subject: event.cursor for event in batch.events if event.type == "message"}
    documents = encode_all(batch.messages)
    for message, document in zip(batch.messages, documents, strict=True):
        seq = cursors.get(message.id)
        if seq is None and message.visible:
            raise ValueError(f"Message {message.id} of batch {batch.id} has no event, so no client would ever see it.")
        document |= {"seq": seq or 0, "visible": message.visible}
    return documents


def _deliveries(batch: Batch) -> list[Document]:
    documents, at = encode_all(batch.deliveries), decided_at(batch)
    for document in documents:
        document["made_at"] = at
    return documents


def _amended(message: Message) -> Document:
    """Keep what may change about a message; its place in the chat stays."""
    document = encode(message)
    return {name: document[name] for name in _AMENDED}


def _set(fields: Document) -> Operation:
    return UpdateOne({"_id": fields["_id"]}, {"$set": {name: value for name, value in fields.items() if name != "_id"}})


def _change(change: DeliveryChange) -> Document:
    fields: Document = {"state": change.state.value, "reason": clean(change.reason), "next_at": change.next_at}
    if change.cursor:
        fields["cursor"] = change.cursor
    if change.external_id:
        fields["external_id"] = clean(change.external_id)
        fields["externals"] = fields["external_id"].split()
    document = {"_id": change.delivery, "from": [state.value for state in change.only_from], "set": fields}
    return document if change.attempt is None else {**document, "attempt": encode(change.attempt)}


def _moved(change: Document) -> Operation:
    update: Document = {"$set": change["set"]}
    if "attempt" in change:
        update["$push"] = {"attempts": change["attempt"]}
    return UpdateOne({"_id": change["_id"], "state": {"$in": change["from"]}}, update)


def _rerouted(move: Document) -> Operation:
    there = {"channel": move["channel"], "state": {"$in": _WAITS}, "chat": move["chat"]}
    return UpdateMany(there, {"$set": {"chat": move["to"]}})


def _explanations(batch: Batch) -> list[Document]:
    at = decided_at(batch)
    number = count()
    return [encode(each, _id=f"{batch.id}:{next(number):05}", at=at) for each in batch.explanations]
