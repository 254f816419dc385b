"""Ending tasks, whatever they make of being cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection

import pytest

from bots.telegram.console.ending import end as console_end
from hub.engine.tasks import end as hub_end

End = Callable[[Collection[asyncio.Task[None]]], Awaitable[None]]


@pytest.fixture(params=[hub_end, lambda tasks: console_end(lambda: tasks)], ids=["hub", "console"])
def end(request: pytest.FixtureRequest) -> End:
    """What ends tasks: the hub, or a console of its own."""
    found: End = request.param
    return found


async def _stubborn(begun: asyncio.Event, times: int) -> None:
    """Take cancellations for something else, as a database driver may, so many times."""
    while times >= 0:
        try:
            begun.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            times -= 1


async def test_a_task_that_swallows_cancellations_is_cancelled_until_it_ends(end: End) -> None:
    begun = asyncio.Event()
    task = asyncio.create_task(_stubborn(begun, times=2))
    await begun.wait()
    await end([task])
    assert task.done()


async def test_whoever_is_cancelled_while_ending_tasks_still_leaves_none_behind(end: End) -> None:
    """Those who end it lose patience and cancel it again, just as it does with its own."""
    begun = asyncio.Event()
    child = asyncio.create_task(_stubborn(begun, times=3))
    await begun.wait()

    async def parent() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await end([child])

    task = asyncio.create_task(parent())
    await asyncio.sleep(0)
    await hub_end([task])
    assert task.cancelled()
    assert child.done()
