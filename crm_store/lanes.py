"""What lanes read: the conversations, clients and operators they decide about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from pymongo import UpdateOne

from crm_store.codec import Document, clean, decode_all
from crm_store.projection import chat_key
from crm_store.room import Room
from crm_store.standing import in_states
from crm_store.transactions import settled
from router.loads import Load
from router.model import Conversation, Message, State
from router.people import Client, LineState, OperatorState

WAITING = [State.TRIAGE, State.QUEUED, State.OFFERED]
HELD = [State.OPEN, State.WAITING]
UNCLOSED = [*WAITING, *HELD]


class LaneReads(Room):
    """Reads for lanes."""

    async def waiting_of(self, line: str) -> list[Conversation]:
        """Return the line's conversations in triage, queued or offered, oldest first."""
        return await self._conversations({"line": line, **in_states(WAITING)})

    async def held_by(self, line: str, operators: Collection[str]) -> list[Conversation]:
        """Return the line's open and waiting conversations of these operators, oldest first."""
        wanted = {"line": line, **in_states(HELD), "operator": {"$in": list(operators)}}
        return await self._conversations(wanted) if operators else []

    async def conversations(self, ids: Collection[str]) -> dict[str, Conversation]:
        """Return those that exist, by id."""
        found = await self._conversations(_among(ids), about=ids) if ids else []
        return {conversation.id: conversation for conversation in found}

    async def latest_of_chats(self, chats: Collection[tuple[str, str]]) -> dict[tuple[str, str], Conversation]:
        """Return the latest conversation of each (channel, chat) that has one."""
        kept = {(clean(channel), clean(chat)): (channel, chat) for channel, chat in chats}
        if not kept:
            return {}
        about = [chat_key(channel, chat) for channel, chat in kept]
        latest = await self._database["conversations"].aggregate(_latest(list(kept)), about=about)
        found = await self.conversations([each["id"] for each in latest])
        pairs = {(each.channel, each.chat): each for each in found.values()}
        return {asked: pairs[pair] for pair, asked in kept.items() if pair in pairs}

    async def messages_by_id(self, ids: Collection[str]) -> dict[str, Message]:
        """Return those that exist, by id."""
        found = await self._database["messages"].find(_among(ids)) if ids else []
        return {message.id: message for message in decode_all(found, Message)}

    async def client_messages(self, keys: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], Message]:
        """Return clients' messages that exist, by (channel, chat, the platform's id); the latest of several."""
        kept = {(clean(channel), clean(chat), clean(id_)): (channel, chat, id_) for channel, chat, id_ in keys if id_}
        wanted = [{"channel": channel, "chat": chat, "external_id": id_} for channel, chat, id_ in kept]
        found = await self._database["messages"].find({"$or": wanted}) if wanted else []
        messages = sorted(decode_all(found, Message), key=lambda each: (each.at, each.n))
        return {kept[each.channel, each.chat, each.external_id]: each for each in messages}

    async def told(self, keys: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], str]:
        """Return (channel, chat, the platform's id) → id of our message that was sent under it."""
        kept = {(clean(channel), clean(chat), clean(id_)): (channel, chat, id_) for channel, chat, id_ in keys if id_}
        wanted = [{"externals": id_, "chat": chat, "channel": channel} for channel, chat, id_ in kept]
        fields = ["channel", "chat", "externals", "message", "cursor"]
        found = await self._database["deliveries"].find({"$or": wanted}, fields=fields) if wanted else []
        pairs = (
            ((each["channel"], each["chat"], external), each["message"])
            for each in sorted(found, key=lambda each: each["cursor"])
            for external in each["externals"]
        )
        return {kept[key]: message for key, message in pairs if key in kept}

    async def clients_of(self, identities: Collection[str]) -> dict[str, Client]:
        """Return identity key → client."""
        kept = {clean(identity): identity for identity in identities}
        links = await self._database["identities"].find({"_id": {"$in": list(kept)}}) if kept else []
        wanted = {link["client"] for link in links}
        documents = await self._database["clients"].find(_among(wanted), about=wanted) if wanted else []
        clients = {client.id: client for client in decode_all(documents, Client)}
        return {kept[link["_id"]]: clients[link["client"]] for link in links if link["client"] in clients}

    async def last_operators(self, clients: Collection[str]) -> dict[str, str]:
        """Return client → the operator of their latest conversation that had one."""
        stages: list[Document] = [
            {"$match": {"client": {"$in": list(clients)}, "operator": {"$gt": ""}}},
            {"$sort": {"client": 1, "created_at": -1}},
            {"$group": {"_id": "$client", "operator": {"$first": "$operator"}}},
        ]
        found = await self._database["conversations"].aggregate(stages, about=clients) if clients else []
        return {each["_id"]: each["operator"] for each in found}

    async def due(self, line: str, before: datetime, limit: int) -> list[tuple[datetime, str]]:
        """Return (due, conversation) of the line's earliest timers due up to a time, earliest first."""
        found = await self._database["conversations"].find(
            {"line": line, "due_at": {"$lte": before}}, sort=[("due_at", 1)], limit=limit, fields=["due_at"]
        )
        return [(each["due_at"], each["_id"]) for each in found]

    async def chats_away(self, channel: str, line: str) -> dict[str, str]:
        """Return chat → line for the channel's unclosed conversations that are on another line than `line`."""
        found = await self._database["conversations"].find(
            {"channel": channel, **in_states(UNCLOSED), "line": {"$ne": line}},
            fields=["chat", "line", "created_at"],
        )
        return {each["chat"]: each["line"] for each in sorted(found, key=lambda each: each["created_at"])}

    async def operators(self) -> dict[str, OperatorState]:
        """Return what is kept about every operator."""
        found = decode_all(await self._database["operators"].find({}, sort=[("_id", 1)]), OperatorState)
        return {operator.id: operator for operator in found}

    async def line_states(self) -> dict[str, LineState]:
        """Return what is kept about every line."""
        found = decode_all(await self._database["lines"].find({}, sort=[("_id", 1)]), LineState)
        return {line.id: line for line in found}

    async def count_loads(self, uncounted: Collection[str] = ()) -> dict[str, Load]:
        """Recount what each operator holds or is offered, correct what is kept, and return it.

        On the lines `uncounted`, what waits for the client takes up no capacity.
        """
        loads: defaultdict[str, Load] = defaultdict(Load)

        async def recount(session: Any) -> None:
            counted = await settled(self._database.raw["conversations"].aggregate(_held(), session=session))
            kept = self._database.raw["operators"].find({}, ["load"], sort=[("_id", 1)], session=session)
            loads.clear()
            loads.update({each["_id"]: Load() for each in await kept.to_list(length=None)})
            for each in await counted.to_list(length=None):
                of = each["_id"]
                loads[of["holder"]] = loads[of["holder"]].more(of["line"], int(each["load"]), of["waits"], uncounted)
            changes = [UpdateOne({"_id": id_}, {"$set": _kept(load)}, upsert=True) for id_, load in loads.items()]
            if changes:
                await self._database.raw["operators"].bulk_write(changes, session=session)

        await self._database.settled()
        await self._database.transaction(recount)
        return dict(loads)

    async def _conversations(self, query: Document, about: Collection[str] | None = None) -> list[Conversation]:
        documents = await self._database["conversations"].find(query, about=about)
        return sorted(decode_all(documents, Conversation), key=lambda each: (each.created_at, each.id))


def _among(ids: Collection[str]) -> Document:
    return {"_id": {"$in": list(ids)}}


def _kept(load: Load) -> Document:
    return {"load": load.counted, "loads": dict(load.lines)}


def _latest(chats: list[tuple[str, str]]) -> list[Document]:
    """Return the stages that find the id of each chat's latest conversation, read from the index alone."""
    channels, names = {channel for channel, _ in chats}, {chat for _, chat in chats}
    return [
        {"$match": {"channel": {"$in": list(channels)}, "chat": {"$in": list(names)}}},
        {"$sort": {"channel": 1, "chat": 1, "created_at": -1, "_id": 1}},
        {"$group": {"_id": {"channel": "$channel", "chat": "$chat"}, "id": {"$first": "$_id"}}},
    ]


def _held() -> list[Document]:
    """Return the stages that count whose capacity conversations take up, as `Conversation.holders` says.

    Counted by the server: with a hundred thousand open conversations, reading them would outlast a transaction.
    """
    asked: Document = {"$cond": ["$broadcast", [], "$offered"]}
    holders = {"$cond": [{"$eq": ["$state", State.OFFERED.value]}, asked, ["$operator"]]}
    return [
        {"$match": in_states([State.OFFERED, *HELD])},
        {"$project": {"holder": holders, "line": 1, "waits": {"$eq": ["$state", State.WAITING.value]}}},
        {"$unwind": "$holder"},
        {"$group": {"_id": {"holder": "$holder", "line": "$line", "waits": "$waits"}, "load": {"$sum": 1}}},
    ]
