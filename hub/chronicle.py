"""Records which settings the running hub goes by, and tells those who follow the feed."""

from __future__ import annotations

import asyncio
import os

from hub.engine.backoff import persist
from hub.engine.committer import Decided
from hub.engine.engine import Engine
from hub.history import recorded
from hub.settings import Settings
from router.errors import Retryable
from router.history import How, Progress
from router.ports import FeedEvent


class Chronicle:
    """Records one after the other, in the order asked for."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = asyncio.Lock()

    def went_by(self, settings: Settings) -> None:
        """Record that the hub goes by settings from now on, as soon as the store can be reached."""
        self._engine.aftermath.chore(self._record(settings))

    async def knows(self, settings: Settings) -> bool:
        """Return whether a command has put these very settings into the file."""
        try:
            latest = await self._engine.store.history.latest(begun=True)
        except Retryable:
            return False
        if latest is None or latest.revision != settings.revision:
            return False
        return latest.how in {How.APPLIED, How.ROLLED_BACK}

    async def _record(self, settings: Settings) -> None:
        engine, now = self._engine, self._engine.clock.now()
        history = engine.store.history
        async with self._turn:
            version = await persist("record the settings", lambda: recorded(history, settings, os.environ, now))
            if version.progress is not Progress.IN_FORCE:
                await engine.committer.submit(Decided(events=[FeedEvent(0, now, "rules", subject=str(version.id))]))
                await persist("record the settings", lambda: history.advance(version.id, Progress.IN_FORCE))
