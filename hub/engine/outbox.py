"""The way out: committed deliveries of one channel, in order per chat, each ending in the state that is true."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter

import structlog
from msgspec.structs import replace

from hub.engine.aiming import aimed
from hub.engine.backoff import persist
from hub.engine.committer import Committer, Decided
from hub.engine.meters import Meters
from hub.engine.sending import Attempted, attempt, interrupted, superseded
from hub.engine.tasks import end
from router.delivery import Delivery, DeliveryState
from router.model import Message
from router.ports import Channel, Clock, FeedEvent, Paced
from router.store import DeliveryChange, Store

_log = structlog.get_logger(__name__)
#: deliveries held in memory per channel; the rest waits in the store
_HELD = 5_000
_PAGE = 500
#: sent at the same time per channel
_AT_ONCE = 64
_WAITS = (DeliveryState.QUEUED, DeliveryState.RETRYING)


@dataclass(slots=True)
class _Chat:
    """What waits for one chat, in order; only its head is ever being sent."""

    waiting: deque[tuple[Delivery, Message]] = field(default_factory=deque)


class Outbox:
    """Runs as one task per channel, so that a channel that fails stops nobody else."""

    def __init__(self, channel: Channel, store: Store, clock: Clock, committer: Committer, meters: Meters) -> None:
        self.channel = channel
        self._store = store
        self._clock = clock
        self._committer = committer
        self._meters = meters
        self._chats: dict[str, _Chat] = {}
        self._held: set[str] = set()
        self._ready: deque[str] = deque()
        self._finished: list[Attempted] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._resting: set[asyncio.Task[None]] = set()
        self._stirred = asyncio.Event()
        #: the cursor of the last delivery taken in: the store is read on from there
        self._read_to = 0
        #: set while memory holds only a part of what waits
        self._behind = True
        self._more = True
        #: set when the store is to be read from its beginning
        self._afresh = False
        #: chat → the id under which it goes on
        self._gone_on: dict[str, str] = {}
        #: why the channel cannot send at the moment; empty when it can
        self.fault = ""

    def __len__(self) -> int:
        return len(self._held)

    @property
    def idle(self) -> bool:
        """Whether nothing is being sent or waits to be recorded."""
        return not (self._sending or self._finished or self._ready)

    def offer(self, deliveries: Iterable[tuple[Delivery, Message]]) -> None:
        """Take in what was just committed; what does not fit is read from the store when there is room."""
        for delivery, message in deliveries:
            if self._behind or len(self._held) >= _HELD:
                self._behind = self._more = True
            else:
                self._hold(delivery, message)
                self._read_to = delivery.cursor
        self._stirred.set()

    def again(self, delivery: Delivery, message: Message) -> None:
        """Take in an old delivery that somebody wants sent again."""
        self._hold(replace(delivery, state=DeliveryState.QUEUED, next_at=None), message)
        self._stirred.set()

    def look_again(self) -> None:
        """Read what waits in the store once more: somebody else has changed it there."""
        self._afresh = self._behind = self._more = True
        self._stirred.set()

    def moved(self, chat: str, to: str) -> None:
        """Send what is held for a chat under its new id; the store has the rest under that already."""
        self._gone_on[chat] = to

    def _hold(self, delivery: Delivery, message: Message) -> None:
        if delivery.id in self._held:
            return
        self._held.add(delivery.id)
        chat = self._chats.setdefault(delivery.chat, _Chat())
        chat.waiting.append((delivery, message))
        if len(chat.waiting) == 1:
            self._line_up(delivery.chat, chat)

    def _line_up(self, key: str, chat: _Chat) -> None:
        """Let a chat's head go now, or when it may be tried again; resting takes up none of the places to send."""
        due = chat.waiting[0][0].next_at
        if due is None or due <= self._clock.now():
            self._ready.append(key)
        else:
            self._rest_until(key, due)

    def _rest_until(self, key: str, due: datetime) -> None:
        task = asyncio.create_task(self._rest(key, due))
        self._resting.add(task)
        task.add_done_callback(self._resting.discard)

    async def _rest(self, key: str, until: datetime) -> None:
        await self._clock.sleep_until(until)
        self._ready.append(key)
        self._stirred.set()

    async def run(self) -> None:
        """Deliver until cancelled; what is being sent then is finished by `drain` or resolved at the next start."""
        while True:
            await self._refill()
            started = await self._record()
            for delivery, message in started:
                task = asyncio.create_task(self._send(delivery, message))
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)
            if not self._work_to_do():
                self._stirred.clear()
                await self._stirred.wait()

    def _work_to_do(self) -> bool:
        room = len(self._sending) < _AT_ONCE
        return bool(self._finished or (self._ready and room) or (self._behind and len(self._held) < _HELD // 2))

    async def _refill(self) -> None:
        """Read on in the store while memory does not hold everything that waits."""
        while self._behind and len(self._held) < _HELD // 2:
            self._more = False
            if self._afresh:
                self._read_to, self._afresh = 0, False
            rows = await persist("read deliveries", self._next_page)
            for delivery, message in rows:
                await self._take_up(delivery, message)
            self._read_to = rows[-1][0].cursor if rows else self._read_to
            self._behind = len(rows) == _PAGE or self._more

    async def _next_page(self) -> list[tuple[Delivery, Message]]:
        return await self._store.undelivered(self.channel.name, self._read_to, _PAGE)

    async def _take_up(self, delivery: Delivery, message: Message) -> None:
        """Hold a delivery read from the store; one that was being sent when the hub stopped is resolved first."""
        if delivery.id in self._held:
            return
        if delivery.state is DeliveryState.SENDING and not self.channel.capabilities.idempotent:
            change = interrupted(self._clock, delivery)
            await self._committer.submit(Decided(changes=[change], events=[self._news(delivery)]))
            return
        self._hold(delivery, message)

    async def _record(self) -> list[tuple[Delivery, Message]]:
        """Write, in one commit, what attempts have ended in and which ones begin now.

        Where sending again cannot make a double, nobody needs to know that an attempt had begun: it is made again.
        """
        finished, self._finished = self._finished, []
        for done in finished:
            self._settle(done)
        starting = self._starting(finished)
        changes = [done.change for done in finished]
        if not self.channel.capabilities.idempotent:
            changes += [DeliveryChange(d.id, DeliveryState.SENDING, _WAITS) for d, _ in starting]
        if changes:
            await self._committer.submit(Decided(changes=changes, events=self._news_of(finished)))
        return starting

    def _starting(self, finished: list[Attempted]) -> list[tuple[Delivery, Message]]:
        """Return what is sent now; a chat whose time has not come, as the platform counts it, rests meanwhile."""
        starting: list[tuple[Delivery, Message]] = []
        places = max(0, _AT_ONCE - len(self._sending))
        while self._ready and len(starting) < places:
            key = self._ready.popleft()
            merged, due = superseded(self._clock, self._chats[key].waiting), self._not_before(key)
            if merged is not None:
                self._settle(merged)
                finished.append(merged)
            elif due is None:
                starting.append(self._chats[key].waiting[0])
            else:
                self._rest_until(key, due)
        return starting

    def _not_before(self, key: str) -> datetime | None:
        if not isinstance(self.channel, Paced):
            return None
        due = self.channel.not_before(self._gone_on.get(key, key))
        return due if due is not None and due > self._clock.now() else None

    async def _send(self, delivery: Delivery, message: Message) -> None:
        aim, began = await aimed(self._store, delivery, message), perf_counter()
        aim = replace(aim, chat=self._gone_on.get(aim.chat, aim.chat))
        tried = await attempt(self.channel, self._clock, aim, message)
        # What it was aimed at is found again for another try.
        result = dataclasses.replace(tried, delivery=delivery)
        self._meters.attempted(self.channel.name, result.change.state, perf_counter() - began)
        if result.channel_fault and result.channel_fault != self.fault:
            _log.error("channel.fault", channel=self.channel.name, reason=result.channel_fault)
        self.fault = result.channel_fault
        self._finished.append(result)
        self._stirred.set()

    def _settle(self, done: Attempted) -> None:
        """Let the chat's next one go, or keep the head for another try."""
        key = done.delivery.chat
        chat = self._chats[key]
        if done.again_at is not None:
            tried = (*done.delivery.attempts, done.change.attempt) if done.change.attempt else done.delivery.attempts
            chat.waiting[0] = (replace(done.delivery, next_at=done.again_at, attempts=tried), done.message)
        else:
            chat.waiting.popleft()
            self._held.discard(done.delivery.id)
        if chat.waiting:
            self._line_up(key, chat)
        else:
            del self._chats[key]

    def _news_of(self, finished: list[Attempted]) -> list[FeedEvent]:
        """Return what the feed tells of attempts; the sending of a notice is no news, or notices would never end."""
        return [self._news(done.delivery) for done in finished if not done.delivery.body]

    def _news(self, delivery: Delivery) -> FeedEvent:
        now, where = self._clock.now(), delivery.conversation
        return FeedEvent(0, now, "delivery", line=delivery.line, conversation=where, subject=delivery.id)

    async def drain(self, within: float = 1.0) -> None:
        """Wait so many seconds for what is being sent, and record it. `run` has been cancelled before."""
        if self._sending:
            await asyncio.wait(set(self._sending), timeout=within)
        finished, self._finished = self._finished, []
        if finished:
            changes = [done.change for done in finished]
            await self._committer.submit(Decided(changes=changes, events=self._news_of(finished)))

    async def abandon(self) -> None:
        """Stop where everything stands; what was being sent is resolved at the next start."""
        await end(self._sending | self._resting)
