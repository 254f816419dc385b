"""Ending the console's tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

#: seconds between cancellations of a task that has not ended
_PATIENCE = 0.5


async def end(tasks: Callable[[], Iterable[asyncio.Task[Any]]]) -> None:
    """Cancel tasks until all have ended, those that began meanwhile as well; `tasks` returns them.

    A database driver that is busy may swallow a cancellation, so it is asked again. Whoever waits here may be cancelled
    for the same reason, more than once, and still leaves no task behind: one that goes on without its console would try
    again for ever.
    """
    cancelled: asyncio.CancelledError | None = None
    while left := [task for task in tasks() if not task.done()]:
        for task in left:
            task.cancel()
        try:
            await asyncio.wait(left, timeout=_PATIENCE)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
