"""All indexes, each beside the queries it serves. No query of the store scans a collection; a test proves it."""

from __future__ import annotations

import asyncio

from pymongo import ASCENDING, DESCENDING, IndexModel

from crm_store.driver import Database
from crm_store.failures import named_failures

INDEXES: dict[str, list[IndexModel]] = {
    "updates": [
        # Ledger.undecided; decided updates leave the index
        IndexModel(
            [("state", ASCENDING), ("seq", ASCENDING), ("_id", ASCENDING)],
            name="undecided",
            partialFilterExpression={"state": "new"},
        ),
        # Ledger.last_seq
        IndexModel([("seq", DESCENDING)], name="last_seq"),
    ],
    "conversations": [
        # latest_of_chats (covered), chat
        IndexModel(
            [("channel", ASCENDING), ("chat", ASCENDING), ("created_at", DESCENDING), ("_id", ASCENDING)],
            name="latest_of_chats",
        ),
        # waiting_of, held_by, list_conversations by lines
        IndexModel(
            [("line", ASCENDING), ("state", ASCENDING), ("activity", DESCENDING), ("_id", DESCENDING)], name="of_line"
        ),
        # list_conversations of one operator
        IndexModel(
            [("staff", ASCENDING), ("state", ASCENDING), ("activity", DESCENDING), ("_id", DESCENDING)],
            name="of_staff",
        ),
        # list_conversations of everybody, count_loads
        IndexModel([("state", ASCENDING), ("activity", DESCENDING), ("_id", DESCENDING)], name="of_all"),
        # due
        IndexModel(
            [("line", ASCENDING), ("due_at", ASCENDING)],
            name="due",
            partialFilterExpression={"due_at": {"$exists": True}},
        ),
        # last_operators (covered), list_conversations of one client
        IndexModel([("client", ASCENDING), ("created_at", DESCENDING), ("operator", ASCENDING)], name="of_client"),
        # chats_away
        IndexModel([("channel", ASCENDING), ("state", ASCENDING), ("line", ASCENDING)], name="chats_away"),
    ],
    "messages": [
        # messages; two messages can never be the same number of one conversation
        IndexModel([("conversation", ASCENDING), ("n", ASCENDING)], name="of_conversation", unique=True),
        # chat
        IndexModel(
            [("channel", ASCENDING), ("chat", ASCENDING), ("seq", ASCENDING)],
            name="of_chat",
            partialFilterExpression={"visible": True},
        ),
    ],
    "deliveries": [
        # undelivered
        IndexModel([("channel", ASCENDING), ("state", ASCENDING), ("seq", ASCENDING)], name="undelivered"),
        # deliveries_of, chat
        IndexModel([("message", ASCENDING), ("seq", ASCENDING)], name="of_message"),
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
    "commits": [
        # marks of transactions without events; nobody repeats a commit a day later
        IndexModel([("at", ASCENDING)], name="expired", expireAfterSeconds=24 * 3600),
    ],
    # GridFS reads a file's chunks in order
    "files.chunks": [IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], name="files_id_1_n_1", unique=True)],
    "files.files": [
        IndexModel([("filename", ASCENDING), ("uploadDate", ASCENDING)], name="filename_1_uploadDate_1"),
    ],
}


async def ensure_indexes(database: Database) -> None:
    """Make every index that is missing. Raises `Retryable`."""
    with named_failures():
        await asyncio.gather(
            *(database.raw[collection].create_indexes(indexes) for collection, indexes in INDEXES.items())
        )
