"""The running hub, as its pages, its API and its command line see it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Any

import structlog

from hub.calendars.desk import Calendars
from hub.chronicle import Chronicle
from hub.console_desk import ConsoleDesk
from hub.engine.dispatch import CONSOLE, parse_command
from hub.engine.engine import Engine
from hub.engine.feed import Feed
from hub.engine.hosts import ChannelHost
from hub.engine.inbox import Work
from hub.engine.meters import Meters
from hub.engine.recent import Recent
from hub.engine.supervisor import Supervisor
from hub.links import FileLinks
from hub.metrics import Metrics
from hub.partners.desk import Partners
from hub.settings import Settings, SettingsErrors, cut_off, next_start_only
from hub.webhooks.desk import Webhooks
from router.catalog import Catalog
from router.console import allowed, allowed_of, may_see
from router.effects import Outcome
from router.errors import Retryable, Unparsable
from router.events import Seen
from router.model import Conversation, Message
from router.people import OperatorState
from router.ports import Channel, Clock, FeedEvent, Update
from router.rulebook import Rulebook, SlotPrompts
from router.rules import Rules
from router.store import Ledger, Store

_log = structlog.get_logger(__name__)
#: seconds a caller waits for its command to be decided
_PATIENCE = 15.0


@dataclass(slots=True)
class Hub:
    """Everything that runs, behind one door."""

    settings: Settings
    engine: Engine
    prompts: SlotPrompts
    channels: Mapping[str, Channel]
    supervisor: Supervisor = field(default_factory=Supervisor)
    #: what is wrong with the settings file as it is on disk now; empty when what is on disk is in force
    problems: tuple[str, ...] = ()
    #: what was edited but takes effect at the next start
    pending: tuple[str, ...] = ()
    #: programs that are told what happens
    webhooks: Webhooks = field(init=False)
    #: other hubs that answer in operators' places
    partners: Partners = field(init=False)
    #: runs: what a former run left has been taken up, and nobody has asked it to stop
    up: bool = False
    #: records which settings the hub goes by
    chronicle: Chronicle = field(init=False)
    #: whose rules are in force
    _in_force: Settings = field(init=False)
    #: where operators work besides the page
    consoles: ConsoleDesk = field(init=False)
    #: leave that stands in operators' calendars
    calendars: Calendars = field(init=False)
    _metrics: Metrics = field(init=False)
    #: addresses of files for clients; made by `start`
    links: FileLinks = field(init=False)
    #: where the hub is reached when the settings do not say
    address: str = ""

    def __post_init__(self) -> None:
        self.webhooks = Webhooks(self, self.engine, self.settings.webhooks)
        self.partners = Partners(self, self.engine, self.settings.partners)
        self.consoles = ConsoleDesk(self, self.engine, self.settings.consoles)
        self._in_force = self.settings
        self.chronicle = Chronicle(self.engine)
        self.calendars = Calendars(self.engine, self.settings.file.parent)
        self._metrics = Metrics(self.engine, lambda: self.calendars.faults, lambda: self.consoles)

    @property
    def store(self) -> Store:
        """Where pages read."""
        return self.engine.store

    @property
    def clock(self) -> Clock:
        """The hub's clock."""
        return self.engine.clock

    @property
    def ledger(self) -> Ledger:
        """Everything that came in."""
        return self.engine.ledger

    @property
    def meters(self) -> Meters:
        """What the hub counts about itself."""
        return self.engine.meters

    @property
    def feed(self) -> Feed:
        """The live feed."""
        return self.engine.feed

    @property
    def recent(self) -> Recent:
        """What was committed lately."""
        return self.engine.recent

    @property
    def book(self) -> Rulebook:
        """The rules in force, with texts and places."""
        return self.engine.book

    @property
    def rules(self) -> Rules:
        """The rules in force."""
        return self.engine.book.rules

    @property
    def catalog(self) -> Catalog:
        """The core's texts."""
        return self.engine.book.catalog

    @property
    def roster(self) -> Mapping[str, OperatorState]:
        """Operators as they are now."""
        return self.engine.roster.states

    def is_paused(self, line: str) -> bool:
        """Return whether a line offers nothing to anybody."""
        return line in self.engine.lanes and self.engine.lanes[line].desk.paused

    async def conversation(self, conversation: str) -> Conversation | None:
        """Return one conversation as it was committed last."""
        found = self.recent.conversations.get(conversation)
        return found or (await self.store.conversations([conversation])).get(conversation)

    def may_see(self, conversation: Conversation, operator: str) -> bool:
        """Return whether a conversation is any of an operator's business."""
        return may_see(self.book, conversation, operator)

    def allowed(self, conversation: Conversation, operator: str) -> frozenset[str]:
        """Return what an operator may do with a conversation now, as `router.console.allowed`."""
        return allowed(self.book, self.engine.roster, conversation, operator, self.clock.now())

    def allowed_of(self, message: Message, operator: str) -> frozenset[str]:
        """Return what an operator may do with a message now, as `router.console.allowed_of`."""
        return allowed_of(self.book, message, operator)

    def on_shift(self, operator: str) -> bool:
        """Return whether an operator works now: within their hours and not on leave."""
        return self.book.on_shift(self.engine.roster.get(operator), self.clock.now())

    async def start(self) -> None:
        """Recover, run the engine, and open the channels."""
        await self.engine.start()
        self.links = FileLinks(await self.store.secret("file links"), lambda: self._public, self.clock.now)
        for name, channel in self.channels.items():
            host = ChannelHost(name, self.engine, await self.store.secret(f"channel:{name}"), self.links)
            self.supervisor.keep(name, partial(channel.run, host))
        self.webhooks.start(self.supervisor)
        self.partners.start(self.supervisor)
        await self.consoles.start(self.supervisor)
        await self.calendars.use()
        self.up = True

    @property
    def _public(self) -> str:
        return self.settings.hub.public_url or self.address

    async def stop(self) -> None:
        """Close the channels, finish what is under way, and stop."""
        self.up = False
        await self.calendars.stop()
        await asyncio.gather(self.webhooks.stop(), self.partners.stop())
        await self.supervisor.stop()
        await self.engine.drain()

    async def command(self, operator: str, key: str, body: Mapping[str, Any]) -> Outcome:
        """Carry out an operator's command once; the same key again returns the same outcome.

        Raises `Unparsable` for a body that makes no sense or a key used for something else before, and `Retryable`
        while the store cannot be reached: repeat with the same key.
        """
        began = perf_counter()
        outcome = await self._carry_out(operator, key, json.dumps({**body, "operator": operator}, sort_keys=True))
        self.meters.commanded(str(body["type"]), outcome.refused or "done", perf_counter() - began)
        return outcome

    async def _carry_out(self, operator: str, key: str, raw: str) -> Outcome:
        external = f"{operator}:{key}"
        update = f"{CONSOLE}:{external}"
        parse_command(update, raw)
        decided = self.engine.dispatcher.expect(update)
        try:
            async with asyncio.timeout(_PATIENCE):
                (fresh,) = await self.engine.intakes[CONSOLE].receive([Update(external, raw)])
                known = None if fresh else await self._known(update, raw)
                return known if known is not None else await decided
        except TimeoutError as error:
            raise Retryable("The command is taking longer than usual. Please send it again.") from error
        finally:
            self.engine.dispatcher.forget(update, decided)

    async def _known(self, update: str, raw: str) -> Outcome | None:
        """Return what became of a command that was handed over before; None while it is still under way."""
        entry = await self.engine.ledger.find(update)
        if entry is None:
            raise Retryable("The command could not be found again. Please send it again.")
        if entry.raw != raw:
            raise Unparsable("This Idempotency-Key was used for a different command. Use a new key for each command.")
        if entry.state == "poison":
            raise Unparsable(entry.reason)
        return entry.outcome if entry.state == "done" else None

    async def mark_seen(self, conversation: str, operator: str, n: int) -> None:
        """Note that an operator has read up to message `n`; harmless to lose when the hub dies at this moment."""
        found = await self.conversation(conversation)
        if found is not None and n > found.seen:
            self.engine.elsewhere(Work(Seen(f"hub:seen:{conversation}:{n}", conversation, operator, n)), found.line)

    def typing(self, conversation: Conversation, operator: str) -> None:
        """Show the client that an operator is typing, when that operator holds the floor."""
        channel = self.channels.get(conversation.channel)
        if channel is not None and conversation.floor.operator == operator:
            self.engine.aftermath.chore(channel.typing(conversation.chat, self.book.name(operator)))

    async def edited(self, edited: Settings | SettingsErrors) -> None:
        """Apply an edit of the settings file; a bad one changes nothing and is shown."""
        if isinstance(edited, Settings):
            torn = cut_off(self._in_force, edited)
            edited = SettingsErrors([torn]) if torn and not await self.chronicle.knows(edited) else edited
        if isinstance(edited, SettingsErrors):
            self.problems = tuple(map(str, edited.problems))
            _log.error("settings.refused", problems=self.problems)
        else:
            self.problems = ()
            self.pending = next_start_only(self.settings, edited)
            await self.engine.use(Rulebook(edited.rules, self.catalog, self.prompts, edited.where))
            self._in_force = edited
            self.chronicle.went_by(edited)
            await self.calendars.use()
            _log.info("settings.applied", pending=self.pending)
        data: dict[str, object] = {"problems": list(self.problems), "pending": list(self.pending)}
        self.feed.mention(FeedEvent(0, self.clock.now(), "rules", data=data))

    async def metrics(self) -> bytes:
        """Return everything the hub counts about itself, in the text format of Prometheus."""
        return await self._metrics.text()

    def hindrances(self) -> tuple[str, ...]:
        """Return why no traffic should come, apart from the store, a sentence each."""
        coming = () if self.up else ("The hub is starting, and takes up what was left undone, or it is stopping.",)
        return (*coming, *(f"A part of the hub has died, {name} ({why})." for name, why in self.engine.faults.items()))

    def health(self) -> dict[str, object]:
        """Return how the hub is: its settings, channels, queues and lines."""
        channels = {name: self._channel_health(name) for name in self.channels}
        faults = self.engine.faults
        well = not self.problems and not faults and all(channel["status"] == "ok" for channel in channels.values())
        well = well and self.webhooks.well and self.partners.well and self.calendars.well and self.consoles.well
        return {
            "status": "ok" if well else "degraded",
            "settings": {"problems": list(self.problems), "pending": list(self.pending)},
            "channels": channels,
            "webhooks": self.webhooks.health(),
            "partners": self.partners.health(),
            "consoles": self.consoles.health(),
            "calendars": self.calendars.health(),
            "faults": dict(faults),
            "lines": {
                name: {"events": len(lane.inbox), "queue": len(lane.desk.queue), "offered": len(lane.desk.offered)}
                for name, lane in self.engine.lanes.items()
            },
        }

    def _channel_health(self, name: str) -> dict[str, object]:
        way_out = self.engine.ways_out[name]
        reason = self.supervisor.faults.get(name, "") or way_out.fault
        return {"status": "failing" if reason else "ok", "reason": reason, "deliveries": len(way_out)}
