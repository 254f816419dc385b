"""What every notebook does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from crm_store import MongoStore
from router.notebooks import Entry


class NotebookContract:
    """Behaviour of `Store.notebook`; a subclass provides the fixture `store`."""

    async def test_what_is_written_can_be_read_again(self, store: MongoStore) -> None:
        notes = store.notebook("desk")
        await notes.write({"a:1": Entry("one"), "a:2": Entry("two"), "b": Entry("three")})
        await notes.write({"a:1": Entry("other"), "b": None, "never": None})
        assert await notes.get("a:1") == "other"
        assert await notes.get("b") is None
        assert await notes.read("a:") == {"a:1": "other", "a:2": "two"}
        assert await notes.read("") == {"a:1": "other", "a:2": "two"}

    async def test_notebooks_do_not_see_each_other(self, store: MongoStore) -> None:
        await store.notebook("desk").write({"key": Entry("mine")})
        for name in ("des", "desk2", "k"):
            assert await store.notebook(name).read("") == {}
            assert await store.notebook(name).get("key") is None

    async def test_what_is_over_is_not_there(self, store: MongoStore) -> None:
        notes, now = store.notebook("desk"), datetime.now(UTC)
        await notes.write({"old": Entry("x", now - timedelta(seconds=1)), "new": Entry("y", now + timedelta(hours=1))})
        assert await notes.read("") == {"new": "y"}
        assert await notes.get("old") is None
        assert await notes.take("old") is None

    async def test_only_one_takes_it(self, store: MongoStore) -> None:
        notes = store.notebook("desk")
        await notes.write({"code": Entry("anna")})
        took = await asyncio.gather(*(notes.take("code") for _ in range(5)))
        assert sorted(filter(None, took)) == ["anna"]

    async def test_texts_no_database_can_carry_are_made_storable(self, store: MongoStore) -> None:
        notes = store.notebook("desk")
        await notes.write({"half \ud83d": Entry("nul \x00 and half \ud83d"), "$a.b": Entry("$set")})
        assert await notes.get("$a.b") == "$set"
        assert await notes.get("half \ud83d") is not None
