"""Reads what happened in a period, for rehearsals: who waited and who took whom when; nothing that anybody wrote."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from crm_store.codec import Document
from crm_store.failures import named_failures
from crm_store.room import Room
from router.lab.recording import PresenceChange
from router.lab.records import Asked, Record, Told
from router.people import Presence

#: conversations read at a time
_PAGE = 500
#: bot-only conversations never waited for anybody
_WAITED = ["closed", "held", "queue"]
_FIELDS = ("line", "channel", "client", "created_at", "language", "responsible", "previous_operator", "handoff.intent")
_SAID = {"kind": "text", "author.kind": {"$in": ["client", "operator"]}}
_HAPPENED = {"kind": "event"}
_WORDS = {"$cond": [{"$eq": ["$kind", "event"]}, "$text", ""]}
_TOLD = {"conversation": 1, "at": 1, "kind": 1, "author": 1, "what": _WORDS, "name": "$data.name", "to": "$data.to"}
_PRESENCE = r'"type": "presence"'


class _Command(msgspec.Struct):
    operator: str
    presence: Presence
    type: str


class Recordings(Room):
    """Reads, and changes nothing."""

    async def count(self, since: datetime, until: datetime) -> int:
        """Return how many conversations `records` yields. Raises `Retryable`."""
        with named_failures():
            counts = [await self._database.raw["conversations"].count_documents(each) for each in _asked(since, until)]
        return sum(counts)

    async def records(self, since: datetime, until: datetime) -> AsyncIterator[list[Record]]:
        """Yield pages of the conversations that waited for a person before `until` and went on after `since`."""
        for query in _asked(since, until):
            async for page in self._database["conversations"].pages(query, _PAGE, fields=_FIELDS):
                yield await self._records(page)

    async def _records(self, page: list[Document]) -> list[Record]:
        ids = [each["_id"] for each in page]
        clients = {each["client"] for each in page}
        told, asked, priorities = await asyncio.gather(self._told(ids), self._asked(ids), self._priorities(clients))
        return [_record(each, told[each["_id"]], asked[each["_id"]], priorities) for each in page]

    async def _told(self, ids: list[str]) -> Mapping[str, list[Told]]:
        found = defaultdict[str, list[Told]](list)
        stages: list[Document] = [
            {"$match": {"conversation": {"$in": ids}, "$or": [_SAID, _HAPPENED]}},
            {"$sort": {"conversation": 1, "n": 1}},
            {"$project": _TOLD},
        ]
        for each in await self._database["messages"].aggregate(stages):
            found[each["conversation"]].append(_told(each))
        return found

    async def _asked(self, ids: list[str]) -> Mapping[str, list[Document]]:
        found = defaultdict[str, list[Document]](list)
        stages: list[Document] = [
            {"$match": {"conversation": {"$in": ids}}},
            {"$sort": {"conversation": 1, "at": 1, "_id": 1}},
            {"$project": {"conversation": 1, "at": 1, "chosen": 1, "decision": 1, "line": 1}},
        ]
        for each in await self._database["explanations"].aggregate(stages):
            found[each["conversation"]].append(each)
        return found

    async def _priorities(self, clients: Iterable[str]) -> Mapping[str, str]:
        query = {"_id": {"$in": sorted(clients)}, "priority": {"$gt": ""}}
        found = await self._database["clients"].find(query, fields=["priority"])
        return {each["_id"]: each["priority"] for each in found}

    async def presence_changes(self, console: str, since: datetime) -> list[PresenceChange]:
        """Return how operators came and went after a time; their commands are in the ledger under `console`."""
        query = {"received_at": {"$gte": since}, "channel": console, "raw": {"$regex": _PRESENCE}}
        found = []
        async for page in self._database["updates"].pages(query, _PAGE, fields=["received_at", "raw"]):
            for each in page:
                try:
                    command = msgspec.json.decode(each["raw"], type=_Command)
                except msgspec.DecodeError:
                    continue
                found.append(PresenceChange(each["received_at"], command.operator, command.presence))
        return found

    async def presences(self) -> dict[str, Presence]:
        """Return operator → presence as it is now."""
        found = await self._database["operators"].find({}, sort=[("_id", 1)], fields=["presence"])
        return {each["_id"]: Presence(each.get("presence", Presence.AWAY)) for each in found}


def _asked(since: datetime, until: datetime) -> list[Document]:
    """Return the questions for what went on since a time, and for what had come to rest before and has not ended."""
    minute = since.replace(second=0, microsecond=0)
    waited: Document = {"queued_at": {"$ne": None}}
    return [
        {"phase": {"$in": _WAITED}, "activity": {"$gte": minute}, "created_at": {"$lt": until}, **waited},
        {"phase": {"$in": ["held", "queue"]}, "activity": {"$lt": minute}, **waited},
    ]


def _record(it: Document, told: list[Told], asked: list[Document], priorities: Mapping[str, str]) -> Record:
    return Record(
        id=it["_id"],
        line=it["line"],
        channel=it["channel"],
        client=it["client"],
        created_at=it["created_at"],
        language=it.get("language", ""),
        priority=priorities.get(it["client"], ""),
        responsible=it.get("responsible", ""),
        previous=it.get("previous_operator", ""),
        intent=(it.get("handoff") or {}).get("intent", ""),
        told=tuple(told),
        asked=tuple(_asked_of(each) for each in asked if each["chosen"]),
        first=(asked[0]["at"], asked[0].get("line", "")) if asked else None,
    )


def _asked_of(it: Document) -> Asked:
    return Asked(it["at"], tuple(it["chosen"]), it["decision"] == "transfer")


def _told(it: dict[str, Any]) -> Told:
    author = it["author"]
    if it["kind"] == "event":
        return Told(it["at"], it["what"], name=it.get("name", ""), to=it.get("to", ""))
    if author["kind"] == "client":
        return Told(it["at"], "client")
    return Told(it["at"], "reply", operator=author["id"])
