"""What the hub remembers of deliveries is what the store holds of them."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from crm_store import MongoStore
from hub.engine.recent import Recent
from router.delivery import Attempt, DeliveryState
from router.effects import ChangeClient
from router.media import Attachment
from router.people import Client
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


async def test_a_client_is_read_once_and_stays_as_the_store_holds_them(store: MongoStore) -> None:
    """What their card says later, their picture included, is taken in; a card that changes meanwhile is read again."""
    batches, recent = Batches(), Recent()
    ann = Client("c1", "Ann", NOW)
    await store.commit(batches.make(clients={"c1": ann}))
    assert await recent.clients_of(["c1", "c2"], store) == {"c1": ann}
    assert recent.clients.get("c1") == ann
    photo = Attachment("f1", "photo.jpg", "image/jpeg", 3)
    for client in ("c1", "c3"):
        change = batches.make(cards={client: ChangeClient(client, priority="vip", photo=photo)})
        await store.commit(change)
        recent.take(change)
    known = replace(ann, priority="vip", photo=photo)
    assert recent.clients.get("c1") == await store.client("c1") == known
    saved = batches.make(clients={"c1": replace(ann, name="Anna")})
    recent.take(saved)
    assert recent.clients.get("c1") == replace(known, name="Anna")

    await store.commit(batches.make(clients={"c9": Client("c9", "Ben", NOW)}))
    reading = asyncio.create_task(recent.clients_of(["c9"], store))
    await asyncio.sleep(0)  # lets it ask
    recent.take(batches.make(cards={"c9": ChangeClient("c9", priority="vip")}))
    assert set(await reading) == {"c9"}
    assert recent.clients.get("c9") is None
