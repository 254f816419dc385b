"""What may happen to a conversation: the inputs of `decide`.

An event that came through the ledger carries the update's id as `id`; ids of the hub's own events begin with `hub:`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from router.client_events import ClientEvent
from router.invitations import CardsJoined, InvitationFollowed
from router.media import Attachment, Entity
from router.model import JoinMode, Understanding
from router.people import Presence
from router.staff_events import AddLeave, CalendarRead, RemoveLeave


class Take(Struct, frozen=True):
    """An operator wants the conversation and, with it, the floor."""

    id: str
    conversation: str
    operator: str


class Skip(Struct, frozen=True):
    """An operator lets an offer go, or returns a conversation to the queue."""

    id: str
    conversation: str
    operator: str


class Reply(Struct, frozen=True):
    """An operator answers the client."""

    id: str
    conversation: str
    operator: str
    text: str
    attachments: tuple[Attachment, ...] = ()
    entities: tuple[Entity, ...] = ()
    #: the message it answers
    reply_to: str = ""


class React(Struct, frozen=True):
    """An operator puts a reaction to what was said, or takes theirs away."""

    id: str
    conversation: str
    operator: str
    message: str
    #: empty takes it away
    emoji: str


class Note(Struct, frozen=True):
    """An operator writes something only staff see: a `note` for the card, a `whisper` to whoever holds the floor."""

    id: str
    conversation: str
    operator: str
    text: str
    kind: Literal["note", "whisper"] = "note"
    attachments: tuple[Attachment, ...] = ()


class Transfer(Struct, frozen=True):
    """An operator hands the conversation to a colleague or to a line; exactly one of the two is set."""

    id: str
    conversation: str
    operator: str
    to_operator: str = ""
    to_line: str = ""
    #: shown to whoever gets it
    comment: str = ""


class Join(Struct, frozen=True):
    """A colleague joins a conversation, seen by the client or not."""

    id: str
    conversation: str
    operator: str
    mode: JoinMode = JoinMode.OPEN


class Leave(Struct, frozen=True):
    """A colleague who had joined leaves."""

    id: str
    conversation: str
    operator: str


class Close(Struct, frozen=True):
    """An operator ends the conversation."""

    id: str
    conversation: str
    operator: str
    #: for staff and reports
    reason: str = ""


class Reopen(Struct, frozen=True):
    """An operator continues a closed conversation."""

    id: str
    conversation: str
    operator: str


class Resend(Struct, frozen=True):
    """An operator wants a failed or unknown delivery sent again."""

    id: str
    conversation: str
    operator: str
    delivery: str


class Snooze(Struct, frozen=True):
    """An operator has promised the client to write at a certain time."""

    id: str
    conversation: str
    operator: str
    until: Annotated[datetime, Meta(tz=True)]
    #: what was promised
    text: str = ""


class Unsnooze(Struct, frozen=True):
    """An operator takes the promise back."""

    id: str
    conversation: str
    operator: str


class Edit(Struct, frozen=True):
    """An operator corrects something that was said to the client."""

    id: str
    conversation: str
    operator: str
    message: str
    text: str
    entities: tuple[Entity, ...] = ()


class Retract(Struct, frozen=True):
    """An operator takes back something that was said to the client."""

    id: str
    conversation: str
    operator: str
    message: str


class Rank(Struct, frozen=True):
    """A supervisor puts a conversation that waits before another one, or first."""

    id: str
    conversation: str
    operator: str
    #: the conversation that it is put before; empty for the first place
    before: str = ""


class SetClient(Struct, frozen=True):
    """An operator says who looks after a client, and how important they are; None leaves it as it is."""

    id: str
    conversation: str
    operator: str
    #: empty for nobody
    responsible: str | None = None
    #: name of a priority class; empty for none
    priority: str | None = None


class SetPaused(Struct, frozen=True):
    """A supervisor pauses a line, or lets it go on."""

    id: str
    operator: str
    line: str
    paused: bool


class SetPresence(Struct, frozen=True):
    """An operator comes, takes a break or leaves."""

    id: str
    operator: str
    presence: Presence


class Seen(Struct, frozen=True):
    """An operator has read the conversation up to message `n`."""

    id: str
    conversation: str
    operator: str
    n: int


class TriageAnswered(Struct, frozen=True):
    """A triage engine understood `message`; None when it failed or took too long."""

    id: str
    conversation: str
    message: str
    result: Understanding | None


class FilesFetched(Struct, frozen=True):
    """What a message's files came to: each is here, in trouble, or still to be fetched later."""

    id: str
    conversation: str
    message: str
    attachments: tuple[Attachment, ...]


class TimerFired(Struct, frozen=True):
    """A conversation's timer came due."""

    id: str
    conversation: str
    #: `offer`, `retry`, `triage`, `close`, `files`, `promise`, or a target of the SLA
    kind: str
    due_at: datetime


class Arrived(Struct, frozen=True):
    """A conversation came to this line from another one."""

    id: str
    conversation: str


class Wake(Struct, frozen=True):
    """Operators, rules or the time of day have changed: look at the whole line again."""

    id: str
    line: str


Amendment = Edit | Retract
Pledge = Snooze | Unsnooze
Leading = Rank | SetClient
ConversationCommand = (
    Take
    | Skip
    | Reply
    | React
    | Note
    | Transfer
    | Join
    | Leave
    | Close
    | Reopen
    | Resend
    | Pledge
    | Leading
    | Amendment
)
#: about an operator, not about a conversation
StaffEvent = SetPresence | AddLeave | RemoveLeave | CalendarRead
Command = ConversationCommand | SetPresence | AddLeave | RemoveLeave | SetPaused
HubEvent = (
    CalendarRead | Seen | TriageAnswered | FilesFetched | TimerFired | Arrived | CardsJoined | InvitationFollowed | Wake
)
Event = ClientEvent | Command | HubEvent
