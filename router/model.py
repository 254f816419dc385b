"""What is said, and the conversations it is said in.

Everything is a frozen value. Times are timezone-aware UTC, ids are strings, durations are `timedelta`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from msgspec import Struct

from router.forms import Survey
from router.media import Attachment, Entity
from router.pledges import Clock, Promise, Target


class State(StrEnum):
    """Where a conversation stands: `triage → queued → offered → open → waiting → closed`."""

    TRIAGE = "triage"
    QUEUED = "queued"
    OFFERED = "offered"
    #: the client waits for the operator
    OPEN = "open"
    #: the operator waits for the client
    WAITING = "waiting"
    CLOSED = "closed"


class AuthorKind(StrEnum):
    """Who said something."""

    CLIENT = "client"
    BOT = "bot"
    OPERATOR = "operator"
    #: the hub itself, writing down what happened
    SYSTEM = "system"


class Author(Struct, frozen=True):
    """Who said something, with the name to show."""

    kind: AuthorKind
    id: str = ""
    name: str = ""


class MessageKind(StrEnum):
    """What a message is. Only `TEXT` and `RATING` are ever seen by the client."""

    TEXT = "text"
    #: asks the client for a rating from 1 to 5
    RATING = "rating"
    #: stays with the client's card
    NOTE = "note"
    #: for the operator who holds the floor, from a colleague or supervisor
    WHISPER = "whisper"
    #: what happened, for staff: taken, transferred, closed. `text` is a catalogue key, `data` its values
    EVENT = "event"


class Version(Struct, frozen=True):
    """What a message said before it was edited."""

    text: str
    #: when another text took its place
    at: datetime


class Message(Struct, frozen=True):
    """Something said, in one conversation."""

    id: str
    conversation: str
    #: 1, 2, 3 … within the conversation
    n: int
    author: Author
    kind: MessageKind
    #: as it is now; staff can read it after `deleted_at` too, clients never
    text: str
    at: datetime
    channel: str
    chat: str
    attachments: tuple[Attachment, ...] = ()
    #: the platform's own id of a client's message
    external_id: str = ""
    #: quick answers shown as buttons where the channel has them
    choices: tuple[str, ...] = ()
    data: Mapping[str, str] = {}
    #: when its text was last changed
    edited_at: datetime | None = None
    #: when its author took it back
    deleted_at: datetime | None = None
    #: its latest earlier texts, oldest first, for staff
    versions: tuple[Version, ...] = ()
    #: how parts of the text are shown; of its present text only
    entities: tuple[Entity, ...] = ()
    #: the message it answers
    reply_to: str = ""
    #: what the platform shows it together with: messages of one album have the same
    album: str = ""
    #: who reacted → the emoji; clients under `client`, operators under their id
    reactions: Mapping[str, str] = {}

    @property
    def visible(self) -> bool:
        """Whether the client sees it."""
        return self.kind in {MessageKind.TEXT, MessageKind.RATING}


class FloorHolder(StrEnum):
    """Who may speak to the client."""

    BOT = "bot"
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"


class Floor(Struct, frozen=True):
    """The right to speak to the client: held by exactly one at any time."""

    holder: FloorHolder = FloorHolder.BOT
    #: the operator or supervisor; empty for the bot
    operator: str = ""


class Handoff(Struct, frozen=True):
    """What the bot found out before it handed over."""

    #: a catalogue key: asked_for_person, low_confidence, misses, triage_failed, slots_filled, routed
    reason: str
    intent: str = ""
    confidence: float = 0.0
    slots: Mapping[str, str] = {}
    #: intents the bot answered or asked about, in order
    tried: tuple[str, ...] = ()


class BotMemory(Struct, frozen=True):
    """What the bot remembers within one conversation."""

    misses: int = 0
    #: the slot the bot has asked for and waits for
    asking: str = ""
    #: the intent that needs it
    intent: str = ""
    slots: Mapping[str, str] = {}
    tried: tuple[str, ...] = ()
    #: the message triage is looking at now; empty when none
    pending: str = ""
    #: the album it has looked at last, whose other parts need no answer of their own
    album: str = ""


class Rating(Struct, frozen=True):
    """What the client thought of it."""

    score: int
    comment: str = ""


class JoinMode(StrEnum):
    """How a colleague takes part in a conversation that is not theirs."""

    #: the client is told
    OPEN = "open"
    #: only staff know
    HIDDEN = "hidden"


class Conversation(Struct, frozen=True):
    """One session of a client on a line, over one channel."""

    id: str
    line: str
    channel: str
    #: channel kind
    kind: str
    #: the platform's id of the chat
    chat: str
    client: str
    client_name: str
    created_at: datetime
    state: State = State.TRIAGE
    floor: Floor = Floor()
    #: who is responsible; empty until somebody took it
    operator: str = ""
    #: who has been asked to take it
    offered: tuple[str, ...] = ()
    #: offered to everybody at once: takes up nobody's capacity until somebody takes it
    broadcast: bool = False
    #: who let it go, and when they may be asked again
    passed: Mapping[str, datetime] = {}
    joined: Mapping[str, JoinMode] = {}
    #: who spoke with this client last, before this conversation or this return to the queue
    previous_operator: str = ""
    #: who looks after this client
    responsible: str = ""
    #: name of its priority class under `priorities`; empty for none
    priority: str = ""
    #: how much longer than in truth it counts as having waited: its priority's head start, or a supervisor's wish
    head_start: timedelta = timedelta()
    #: timer kind → when it is due
    timers: Mapping[str, datetime] = {}
    #: what has been counted towards the targets of its line's SLA, those that are paused included
    sla: Mapping[Target, Clock] = {}
    #: targets that were missed, each once however often, for reports
    breached: tuple[Target, ...] = ()
    #: what an operator promised the client and has still to keep
    promise: Promise | None = None
    #: number of the last message
    n: int = 0
    #: number of the last client message that staff have seen
    seen: int = 0
    #: number of the last client message
    client_n: int = 0
    #: the last message the client can see, shortened, for lists
    preview: str = ""
    preview_n: int = 0
    language: str = ""
    timezone: str = ""
    #: since when it waits for a person; kept when an offer returns to the queue
    queued_at: datetime | None = None
    #: when it was first taken
    taken_at: datetime | None = None
    #: when an operator first answered
    answered_at: datetime | None = None
    last_client_at: datetime | None = None
    last_reply_at: datetime | None = None
    closed_at: datetime | None = None
    #: operator id, `client`, `silence`
    closed_by: str = ""
    #: how often it went back to the queue
    returns: int = 0
    #: who is asked all at once because nobody answered: `supervisors` or `everyone`; empty for nobody
    escalated: str = ""
    #: lines that had no room for it, or where it waited for too long
    overflowed: tuple[str, ...] = ()
    #: the place in the queue its client was told last; 0 for none
    told_place: int = 0
    #: whether its client wants to be called back: empty until they were asked, `asked`, `wanted`
    call_back: str = ""
    handoff: Handoff | None = None
    bot: BotMemory = BotMemory()
    rating_asked: bool = False
    rating: Rating | None = None
    #: None until its client was asked
    survey: Survey | None = None
    #: one-off texts already said, so that they are not said twice: `out_of_hours`, `queued`
    said: tuple[str, ...] = ()
    #: messages with files that the hub has still to fetch
    coming: tuple[str, ...] = ()
    #: why nothing reaches its client at the moment: `blocked`, `gone`; empty when it does
    unreachable: str = ""
    #: why it was closed, in the operator's words
    close_reason: str = ""

    @property
    def due_at(self) -> datetime | None:
        """When its earliest timer is due."""
        return min(self.timers.values(), default=None)

    @property
    def active_at(self) -> datetime:
        """When anything last happened in it: it began, somebody wrote, or it ended."""
        return max(filter(None, (self.created_at, self.last_client_at, self.last_reply_at, self.closed_at)))

    @property
    def place(self) -> datetime:
        """Since when it counts as waiting for a person: the queue is in this order."""
        return (self.queued_at or self.created_at) - self.head_start

    @property
    def holders(self) -> tuple[str, ...]:
        """Operators whose capacity it takes up."""
        if self.state is State.OFFERED:
            return () if self.broadcast else self.offered
        return (self.operator,) if self.state in {State.OPEN, State.WAITING} else ()


class Understanding(Struct, frozen=True):
    """What a triage engine made of one text."""

    #: empty when it made nothing of it
    intent: str
    #: calibrated probability, 0 to 1
    confidence: float
    #: slot name → value, for example `order_number: "48213"`
    slots: Mapping[str, str] = {}
    #: `sure`: act on it; `unsure`: a person should look; `unknown`: outside what the engine knows
    band: Literal["sure", "unsure", "unknown"] = "unknown"
    #: the client asks for a human being
    wants_person: bool = False
    #: the catalogue's answer in the client's language; empty when there is none
    answer: str = ""
    #: which engine understood it
    engine: str = ""
