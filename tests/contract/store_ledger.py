"""What every ledger does."""

from __future__ import annotations

import pytest

from crm_store import MongoStore
from router.effects import Outcome
from router.errors import Rejected
from router.ports import Update
from router.store import Batch
from tests.contract.store_samples import NOW, Batches, message


class LedgerContract:
    """Behaviour of `router.store.Ledger`; a subclass provides the fixture `store`."""

    async def test_it_keeps_updates_exactly_as_they_came(self, store: MongoStore) -> None:
        raw = '{"text": "\\ud800 \\u0000 é 🙂", "b":  1}'
        [entry] = await store.ledger.append("shop", [(Update("u1", raw), 7)], NOW)
        assert entry is not None
        found = await store.ledger.find("shop:u1")
        assert found == entry
        assert (entry.id, entry.channel, entry.raw) == ("shop:u1", "shop", raw)
        assert (entry.received_at, entry.seq, entry.state) == (NOW, 7, "new")

    @pytest.mark.parametrize("raw", ["lone \ud800 half", "NUL \0 inside", ""])
    async def test_it_keeps_text_that_is_not_unicode(self, store: MongoStore, raw: str) -> None:
        await store.ledger.append("shop", [(Update("u1", raw), 1)], NOW)
        found = await store.ledger.find("shop:u1")
        assert found is not None
        assert found.raw == raw

    async def test_a_repeated_update_is_none_and_changes_nothing(self, store: MongoStore) -> None:
        await store.ledger.append("shop", [(Update("u1", "first"), 1)], NOW)
        again = await store.ledger.append("shop", [(Update("u1", "second"), 2), (Update("u2", "new"), 3)], NOW)
        assert [entry and entry.id for entry in again] == [None, "shop:u2"]
        found = await store.ledger.find("shop:u1")
        assert found is not None
        assert found.raw == "first"

    async def test_a_duplicate_within_one_call_is_kept_once(self, store: MongoStore) -> None:
        twice = [(Update("u1", "a"), 1), (Update("u1", "a"), 2), (Update("u2", "b"), 3)]
        entries = await store.ledger.append("shop", twice, NOW)
        assert [entry and entry.seq for entry in entries] == [1, None, 3]

    async def test_the_same_id_on_another_channel_is_another_update(self, store: MongoStore) -> None:
        await store.ledger.append("shop", [(Update("u1", "a"), 1)], NOW)
        [entry] = await store.ledger.append("help", [(Update("u1", "a"), 2)], NOW)
        assert entry is not None

    async def test_nothing_appended_is_nothing_returned(self, store: MongoStore) -> None:
        assert list(await store.ledger.append("shop", [], NOW)) == []

    async def test_an_update_with_an_odd_id_can_be_found_and_decided(self, store: MongoStore) -> None:
        [entry] = await store.ledger.append("shop", [(Update("a\0b\udc00", "x"), 1)], NOW)
        assert entry is not None
        assert await store.ledger.find("shop:a\0b\udc00") == entry
        await store.commit(Batch("b1", 1, done={"shop:a\0b\udc00": None}))
        found = await store.ledger.find(entry.id)
        assert found is not None
        assert found.state == "done"

    async def test_undecided_updates_come_in_the_order_of_their_numbers(self, store: MongoStore) -> None:
        updates = [(Update(f"u{n}", "x"), n) for n in (5, 1, 4, 2, 3)]
        await store.ledger.append("shop", updates, NOW)
        await store.commit(Batch("b1", 1, done={"shop:u2": None, "shop:u3": Outcome("shop:u3", "gone", {"a.b": "1"})}))
        await store.ledger.poison("shop:u4", "not JSON \ud800")
        assert [entry.seq async for entry in store.ledger.undecided()] == [1, 5]

    async def test_more_undecided_updates_than_one_page_are_all_read_once(self, store: MongoStore) -> None:
        same_number = [(Update(f"a{n}", "x"), 1) for n in range(700)]
        rising = [(Update(f"b{n}", "x"), 2 + n) for n in range(700)]
        await store.ledger.append("shop", [*rising, *same_number], NOW)
        seen = [entry.id async for entry in store.ledger.undecided()]
        assert len(seen) == len(set(seen)) == 1400

    async def test_what_arrives_while_reading_is_not_read(self, store: MongoStore) -> None:
        await store.ledger.append("shop", [(Update(f"u{n}", "x"), n) for n in (1, 2)], NOW)
        seen = []
        async for entry in store.ledger.undecided():
            await store.ledger.append("shop", [(Update(f"late{entry.seq}", "x"), 10 + entry.seq)], NOW)
            seen.append(entry.seq)
        assert seen == [1, 2]

    async def test_poison_tells_its_reason(self, store: MongoStore) -> None:
        await store.ledger.append("shop", [(Update("u1", "{"), 1)], NOW)
        await store.ledger.poison("shop:u1", "not JSON")
        found = await store.ledger.find("shop:u1")
        assert found is not None
        assert (found.state, found.reason) == ("poison", "not JSON")

    async def test_a_command_keeps_what_became_of_it(self, store: MongoStore) -> None:
        outcome = Outcome("console:u1", "full", {"name.of$line": "Sales"})
        await store.ledger.append("console", [(Update("u1", "{}"), 1)], NOW)
        await store.commit(Batch("b1", 1, done={"console:u1": outcome}))
        found = await store.ledger.find("console:u1")
        assert found is not None
        assert (found.state, found.outcome) == ("done", outcome)

    async def test_the_highest_number_is_known(self, store: MongoStore) -> None:
        assert await store.ledger.last_seq() == 0
        await store.ledger.append("shop", [(Update("a", "x"), 2**40), (Update("b", "x"), 3)], NOW)
        assert await store.ledger.last_seq() == 2**40

    async def test_an_update_nobody_sent_is_not_found(self, store: MongoStore) -> None:
        assert await store.ledger.find("shop:none") is None

    async def test_an_update_too_large_to_keep_is_refused_in_a_sentence(self, store: MongoStore) -> None:
        updates = [(Update("small", "x"), 1), (Update("large", "я" * 9_000_000), 2)]
        with pytest.raises(Rejected, match=r"^The update shop:large has 18000000 bytes: at most \d+ can be kept\.$"):
            await store.ledger.append("shop", updates, NOW)
        assert await store.ledger.last_seq() == 0

    async def test_only_what_is_behind_the_latest_commit_is_looked_at(self, store: MongoStore) -> None:
        """A commit says up to where everything is decided; what was replayed is looked at wherever it stands."""
        await store.ledger.append("shop", [(Update(f"u{n}", "x"), n) for n in range(1, 6)], NOW)
        await store.ledger.poison("shop:u2", "odd")
        await store.ledger.poison("shop:u5", "odd")
        batches = Batches()
        await store.commit(batches.make(messages=[message("m1")], done={"shop:u4": None}, decided_to=3))
        assert await store.ledger.decided_to() == 3
        assert [entry.id async for entry in store.ledger.undecided()] == []
        assert await store.ledger.replay("shop:u2")
        assert await store.ledger.replay("shop:u5")
        assert [entry.id async for entry in store.ledger.undecided()] == ["shop:u2", "shop:u5"]
