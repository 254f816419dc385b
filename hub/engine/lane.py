"""A lane: the one task that decides everything about one line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from time import perf_counter
from typing import Protocol

import structlog

from hub.engine.alarm import Alarm
from hub.engine.backoff import persist
from hub.engine.committer import Committer, Decided
from hub.engine.inbox import Inbox, Ring, Work
from hub.engine.meters import Meters
from hub.engine.needs import gather
from router.decide import decide
from router.desk import Desk
from router.effects import (
    AskTriage,
    Effect,
    FetchFiles,
    FetchPhoto,
    HoursChanged,
    Move,
    SaveConversation,
    ShowSeen,
    WakeLines,
)
from router.errors import Conflict
from router.events import Event, TimerFired
from router.ports import Clock
from router.roster import Roster
from router.rulebook import Rulebook
from router.store import Store

_log = structlog.get_logger(__name__)
#: events decided and written together
_BATCH = 500
#: conversations held in memory per line; those in the queue are always held
_HOT = 20_000
_INBOX = 2_000
_AFTER = (AskTriage, FetchFiles, FetchPhoto, ShowSeen, Move, WakeLines, HoursChanged)


class Surroundings(Protocol):
    """What a lane asks of the rest of the engine."""

    @property
    def book(self) -> Rulebook:
        """The rules as they are now."""

    @property
    def moves(self) -> int:
        """How often a conversation has changed lines."""

    def done(self, effects: Sequence[Effect], updates: Sequence[str]) -> None:
        """Act on what is committed: deliver, ask triage, wake other lines, answer whoever waits."""

    def elsewhere(self, work: Work, line: str) -> None:
        """Pass work on to another line's lane."""

    async def quarantine(self, update: str, reason: str) -> None:
        """Set an update aside that cannot be decided."""

    async def undecided(self, update: str) -> bool:
        """Return whether an update still has to be decided; one that has been is answered."""

    async def recount(self) -> None:
        """Read operators' loads again after a guard has failed."""


class Lane:
    """Owns the conversations of one line. `run` never loses work: it is committed, quarantined, or tried again."""

    def __init__(
        self,
        line: str,
        roster: Roster,
        store: Store,
        clock: Clock,
        committer: Committer,
        around: Surroundings,
        meters: Meters,
    ) -> None:
        self.line = line
        self.inbox = Inbox(_INBOX)
        self.desk = Desk(line, roster)
        self._store = store
        self._clock = clock
        self._committer = committer
        self._around = around
        self._meters = meters
        self.alarm = Alarm(line, store, clock, self.inbox.push, self._next_change)
        self.busy = False

    def _next_change(self, now: datetime) -> datetime | None:
        return self._around.book.next_shift_change(self.line, self.desk.roster.states, now)

    async def prepare(self) -> None:
        """Read the conversations that wait for somebody."""
        waiting, states = await self._store.waiting_of(self.line), await self._store.line_states()
        self.desk = Desk(self.line, self.desk.roster)
        self.desk.paused = self.line in states and states[self.line].paused
        for conversation in waiting:
            self.desk.put(conversation)

    async def run(self) -> None:
        """Decide until cancelled."""
        while True:
            batch = await self.inbox.take(_BATCH)
            self.busy = True
            try:
                await self._settle(batch)
            finally:
                self.busy = False

    async def _settle(self, batch: list[Work]) -> None:
        """Decide and commit a batch, whatever it takes."""
        while batch:
            try:
                batch = await persist("read what a batch needs", self._gathering(batch))
                await self._decide(batch)
                batch = []
            except Conflict as conflict:
                _log.warning("lane.conflict", line=self.line, reason=str(conflict))
                await self._start_over()
                batch = [work for work in batch if not work.update or await self._around.undecided(work.update)]
            except Exception as fault:
                _log.exception("lane.fault", line=self.line, works=len(batch))
                await self._start_over()
                batch = await self._single_out(batch, fault)

    async def _single_out(self, batch: list[Work], fault: Exception) -> list[Work]:
        """Settle one by one what failed together; what fails alone is set aside, and the rest goes on."""
        if len(batch) > 1:
            for work in batch:
                await self._settle([work])
        elif batch[0].update:
            await self._around.quarantine(batch[0].update, f"{type(fault).__name__}: {fault}")
        return []

    def _gathering(self, batch: list[Work]) -> Callable[[], Awaitable[list[Work]]]:
        async def load() -> list[Work]:
            while True:
                moves, now = self._around.moves, self._clock.now()
                elsewhere = await gather(self._store, self.desk, self._around.book, batch, now)
                # What was read about others' conversations is old when one has moved meanwhile, maybe to this line.
                if not elsewhere or moves == self._around.moves:
                    break
            gone = {id(work) for work, _ in elsewhere}
            for work, line in elsewhere:
                self._around.elsewhere(work, line)
            return [work for work in batch if id(work) not in gone]

        return load

    async def _decide(self, batch: list[Work]) -> None:
        """Decide and write a batch up to where a conversation leaves the line; the rest, which may follow it, waits."""
        now, began = self._clock.now(), perf_counter()
        effects, batch, rest = self._decided(batch, now)
        self._meters.decided_batch(self.line, perf_counter() - began, len(batch))
        updates = [work.update for work in batch if work.update]
        stored = [effect for effect in effects if not isinstance(effect, _AFTER)]
        if stored or updates:
            await self._committer.submit(Decided(stored, updates))
        self.alarm.set(e.conversation for e in effects if isinstance(e, SaveConversation))
        self.inbox.put_back(rest)
        self._around.done(effects, updates)
        for conversation in list(self.desk.idle(_HOT)):
            self.desk.drop(conversation)

    def _decided(self, batch: list[Work], now: datetime) -> tuple[list[Effect], list[Work], list[Work]]:
        effects: list[Effect] = []
        for place, work in enumerate(batch, 1):
            of_this = [e for event in self._events(work, now) for e in decide(self.desk, event, self._around.book, now)]
            effects += of_this
            if any(isinstance(effect, Move) for effect in of_this):
                return effects, batch[:place], batch[place:]
        return effects, batch, []

    def _events(self, work: Work, now: datetime) -> list[Event]:
        if not isinstance(work.event, Ring):
            return [work.event]
        conversation = self.desk.get(work.event.conversation)
        if conversation is None:
            return []
        self.alarm.set([conversation])
        return [
            TimerFired(f"hub:timer:{conversation.id}:{kind}:{due.isoformat()}", conversation.id, kind, due)
            for kind, due in sorted(conversation.timers.items(), key=lambda timer: timer[1])
            if due <= now
        ]

    async def _start_over(self) -> None:
        """Forget what was decided but not written."""
        await persist("read the desk", self.prepare)
        await self._around.recount()
