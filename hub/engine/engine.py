"""The engine: one intake and one outbox per channel, one lane per line, one committer, one feed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from hub.engine.backoff import persist
from hub.engine.committer import Committer, Decided, outcome_of
from hub.engine.dispatch import CONSOLE, parse_command
from hub.engine.feed import Feed
from hub.engine.inbox import Work
from hub.engine.intake import Intake, Sequencer
from hub.engine.lane import Lane, after_commit
from hub.engine.needs import chat_of, conversation_of
from hub.engine.outbox import Outbox
from hub.engine.tasks import end
from hub.engine.triage import TriageDesk
from router.desk import Roster
from router.effects import AddDelivery, AskTriage, Effect, Move, Outcome, Requeue, ShowSeen, WakeLines
from router.errors import Unparsable
from router.events import Arrived, Event, SetPresence, TriageAnswered, Wake
from router.ports import Channel, Clock, Triage
from router.rulebook import Rulebook
from router.store import Entry, Ledger, Store

_log = structlog.get_logger(__name__)


class Engine:
    """Implements `lane.Surroundings`. Start with `prepare`, run `tasks`, end with `drain`."""

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
        self.roster = Roster()
        self.committer = Committer(store, clock, self.feed.publish)
        self._book = book
        #: channel → the line its new conversations go to
        self._homes = homes
        #: (channel, chat) → line, for conversations that are not on their channel's own line
        self._away: dict[tuple[str, str], str] = {}
        self.lanes: dict[str, Lane] = {}
        self.outboxes = {name: Outbox(channel, store, clock, self.committer) for name, channel in channels.items()}
        self._sequencer = Sequencer(clock)
        self.intakes = {name: self._intake(name) for name in (*channels, CONSOLE)}
        self._triage = TriageDesk(triage, self._triaged)
        #: updates on their way through a lane
        self._under_way: set[str] = set()
        self._waiting: dict[str, asyncio.Future[Outcome]] = {}
        self._chores: set[asyncio.Task[None]] = set()
        self._doubts: asyncio.Task[None] | None = None
        self._reconsidering = asyncio.Lock()
        self._running: list[asyncio.Task[None]] = []

    def _intake(self, channel: str) -> Intake:
        return Intake(channel, self.ledger, self.clock, self._sequencer, self.route, self._doubt)

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
        for name, line in self._homes.items():
            self._away |= {(name, chat): at for chat, at in (await self.store.chats_away(name, line)).items()}
        self._run(self.committer.run(), "committer")
        for line in {*self._book.rules.lines, *self._homes.values(), *self._away.values()}:
            await self._open(line)
        await self._decide_undecided()
        for name, outbox in self.outboxes.items():
            self._run(outbox.run(), f"outbox {name}")
        for name, intake in self.intakes.items():
            self._run(intake.run(), f"intake {name}")

    async def _open(self, line: str) -> None:
        lane = Lane(line, self.roster, self.store, self.clock, self.committer, self)
        await lane.prepare()
        self.lanes[line] = lane
        lane.inbox.push(Work(Wake("hub:start", line)))
        self._run(lane.run(), f"lane {line}")
        self._run(lane.alarm.run(), f"alarm {line}")

    def _run(self, work: object, name: str) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work, name=name)  # type: ignore[arg-type]  # all are coroutines
        task.add_done_callback(_report)
        self._running.append(task)

    async def _decide_undecided(self) -> None:
        async for entry in self.ledger.undecided():
            await self.route(entry)

    # The way in

    async def route(self, entry: Entry) -> None:
        """Understand an update and give it to its lane; poison is set aside and never blocks what is behind it."""
        self._under_way.add(entry.id)
        try:
            event = self._parse(entry)
        except Exception as error:
            await self.quarantine(entry.id, str(error) if isinstance(error, Unparsable) else repr(error))
            return
        if event is None:
            await self.committer.submit(Decided(updates=[entry.id]))
            self._under_way.discard(entry.id)
            return
        line = await persist("find a conversation's line", lambda: self._line_of(event))
        await self._lane(line).inbox.put(Work(event, entry.id))

    def _parse(self, entry: Entry) -> Event | None:
        if entry.channel == CONSOLE:
            return parse_command(entry.id, entry.raw)
        return self.channels[entry.channel].parse(entry.id, entry.raw, entry.received_at)

    async def _line_of(self, event: Event) -> str:
        chat = chat_of(event)
        if chat is not None:
            return self._away.get(chat) or self._homes[chat[0]]
        key = conversation_of(event)
        for lane in self.lanes.values():
            if key is not None and lane.desk.get(key) is not None:
                return lane.line
        if key is not None:
            found = await self.store.conversations([key])
            if key in found:
                return found[key].line
        serves = self._book.rules.lines_of(event.operator) if isinstance(event, SetPresence) else ()
        return serves[0] if serves else next(iter(self.lanes))

    def _lane(self, line: str) -> Lane:
        return self.lanes.get(line) or next(iter(self.lanes.values()))

    async def _doubt(self, repeats: Sequence[str]) -> None:
        """Make sure that updates whose insertion was in doubt are decided: the answer may have been lost."""
        for update in repeats:
            await self._reconsider(update)
        if not repeats and (self._doubts is None or self._doubts.done()):
            self._doubts = asyncio.create_task(self._reconsider_all())

    async def _reconsider_all(self) -> None:
        async def undecided() -> list[str]:
            return [entry.id async for entry in self.ledger.undecided()]

        for update in await persist("look for undecided updates", undecided):
            await self._reconsider(update)

    async def _reconsider(self, update: str) -> None:
        """Route an update that lies in the ledger undecided while nobody is at it."""
        async with self._reconsidering:
            if update in self._under_way:
                return
            entry = await persist("find an update", lambda: self.ledger.find(update))
            if entry is not None and entry.state == "new" and update not in self._under_way:
                await self.route(entry)

    async def undecided(self, update: str) -> bool:
        """Return whether an update still has to be decided: a former run's last commit may have come through late."""
        entry = await persist("find an update", lambda: self.ledger.find(update))
        if entry is not None and entry.state == "new":
            return True
        self.done([entry.outcome] if entry is not None and entry.outcome is not None else [], [update])
        return False

    async def quarantine(self, update: str, reason: str) -> None:
        """Set an update aside as poison."""
        _log.error("update.poison", update=update, reason=reason)
        await persist("quarantine", lambda: self.ledger.poison(update, reason))
        self._under_way.discard(update)
        waiting = self._waiting.pop(update, None)
        if waiting is not None and not waiting.done():
            waiting.set_exception(Unparsable(reason))

    # After a commit

    def done(self, effects: Sequence[Effect], updates: Sequence[str]) -> None:
        """Act on what is committed."""
        self._under_way.difference_update(updates)
        for effect in effects:
            if isinstance(effect, AddDelivery):
                outbox = self.outboxes.get(effect.delivery.channel)
                if outbox is not None:
                    outbox.offer([(effect.delivery, effect.message)])
            elif isinstance(effect, Requeue):
                self.chore(self._resend(effect.delivery))
        for after in after_commit(effects):
            self._after(after)
        for update in updates:
            self._answer(update, effects)

    def _after(self, effect: object) -> None:
        match effect:
            case AskTriage():
                self._triage.ask(effect, self._book.rules.triage.timeout)
            case ShowSeen(conversation, n):
                self.chore(self._show_seen(conversation.channel, conversation.chat, conversation.id, n))
            case Move(conversation):
                self._away[conversation.channel, conversation.chat] = conversation.line
                arrived = Arrived(f"hub:arrived:{conversation.id}:{conversation.n}", conversation.id)
                self._lane(conversation.line).inbox.push(Work(arrived))
            case WakeLines(lines):
                for line in lines:
                    self.wake(line)

    def _answer(self, update: str, effects: Sequence[Effect]) -> None:
        waiting = self._waiting.pop(update, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(outcome_of(effects, update) or Outcome(update))

    def wake(self, line: str) -> None:
        """Have a line look at its queue again."""
        if line in self.lanes:
            self.lanes[line].inbox.push(Work(Wake("hub:wake", line)))

    def elsewhere(self, work: Work, line: str) -> None:
        """Pass work on to the lane that has the conversation."""
        self._lane(line).inbox.push(work)

    async def recount(self) -> None:
        """Read operators' loads again."""
        loads = await persist("count loads", self.store.count_loads)
        for operator in {*self.roster.states, *loads}:
            self.roster.add_load(operator, loads.get(operator, 0) - self.roster.get(operator).load)

    def _triaged(self, answer: TriageAnswered) -> None:
        for lane in self.lanes.values():
            if lane.desk.get(answer.conversation) is not None:
                lane.inbox.push(Work(answer))
                return

    async def _resend(self, delivery: str) -> None:
        found = await persist("read a delivery", lambda: self.store.deliveries([delivery]))
        for row, message in found.values():
            if row.channel in self.outboxes:
                self.outboxes[row.channel].again(row, message)

    async def _show_seen(self, channel: str, chat: str, conversation: str, n: int) -> None:
        if channel in self.channels:
            await self.channels[channel].seen(chat, conversation, n)

    def chore(self, work: object) -> None:
        """Do something on the side that nobody waits for."""
        task: asyncio.Task[None] = asyncio.create_task(work)  # type: ignore[arg-type]  # all are coroutines
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)
        task.add_done_callback(_report)

    # What others ask of the engine

    def expect(self, update: str) -> asyncio.Future[Outcome]:
        """Return a future for what becomes of a command that is about to be handed over."""
        return self._waiting.setdefault(update, asyncio.get_running_loop().create_future())

    def forget(self, update: str) -> None:
        """Nobody waits for a command any more."""
        self._waiting.pop(update, None)

    async def use(self, book: Rulebook) -> None:
        """Go by new rules from the next decision on."""
        self._book = book
        for line in book.rules.lines:
            if line not in self.lanes:
                await self._open(line)
        for lane in self.lanes.values():
            lane.alarm.hours_changed()
            self.wake(lane.line)

    @property
    def idle(self) -> bool:
        """Whether everything handed over so far has been decided, written and, where possible, sent."""
        lanes = all(not lane.busy and not len(lane.inbox) for lane in self.lanes.values())
        out = all(outbox.idle for outbox in self.outboxes.values())
        return lanes and out and self.committer.idle and self._triage.idle and not self._chores

    async def drain(self, within: float = 8.0) -> None:
        """Finish what is under way, then stop; what cannot be finished in time is taken up at the next start."""
        try:
            async with asyncio.timeout(within):
                while not self.idle:  # noqa: ASYNC110 - idle is the sum of many tasks' states
                    await asyncio.sleep(0.02)
        except TimeoutError:
            _log.warning("engine.drain_cut_short", seconds=within)
        stopping = [task for task in self._running if task.get_name() != "committer"]
        await end(stopping)
        await asyncio.gather(*(outbox.drain() for outbox in self.outboxes.values()), return_exceptions=True)
        await self.abandon()

    async def abandon(self) -> None:
        """Stop where everything stands; the next start takes it up from the store."""
        doubts = [self._doubts] if self._doubts is not None else []
        await end([*self._running, *self._chores, *doubts])
        await asyncio.gather(*(outbox.abandon() for outbox in self.outboxes.values()))
        await self._triage.close()


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        _log.error("task.died", task=task.get_name(), exc_info=task.exception())
