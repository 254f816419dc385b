"""What a chat's client sees."""

from __future__ import annotations

import asyncio

from crm_store.codec import Document, decode_all
from crm_store.deliveries import DeliveryReads
from router.delivery import Action, Delivery, DeliveryState
from router.model import AuthorKind, Conversation, Message
from router.ports import Chat, Entry


class ChatReads(DeliveryReads):
    """Reads for channels that show their own history."""

    async def chat(self, channel: str, chat: str, after: int, limit: int) -> Chat:
        """Return what the chat's client may see: its latest `limit` messages with a cursor above `after`.

        `operator` is the id of whoever holds the floor of the latest conversation.
        """
        query = {"channel": channel, "chat": chat, "visible": True, "seq": {"$gt": after}}
        documents = await self._database["messages"].find(query, sort=[("seq", -1)], limit=limit)
        documents.reverse()
        (latest, seen), deliveries = await asyncio.gather(
            self._standing(channel, chat, {each["conversation"] for each in documents}),
            self.deliveries_of([each["_id"] for each in documents]),
        )
        entries = _entries(documents, seen, deliveries)
        if latest is None:
            return Chat(entries=entries)
        score = latest.rating.score if latest.rating is not None else 0
        return Chat(entries=entries, state=latest.state.value, operator=latest.floor.operator, rated=score)

    async def _standing(self, channel: str, chat: str, wanted: set[str]) -> tuple[Conversation | None, dict[str, int]]:
        """Return the chat's latest conversation, and up to which number staff have seen each of the wanted ones."""
        conversations = self._database["conversations"]
        latest, seen = await asyncio.gather(
            conversations.find({"channel": channel, "chat": chat}, sort=[("created_at", -1)], limit=1),
            conversations.find({"_id": {"$in": list(wanted)}}, fields=["seen"]),
        )
        return next(iter(decode_all(latest, Conversation)), None), {each["_id"]: each["seen"] for each in seen}


def _entries(
    documents: list[Document], seen: dict[str, int], deliveries: dict[str, list[Delivery]]
) -> tuple[Entry, ...]:
    cursors = {document["_id"]: document["seq"] for document in documents}
    return tuple(
        _entry(message, cursors[message.id], seen.get(message.conversation, 0), deliveries.get(message.id, []))
        for message in decode_all(documents, Message)
    )


def _entry(message: Message, cursor: int, seen: int, deliveries: list[Delivery]) -> Entry:
    """Return one message with how far it has got; of several deliveries the last that sends it counts."""
    if message.author.kind is AuthorKind.CLIENT:
        state = DeliveryState.READ if message.n <= seen else DeliveryState.SENT
        return Entry(message, cursor, state)
    sendings = [delivery for delivery in deliveries if delivery.action is Action.SEND]
    if not sendings:
        return Entry(message, cursor, DeliveryState.SENT)
    return Entry(message, cursor, sendings[-1].state, sendings[-1].id)
