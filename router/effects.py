"""What a decision asks for. The engine commits the first group in one transaction and acts on the second after it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from router.delivery import Delivery
from router.invitations import Invitation
from router.media import Attachment
from router.model import Conversation, Message
from router.people import Client, Identity, LineState, OperatorState


class SaveConversation(Struct, frozen=True):
    """The conversation as it stands now."""

    conversation: Conversation
    #: as it stood before this decision; None when it begins with it
    before: Conversation | None = None


class AddMessage(Struct, frozen=True):
    """One more message."""

    message: Message


class ChangeMessage(Struct, frozen=True):
    """A message was edited or taken back, got its files or a reaction; what may change about it stands as it is now."""

    message: Message


class AddDelivery(Struct, frozen=True):
    """Send a message; the delivery waits in the outbox."""

    delivery: Delivery
    message: Message


class Requeue(Struct, frozen=True):
    """Send a failed or unknown delivery again."""

    delivery: str
    conversation: str


class SaveClient(Struct, frozen=True):
    """A new or changed client; `identity` is set when it is seen for the first time."""

    client: Client
    identity: Identity | None = None
    #: whose staff learn of it
    conversation: str = ""


class SaveOperator(Struct, frozen=True):
    """An operator's presence or counters changed. Their load is changed by `ChangeLoad` alone."""

    operator: OperatorState


class ChangeLoad(Struct, frozen=True):
    """What `operator` holds of `line` has changed."""

    operator: str
    line: str
    #: conversations more or fewer that count towards their capacity
    by: int
    #: conversations more or fewer that wait for them
    open: int
    #: conversations more or fewer that wait for the client
    waiting: int
    #: how many they may have in all once this is done; None when it is nobody's choice, as when a client writes again
    capacity: int | None = None
    #: how many they may have of this line; None for as many as in all
    line_capacity: int | None = None


class ChangeClient(Struct, frozen=True):
    """A client's card says something else about what they are to us; None leaves it as it is."""

    client: str
    responsible: str | None = None
    priority: str | None = None
    photo: Attachment | None = None
    #: whose staff learn of it
    conversation: str = ""


class JoinCards(Struct, frozen=True):
    """Two cards are one person's: all that one has is the other's from now on, and the other's id stands for both."""

    gone: str
    kept: str
    #: whose staff learn of it
    conversation: str = ""


class UseInvitation(Struct, frozen=True):
    """A client has followed an invitation, which nobody can follow again."""

    invitation: Invitation
    #: as the client is known there
    identity: Identity
    name: str
    channel: str


class MoveChat(Struct, frozen=True):
    """A chat goes on under another id: what waits to be sent there is sent to that one."""

    channel: str
    chat: str
    to: str


class SaveLine(Struct, frozen=True):
    """What changes about a line while the hub runs has changed."""

    line: LineState


class Outcome(Struct, frozen=True):
    """What became of an operator's command. `refused` is a catalogue key, empty when it was carried out."""

    update: str
    refused: str = ""
    #: values for the refusal's text, or what was made: `id`
    values: Mapping[str, str] = {}


class Explain(Struct, frozen=True):
    """Why the rules decided as they did, for `/why`."""

    conversation: str
    #: which rule: `offer`, `queue`, `previous`, `transfer`
    decision: str
    chosen: tuple[str, ...]
    #: operator → catalogue key of why they were chosen or passed over, in the order considered
    considered: tuple[tuple[str, str], ...]
    #: where in the rules, for example `config.yaml:41`
    rule: str
    #: of a line with very many operators: catalogue key → how many others were passed over for that
    others: Mapping[str, int] = {}
    #: the line it was on
    line: str = ""


class Alert(Struct, frozen=True):
    """Staff should look at a conversation: the feed tells of it besides the message that says so."""

    conversation: str
    message: str
    #: what is the matter, and the values programs need to know about it; see `hub.web.views.AlertView`
    what: Mapping[str, str]


class AskTriage(Struct, frozen=True):
    """Let the triage engine look at a text; its answer returns as `TriageAnswered`."""

    conversation: str
    message: str
    text: str
    language: str


class FetchFiles(Struct, frozen=True):
    """Have a message's files fetched from its channel; what they come to returns as `FilesFetched`."""

    conversation: str
    message: str


class FetchPhoto(Struct, frozen=True):
    """Have a client's picture fetched, as well as that can be done; it is put on their card by `ChangeClient`."""

    client: str
    channel: str
    chat: str
    photo: Attachment
    #: whose staff learn of it; empty where none is begun yet
    conversation: str = ""


class ShowSeen(Struct, frozen=True):
    """Tell the channel that staff have read the client's messages up to `n`."""

    conversation: Conversation
    n: int


class Move(Struct, frozen=True):
    """The conversation now belongs to another line: its lane takes over."""

    conversation: Conversation


class WakeLines(Struct, frozen=True):
    """These lines may have somebody free now."""

    lines: tuple[str, ...]


class HoursChanged(Struct, frozen=True):
    """Somebody's working time is another one now: every line looks at it, and at when it next changes."""


Stored = (
    SaveConversation
    | AddMessage
    | ChangeMessage
    | AddDelivery
    | Requeue
    | SaveClient
    | ChangeClient
    | JoinCards
    | UseInvitation
    | MoveChat
    | SaveLine
    | SaveOperator
    | ChangeLoad
    | Outcome
    | Explain
    | Alert
)
AfterCommit = AskTriage | FetchFiles | FetchPhoto | ShowSeen | Move | WakeLines | HoursChanged
Effect = Stored | AfterCommit
