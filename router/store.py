"""The store ports: what the core and the engine need to be kept, and how it is read again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Protocol

from msgspec import Struct

from router.access import Accounts
from router.delivery import Attempt, Delivery, DeliveryState
from router.effects import ChangeClient, Explain, MoveChat, Outcome
from router.history import History
from router.invitations import Invitations
from router.lab.records import Records
from router.loads import Load, LoadChange
from router.model import Conversation, Message
from router.notebooks import Notebooks
from router.overview import Overviews
from router.people import Client, Identity, LineState, OperatorState
from router.ports import Chat, FeedEvent, Files, Update
from router.webhooks import WebhookStore


class Entry(Struct, frozen=True):
    """One update in the ledger."""

    #: `<channel>:<external update id>`
    id: str
    channel: str
    raw: str
    received_at: datetime
    #: order of arrival within this hub; rising
    seq: int
    #: `new`, `done` or `poison`
    state: str = "new"
    #: why it is poison
    reason: str = ""
    #: why it was poison each time before it was replayed, oldest first
    reasons: tuple[str, ...] = ()
    #: set when the update was an operator's command that has been decided
    outcome: Outcome | None = None


class DeliveryChange(Struct, frozen=True):
    """A delivery got further; applies only while it is in one of `only_from`, so that late news change nothing."""

    delivery: str
    state: DeliveryState
    only_from: tuple[DeliveryState, ...]
    attempt: Attempt | None = None
    external_id: str = ""
    next_at: datetime | None = None
    reason: str = ""
    #: its new place among all deliveries, when it is sent again; 0 keeps the one it has
    cursor: int = 0


#: what every batch has, also one that writes nothing
_FRAME = {"id", "first", "decided_to"}


@dataclass(slots=True)
class Batch:
    """All that is written together, or not at all."""

    #: unique; tells after a lost answer whether it had been committed
    id: str
    #: its place in the feed: its first event's cursor or, without events, one that no event has
    first: int
    #: updates decided → what became of them (None unless it was a command)
    done: dict[str, Outcome | None] = field(default_factory=dict)
    #: everything in the ledger up to this `seq` was decided by batches before this one
    decided_to: int = 0
    #: conversation id → as it stands after the batch
    conversations: dict[str, Conversation] = field(default_factory=dict)
    #: conversation id → as it stands in the store; whatever is not named, or None, begins with this batch
    before: dict[str, Conversation | None] = field(default_factory=dict)
    #: in the order said
    messages: list[Message] = field(default_factory=list)
    #: message id → as it stands after having been edited or taken back
    changed: dict[str, Message] = field(default_factory=dict)
    #: with their cursors, which rise in the order made
    deliveries: list[Delivery] = field(default_factory=list)
    changes: list[DeliveryChange] = field(default_factory=list)
    #: pulled channel → the cursor up to which its platform has its deliveries: those that waited are sent
    fetched: dict[str, int] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    #: seen for the first time → the client they belong to
    identities: dict[Identity, str] = field(default_factory=dict)
    #: client → what their card says otherwise
    cards: dict[str, ChangeClient] = field(default_factory=dict)
    #: client whose card became a part of another → the client of that one
    joined: dict[str, str] = field(default_factory=dict)
    #: digest of an invitation → who followed it
    followed: dict[str, Identity] = field(default_factory=dict)
    #: chats that go on under another id: what waits to be sent there goes along
    chats: list[MoveChat] = field(default_factory=list)
    lines: dict[str, LineState] = field(default_factory=dict)
    operators: dict[str, OperatorState] = field(default_factory=dict)
    #: operator → what changes about their load
    loads: dict[str, LoadChange] = field(default_factory=dict)
    explanations: list[Explain] = field(default_factory=list)
    #: with their final cursors, in order; the message event's cursor is also kept as the message's own
    events: list[FeedEvent] = field(default_factory=list)

    @property
    def last(self) -> int:
        """The last cursor it takes up."""
        return self.events[-1].cursor if self.events else self.first

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not any(getattr(self, each.name) for each in fields(self) if each.name not in _FRAME)


class Ledger(Protocol):
    """Every update any platform handed over."""

    async def append(self, channel: str, updates: Sequence[tuple[Update, int]], at: datetime) -> Sequence[Entry | None]:
        """Insert updates, each with its `seq`, durably (w:majority, journaled); None stands for a duplicate."""

    async def find(self, update: str) -> Entry | None:
        """Return one update."""

    def undecided(self) -> AsyncIterator[Entry]:
        """Yield all updates that are undecided at the time of the call: replayed ones first, each by `seq`."""

    async def poison(self, update: str, reason: str) -> None:
        """Quarantine an update."""

    async def replay(self, update: str) -> bool:
        """Make a poison update undecided again; return whether it was poison."""

    async def replayed(self, limit: int) -> Sequence[Entry]:
        """Return updates that were made undecided again and still are, in the order of `seq`."""

    async def repeated(self, channel: str, day: date, times: int) -> None:
        """Count repeats of updates that were dropped on a day, in UTC."""

    async def decided_to(self) -> int:
        """Return up to which `seq` nothing is undecided, besides what was replayed."""

    async def last_seq(self) -> int:
        """Return the highest `seq` there is, 0 for none."""


class Filter(Struct, frozen=True):
    """Which conversations to list; everything that is None is not asked about."""

    #: only these lines; None means every line
    lines: Collection[str] | None = None
    #: … or those this operator holds, is offered or has joined, wherever they are
    staff: str | None = None
    states: Collection[str] | None = None
    operator: str | None = None
    client: str | None = None


class Store(Accounts, Overviews, Notebooks, Invitations, Protocol):
    """Everything but the ledger. Raises `Retryable` when the database cannot be reached."""

    @property
    def files(self) -> Files:
        """Files of clients and operators."""

    async def commit(self, batch: Batch) -> None:
        """Write the batch, exactly once, however often it is called with the same batch; what is read later has it.

        Raises `Conflict` when a guard fails (a load over capacity, an update decided already, an identity, invitation
        or cursor that somebody else took), `Retryable` when the database cannot be reached; nothing of the batch is
        written then, or all of it was.
        """

    @property
    def unapplied(self) -> int:
        """How many documents and changes are committed that those who read them wait for."""

    @property
    def webhooks(self) -> WebhookStore:
        """What integrators' programs have been told."""

    @property
    def history(self) -> History:
        """Versions of the settings."""

    @property
    def recordings(self) -> Records:
        """What happened in a period, for rehearsals and reports."""

    # What lanes read

    async def waiting_of(self, line: str) -> list[Conversation]:
        """Return the line's conversations in triage, queued or offered."""

    async def conversations(self, ids: Collection[str]) -> dict[str, Conversation]:
        """Return those that exist, by id."""

    async def latest_of_chats(self, chats: Collection[tuple[str, str]]) -> dict[tuple[str, str], Conversation]:
        """Return the latest conversation of each (channel, chat) that has one."""

    async def clients_of(self, identities: Collection[str]) -> dict[str, Client]:
        """Return identity key → client."""

    async def last_operators(self, clients: Collection[str]) -> dict[str, str]:
        """Return client → the operator of their latest conversation that had one."""

    async def held_by(self, line: str, operators: Collection[str]) -> list[Conversation]:
        """Return the line's open and waiting conversations of these operators."""

    async def due(self, line: str, before: datetime, limit: int) -> list[tuple[datetime, str]]:
        """Return (due, conversation) of the line's earliest timers due before a time, earliest first."""

    async def messages_by_id(self, ids: Collection[str]) -> dict[str, Message]:
        """Return those that exist, by id."""

    async def client_messages(self, keys: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], Message]:
        """Return clients' messages that exist, by (channel, chat, the platform's id); the latest of several."""

    async def told(self, keys: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], str]:
        """Return (channel, chat, the platform's id) → id of our message that was sent under it."""

    async def chats_away(self, channel: str, line: str) -> dict[str, str]:
        """Return chat → line for the channel's unclosed conversations that are on another line than `line`."""

    async def operators(self) -> dict[str, OperatorState]:
        """Return what is kept about every operator."""

    async def line_states(self) -> Mapping[str, LineState]:
        """Return what is kept about every line."""

    async def count_loads(self, uncounted: Collection[str] = ()) -> Mapping[str, Load]:
        """Recount what each operator holds or is offered, correct what is kept, and return it.

        On the lines `uncounted`, what waits for the client takes up no capacity.
        """

    async def last_cursor(self) -> int:
        """Return the feed's highest cursor, 0 for none."""

    # What deliveries read

    async def undelivered(self, channel: str, after: int, limit: int) -> list[tuple[Delivery, Message]]:
        """Return deliveries in state queued, sending or retrying, in the order they were made, after a cursor."""

    async def outgoing(self, channel: str, after: int, limit: int) -> list[tuple[Delivery, Message]]:
        """Return deliveries in any state, in the order they were made, after a cursor."""

    async def fetched(self) -> dict[str, int]:
        """Return pulled channel → the cursor up to which its platform has its deliveries."""

    async def last_delivery(self, channel: str) -> int:
        """Return the highest cursor of a channel's deliveries, 0 for none."""

    async def oldest_undelivered(self, channel: str) -> datetime | None:
        """Return when the oldest of a channel's deliveries that still waits was made; None when none waits."""

    async def deliveries(self, ids: Collection[str]) -> dict[str, tuple[Delivery, Message]]:
        """Return those that exist, by id."""

    # What pages and the API read

    async def chat(self, channel: str, chat: str, after: int, limit: int) -> Chat:
        """Return what the chat's client may see, as `Host.chat` does; `operator` is left as the operator's id."""

    async def list_conversations(
        self, wanted: Filter, *, before: str = "", limit: int = 50
    ) -> tuple[list[Conversation], str]:
        """Return a page, latest activity first, and the token of the next page (empty at the end)."""

    async def messages(self, conversation: str, *, before: int = 0, limit: int = 100) -> list[Message]:
        """Return the last `limit` messages with a number below `before` (0: from the end), oldest first."""

    async def deliveries_of(self, messages: Collection[str]) -> dict[str, list[Delivery]]:
        """Return message id → its deliveries."""

    async def client(self, client: str) -> Client | None:
        """Return one client; of a card that became a part of another, that one's."""

    async def clients(self, ids: Collection[str]) -> dict[str, Client]:
        """Return id → client, as `client` does, for those that exist."""

    async def explanations(self, conversation: str) -> list[tuple[datetime, Explain]]:
        """Return why the rules decided as they did, oldest first."""

    async def events(self, after: int, limit: int) -> list[FeedEvent]:
        """Return the feed after a cursor, in order."""

    async def beat(self) -> None:
        """Record that a hub works on this database now."""

    async def ping(self) -> None:
        """Raise `Retryable` unless the database answers and accepts writes."""

    async def close(self) -> None:
        """Let go of the connections."""
