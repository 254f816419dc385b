"""Where operators work besides the page at /console, as the hub sees it, and what the hub offers there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from msgspec import Struct

from router.catalog import Catalog
from router.delivery import Delivery
from router.effects import Explain, Outcome
from router.ids import derive
from router.media import Attachment
from router.model import Conversation, Message
from router.notebooks import Notebook
from router.overview import Standing
from router.people import Client, OperatorState
from router.ports import Capabilities, Clock, FeedEvent, Files
from router.rulebook import Rulebook
from router.store import Filter

#: in a console's notebook, before the messenger's user id: whose account that is, as a `Link` in JSON
LINK = "link:"
#: which channel commands are kept under in the ledger
COMMANDS = "console"


class Link(Struct, frozen=True):
    """An operator's account on a messenger."""

    operator: str
    #: as the messenger shows them
    name: str
    at: datetime


def said_with(message: Message, operator: str, key: str) -> bool:
    """Return whether a message came to be by an operator's command with this idempotency key."""
    made = derive("message", f"{COMMANDS}:{operator}:{key}", message.conversation, str(message.n))
    return message.id.endswith(made)


class Reading(Protocol):
    """What a console may look at. Raises `Retryable` when the store cannot be reached."""

    @property
    def book(self) -> Rulebook:
        """The rules in force."""

    @property
    def catalog(self) -> Catalog:
        """The core's texts: what happened, why something was refused, why somebody was chosen."""

    @property
    def roster(self) -> Mapping[str, OperatorState]:
        """The operators as they are now."""

    @property
    def files(self) -> Files:
        """Files of clients and operators."""

    def follow(self, after: int) -> AsyncIterator[list[FeedEvent]]:
        """Yield what happened after a cursor, then what happens, for ever; fleeting events have cursor 0."""

    @property
    def cursor(self) -> int:
        """The feed's latest cursor."""

    async def conversation(self, conversation: str) -> Conversation | None:
        """Return one conversation as it was committed last."""

    async def list_conversations(self, wanted: Filter, *, limit: int = 50) -> list[Conversation]:
        """Return the latest conversations."""

    async def messages(self, conversation: str, *, before: int = 0, limit: int = 100) -> list[Message]:
        """Return the last `limit` messages with a number below `before` (0: from the end), oldest first."""

    async def messages_by_id(self, ids: Collection[str]) -> dict[str, Message]:
        """Return those that exist, by id."""

    async def deliveries_of(self, messages: Collection[str]) -> dict[str, list[Delivery]]:
        """Return message id → its deliveries."""

    async def client(self, client: str) -> Client | None:
        """Return one client."""

    async def explanations(self, conversation: str) -> list[tuple[datetime, Explain]]:
        """Return why the rules decided as they did, oldest first."""

    async def standings(self, lines: Collection[str]) -> dict[str, Standing]:
        """Return how each of these lines stands."""

    def capabilities(self, channel: str) -> Capabilities:
        """Return what a channel can do; what none can when it is not configured any more."""

    def link(self, file: Attachment) -> str:
        """Return an address under which a file is read for a week."""


class ConsoleHost(Reading, Protocol):
    """What the hub offers to one console."""

    @property
    def clock(self) -> Clock:
        """The time."""

    @property
    def notes(self) -> Notebook:
        """The console's own memory, which outlasts restarts."""

    @property
    def secret(self) -> str:
        """A secret of the console's own, stable over restarts."""

    def may_see(self, conversation: Conversation, operator: str) -> bool:
        """Return whether a conversation is any of an operator's business."""

    def allowed(self, conversation: Conversation, operator: str) -> frozenset[str]:
        """Return what an operator may do with a conversation now."""

    def on_shift(self, operator: str) -> bool:
        """Return whether an operator works now: within their hours and not on leave."""

    def is_paused(self, line: str) -> bool:
        """Return whether a line offers nothing to anybody."""

    async def command(self, operator: str, key: str, body: Mapping[str, object]) -> Outcome:
        """Carry out an operator's command once; the same key again returns the same outcome.

        Raises `Retryable` and `Unparsable`.
        """

    async def mark_seen(self, conversation: str, operator: str, n: int) -> None:
        """Record that the operator has read up to message `n`."""

    @property
    def inviting(self) -> Sequence[str]:
        """The channels that clients can be invited to."""

    async def invite(self, conversation: Conversation, operator: str, channel: str) -> tuple[str, datetime]:
        """Return an address by which the client is known on another channel too, and until when it is good.

        Raises `Rejected` and `Retryable`.
        """

    async def redeem(self, code: str, by: str) -> str | None:
        """Return the operator who asked for a one-time code, once; None when it is wrong, over or guessed too often.

        `by` is who tries, for counting guesses.
        """


@runtime_checkable
class Console(Protocol):
    """One configured place where operators work."""

    name: str
    kind: str

    async def run(self, host: ConsoleHost) -> None:
        """Work until cancelled. May raise anything: it is started again then, after a while."""


class Figures(Struct, frozen=True):
    """How a console is, in numbers."""

    #: operators whose account is linked
    linked: int
    #: conversations of which something is still to be drawn, counted in each chat where they are
    undrawn: int
    #: events by which what is drawn lags behind the feed
    behind: int
    #: calls that the messenger refused because they came too fast, since the console began to run
    slowed: int


@runtime_checkable
class MeasuredConsole(Protocol):
    """A console that can be measured."""

    def figures(self) -> Figures | None:
        """Return how it is now; None while it does not run."""


@runtime_checkable
class RoutedConsole(Protocol):
    """A console that needs HTTP routes."""

    def routes(self) -> Sequence[object]:
        """Return aiohttp route definitions; their paths begin with `/consoles/<name>/`."""
