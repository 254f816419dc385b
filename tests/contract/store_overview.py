"""What those who lead can read of lines."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from crm_store import MongoStore
from router.errors import Rejected
from router.model import Conversation, State
from router.overview import Standing
from router.pledges import BREACH, Clock, Target
from tests.contract.store_samples import Batches, at, conversation

GOAL = timedelta(minutes=10)


def queued(id_: str, since: float, **fields: object) -> Conversation:
    """A conversation in the queue since so many seconds after `NOW`."""
    return conversation(id_, **{"state": State.QUEUED, "queued_at": at(since), "created_at": at(0), **fields})


def clock(due: datetime | None, told: int = 0) -> dict[Target, Clock]:
    """A target that is missed at `due`, None while it is paused."""
    return {Target.RESOLUTION: Clock(GOAL, since=at(0) if due else None, due_at=due, told=told)}


class OverviewContract:
    """How lines stand, their queues and what is late."""

    async def test_a_queue_is_in_the_order_in_which_it_is_offered(self, store: MongoStore) -> None:
        ahead = queued("ahead", 30, head_start=timedelta(seconds=60))
        batches = Batches()
        await store.commit(
            batches.of(
                queued("second", 10),
                queued("asked", 5, state=State.OFFERED, offered=("olga",)),
                ahead,
                conversation("bot", created_at=at(-99)),
                conversation("held", state=State.OPEN, operator="olga", queued_at=at(-99)),
                queued("elsewhere", -99, line="support"),
            )
        )
        page, following = await store.queue_of("sales")
        assert ([it.id for it in page], following) == (["ahead", "asked", "second"], "")
        await store.commit(batches.of(replace(ahead, state=State.OPEN, operator="olga")))
        assert [it.id for it in (await store.queue_of("sales"))[0]] == ["asked", "second"]

    async def test_a_queue_is_paged_while_others_join_it(self, store: MongoStore) -> None:
        batches = Batches()
        # Many at the very same moment: the page must not depend on the time alone.
        await store.commit(batches.of(*(queued(f"k{n}", n // 4) for n in range(10))))
        seen: list[str] = []
        token = ""
        while True:
            page, token = await store.queue_of("sales", after=token, limit=3)
            seen += [it.id for it in page]
            await store.commit(batches.of(queued(f"ahead{len(seen)}", -len(seen))))
            if not token:
                break
        assert seen == [f"k{n}" for n in range(10)]

    @pytest.mark.parametrize("token", ["x", "!", "é", "bm9wZQ", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OmE"])
    async def test_a_page_of_a_queue_that_is_not_ours_is_refused(self, store: MongoStore, token: str) -> None:
        with pytest.raises(Rejected, match="begin again"):
            await store.queue_of("sales", after=token)

    async def test_lines_are_counted_by_state(self, store: MongoStore) -> None:
        each = [conversation(f"{state}{n}", state=state) for n, state in enumerate([*State, State.OPEN])]
        await store.commit(Batches().of(*each, queued("a", 7), queued("b", 3), queued("x", 1, line="support")))
        found = await store.standings(["sales", "support", "empty"], at(9))
        assert found["sales"] == Standing(
            {State.TRIAGE: 1, State.QUEUED: 3, State.OFFERED: 1, State.OPEN: 2, State.WAITING: 1}, at(3)
        )
        assert found["support"] == Standing({State.QUEUED: 1}, at(1))
        assert found["empty"] == Standing()
        assert await store.standings([], at(9)) == {}

    async def test_what_staff_were_warned_of_is_late_until_it_is_answered(self, store: MongoStore) -> None:
        batches = Batches()
        missed = conversation("missed", state=State.OPEN, operator="olga", sla=clock(at(5), BREACH))
        await store.commit(
            batches.of(
                queued("risk", 0, sla=clock(at(60), 50)),
                missed,
                queued("fine", 0, sla=clock(at(3))),
                conversation("paused", state=State.WAITING, operator="olga", sla=clock(None, 50)),
                conversation("closed", state=State.CLOSED, sla=clock(at(1), 50)),
            )
        )
        assert [it.id for it in await store.late_of("sales", 9)] == ["missed", "risk"]
        assert [it.id for it in await store.late_of("sales", 1)] == ["missed"]
        standing = (await store.standings(["sales"], at(9)))["sales"]
        assert (standing.at_risk, standing.missed) == (1, 1)
        await store.commit(batches.of(replace(missed, sla={})))
        assert [it.id for it in await store.late_of("sales", 9)] == ["risk"]
