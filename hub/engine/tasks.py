"""Ending tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

#: seconds between cancellations of a task that has not ended
_PATIENCE = 0.5


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait until all have ended; their outcomes are of no interest.

    A database driver may turn a cancellation into an error of its own, which code that tries again then takes for a
    passing one: therefore tasks are cancelled until they end. Whoever waits here may be cancelled for the same reason,
    more than once, and still leaves no task behind.
    """
    left = {task for task in tasks if not task.done()}
    cancelled: asyncio.CancelledError | None = None
    while left:
        for task in left:
            task.cancel()
        try:
            await asyncio.wait(left, timeout=_PATIENCE)
        except asyncio.CancelledError as error:
            cancelled = error
        left = {task for task in left if not task.done()}
    if cancelled is not None:
        raise cancelled
