"""All indexes, each beside the queries it serves. No query of the store scans a collection; a test proves it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import NetworkTimeout, OperationFailure

from crm_store.driver import Database
from crm_store.failures import named_failures

_log = structlog.get_logger(__name__)
#: the server's codes for an index of that name with other options, or other keys
_CHANGED = frozenset({85, 86})
#: what may differ besides the keys
_OPTIONS = ("unique", "partialFilterExpression", "expireAfterSeconds")

INDEXES: dict[str, list[IndexModel]] = {
    "updates": [
        # Ledger.undecided, last_seq
        IndexModel([("seq", ASCENDING), ("_id", ASCENDING)], name="in_order"),
        # Ledger.poisoned, replay_all: the few that could not be understood or decided
        IndexModel(
            [("state", ASCENDING), ("received_at", ASCENDING), ("_id", ASCENDING)],
            name="poison",
            partialFilterExpression={"state": "poison"},
        ),
        # Ledger.replayed; nearly always empty
        IndexModel([("seq", ASCENDING)], name="replayed", partialFilterExpression={"state": "new", "replayed": True}),
        # Figures.days, gaps: only what came in since a time; without the state, which would be written twice
        IndexModel([("received_at", ASCENDING), ("channel", ASCENDING)], name="of_days"),
    ],
    "conversations": [
        # latest_of_chats (covered), chat
        IndexModel(
            [("channel", ASCENDING), ("chat", ASCENDING), ("created_at", DESCENDING), ("_id", ASCENDING)],
            name="latest_of_chats",
        ),
        # waiting_of, held_by, standings, list_conversations by lines
        IndexModel(
            [("line", ASCENDING), ("phase", ASCENDING), ("activity", DESCENDING), ("_id", DESCENDING)], name="of_line"
        ),
        # list_conversations of one operator
        IndexModel(
            [("staff", ASCENDING), ("phase", ASCENDING), ("activity", DESCENDING), ("_id", DESCENDING)],
            name="of_staff",
        ),
        # list_conversations of everybody, count_loads
        IndexModel([("phase", ASCENDING), ("activity", DESCENDING), ("_id", DESCENDING)], name="of_all"),
        # due
        IndexModel(
            [("line", ASCENDING), ("due_at", ASCENDING)],
            name="due",
            partialFilterExpression={"due_at": {"$exists": True}},
        ),
        # queue_of
        IndexModel(
            [("line", ASCENDING), ("place", ASCENDING), ("_id", ASCENDING)],
            name="queue",
            partialFilterExpression={"place": {"$exists": True}},
        ),
        # late_of, standings (covered); only what staff were warned of
        IndexModel(
            [("line", ASCENDING), ("late_at", ASCENDING)],
            name="late",
            partialFilterExpression={"late_at": {"$exists": True}},
        ),
        # last_operators (covered), list_conversations of one client
        IndexModel([("client", ASCENDING), ("created_at", DESCENDING), ("operator", ASCENDING)], name="of_client"),
        # chats_away
        IndexModel([("channel", ASCENDING), ("phase", ASCENDING), ("line", ASCENDING)], name="chats_away"),
    ],
    "messages": [
        # messages
        IndexModel([("conversation", ASCENDING), ("n", ASCENDING)], name="in_conversation"),
        # client_messages; only clients' messages have an id of the platform's
        IndexModel(
            [("channel", ASCENDING), ("chat", ASCENDING), ("external_id", ASCENDING)],
            name="of_client",
            partialFilterExpression={"external_id": {"$gt": ""}},
        ),
        # chat
        IndexModel(
            [("channel", ASCENDING), ("chat", ASCENDING), ("seq", ASCENDING)],
            name="of_chat",
            partialFilterExpression={"visible": True},
        ),
    ],
    "deliveries": [
        # undelivered
        IndexModel([("channel", ASCENDING), ("state", ASCENDING), ("cursor", ASCENDING)], name="undelivered"),
        # outgoing
        IndexModel([("channel", ASCENDING), ("cursor", ASCENDING)], name="outgoing"),
        # Figures.days
        IndexModel([("made_at", ASCENDING), ("channel", ASCENDING)], name="of_days"),
        # deliveries_of, chat
        IndexModel([("message", ASCENDING), ("cursor", ASCENDING)], name="of_message"),
        # told; a text that went out as several messages has several ids
        IndexModel(
            [("externals", ASCENDING), ("chat", ASCENDING), ("channel", ASCENDING)],
            name="told",
            partialFilterExpression={"externals": {"$exists": True}},
        ),
        # webhooks' notices, which alone have this field, are forgotten a month after they came to their end
        IndexModel(
            [("notice_at", ASCENDING)],
            name="expired",
            expireAfterSeconds=30 * 24 * 3600,
            partialFilterExpression={"state": {"$in": ["sent", "failed"]}},
        ),
    ],
    "tallies": [
        # Figures.days
        IndexModel([("day", ASCENDING), ("channel", ASCENDING)], name="of_days"),
    ],
    "identities": [
        # the identities of one client
        IndexModel([("client", ASCENDING)], name="of_client"),
    ],
    "explanations": [
        # explanations
        IndexModel([("conversation", ASCENDING), ("at", ASCENDING), ("_id", ASCENDING)], name="of_conversation"),
    ],
    "sessions": [
        # the server forgets sessions that have expired
        IndexModel([("expires_at", ASCENDING)], name="expired", expireAfterSeconds=0),
        # end_sessions_of
        IndexModel([("operator", ASCENDING)], name="of_operator"),
    ],
    "tokens": [
        # token, use_token
        IndexModel([("digest", ASCENDING)], name="of_digest", unique=True),
    ],
    "notebooks": [
        # the server forgets what is over; keys are read by `_id`
        IndexModel([("until", ASCENDING)], name="expired", expireAfterSeconds=0),
    ],
    "invitations": [
        # the server forgets what is over, also when it was followed; they are read by `_id`
        IndexModel([("until", ASCENDING)], name="expired", expireAfterSeconds=7 * 24 * 3600),
    ],
    "commits": [
        # CommitLog.decided; an update is decided once
        IndexModel(
            [("done", ASCENDING)],
            name="done",
            unique=True,
            partialFilterExpression={"done": {"$exists": True}},
        ),
        # Projection.catch_up; nearly always empty
        IndexModel([("last", ASCENDING)], name="unapplied", partialFilterExpression={"writes": {"$exists": True}}),
        # CommitLog.refused; always empty, as far as we know
        IndexModel([("last", ASCENDING)], name="refused", partialFilterExpression={"refusal": {"$exists": True}}),
    ],
    # GridFS reads a file's chunks in order
    "files.chunks": [IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], name="files_id_1_n_1", unique=True)],
    "files.files": [
        # kept_under; a key is used once
        IndexModel(
            [("metadata.key", ASCENDING)],
            name="of_key",
            unique=True,
            partialFilterExpression={"metadata.key": {"$exists": True}},
        ),
        IndexModel([("filename", ASCENDING), ("uploadDate", ASCENDING)], name="filename_1_uploadDate_1"),
    ],
}


async def missing_indexes(database: Database) -> list[str]:
    """Return `collection.index` of each index that does not exist. Raises `Retryable`."""
    missing = []
    with named_failures():
        for collection, indexes in INDEXES.items():
            there = await database.raw[collection].index_information()
            names = (str(index.document["name"]) for index in indexes)
            missing += [f"{collection}.{name}" for name in names if name not in there]
    return missing


async def ensure_indexes(database: Database) -> None:
    """Make every index that is missing, however long that takes. Raises `Retryable`."""
    with named_failures():
        await asyncio.gather(*(_make(database.raw[collection], indexes) for collection, indexes in INDEXES.items()))


async def _make(collection: Any, indexes: list[IndexModel]) -> None:
    """Make indexes; building one over millions of documents outlasts the time that a command may take."""
    while True:
        try:
            await collection.create_indexes(indexes)
        except NetworkTimeout:
            # The server goes on, and whoever asks again waits for the same build.
            _log.info("store.building_indexes", collection=collection.name)
        except OperationFailure as error:
            if error.code not in _CHANGED or not await _drop_changed(collection, indexes):
                raise
        else:
            return


async def _drop_changed(collection: Any, indexes: list[IndexModel]) -> bool:
    """Drop indexes that a former release made otherwise, or under another name; return whether there are any."""
    wanted = {str(index.document["name"]): _shape(index.document) for index in indexes}
    keys = [shape[0] for shape in wanted.values()]
    there = {name: _shape(index) for name, index in (await collection.index_information()).items()}
    changed = [name for name, shape in there.items() if wanted.get(name, shape) != shape]
    changed += [name for name, shape in there.items() if name not in wanted and shape[0] in keys]
    for name in changed:
        _log.info("store.index_changed", collection=collection.name, index=name)
        await collection.drop_index(name)
    return bool(changed)


def _shape(index: Mapping[str, Any]) -> tuple[object, ...]:
    keys = index["key"].items() if isinstance(index["key"], Mapping) else index["key"]
    return [(field, int(way)) for field, way in keys], *map(index.get, _OPTIONS)
