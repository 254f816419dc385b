"""What the core needs from outside, as small protocols. Implemented in `bots/`, `crm_store/`, `nlu/` and `hub/`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from msgspec import Struct

from router.client_events import ClientEvent
from router.delivery import Delivery, DeliveryState, Receipt
from router.media import Attachment
from router.model import Message, Understanding


class Clock(Protocol):
    """The time, so that tests can own it."""

    def now(self) -> datetime:
        """Return the time in UTC."""

    async def sleep_until(self, at: datetime) -> None:
        """Return when `at` has come, or when the clock was set back meanwhile: look at `now` again."""


class Update(Struct, frozen=True):
    """What a platform sent us, before we understood it."""

    #: the platform's id of the update, unique within the channel
    external_id: str
    #: the platform's JSON, exactly as it came
    raw: str


class Sent(Struct, frozen=True):
    """A platform took a message."""

    #: the platform's id of it; a text that was sent as several messages has several, joined by spaces (`12 13`)
    external_id: str = ""
    state: DeliveryState = DeliveryState.SENT


class Entry(Struct, frozen=True):
    """One message of a chat as its client sees it."""

    message: Message
    #: the hub-wide cursor of the message: rises with every message, so a client resumes after it
    cursor: int
    #: `sent` or `read` for the client's own messages, the delivery's state for ours
    state: DeliveryState
    #: empty for the client's own messages
    delivery: str = ""


class Chat(Struct, frozen=True):
    """What a channel that shows its own history may show: the page of messages and where things stand."""

    entries: tuple[Entry, ...] = ()
    #: `none` when there is no conversation, else the state of the latest one
    state: str = "none"
    #: the name of whoever holds the floor; empty for the bot
    operator: str = ""
    #: score of the latest conversation, 0 when not rated
    rated: int = 0


class Outgoing(Struct, frozen=True):
    """One delivery as a platform reads it that fetches its deliveries itself."""

    #: rises with every delivery of the hub, so a reader resumes after it
    cursor: int
    delivery: Delivery
    message: Message


class Files(Protocol):
    """Files of clients and operators, streamed in and out and never whole in memory."""

    async def put(
        self, chunks: AsyncIterator[bytes], *, name: str, channel: str, chat: str, limit: int, key: str = ""
    ) -> Attachment:
        """Keep a file for one chat and judge its type by its content.

        Raises `Rejected` with a full sentence when it is empty or larger than `limit` bytes, and `Conflict` when a
        file was kept under the same `key` before; an empty key is no key.
        """

    async def kept_under(self, key: str) -> Attachment | None:
        """Return the file that was kept under a key."""

    async def find(self, file: str, *, channel: str, chat: str) -> Attachment | None:
        """Return the file's description, or None when it does not exist or belongs to another chat."""

    async def described(self, file: str) -> Attachment | None:
        """Return a file's description, whose ever it is: for those who were given the right to it."""

    def read(self, file: str, *, start: int = 0) -> AsyncIterator[bytes]:
        """Yield the file's bytes from `start`."""


class Host(Protocol):
    """What the hub offers to one channel."""

    @property
    def files(self) -> Files:
        """Keeps the channel's files."""

    @property
    def clock(self) -> Clock:
        """The time."""

    @property
    def secret(self) -> str:
        """Signs what the channel hands to its clients; stable over restarts, different for each channel."""

    def link(self, file: Attachment) -> str:
        """Return an address under which the client reads a file for a week; for what the platform cannot carry."""

    async def receive(self, updates: Sequence[Update]) -> Sequence[bool]:
        """Put updates into the ledger; return, for each, whether it is new.

        Returns only when they are durable: acknowledge to the platform after that and never before. Waits while
        the hub is full. Raises `Retryable` when the store cannot be reached.
        """

    async def confirm(self, receipts: Sequence[Receipt]) -> None:
        """Record what the platform says about deliveries; late and repeated receipts are harmless."""

    def typing(self, chat: str, *, text: str = "") -> None:
        """Tell the operators that the client is typing; `text` is a preview where the channel has one."""

    async def chat(self, chat: str, *, after: int = 0, limit: int = 100) -> Chat:
        """Return the latest messages of a chat with a cursor above `after`, oldest first."""

    async def outgoing(self, *, after: int | None, limit: int = 100, wait: float = 0) -> Sequence[Outgoing]:
        """Return the deliveries of a `pulled` channel with a cursor above `after`, oldest first.

        None begins with the first one that nobody has fetched. When there is nothing yet, waits up to `wait` seconds.
        """

    async def fetched(self, cursor: int) -> None:
        """Record that the platform has every delivery up to `cursor`: what waited until now is sent.

        Raises `Rejected` for a cursor above that of the latest delivery.
        """


class Capabilities(Struct, frozen=True):
    """What a channel can do."""

    #: characters in one message
    max_text: int = 4096
    #: sending the same delivery again cannot make a double, so an `unknown` one is simply sent again
    idempotent: bool = False
    files: bool = False
    typing: bool = False
    choices: bool = False
    #: what was sent can be changed, or taken back, with a delivery of that action
    edits: bool = False
    #: reactions to what the client or we said can be shown to them, with a delivery of that action
    reactions: bool = False
    #: what a message answers is shown with it
    replies: bool = False
    #: parts of a text can be shown in their own way
    formatting: bool = False
    #: that a conversation is closed is delivered too, as the message that says so to staff
    closings: bool = False
    #: the platform fetches its deliveries through `Host.outgoing`; `send` is never called
    pulled: bool = False
    #: how long a delivery is tried again before it has failed
    give_up_after: timedelta = timedelta(hours=24)
    #: the longest pause between two tries, unless the platform itself asks for a longer one
    longest_pause: timedelta = timedelta(minutes=5)


@runtime_checkable
class Channel(Protocol):
    """One configured connection to a messenger."""

    name: str
    kind: str
    capabilities: Capabilities

    async def run(self, host: Host) -> None:
        """Receive until cancelled. May return at once when everything comes through `routes`."""

    def parse(self, update: str, raw: str, at: datetime) -> ClientEvent | None:
        """Understand one raw update, received at `at`; its event's id is `update`.

        Pure. Returns None for updates that concern nobody. Raises `Unparsable`.
        """

    async def send(self, delivery: Delivery, message: Message) -> Sent:
        """Hand one message to the platform.

        Raises `Retryable`, `AuthFailed`, `Rejected`, `Uncertain` or `Misconfigured`.
        """

    async def typing(self, chat: str, name: str) -> None:
        """Show the client that `name` is typing. Best effort."""

    async def seen(self, chat: str, conversation: str, n: int) -> None:
        """Show the client that messages of `conversation` up to number `n` were read. Best effort."""

    async def changed(self, chat: str) -> None:
        """Show the client that somebody took, left or closed the conversation, where the channel can. Best effort."""


@runtime_checkable
class Fetching(Protocol):
    """A channel whose clients' files stay with the platform until the hub fetches them."""

    def fetch(self, file: Attachment) -> AsyncIterator[bytes]:
        """Yield the bytes of what `file.source` stands for.

        Raises `Retryable` when it may come later, and `Rejected` with a sentence for staff when it never will.
        """


@runtime_checkable
class Paced(Protocol):
    """A channel whose platform takes only so many messages in so much time."""

    def not_before(self, chat: str) -> datetime | None:
        """Return when the next message to a chat may be sent; None for at once. Meanwhile other chats go on."""


@runtime_checkable
class Routed(Protocol):
    """A channel that needs HTTP routes."""

    def routes(self) -> Sequence[object]:
        """Return aiohttp route definitions for the hub to mount; their paths begin with `/channels/<name>/`."""


class Endpoint(Struct, frozen=True):
    """One operation that a channel adds to the hub's API, as its documentation shows it."""

    method: str
    #: below `/api/v1`; begins with `/channels/{channel}/`, where `{channel}` stands for the channel's name
    path: str
    summary: str
    #: an aiohttp handler
    handler: object
    #: pydantic models of the JSON body and of the query; None where there is none
    body: type | None = None
    query: type | None = None
    #: the msgspec struct of the answer, and its status
    answer: type | None = None
    status: int = 200


@runtime_checkable
class Documented(Protocol):
    """A channel with operations below `/api/v1/channels/<name>/`, called with the channel's own bearer token."""

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the operations; the hub mounts them and puts them into its OpenAPI document."""


class Triage(Protocol):
    """Understands what a client wants."""

    async def understand(self, text: str, language: str) -> Understanding:
        """Return what `text` means, answering in `language`. May raise anything: the caller then hands over."""


class FeedEvent(Struct, frozen=True):
    """One thing that happened, for consoles and integrators."""

    #: hub-wide and rising: whoever has seen it resumes after it; 0 for what is not kept, such as typing
    cursor: int
    at: datetime
    #: `message`, `conversation`, `delivery`, `operator`, `client`, `line`, `alert`, `rules`; not kept: `typing`, and
    #: `rules` without a subject, which says that there is news of the settings file
    type: str
    #: the line it belongs to; empty when it concerns everybody
    line: str = ""
    conversation: str = ""
    #: id of the message (an alert's too), delivery, operator, client or line, or the number of the settings' version
    subject: str = ""
    #: the conversation's operators and joined colleagues, who may see it wherever they work
    staff: tuple[str, ...] = ()
    data: Mapping[str, object] = {}
