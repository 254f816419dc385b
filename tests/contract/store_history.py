"""What every store does with versions of the settings."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from crm_store import MongoStore
from router.errors import Conflict
from router.history import How, Progress, Version
from router.review import Change
from tests.contract.store_samples import NOW

FIRST = Version(
    id=1,
    at=NOW,
    by="olga",
    how=How.APPLIED,
    note="for Easter",
    progress=Progress.SAVED,
    revision="r1",
    changes=(Change("lines.a$b.hours.week", {"mon.fri": ["09:00-18:00"], "$x": None}, None), Change("hub.port")),
    text="# ours: ${NAME}\r\nlines: {}",
)
SECOND = replace(FIRST, id=2, progress=Progress.BEGUN, changes=None, revision="r2")


class HistoryContract:
    """Behaviour of `router.history.History`."""

    async def test_versions_are_kept_as_they_were_written(self, store: MongoStore) -> None:
        """To the byte, with settings of any name and values of any shape."""
        await store.history.add(FIRST)
        assert await store.history.find(1) == FIRST
        assert await store.history.find(2) is None

    async def test_a_number_is_given_once(self, store: MongoStore) -> None:
        await store.history.add(FIRST)
        with pytest.raises(Conflict, match="version 1"):
            await store.history.add(replace(SECOND, id=1))
        assert await store.history.find(1) == FIRST

    async def test_versions_that_have_only_begun_are_not_the_latest(self, store: MongoStore) -> None:
        assert await store.history.latest(begun=True) is None
        for version in (FIRST, SECOND):
            await store.history.add(version)
        assert await store.history.latest() == FIRST
        assert await store.history.latest(begun=True) == SECOND
        await store.history.advance(2, Progress.SAVED)
        assert await store.history.latest() == replace(SECOND, progress=Progress.SAVED)

    async def test_a_version_comes_further_and_never_goes_back(self, store: MongoStore) -> None:
        await store.history.add(SECOND)
        await store.history.advance(2, Progress.IN_FORCE)
        await store.history.advance(2, Progress.SAVED)
        await store.history.withdraw(2)
        assert await store.history.latest() == replace(SECOND, progress=Progress.IN_FORCE)

    async def test_what_has_only_begun_can_be_withdrawn(self, store: MongoStore) -> None:
        await store.history.add(SECOND)
        await store.history.withdraw(2)
        assert await store.history.find(2) is None

    async def test_a_page_lists_the_newest_first_without_texts(self, store: MongoStore) -> None:
        for number in range(1, 6):
            await store.history.add(replace(FIRST, id=number))
        assert [it.id for it in await store.history.page(0, 2)] == [5, 4]
        page = await store.history.page(4, 9)
        assert page == [replace(FIRST, id=number, text="") for number in (3, 2, 1)]

    async def test_the_latest_thousand_are_kept(self, store: MongoStore) -> None:
        for number in (1, 2, 1001):
            await store.history.add(replace(FIRST, id=number))
        assert [it.id for it in await store.history.page(0, 9)] == [1001, 2]
