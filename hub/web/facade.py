"""What the pages and the API need of the hub, declared here where it is used."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from hub.engine.meters import Meters
from hub.engine.recent import Recent
from hub.link_codes import LinkCodes, LinkOf
from hub.links import FileLinks
from hub.settings.model import Settings
from router.consoles import Console
from router.effects import Outcome
from router.model import Conversation, Message
from router.people import OperatorState
from router.ports import Channel, Clock, FeedEvent
from router.rulebook import Rulebook
from router.rules import Rules
from router.store import Ledger, Store


class Feed(Protocol):
    """Everything that happens, in order."""

    #: of the latest event
    cursor: int

    def follow(self, after: int) -> AsyncIterator[list[FeedEvent]]:
        """Yield what happened after a cursor, then what happens, for ever.

        Events with cursor 0 are not kept: they are only seen by whoever follows at that moment.
        """


class Catalog(Protocol):
    """Texts of the core by language."""

    def say(self, language: str, key: str, **values: object) -> str:
        """Return a text with its values filled in."""


class Webhooks(Protocol):
    """Programs that are told what happens."""

    def look_again(self, name: str) -> None:
        """Have a subscription read again what waits for it in the store."""


class Consoles(Protocol):
    """Consoles on messengers, and whose accounts there are whose."""

    @property
    def consoles(self) -> Mapping[str, Console]:
        """Those that run, by name."""

    @property
    def codes(self) -> LinkCodes:
        """One-time codes with which operators link their accounts."""

    @property
    def names(self) -> Sequence[str]:
        """The configured ones, by name."""

    async def reach(self, operator: str) -> bool:
        """Return whether an operator works on one of them."""

    async def links(self) -> list[LinkOf]:
        """Return whose accounts are linked, by console and account."""

    async def unlink(self, console: str, account: str) -> bool:
        """Take a link away; return whether there was one."""


class Hub(Protocol):
    """The running hub as the web sees it."""

    @property
    def webhooks(self) -> Webhooks:
        """Programs that are told what happens."""

    @property
    def consoles(self) -> Consoles:
        """Where operators work besides the page."""

    @property
    def links(self) -> FileLinks:
        """Addresses of files for clients."""

    @property
    def store(self) -> Store:
        """Where pages read."""

    @property
    def rules(self) -> Rules:
        """The rules as they are now."""

    @property
    def book(self) -> Rulebook:
        """The same with what follows from them: places in the file, hours as last looked up."""

    @property
    def roster(self) -> Mapping[str, OperatorState]:
        """The operators as they are now."""

    @property
    def clock(self) -> Clock:
        """The time."""

    @property
    def channels(self) -> Mapping[str, Channel]:
        """The configured channels by name."""

    @property
    def feed(self) -> Feed:
        """Everything that happens."""

    @property
    def recent(self) -> Recent:
        """What was committed lately."""

    @property
    def catalog(self) -> Catalog:
        """The core's texts."""

    @property
    def settings(self) -> Settings:
        """What the settings file said at the start."""

    def is_paused(self, line: str) -> bool:
        """Return whether a line offers nothing to anybody."""

    async def conversation(self, conversation: str) -> Conversation | None:
        """Return one conversation as it was committed last."""

    def may_see(self, conversation: Conversation, operator: str) -> bool:
        """Return whether a conversation is any of an operator's business."""

    def allowed(self, conversation: Conversation, operator: str) -> frozenset[str]:
        """Return what an operator may do with a conversation now."""

    def allowed_of(self, message: Message, operator: str) -> frozenset[str]:
        """Return what an operator may do with a message now."""

    def on_shift(self, operator: str) -> bool:
        """Return whether an operator works now: within their hours and not on leave."""

    async def command(self, operator: str, key: str, body: Mapping[str, object]) -> Outcome:
        """Carry out an operator's command once; the same key again returns the same outcome.

        Raises `Retryable` and `Unparsable`.
        """

    async def mark_seen(self, conversation: str, operator: str, n: int) -> None:
        """Record that the operator has read up to message `n`."""

    def typing(self, conversation: Conversation, operator: str) -> None:
        """Show the client that the operator is typing."""

    @property
    def ledger(self) -> Ledger:
        """Everything that came in."""

    @property
    def meters(self) -> Meters:
        """What the hub counts about itself."""

    async def metrics(self) -> bytes:
        """Return everything the hub counts about itself, in the text format of Prometheus."""

    def hindrances(self) -> tuple[str, ...]:
        """Return why no traffic should come, apart from the store, a sentence each."""

    def health(self) -> dict[str, object]:
        """Return how the hub and its parts are."""
