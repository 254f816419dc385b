"""One subscription at work: it follows the feed from a durable cursor, and posts what it has made of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing, suppress
from datetime import timedelta

from hub.engine.backoff import persist
from hub.engine.engine import Engine
from hub.engine.outbox import Outbox
from hub.engine.tasks import end
from hub.settings.model import SubscriptionSettings
from hub.web.hydrate import Hydrator
from hub.webhooks.notices import Notices
from hub.webhooks.receiver import Receiver
from router.ports import FeedEvent
from router.webhooks import stand_in

#: events drawn, and notices written, at once
_STRETCH = 100
#: the cursor of a receiver that is told of little is written this seldom; the same events are then looked at again
_UNWRITTEN = 1_000
#: how often it is looked whether the command line wants something sent again
_LISTEN = timedelta(seconds=2)
#: seconds that what is being posted has when the hub stops; what is not ended by then is posted again
_FAREWELL = 1.5


class Subscription:
    """Runs under the supervisor: when it fails it begins again at what is kept, and touches nobody else."""

    def __init__(self, name: str, settings: SubscriptionSettings, notices: Notices, engine: Engine) -> None:
        self.settings = settings
        self.receiver = Receiver(name, settings, engine.clock)
        self._name = name
        self._notices = notices
        self._engine = engine
        self._store = engine.store.webhooks
        self._hydrator = Hydrator(engine.store, engine.recent)
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()
        #: notices have been made of everything up to here, and so it is written
        self._cursor = 0
        self.outbox = self._new_outbox()

    def _new_outbox(self) -> Outbox:
        engine = self._engine
        return Outbox(self.receiver, engine.store, engine.clock, engine.committer, engine.meters)

    async def run(self) -> None:
        """Tell the receiver until `stop`."""
        self._ended.clear()
        self.outbox = self._new_outbox()
        try:
            async with self.receiver.opened():
                try:
                    await self._work()
                finally:
                    try:
                        await self.outbox.abandon()
                    finally:
                        await self._hydrator.close()
        finally:
            self._ended.set()

    async def _work(self) -> None:
        parts = [asyncio.create_task(part) for part in (self.outbox.run(), self._follow(), self._listen())]
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            ended, _ = await asyncio.wait([*parts, stopping], return_when=asyncio.FIRST_COMPLETED)
            for part in ended - {stopping}:
                part.result()
        finally:
            await end([*parts, stopping])
        with suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL):
                await self.outbox.drain()

    async def _follow(self) -> None:
        feed = self._engine.feed
        self._cursor = await persist("read a webhook's cursor", lambda: self._store.cursor(self._name, feed.cursor))
        async with aclosing(feed.follow(self._cursor)) as news:
            async for batch in news:
                kept = [event for event in batch if event.cursor]
                for start in range(0, len(kept), _STRETCH):
                    await self._make(kept[start : start + _STRETCH])

    async def _make(self, events: Sequence[FeedEvent]) -> None:
        """Make notices of a stretch of the feed and move on behind it, both or neither."""
        wanted = any(map(self._notices.concern, events))
        facts = await persist("read what happened", lambda: self._hydrator.facts(events)) if wanted else None
        made = self._notices.of(events, facts) if facts is not None else []
        before, after = self._cursor, events[-1].cursor
        if not made and after - before < _UNWRITTEN:
            return
        now = self._engine.clock.now()
        await persist("write notices", lambda: self._store.add(self._name, before, after, made, now))
        self._cursor = after
        self.outbox.offer((notice, stand_in(notice)) for notice in made)

    async def _listen(self) -> None:
        """Look into the store again whenever the command line has rung."""
        heard = await persist("listen", lambda: self._store.rings(self._name))
        while True:
            await self._engine.clock.sleep_until(self._engine.clock.now() + _LISTEN)
            rings = await persist("listen", lambda: self._store.rings(self._name))
            if rings != heard:
                heard = rings
                self.outbox.look_again()

    @property
    def behind(self) -> int:
        """How many events of the feed have not been looked at yet, or not for good."""
        return max(0, self._engine.feed.cursor - self._cursor)

    async def stop(self) -> None:
        """Make no more notices, and let what is being posted come to its end."""
        self._stopping.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(2 * _FAREWELL):
                await self._ended.wait()
