"""One subscription at work: what its notices are made of, and the command line that wants some sent again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from hub.engine.backoff import persist
from hub.engine.engine import Engine
from hub.settings.model import SubscriptionSettings
from hub.web.hydrate import Hydrator
from hub.webhooks.follower import UNWRITTEN, Follower
from hub.webhooks.notices import Notices
from hub.webhooks.receiver import Receiver
from router.ports import FeedEvent
from router.webhooks import stand_in

#: how often it is looked whether the command line wants something sent again
_LISTEN = timedelta(seconds=2)


class Subscription(Follower):
    """Tells an integrator's program what happens."""

    def __init__(self, name: str, settings: SubscriptionSettings, notices: Notices, engine: Engine) -> None:
        super().__init__(name, Receiver(name, settings, engine.clock), engine)
        self.settings = settings
        self._notices = notices
        self._hydrator = Hydrator(engine.store, engine.recent)

    async def _make(self, events: Sequence[FeedEvent]) -> None:
        wanted = any(map(self._notices.concern, events))
        facts = await persist("read what happened", lambda: self._hydrator.facts(events)) if wanted else None
        made = self._notices.of(events, facts) if facts is not None else []
        before, after = self._cursor, events[-1].cursor
        if not made and after - before < UNWRITTEN:
            return
        now = self._engine.clock.now()
        await persist("write notices", lambda: self._store.add(self._name, before, after, made, now))
        self._cursor = after
        self.outbox.offer((notice, stand_in(notice)) for notice in made)

    async def _besides(self) -> None:
        """Look into the store again whenever the command line has rung."""
        heard = await persist("listen", lambda: self._store.rings(self._name))
        while True:
            await self._engine.clock.sleep_until(self._engine.clock.now() + _LISTEN)
            rings = await persist("listen", lambda: self._store.rings(self._name))
            if rings != heard:
                heard = rings
                self.outbox.look_again()

    async def _close(self) -> None:
        await self._hydrator.close()
