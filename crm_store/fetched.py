"""How far the platforms that fetch have fetched: one number per channel stands for the state of all that is before it.

A delivery that waits in the store and lies up to that number has been sent. Writing that into each delivery would cost
MongoDB several times what the delivery itself did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace
from pymongo import UpdateOne

from crm_store.codec import Document
from crm_store.room import Room
from router.delivery import Delivery, DeliveryState


def moved(fetched: Iterable[Document]) -> Iterator[UpdateOne]:
    """Return what moves channels' outlets on: an `_id` and a `cursor` each, of which the furthest counts."""
    furthest: dict[str, int] = {}
    for each in fetched:
        furthest[each["_id"]] = max(each["cursor"], furthest.get(each["_id"], 0))
    for channel, cursor in furthest.items():
        yield UpdateOne({"_id": channel}, {"$max": {"cursor": cursor}}, upsert=True)


def state_of(fetched: Mapping[str, int]) -> Any:
    """Return the expression of a delivery's state."""
    sent = DeliveryState.SENT.value
    cases = [
        {"case": {"$and": [{"$eq": ["$channel", channel]}, {"$lte": ["$cursor", cursor]}]}, "then": sent}
        for channel, cursor in fetched.items()
    ]
    waits = {"$eq": ["$state", DeliveryState.QUEUED.value]}
    return {"$cond": [waits, {"$switch": {"branches": cases, "default": "$state"}}, "$state"]} if cases else "$state"


class Fetched(Room):
    """Reads how far platforms have fetched."""

    async def fetched(self) -> dict[str, int]:
        """Return channel → the cursor up to which its platform has fetched its deliveries."""
        return {
            each["_id"]: int(each["cursor"]) for each in await self._database["outlets"].find({}, sort=[("_id", 1)])
        }

    async def waiting_behind(self, channel: str, after: int = 0) -> Document:
        """Return the condition for a channel's deliveries that may still wait behind a cursor."""
        outlet = await self._database["outlets"].find_one({"_id": channel})
        return {"channel": channel, "cursor": {"$gt": max(after, int(outlet["cursor"]) if outlet else 0)}}

    async def as_they_stand(self, deliveries: Iterable[Delivery]) -> list[Delivery]:
        """Return deliveries with the state they are in."""
        known = list(deliveries)
        if all(each.state is not DeliveryState.QUEUED for each in known):
            return known
        fetched = await self.fetched()
        return [
            replace(each, state=DeliveryState.SENT)
            if each.state is DeliveryState.QUEUED and each.cursor <= fetched.get(each.channel, 0)
            else each
            for each in known
        ]
