"""How conversations are written: whole when they begin, afterwards only what has changed.

Indexes hold what lists sort and look for coarsely: `phase` instead of the state, the minute of the last activity
instead of the moment. So the back and forth of a lively conversation touches no index.
"""

from __future__ import annotations

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


def changed(batch: Batch) -> list[UpdateOne]:
    """Return what has changed about conversations that the store has."""
    pairs = ((batch.before.get(key), it) for key, it in batch.conversations.items())
    return [_change(before, it) for before, it in pairs if before is not None and before != it]


def _whole(conversation: Conversation) -> Document:
    return encode(conversation, **{name: value for name, value in _derived(conversation).items() if value is not None})


def _change(before: Conversation, after: Conversation) -> UpdateOne:
    pairs = zip(_FIELDS, astuple(before), astuple(after), strict=True)
    news = {name: now for name, then, now in pairs if then is not now and then != now}
    known = _derived(before)
    derived = {name: value for name, value in _derived(after).items() if value != known[name]}
    update: Document = {"$set": plain(news) | {name: value for name, value in derived.items() if value is not None}}
    if "due_at" in derived and derived["due_at"] is None:
        update["$unset"] = {"due_at": ""}
    return UpdateOne({"_id": after.id}, update)


def _derived(it: Conversation) -> dict[str, Any]:
    """Return the fields that lists and timers look for; a `due_at` of None stands for no field at all."""
    staff = {it.operator, *it.offered, *it.joined} - {""}
    return {
        "phase": PHASES[it.state],
        "activity": it.active_at.replace(second=0, microsecond=0),
        "staff": sorted(staff),
        "due_at": it.due_at,
    }
