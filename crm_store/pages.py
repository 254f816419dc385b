"""What pages and the API read: lists, conversations, cards, explanations and the feed."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from crm_store.codec import Document, decode, decode_all
from crm_store.room import Room
from crm_store.standing import in_states
from router.effects import Explain
from router.errors import Rejected
from router.model import Conversation, Message, State
from router.people import Client
from router.store import Filter

_ORDER = [("activity", -1), ("_id", -1)]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class PageReads(Room):
    """Reads for pages and the API."""

    async def list_conversations(
        self, wanted: Filter, *, before: str = "", limit: int = 50
    ) -> tuple[list[Conversation], str]:
        """Return a page, latest activity first, and the token of the next page (empty at the end).

        What is written to meanwhile moves to the first page and shifts nothing on the others. Raises `Rejected` for a
        token that is not one of ours.
        """
        query = _asked(wanted) | (_after(before) if before else {})
        documents = await self._database["conversations"].find(query, sort=_ORDER, limit=limit + 1)
        page = documents[:limit]
        # The index knows the minute only.
        shown = sorted(decode_all(page, Conversation), key=lambda it: it.active_at, reverse=True)
        return shown, _token(page[-1]) if len(documents) > limit else ""

    async def messages(self, conversation: str, *, before: int = 0, limit: int = 100) -> list[Message]:
        """Return the last `limit` messages with a number below `before` (0: from the end), oldest first."""
        query: Document = {"conversation": conversation} | ({"n": {"$lt": before}} if before else {})
        documents = await self._database["messages"].find(query, sort=[("n", -1)], limit=limit)
        return decode_all(reversed(documents), Message)

    async def client(self, client: str) -> Client | None:
        """Return one client."""
        document = await self._database["clients"].find_one({"_id": client})
        return decode(document, Client) if document is not None else None

    async def clients(self, ids: Collection[str]) -> dict[str, Client]:
        """Return those that exist, by id."""
        documents = await self._database["clients"].find({"_id": {"$in": sorted(ids)}}, about=ids) if ids else []
        return {client.id: client for client in decode_all(documents, Client)}

    async def explanations(self, conversation: str) -> list[tuple[datetime, Explain]]:
        """Return why the rules decided as they did, oldest first."""
        documents = await self._database["explanations"].find(
            {"conversation": conversation}, sort=[("at", 1), ("_id", 1)]
        )
        return [(document["at"], decode(document, Explain)) for document in documents]


def _asked(wanted: Filter) -> Document:
    """Return the query; phases are always named, so that every index can yield its part in order."""
    states = wanted.states if wanted.states is not None else State
    query = in_states(states)
    places = _places(wanted)
    if len(places) == 1:
        query |= places[0]
    elif places:
        query["$or"] = places
    if wanted.operator is not None:
        query["operator"] = wanted.operator
    if wanted.client is not None:
        query["client"] = wanted.client
    return query


def _places(wanted: Filter) -> list[Document]:
    places: list[Document] = []
    if wanted.lines is not None:
        places.append({"line": {"$in": list(wanted.lines)}})
    if wanted.staff is not None:
        places.append({"staff": wanted.staff})
    return places


def _token(document: Document) -> str:
    milliseconds = (document["activity"] - _EPOCH) // _MILLISECOND
    return base64.urlsafe_b64encode(f"{milliseconds}:{document['_id']}".encode()).decode().rstrip("=")


def _after(token: str) -> Document:
    """Return the condition for everything behind the conversation that a token names."""
    try:
        text = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode()
        milliseconds, id_ = text.split(":", 1)
        activity = _EPOCH + int(milliseconds) * _MILLISECOND
    except (binascii.Error, ValueError, OverflowError) as error:
        raise Rejected("This is not a page of the list: begin again with the first page.") from error
    return {"activity": {"$lte": activity}, "$nor": [{"activity": activity, "_id": {"$gte": id_}}]}
