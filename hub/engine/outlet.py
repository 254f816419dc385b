"""The way out to platforms that fetch: committed deliveries of one channel, in order, resumable from any cursor."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import takewhile

from msgspec.structs import replace

from hub.engine.aiming import aimed
from hub.engine.committer import Committer, Decided
from hub.engine.meters import Meters
from router.delivery import Action, Delivery, DeliveryState
from router.errors import Rejected, Retryable
from router.model import Message
from router.ports import Channel, Clock, FeedEvent, Outgoing
from router.store import Store

_KEPT = 5_000
_PAGE = 500
#: seconds
_AIMING = 5.0


class Outlet:
    """Keeps the latest deliveries in memory for a reader who follows closely; the store has the rest.

    What the reader has not confirmed to have stays `queued`: it is never called sent before it arrived.
    """

    def __init__(self, channel: Channel, store: Store, clock: Clock, committer: Committer, meters: Meters) -> None:
        self.channel = channel
        self._store = store
        self._clock = clock
        self._committer = committer
        self._meters = meters
        self._recent: deque[Outgoing] = deque()
        #: everything after this cursor is in memory
        self._since = 0
        #: up to here the reader has everything
        self._sent_to = 0
        self._stirred = asyncio.Event()
        self.fault = ""

    def __len__(self) -> int:
        return sum(1 for each in self._recent if each.cursor > self._sent_to)

    async def prepare(self) -> None:
        """Find out from where on everything will be in memory."""
        name = self.channel.name
        self._since = await self._store.last_delivery(name)
        waiting = await self._store.undelivered(name, 0, 1)
        self._sent_to = waiting[0][0].cursor - 1 if waiting else self._since

    def offer(self, deliveries: Iterable[tuple[Delivery, Message]]) -> None:
        """Take in what was just committed."""
        self._recent.extend(Outgoing(delivery.cursor, delivery, message) for delivery, message in deliveries)
        while len(self._recent) > _KEPT:
            self._since = self._recent.popleft().cursor
        self._wake()

    def again(self, delivery: Delivery, _message: Message) -> None:
        """Let an old delivery be fetched again: it has a new place, which only the store knows."""
        self._since = max(self._latest, delivery.cursor)
        self._recent.clear()
        self._wake()

    def _wake(self) -> None:
        self._stirred.set()
        self._stirred = asyncio.Event()

    async def outgoing(self, after: int | None, limit: int, wait: float) -> Sequence[Outgoing]:
        """Return deliveries after a cursor, as `Host.outgoing` says."""
        found: Sequence[Outgoing] = ()
        with suppress(TimeoutError):
            async with asyncio.timeout(wait or None):
                while True:
                    stirred = self._stirred
                    found = await self._read(after, limit)
                    if found or not wait:
                        break
                    await stirred.wait()
        return [await self._aimed(each) for each in found]

    async def _aimed(self, it: Outgoing) -> Outgoing:
        """Name what is answered or reacted to as its platform does; other deliveries speak of nothing else.

        Raises `Retryable`: a reader who waits is not to wait for the store.
        """
        if not it.message.reply_to and it.delivery.action is not Action.REACT:
            return it
        try:
            async with asyncio.timeout(_AIMING):
                return replace(it, delivery=await aimed(self._store, it.delivery, it.message))
        except TimeoutError as error:
            raise Retryable("What a message answers cannot be read at the moment.") from error

    async def _read(self, after: int | None, limit: int) -> Sequence[Outgoing]:
        if after is not None and after >= self._since:
            # Whoever follows closely asks for the last few of many.
            newest = list(takewhile(lambda each: each.cursor > after, reversed(self._recent)))
            return newest[::-1][:limit]
        if after is None:
            rows = await self._store.undelivered(self.channel.name, self._sent_to, limit)
        else:
            rows = await self._store.outgoing(self.channel.name, after, limit)
        return [Outgoing(delivery.cursor, delivery, message) for delivery, message in rows]

    async def fetched(self, cursor: int) -> None:
        """Record that the reader has everything up to a cursor, as `Host.fetched` says.

        Nobody waits for that to be written down: after a crash the reader says it again. Raises `Rejected` for a cursor
        that nobody was given, such as one from before a restored backup.
        """
        if cursor > self._latest:
            raise Rejected(f"No delivery has the cursor {cursor} yet: the latest one has {self._latest}.")
        while self._sent_to < cursor:
            page = [it for it in await self._read(self._sent_to, _PAGE) if it.cursor <= cursor]
            self._sent_to = page[-1].cursor if len(page) == _PAGE else cursor
            self._record([it.delivery for it in page])

    def moved(self, chat: str, to: str) -> None:
        """Let what is fetched from now on name the chat's new id: the store has it, and memory is read anew."""
        self._recent = deque(
            (replace(it, delivery=replace(it.delivery, chat=to)) if it.delivery.chat == chat else it)
            for it in self._recent
        )

    @property
    def _latest(self) -> int:
        return self._recent[-1].cursor if self._recent else self._since

    def _record(self, deliveries: Sequence[Delivery]) -> None:
        now = self._clock.now()
        events = [FeedEvent(0, now, "delivery", it.line, it.conversation, it.id) for it in deliveries]
        self._committer.postpone(Decided(fetched={self.channel.name: self._sent_to}, events=events))
        self._meters.deliveries[self.channel.name, DeliveryState.SENT] += len(deliveries)
