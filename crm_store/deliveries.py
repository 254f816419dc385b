"""What the outbox reads: deliveries with the messages they carry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from crm_store.codec import Document, decode_all
from crm_store.fetched import Fetched
from router.delivery import Delivery, DeliveryState
from router.model import Message
from router.webhooks import stand_in

PENDING = [DeliveryState.QUEUED.value, DeliveryState.SENDING.value, DeliveryState.RETRYING.value]


class DeliveryReads(Fetched):
    """Reads for deliveries."""

    async def undelivered(self, channel: str, after: int, limit: int) -> list[tuple[Delivery, Message]]:
        """Return deliveries in state queued, sending or retrying, in the order they were made, after a cursor."""
        behind = await self.waiting_behind(channel, after)
        return await self._deliveries({**behind, "state": {"$in": PENDING}}, limit)

    async def outgoing(self, channel: str, after: int, limit: int) -> list[tuple[Delivery, Message]]:
        """Return deliveries in any state, in the order they were made, after a cursor."""
        return await self._deliveries({"channel": channel, "cursor": {"$gt": after}}, limit)

    async def last_delivery(self, channel: str) -> int:
        """Return the highest cursor of a channel's deliveries, 0 for none."""
        query: Document = {"channel": channel}
        last = await self._database["deliveries"].find_one(query, sort=[("cursor", -1)], fields=["cursor"])
        return int(last["cursor"]) if last is not None else 0

    async def oldest_undelivered(self, channel: str) -> datetime | None:
        """Return when the oldest of a channel's deliveries that still waits was made; None when none waits."""
        query: Document = {**await self.waiting_behind(channel), "state": {"$in": PENDING}}
        oldest = await self._database["deliveries"].find_one(query, sort=[("cursor", 1)], fields=["made_at"])
        made_at: datetime | None = oldest.get("made_at") if oldest is not None else None
        return made_at

    async def deliveries(self, ids: Collection[str]) -> dict[str, tuple[Delivery, Message]]:
        """Return those that exist, by id."""
        found = await self._database["deliveries"].find({"_id": {"$in": list(ids)}}) if ids else []
        return {delivery.id: (delivery, message) for delivery, message in await self._with_messages(found)}

    async def deliveries_of(self, messages: Collection[str]) -> dict[str, list[Delivery]]:
        """Return message id → its deliveries, in the order they were made."""
        if not messages:
            return {}
        found = await self._database["deliveries"].find(
            {"message": {"$in": list(messages)}}, sort=[("message", 1), ("cursor", 1)]
        )
        grouped: dict[str, list[Delivery]] = defaultdict(list)
        for delivery in await self.as_they_stand(decode_all(found, Delivery)):
            grouped[delivery.message].append(delivery)
        return dict(grouped)

    async def _deliveries(self, query: Document, limit: int) -> list[tuple[Delivery, Message]]:
        found = await self._database["deliveries"].find(query, sort=[("cursor", 1)], limit=limit)
        return await self._with_messages(found)

    async def _with_messages(self, documents: list[Document]) -> list[tuple[Delivery, Message]]:
        """Return deliveries with the messages they carry, and those that carry a notice with a stand-in for one."""
        deliveries = await self.as_they_stand(decode_all(documents, Delivery))
        wanted = {delivery.message for delivery in deliveries if not delivery.body}
        found = await self._database["messages"].find({"_id": {"$in": list(wanted)}}) if wanted else []
        messages = {message.id: message for message in decode_all(found, Message)}
        carried = [(each, stand_in(each) if each.body else messages.get(each.message)) for each in deliveries]
        return [(each, message) for each, message in carried if message is not None]
