"""The engine: one intake and one outbox per channel, one lane per line, one committer, one feed."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

import structlog

from hub.engine.aftermath import Aftermath
from hub.engine.backoff import persist
from hub.engine.committer import Committed, Committer, Decided
from hub.engine.dispatch import CONSOLE, parse_command
from hub.engine.dispatcher import Dispatcher
from hub.engine.feed import Feed
from hub.engine.fetching import Fetcher
from hub.engine.inbox import Work
from hub.engine.intake import Intake, Sequencer
from hub.engine.lane import Lane
from hub.engine.meters import Meters
from hub.engine.outbox import Outbox
from hub.engine.outlet import Outlet
from hub.engine.pulse import Pulse
from hub.engine.recent import Recent
from hub.engine.replays import Replays
from hub.engine.switchboard import Switchboard
from hub.engine.tasks import end
from hub.engine.triage import TriageDesk
from hub.engine.watermark import Watermark
from hub.said import said
from router.effects import Effect
from router.errors import Unparsable
from router.events import Event, TriageAnswered, Wake
from router.ports import Channel, Clock, Triage
from router.roster import Roster
from router.rulebook import Rulebook
from router.store import Entry, Ledger, Store

_log = structlog.get_logger(__name__)


class Engine:
    """Implements `lane.Surroundings`. `start` leaves it running; `drain` or `abandon` ends it."""

    def __init__(
        self,
        *,
        store: Store,
        ledger: Ledger,
        clock: Clock,
        book: Rulebook,
        channels: Mapping[str, Channel],
        homes: Mapping[str, str],
        triage: Triage,
    ) -> None:
        self.store = store
        self.ledger = ledger
        self.clock = clock
        self.channels = channels
        self.feed = Feed(store)
        self.recent = Recent()
        self.roster = Roster()
        self.meters = Meters()
        self._watermark = Watermark()
        self.committer = Committer(store, clock, self._publish, self.meters, self._watermark)
        self._book = book.on(channels)
        self.board = Switchboard(
            store, homes, lambda: self._book.rules, self._open, lambda work: self.aftermath.chore(work)
        )
        pulled = {name for name, channel in channels.items() if channel.capabilities.pulled}
        parts = (store, clock, self.committer, self.meters)
        self.outlets = {name: Outlet(channels[name], *parts) for name in pulled}
        self.outboxes = {name: Outbox(channel, *parts) for name, channel in channels.items() if name not in pulled}
        self.ways_out: dict[str, Outbox | Outlet] = {**self.outboxes, **self.outlets}
        self._sequencer = Sequencer(clock, self._watermark)
        self.dispatcher = Dispatcher(ledger, self._parse, self._hand_over, self.meters, self._watermark)
        self._pulse = Pulse(store, ledger, clock, self.meters)
        self.intakes = {name: self._intake(name) for name in (*channels, CONSOLE)}
        asking = TriageDesk(triage, lambda: self._book.rules.triage.timeout, self._triaged)
        fetcher = Fetcher(store, clock, channels, self.committer, lambda answer: self.board.hand_over(answer, ""))
        self.aftermath = Aftermath(store, channels, self.ways_out, asking, fetcher, self.board, self._report)
        self._running: list[asyncio.Task[None]] = []
        #: parts of the engine that have died, which is a fault of ours, and of what
        self.faults: dict[str, str] = {}

    def _intake(self, channel: str) -> Intake:
        route, doubt = self.dispatcher.route, self.dispatcher.doubt
        return Intake(channel, self.ledger, self.clock, self._sequencer, route, doubt, self.meters)

    @property
    def moves(self) -> int:
        """How often a conversation has changed lines."""
        return self.board.moves

    @property
    def lanes(self) -> dict[str, Lane]:
        """The lanes by line."""
        return self.board.lanes

    @property
    def book(self) -> Rulebook:
        """The rules as they are now."""
        return self._book

    # Starting

    async def start(self) -> None:
        """Recover what a former run left, then run: undecided updates are decided, timers and deliveries taken up."""
        await self.committer.prepare()
        await self.feed.prepare()
        self._sequencer.last = await self.ledger.last_seq()
        for state in (await self.store.operators()).values():
            self.roster.put(state)
        await self.recount()
        for outlet in self.outlets.values():
            await outlet.prepare()
        away = await self.board.prepare()
        self._run(self.committer.run(), "committer")
        for line in {*self._book.rules.lines, *self.board.homes.values(), *away}:
            await self._open(line)
        await self.dispatcher.route_undecided()
        for name, outbox in self.outboxes.items():
            self._run(outbox.run(), f"outbox {name}")
        for name, intake in self.intakes.items():
            self._run(intake.run(), f"intake {name}")
        self._run(self._pulse.run(), "pulse")
        self._run(Replays(self.ledger, self.clock, self.dispatcher).run(), "replays")

    async def _open(self, line: str) -> None:
        lane = self.lanes[line] = Lane(line, self.roster, self.store, self.clock, self.committer, self, self.meters)
        await persist("read a line", lane.prepare)
        lane.inbox.push(Work(Wake("hub:start", line)))
        self._run(lane.run(), f"lane {line}")
        self._run(lane.alarm.run(), f"alarm {line}")

    def _run(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._report)
        self._running.append(task)

    # The way in

    def _parse(self, entry: Entry) -> Event | None:
        if entry.channel == CONSOLE:
            return parse_command(entry.id, entry.raw)
        if entry.channel not in self.channels:
            raise Unparsable(f"The channel {entry.channel!r} is no longer in the settings.")
        return self.channels[entry.channel].parse(entry.id, entry.raw, entry.received_at)

    async def _hand_over(self, event: Event | None, update: str) -> None:
        """Give an event to the lane of its line; what concerns nobody is done."""
        if event is not None:
            await self.board.hand_over(event, update)
            return
        await self.committer.submit(Decided(updates=[update]))
        self.dispatcher.decided([update], ())

    # After a commit

    def _publish(self, committed: Committed) -> None:
        """Show what is durable to those who follow, in the order in which it was decided."""
        for channel, outgoing in committed.by_channel().items():
            if channel in self.ways_out:
                self.ways_out[channel].offer(outgoing)
        self.recent.take(committed.batch)
        self.feed.publish(committed.batch.events)

    def done(self, effects: Sequence[Effect], updates: Sequence[str]) -> None:
        """Act on what a lane decided and is durable now."""
        self.aftermath.act(effects)
        self.dispatcher.decided(updates, effects)

    def elsewhere(self, work: Work, line: str) -> None:
        """Pass work on to the lane that has the conversation."""
        self.board.elsewhere(work, line)

    async def undecided(self, update: str) -> bool:
        """Return whether an update still has to be decided."""
        return await self.dispatcher.undecided(update)

    async def quarantine(self, update: str, reason: str) -> None:
        """Set an update aside as poison."""
        await self.dispatcher.quarantine(update, reason)

    async def recount(self) -> None:
        """Read operators' loads again."""
        uncounted = self._book.uncounted
        self.roster.recount(await persist("count loads", lambda: self.store.count_loads(uncounted)))

    def _triaged(self, answer: TriageAnswered) -> None:
        for lane in self.lanes.values():
            if lane.desk.get(answer.conversation) is not None:
                lane.inbox.push(Work(answer))
                return

    # What others ask of the engine

    async def use(self, book: Rulebook) -> None:
        """Go by new rules from the next decision on."""
        uncounted, self._book = self._book.uncounted, book.on(self.channels)
        if self._book.uncounted != uncounted:
            await self.recount()
        for line in book.rules.lines:
            if line not in self.lanes:
                await self._open(line)
        self.board.hours_changed()

    @property
    def idle(self) -> bool:
        """Whether everything handed over so far has been decided, written and, where possible, sent."""
        lanes = all(not lane.busy and not len(lane.inbox) for lane in self.lanes.values())
        out = all(outbox.idle for outbox in self.outboxes.values())
        through = all(intake.idle for intake in self.intakes.values())
        return through and lanes and out and self.committer.idle and self.aftermath.idle

    async def drain(self, within: float = 5.0) -> None:
        """Finish what is under way, then stop; what cannot be finished in time is taken up at the next start."""
        for intake in self.intakes.values():
            intake.close()
        try:
            async with asyncio.timeout(within):
                while not self.idle:  # noqa: ASYNC110 - idle is the sum of many tasks' states
                    await asyncio.sleep(0.02)
        except TimeoutError:
            _log.warning("engine.drain_cut_short", seconds=within)
        stopping = [task for task in self._running if task.get_name() != "committer"]
        await end(stopping)
        await asyncio.gather(*(outbox.drain() for outbox in self.outboxes.values()), return_exceptions=True)
        await self._pulse.end()
        for intake in self.intakes.values():
            intake.turn_away()
        await self.abandon()

    async def abandon(self) -> None:
        """Stop where everything stands; the next start takes it up from the store."""
        await end(self._running)
        await self.dispatcher.close()
        await asyncio.gather(*(outbox.abandon() for outbox in self.outboxes.values()))
        await self.aftermath.close()

    def _report(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.faults[task.get_name()] = said(error)
            _log.error("task.died", task=task.get_name(), exc_info=error)
