"""Integrators' subscriptions: how far each has been told, and the notices that are posted to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from crm_store.codec import Document, decode, decode_all, encode
from crm_store.deliveries import PENDING
from crm_store.room import Room
from router.delivery import Attempt, Delivery, DeliveryState
from router.errors import Conflict
from router.webhooks import Standing, channel_of

#: deliveries are not counted further than this
_COUNTED = 100_000
#: dead ones that one transaction lets go again
_PAGE = 1_000
_TROUBLED = [DeliveryState.FAILED.value, DeliveryState.RETRYING.value]


class MongoWebhooks(Room):
    """Implements `router.webhooks.WebhookStore`."""

    async def cursor(self, name: str, begin: int) -> int:
        """Return up to which cursor of the feed notices have been made; a new subscription begins at `begin`."""
        found = await self._database["webhooks"].find_or_insert(name, {"cursor": begin, "rings": 0})
        return int(found["cursor"])

    async def links(self, name: str) -> dict[str, int]:
        """Return conversation → the number of the message up to which a partner has been told of it."""
        found = await self._database["webhooks"].find_one({"_id": name}, fields=["links"])
        return dict(found.get("links", {})) if found is not None else {}

    async def add(
        self,
        name: str,
        before: int,
        after: int,
        notices: Sequence[Delivery],
        at: datetime,
        links: Mapping[str, int] | None = None,
    ) -> None:
        """Keep notices and move the subscription's cursor from `before` to `after`, in one transaction.

        `links`, where given, take the place of those that were kept.
        Harmless when it has been done already. Raises `Conflict` when somebody else has moved the cursor.
        """
        documents = [encode(notice, made_at=at, notice_at=at) for notice in notices]

        async def work(session: Any) -> None:
            webhooks, deliveries = self._database["webhooks"].raw, self._database["deliveries"].raw
            step = {"$set": {"cursor": after} | ({} if links is None else {"links": dict(links)})}
            moved = await webhooks.update_one({"_id": name, "cursor": before}, step, session=session)
            if not moved.matched_count:
                raise Conflict(f"The webhook {name!r} was moved on meanwhile: let one hub only run on this database.")
            if documents:
                await deliveries.insert_many(documents, session=session)

        try:
            await self._database.transaction(work)
        except Conflict:
            # The answer to the first try may have been lost.
            if await self.cursor(name, before) != after:
                raise

    async def standing(self, name: str) -> Standing:
        """Return how a subscription does."""
        succeeded = await self._newest(name, [DeliveryState.SENT.value])
        troubled = await self._newest(name, _TROUBLED)
        return Standing(
            waiting=await self._count(name, PENDING),
            dead=await self._count(name, [DeliveryState.FAILED.value]),
            last_success=_last_try(succeeded),
            last_failure=_last_try(troubled),
            reason=str(troubled["reason"]) if troubled is not None else "",
        )

    async def _newest(self, name: str, states: list[str]) -> Document | None:
        query: Document = {"channel": channel_of(name), "state": {"$in": states}}
        return await self._database["deliveries"].find_one(query, sort=[("cursor", -1)], fields=["attempts", "reason"])

    async def _count(self, name: str, states: list[str]) -> int:
        match = {"$match": {"channel": channel_of(name), "state": {"$in": states}}}
        found = await self._database["deliveries"].aggregate([match, {"$limit": _COUNTED}, {"$count": "n"}])
        return int(found[0]["n"]) if found else 0

    async def dead(self, name: str, after: int, limit: int) -> list[Delivery]:
        """Return notices that have failed, oldest first, after a delivery's cursor."""
        query = _dead(name) | {"cursor": {"$gt": after}}
        return decode_all(await self._database["deliveries"].find(query, sort=[("cursor", 1)], limit=limit), Delivery)

    async def find(self, notice: str) -> Delivery | None:
        """Return one notice."""
        found = await self._database["deliveries"].find_one({"_id": notice})
        return decode(found, Delivery) if found is not None and found.get("body") else None

    async def resend(self, name: str, notices: Collection[str] | None, at: datetime) -> int:
        """Let dead notices, None for all, be posted again, and ring for the hub; return how many there were."""
        if notices is not None:
            return await self._again(name, list(notices), at)
        count, after = 0, 0
        # Once through from the oldest: what fails anew meanwhile is not taken up for ever.
        while page := await self.dead(name, after, _PAGE):
            count += await self._again(name, [notice.id for notice in page], at)
            after = page[-1].cursor
        return count

    async def _again(self, name: str, notices: list[str], at: datetime) -> int:
        wanted = encode(Attempt(at, DeliveryState.QUEUED, "Somebody wants it sent again."))
        change = {
            "$set": {"state": DeliveryState.QUEUED.value, "next_at": None, "reason": ""},
            "$push": {"attempts": wanted},
        }
        changed = 0

        async def work(session: Any) -> None:
            nonlocal changed
            query = _dead(name) | {"_id": {"$in": notices}}
            done = await self._database["deliveries"].raw.update_many(query, change, session=session)
            changed = int(done.modified_count)
            await self._database["webhooks"].raw.update_one({"_id": name}, {"$inc": {"rings": 1}}, session=session)

        await self._database.settled()
        await self._database.transaction(work)
        return changed

    async def rings(self, name: str) -> int:
        """Return how often it has been rung for the hub to look at the subscription's deliveries again."""
        found = await self._database["webhooks"].find_one({"_id": name}, fields=["rings"])
        return int(found["rings"]) if found is not None else 0


def _dead(name: str) -> Document:
    return {"channel": channel_of(name), "state": DeliveryState.FAILED.value}


def _last_try(document: Document | None) -> datetime | None:
    tries = document["attempts"] if document is not None else []
    return tries[-1]["at"] if tries else None
