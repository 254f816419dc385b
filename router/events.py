"""What may happen to a conversation: the inputs of `decide`.

An event that came through the ledger carries the update's id as `id`; ids of the hub's own events begin with `hub:`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from router.model import Attachment, JoinMode, Understanding
from router.people import Presence, Sender


@dataclass(frozen=True, slots=True)
class ClientMessage:
    """A client wrote."""

    id: str
    channel: str
    chat: str
    sender: Sender
    text: str
    at: datetime
    #: the platform's id of the message
    external_id: str = ""
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientRated:
    """A client pressed a rating, or added a comment to it."""

    id: str
    channel: str
    chat: str
    #: 1 to 5
    score: int
    at: datetime
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ClientEnded:
    """A client closed the conversation themselves."""

    id: str
    channel: str
    chat: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Take:
    """An operator wants the conversation and, with it, the floor."""

    id: str
    conversation: str
    operator: str


@dataclass(frozen=True, slots=True)
class Skip:
    """An operator lets an offer go, or returns a conversation to the queue."""

    id: str
    conversation: str
    operator: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An operator answers the client."""

    id: str
    conversation: str
    operator: str
    text: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """An operator writes something only staff see: a `note` for the card, a `whisper` to whoever holds the floor."""

    id: str
    conversation: str
    operator: str
    text: str
    kind: Literal["note", "whisper"] = "note"
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Transfer:
    """An operator hands the conversation to a colleague or to a line; exactly one of the two is set."""

    id: str
    conversation: str
    operator: str
    to_operator: str = ""
    to_line: str = ""
    #: shown to whoever gets it
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    """A colleague joins a conversation, seen by the client or not."""

    id: str
    conversation: str
    operator: str
    mode: JoinMode = JoinMode.OPEN


@dataclass(frozen=True, slots=True)
class Leave:
    """A colleague who had joined leaves."""

    id: str
    conversation: str
    operator: str


@dataclass(frozen=True, slots=True)
class Close:
    """An operator ends the conversation."""

    id: str
    conversation: str
    operator: str


@dataclass(frozen=True, slots=True)
class Reopen:
    """An operator continues a closed conversation."""

    id: str
    conversation: str
    operator: str


@dataclass(frozen=True, slots=True)
class Resend:
    """An operator wants a failed or unknown delivery sent again."""

    id: str
    conversation: str
    operator: str
    delivery: str


@dataclass(frozen=True, slots=True)
class SetPresence:
    """An operator comes, takes a break or leaves."""

    id: str
    operator: str
    presence: Presence


@dataclass(frozen=True, slots=True)
class Seen:
    """An operator has read the conversation up to message `n`."""

    id: str
    conversation: str
    operator: str
    n: int


@dataclass(frozen=True, slots=True)
class TriageAnswered:
    """A triage engine understood `message`; None when it failed or took too long."""

    id: str
    conversation: str
    message: str
    result: Understanding | None


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A conversation's timer came due."""

    id: str
    conversation: str
    #: `offer`, `retry`, `triage`, `close`
    kind: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Arrived:
    """A conversation came to this line from another one."""

    id: str
    conversation: str


@dataclass(frozen=True, slots=True)
class Wake:
    """Operators, rules or the time of day have changed: look at the whole line again."""

    id: str
    line: str


ClientEvent = ClientMessage | ClientRated | ClientEnded
ConversationCommand = Take | Skip | Reply | Note | Transfer | Join | Leave | Close | Reopen | Resend
Command = ConversationCommand | SetPresence
HubEvent = Seen | TriageAnswered | TimerFired | Arrived | Wake
Event = ClientEvent | Command | HubEvent
