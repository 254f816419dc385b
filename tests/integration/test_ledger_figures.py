"""The ledger's figures: they count what is kept, and a sum that does not close is seen."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from crm_store import MongoStore
from crm_store.figures import Day
from router.delivery import DeliveryState
from router.ports import Update
from router.store import Batch
from tests.clock import ManualClock
from tests.contract.store_samples import NOW, Batches, delivery, message
from tests.integration.stage import ScriptedChannel, running, stage_of

pytestmark = pytest.mark.mongo
TODAY = NOW.date()
BEGIN = datetime(2026, 3, 4, tzinfo=UTC)


async def _append(store: MongoStore, *ids: str, channel: str = "shop", at: datetime = NOW) -> None:
    await store.ledger.append(channel, [(Update(id_, "{}"), n) for n, id_ in enumerate(ids)], at)


async def test_updates_count_by_channel_day_and_state(store: MongoStore) -> None:
    """What is older than asked for is left out; the day is that of arrival."""
    await _append(store, "a", "b", "c", "d")
    await _append(store, "old", at=BEGIN - timedelta(seconds=1))
    await _append(store, "later", at=BEGIN + timedelta(days=1))
    await _append(store, "x", channel="console")
    await store.ledger.poison("shop:a", "bad")
    await store.commit(Batch("b1", 1, done={"shop:b": None, "shop:c": None}))
    await store.ledger.repeated("shop", TODAY, 2)
    await store.ledger.repeated("shop", TODAY, 3)
    assert await store.figures.days(BEGIN) == [
        Day("console", TODAY, received=1, undecided=1),
        Day("shop", TODAY, received=4, duplicates=5, poison=1, undecided=1, decided=2),
        Day("shop", TODAY + timedelta(days=1), received=1, undecided=1),
    ]
    assert [day.channel for day in await store.figures.days(BEGIN, "console")] == ["console"]


async def test_deliveries_count_by_what_became_of_them(store: MongoStore) -> None:
    """Every state falls into one of four columns, whose sum is what was committed."""
    batch = Batches().make(messages=[message("m1")])
    batch.deliveries = [delivery(f"d{n}", state=state) for n, state in enumerate(DeliveryState)]
    await store.commit(batch)
    (day,) = await store.figures.days(BEGIN)
    assert day == Day("shop", TODAY, committed=8, sent=3, waiting=3, unknown=1, failed=1)
    assert day.unclosed == ()


async def test_a_sum_that_does_not_close_is_seen(store: MongoStore) -> None:
    """What is in a state that the hub does not know counts as nothing; what is poison and decided counts twice."""
    await _append(store, "a", "b")
    await store._database.raw["updates"].update_one({"_id": "shop:b"}, {"$set": {"state": "lost"}})
    (day,) = await store.figures.days(BEGIN)
    assert day.unclosed == ("2 received, but 1 decided, poison or undecided",)
    await store.commit(Batch("b1", 1, done={"shop:a": None, "shop:b": None}))
    await store.ledger.poison("shop:a", "bad")
    (day,) = await store.figures.days(BEGIN)
    assert day.unclosed == ("2 received, but 3 decided, poison or undecided",)


async def test_gaps_are_found_where_ids_are_counted(store: MongoStore) -> None:
    """In numerical order, however they arrived; channels with other ids have no gaps."""
    await _append(store, "12", "8", "9", "10", "15", "16")
    await _append(store, "a1", "3", channel="help")
    await _append(store, "100", "90000", "500000", channel="stamps")
    stamps, shop = sorted(await store.figures.gaps(BEGIN), key=lambda gaps: gaps.first, reverse=True)
    assert (shop.channel, shop.first, shop.last, shop.received) == ("shop", 8, 16, 6)
    assert shop.missing == ((11, 11), (13, 14))
    assert stamps.in_sequence is False
    assert stamps.missing == ()


async def test_a_running_hub_counts_the_repeats_it_drops(store: MongoStore) -> None:
    """At every beat, and what has come since the last one when it stops."""
    clock, channel = ManualClock(), ScriptedChannel()
    async with running(stage_of(store, [channel], clock=clock)) as stage:
        for id_ in ("1", "1", "2", "1"):
            await channel.write("carl", "hello", id_)
        await stage.settled()
    (day,) = await store.figures.days(clock.now() - timedelta(days=1), "shop")
    assert (day.received, day.duplicates, day.decided, day.unclosed) == (2, 2, 2, ())


async def test_days_are_those_of_utc(store: MongoStore) -> None:
    """A millisecond before midnight is the day before."""
    await _append(store, "a", at=datetime(2026, 3, 4, 23, 59, 59, 999_000, tzinfo=UTC))
    await _append(store, "b", at=datetime(2026, 3, 5, tzinfo=UTC))
    assert [day.day for day in await store.figures.days(BEGIN)] == [date(2026, 3, 4), date(2026, 3, 5)]
