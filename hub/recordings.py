"""Reads what happened in a period, for rehearsals and reports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from hub.engine.dispatch import CONSOLE
from router.lab.recorder import Recorder
from router.lab.recording import Recording
from router.lab.records import Directory, Records

#: how long before the period is looked for who was at work when it began
_LOOKBACK = timedelta(days=14)


async def recorded(
    records: Records,
    directory: Directory,
    since: datetime,
    until: datetime,
    progress: Callable[[int], object] = lambda _: None,
) -> Recording:
    """Read the recording of a period; `progress` is told of conversations as they are read. Raises `Retryable`."""
    recorder = Recorder(directory, since, until)
    async for page in records.records(since, until):
        # On a thread of its own, so that a running hub goes on meanwhile.
        await asyncio.to_thread(recorder.add_all, page)
        progress(len(page))
    changes = await records.presence_changes(CONSOLE, since - _LOOKBACK)
    return recorder.recording(await records.presences(), changes)
