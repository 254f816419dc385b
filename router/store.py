"""The store ports: what the core and the engine need to be kept, and how it is read again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from router.delivery import Attempt, Delivery, DeliveryState
from router.effects import Explain, Outcome
from router.model import Conversation, Message
from router.people import Client, Identity, OperatorState
from router.ports import Chat, FeedEvent, Files, Update


@dataclass(frozen=True, slots=True)
class Entry:
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
    #: set when the update was an operator's command that has been decided
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class DeliveryChange:
    """A delivery got further; applies only while it is in one of `only_from`, so that late news change nothing."""

    delivery: str
    state: DeliveryState
    only_from: tuple[DeliveryState, ...]
    attempt: Attempt | None = None
    external_id: str = ""
    next_at: datetime | None = None
    reason: str = ""


@dataclass(slots=True)
class Batch:
    """All that is written in one transaction."""

    #: unique; tells after a lost answer whether the transaction had been committed
    id: str
    #: updates decided → what became of them (None unless it was a command)
    done: dict[str, Outcome | None] = field(default_factory=dict)
    #: conversation id → as it stands after the batch
    conversations: dict[str, Conversation] = field(default_factory=dict)
    #: in the order said
    messages: list[Message] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    changes: list[DeliveryChange] = field(default_factory=list)
    clients: dict[str, Client] = field(default_factory=dict)
    #: seen for the first time → the client they belong to
    identities: dict[Identity, str] = field(default_factory=dict)
    operators: dict[str, OperatorState] = field(default_factory=dict)
    #: operator → (change of load, their capacity); guards `load + change <= capacity` when the change is positive
    loads: dict[str, tuple[int, int]] = field(default_factory=dict)
    explanations: list[Explain] = field(default_factory=list)
    #: with their final cursors, in order; the message event's cursor is also kept as the message's own
    events: list[FeedEvent] = field(default_factory=list)


class Ledger(Protocol):
    """Every update any platform handed over."""

    async def append(self, channel: str, updates: Sequence[tuple[Update, int]], at: datetime) -> Sequence[Entry | None]:
        """Insert updates, each with its `seq`, durably (w:majority, journaled); None stands for a duplicate."""

    async def find(self, update: str) -> Entry | None:
        """Return one update."""

    def undecided(self) -> AsyncIterator[Entry]:
        """Yield all updates in state `new`, in the order of `seq`."""

    async def poison(self, update: str, reason: str) -> None:
        """Quarantine an update."""

    async def last_seq(self) -> int:
        """Return the highest `seq` there is, 0 for none."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which conversations to list; everything that is None is not asked about."""

    #: only these lines; None means every line
    lines: Collection[str] | None = None
    #: … or those this operator holds, is offered or has joined, wherever they are
    staff: str | None = None
    states: Collection[str] | None = None
    operator: str | None = None
    client: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """How an operator signs in."""

    operator: str
    #: argon2
    password_hash: str


class Store(Protocol):
    """Everything but the ledger. Raises `Retryable` when the database cannot be reached."""

    @property
    def files(self) -> Files:
        """Files of clients and operators."""

    async def commit(self, batch: Batch) -> None:
        """Write the batch in one transaction, exactly once, however often it is called with the same batch.

        Raises `Conflict` when a guard fails (a load over capacity, an update decided already, an identity or cursor
        that somebody else took),
        `Retryable` when the database cannot be reached; nothing of the batch is written then, or all of it was.
        """

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

    async def chats_away(self, channel: str, line: str) -> dict[str, str]:
        """Return chat → line for the channel's unclosed conversations that are on another line than `line`."""

    async def operators(self) -> dict[str, OperatorState]:
        """Return what is kept about every operator."""

    async def count_loads(self) -> dict[str, int]:
        """Recount how many conversations each operator holds or is offered, correct what is kept, and return it."""

    async def last_cursor(self) -> int:
        """Return the feed's highest cursor, 0 for none."""

    # What deliveries read

    async def undelivered(self, channel: str, after: str, limit: int) -> list[tuple[Delivery, Message]]:
        """Return deliveries in state queued, sending or retrying, in the order they were made, after one's id."""

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
        """Return one client."""

    async def explanations(self, conversation: str) -> list[tuple[datetime, Explain]]:
        """Return why the rules decided as they did, oldest first."""

    async def events(self, after: int, limit: int) -> list[FeedEvent]:
        """Return the feed after a cursor, in order."""

    # Signing in

    async def accounts(self) -> dict[str, Account]:
        """Return every operator's account."""

    async def save_account(self, account: Account) -> None:
        """Add or replace an account."""

    async def open_session(self, token_hash: str, operator: str, expires_at: datetime) -> None:
        """Keep a session; it is forgotten when it expires."""

    async def session(self, token_hash: str) -> str | None:
        """Return the operator of a session that has not expired."""

    async def end_session(self, token_hash: str) -> None:
        """Forget a session."""

    async def end_sessions_of(self, operator: str) -> None:
        """Forget all of an operator's sessions, as when their password changes."""

    async def secret(self, name: str) -> str:
        """Return a random secret that is made once and then kept."""

    async def ping(self) -> None:
        """Raise `Retryable` unless the database answers and accepts writes."""

    async def close(self) -> None:
        """Let go of the connections."""
