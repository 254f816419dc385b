"""How conversations are written: whole when they begin, afterwards only what has changed.

Indexes hold what lists sort and look for coarsely: `phase` instead of the state, the minute of the last activity
instead of the moment. So the back and forth of a lively conversation touches no index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from msgspec.structs import astuple
from pymongo import UpdateOne

from crm_store.codec import Document, encode, plain
from router.model import Conversation, State
from router.store import Batch

#: what the states of one phase have in common is asked for together
PHASES: dict[State, str] = {
    State.TRIAGE: "triage",
    State.QUEUED: "queue",
    State.OFFERED: "queue",
    State.OPEN: "held",
    State.WAITING: "held",
    State.CLOSED: "closed",
}
_FIELDS = Conversation.__struct_fields__


def in_states(states: Any) -> Document:
    """Return the condition for being in any of these states, which the indexes answer by phase."""
    wanted = {State(state) for state in states}
    phases = {PHASES[state] for state in wanted}
    query: Document = {"phase": {"$in": sorted(phases)}}
    if wanted != {state for state, phase in PHASES.items() if phase in phases}:
        query["state"] = {"$in": sorted(state.value for state in wanted)}
    return query


def begun(batch: Batch) -> list[Document]:
    """Return the documents of conversations that begin in this batch."""
    return [_whole(it) for key, it in batch.conversations.items() if batch.before.get(key) is None]


def changed(batch: Batch) -> list[Document]:
    """Return what has changed about conversations that the store has; a derived field of None stands for none."""
    pairs = ((batch.before.get(key), it) for key, it in batch.conversations.items())
    return [_change(before, it) for before, it in pairs if before is not None and before != it]


def standing(began: Iterable[Document], changes: Iterable[Document]) -> tuple[list[Document], Iterator[UpdateOne]]:
    """Return the conversations that began, as they stand after the changes, and what changes the others."""
    whole = {each["_id"]: dict(each) for each in began}
    news: dict[str, Document] = {}
    for change in changes:
        (whole.get(change["_id"]) or news.setdefault(change["_id"], {})).update(change)
    return [_without_none(each) for each in whole.values()], map(_update, news.values())


def _without_none(document: Document) -> Document:
    return {name: value for name, value in document.items() if value is not None or name not in _DERIVED}


def _update(news: Document) -> UpdateOne:
    fields = {name: value for name, value in news.items() if name != "_id"}
    update = {"$set": _without_none(fields)}
    gone = {name: "" for name in _DERIVED if name in fields and fields[name] is None}
    if gone:
        update["$unset"] = gone
    return UpdateOne({"_id": news["_id"]}, update)


def _whole(conversation: Conversation) -> Document:
    return encode(conversation, **{name: of(conversation) for name, (_, of) in _DERIVED.items()})


def _change(before: Conversation, after: Conversation) -> Document:
    pairs = zip(_FIELDS, astuple(before), astuple(after), strict=True)
    news = {name: now for name, then, now in pairs if then is not now and then != now}
    affected = {name: of for name, (made_of, of) in _DERIVED.items() if not made_of.isdisjoint(news)}
    derived = {name: value for name, of in affected.items() if (value := of(after)) != of(before)}
    return {"_id": after.id} | plain(news) | derived


def _staff(it: Conversation) -> list[str]:
    return sorted({it.operator, *it.offered, *it.joined} - {""})


def _place(it: Conversation) -> datetime | None:
    return it.place if PHASES[it.state] == "queue" else None


def _late_at(it: Conversation) -> datetime | None:
    """Return when the first of the targets that staff were warned of is, or was, missed."""
    warned = (clock.due_at for clock in it.sla.values() if clock.told) if it.state is not State.CLOSED else ()
    return min(filter(None, warned), default=None)


#: what lists and timers look for → the fields it is made of, and how; None stands for no field at all
_DERIVED: dict[str, tuple[frozenset[str], Callable[[Conversation], Any]]] = {
    "phase": (frozenset({"state"}), lambda it: PHASES[it.state]),
    "activity": (
        frozenset({"created_at", "last_client_at", "last_reply_at", "closed_at"}),
        lambda it: it.active_at.replace(second=0, microsecond=0),
    ),
    "staff": (frozenset({"operator", "offered", "joined"}), _staff),
    "due_at": (frozenset({"timers"}), lambda it: it.due_at),
    "place": (frozenset({"state", "queued_at", "created_at", "head_start"}), _place),
    "late_at": (frozenset({"state", "sla"}), _late_at),
}
