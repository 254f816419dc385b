"""What the store said a moment ago is trusted for a moment, and never once it was ended here."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from hub.web.lately import TRUSTED, Lately
from router.errors import Retryable

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Reads:
    """Answers as the store would and counts how often it is asked."""

    def __init__(self, answer: str | None) -> None:
        self.answer = answer
        self.count = 0
        self.error: Exception | None = None
        #: cleared to let readers wait
        self.free = asyncio.Event()
        self.free.set()

    async def __call__(self) -> str | None:
        self.count += 1
        await self.free.wait()
        if self.error is not None:
            raise self.error
        return self.answer


async def test_an_answer_is_asked_for_once_in_a_while() -> None:
    """Within the time it is trusted."""
    lately: Lately[str] = Lately()
    reads = Reads("anna")
    for seconds in (0.0, 1.0, 4.9):
        assert await lately.ask("key", NOW + timedelta(seconds=seconds), reads) == "anna"
    assert reads.count == 1
    assert await lately.ask("key", NOW + TRUSTED, reads) == "anna"
    assert reads.count == 2


@pytest.mark.parametrize("later", [TRUSTED, -TRUSTED])
async def test_what_ended_elsewhere_ends_here_whatever_the_clock_does(later: timedelta) -> None:
    """Also when it is set back."""
    lately: Lately[str] = Lately()
    reads = Reads("anna")
    await lately.ask("key", NOW, reads)
    reads.answer = None
    assert await lately.ask("key", NOW + later, reads) is None


async def test_what_does_not_exist_is_not_remembered() -> None:
    """It may be made at any time, and strangers would fill the memory."""
    lately: Lately[str] = Lately()
    reads = Reads(None)
    assert await lately.ask("key", NOW, reads) is None
    reads.answer = "anna"
    assert await lately.ask("key", NOW, reads) == "anna"


async def test_what_is_forgotten_is_asked_for_at_once() -> None:
    """Nobody stays signed in for a moment after signing out."""
    lately: Lately[str] = Lately()
    reads = Reads("anna")
    await lately.ask("key", NOW, reads)
    reads.answer = None
    lately.forget("key")
    assert await lately.ask("key", NOW, reads) is None


async def test_an_answer_asked_for_before_the_end_is_not_remembered_after_it() -> None:
    """A request that was under way during the sign-out keeps no session alive."""
    lately: Lately[str] = Lately()
    answered: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
    asking = asyncio.create_task(lately.ask("key", NOW, lambda: answered))
    await asyncio.sleep(0)
    lately.forget("key")
    answered.set_result("anna")
    assert await asking == "anna"
    assert await lately.ask("key", NOW, Reads(None)) is None


async def test_those_who_wait_at_the_same_time_share_one_read() -> None:
    """Whoever goes away meanwhile takes the answer from nobody, not even the first."""
    lately: Lately[str] = Lately()
    reads = Reads("anna")
    reads.free.clear()
    asking = [asyncio.create_task(lately.ask("key", NOW, reads)) for _ in range(3)]
    await asyncio.sleep(0)
    asking[0].cancel()
    await asyncio.sleep(0)
    reads.free.set()
    assert await asyncio.gather(*asking[1:]) == ["anna", "anna"]
    assert asking[0].cancelled()
    assert reads.count == 1


async def test_nothing_older_is_trusted_while_it_is_read_again() -> None:
    """What ended elsewhere ends here in time also for those who ask while somebody else is asking."""
    lately: Lately[str] = Lately()
    reads = Reads("anna")
    await lately.ask("key", NOW, reads)
    reads.answer = None
    reads.free.clear()
    asking = [asyncio.create_task(lately.ask("key", NOW + TRUSTED, reads)) for _ in range(2)]
    await asyncio.sleep(0)
    reads.free.set()
    assert await asyncio.gather(*asking) == [None, None]


async def test_a_read_that_hangs_is_not_joined_for_ever() -> None:
    """Its answer would be older than what is trusted."""
    lately: Lately[str] = Lately()
    hanging, reads = Reads("anna"), Reads("eve")
    hanging.free.clear()
    asking = asyncio.create_task(lately.ask("key", NOW, hanging))
    await asyncio.sleep(0)
    assert await lately.ask("key", NOW + TRUSTED, reads) == "eve"
    hanging.free.set()
    assert await asking == "anna"
    assert await lately.ask("key", NOW + TRUSTED, reads) == "eve"
    assert reads.count == 1


async def test_a_failure_is_told_to_all_who_wait_and_not_remembered() -> None:
    """The next one asks again."""
    lately: Lately[str] = Lately()
    reads = Reads("anna")
    reads.error = Retryable("The database cannot be reached.")
    asking = [lately.ask("key", NOW, reads) for _ in range(2)]
    told = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(each) for each in told] == [Retryable, Retryable]
    reads.error = None
    assert await lately.ask("key", NOW, reads) == "anna"
    assert reads.count == 2
