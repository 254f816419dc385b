"""What the hub remembers of deliveries is what the store holds of them."""

from __future__ import annotations

from crm_store import MongoStore
from hub.engine.recent import Recent
from router.delivery import Attempt, DeliveryState
from router.store import Batch, DeliveryChange
from tests.contract.store_samples import NOW, Batches, at, delivery, message

_QUEUED, _SENT = DeliveryState.QUEUED, DeliveryState.SENT


async def test_memory_and_store_agree_after_every_batch(store: MongoStore) -> None:
    """Attempts, late news, receipts, sending again, and what a platform fetches."""
    batches, recent = Batches(), Recent()
    retrying = DeliveryChange(
        "d1",
        DeliveryState.RETRYING,
        (_QUEUED,),
        Attempt(at(1), DeliveryState.RETRYING, "429"),
        next_at=at(9),
        reason="429",
    )
    sent = DeliveryChange("d1", _SENT, (DeliveryState.RETRYING,), Attempt(at(2), _SENT), external_id="77")
    late = DeliveryChange("d1", DeliveryState.SENDING, (_QUEUED,), Attempt(at(3), DeliveryState.SENDING))
    read = DeliveryChange("d1", DeliveryState.READ, (_SENT, DeliveryState.DELIVERED))
    failed = DeliveryChange(
        "d2", DeliveryState.FAILED, (_QUEUED,), Attempt(NOW, DeliveryState.FAILED, "no"), reason="no"
    )
    again = DeliveryChange("d2", _QUEUED, (DeliveryState.FAILED,), Attempt(at(4), _QUEUED), cursor=9)
    fetched = batches.make(fetched={"shop": 3})
    history: list[Batch] = [
        batches.make(messages=[message("m1")], deliveries=[delivery(f"d{n}") for n in (1, 2, 3)]),
        *(batches.make(changes=[change]) for change in (retrying, sent, late, read, failed, again)),
        fetched,
    ]
    fetched.events = [batches.event("delivery", f"d{n}") for n in (2, 3)]
    for batch in history:
        await store.commit(batch)
        recent.take(batch)
        kept = await store.deliveries_of(["m1"])
        assert recent.deliveries.of_messages(["m1"]) == (kept, set())
    assert [each.state for each in kept["m1"]] == [DeliveryState.READ, _SENT, _QUEUED]
