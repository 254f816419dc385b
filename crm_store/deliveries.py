"""What the outbox reads: deliveries with the messages they carry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from crm_store.codec import Document, decode_all
from crm_store.room import Room
from router.delivery import Delivery, DeliveryState
from router.model import Message

PENDING = [DeliveryState.QUEUED.value, DeliveryState.SENDING.value, DeliveryState.RETRYING.value]


class DeliveryReads(Room):
    """Reads for deliveries."""

    async def undelivered(self, channel: str, after: str, limit: int) -> list[tuple[Delivery, Message]]:
        """Return deliveries in state queued, sending or retrying, in the order they were made, after one's id.

        An empty `after` begins at the beginning, and so does the id of a delivery that does not exist.
        """
        last = await self._database["deliveries"].find_one({"_id": after}, fields=["seq"]) if after else None
        query: Document = {"channel": channel, "state": {"$in": PENDING}}
        if last is not None:
            query["seq"] = {"$gt": last["seq"]}
        return await self._with_messages(await self._database["deliveries"].find(query, sort=[("seq", 1)], limit=limit))

    async def deliveries(self, ids: Collection[str]) -> dict[str, tuple[Delivery, Message]]:
        """Return those that exist, by id."""
        found = await self._database["deliveries"].find({"_id": {"$in": list(ids)}}) if ids else []
        return {delivery.id: (delivery, message) for delivery, message in await self._with_messages(found)}

    async def deliveries_of(self, messages: Collection[str]) -> dict[str, list[Delivery]]:
        """Return message id → its deliveries, in the order they were made."""
        if not messages:
            return {}
        found = await self._database["deliveries"].find(
            {"message": {"$in": list(messages)}}, sort=[("message", 1), ("seq", 1)]
        )
        grouped: dict[str, list[Delivery]] = defaultdict(list)
        for delivery in decode_all(found, Delivery):
            grouped[delivery.message].append(delivery)
        return dict(grouped)

    async def _with_messages(self, documents: list[Document]) -> list[tuple[Delivery, Message]]:
        deliveries = decode_all(documents, Delivery)
        wanted = {delivery.message for delivery in deliveries}
        found = await self._database["messages"].find({"_id": {"$in": list(wanted)}}) if wanted else []
        messages = {message.id: message for message in decode_all(found, Message)}
        return [(each, messages[each.message]) for each in deliveries if each.message in messages]
