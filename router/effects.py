"""What a decision asks for. The engine commits the first group in one transaction and acts on the second after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from router.delivery import Delivery
from router.model import Conversation, Message
from router.people import Client, Identity, OperatorState


@dataclass(frozen=True, slots=True)
class SaveConversation:
    """The conversation as it stands now."""

    conversation: Conversation


@dataclass(frozen=True, slots=True)
class AddMessage:
    """One more message; never changed afterwards."""

    message: Message


@dataclass(frozen=True, slots=True)
class AddDelivery:
    """Send a message; the delivery waits in the outbox."""

    delivery: Delivery
    message: Message


@dataclass(frozen=True, slots=True)
class Requeue:
    """Send a failed or unknown delivery again."""

    delivery: str
    conversation: str


@dataclass(frozen=True, slots=True)
class SaveClient:
    """A new or changed client; `identity` is set when it is seen for the first time."""

    client: Client
    identity: Identity | None = None


@dataclass(frozen=True, slots=True)
class SaveOperator:
    """An operator's presence or counters changed. Their load is changed by `ChangeLoad` alone."""

    operator: OperatorState


@dataclass(frozen=True, slots=True)
class ChangeLoad:
    """`operator` holds `by` conversations more or fewer; more only while they stay within `capacity`."""

    operator: str
    by: int
    capacity: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an operator's command. `refused` is a catalogue key, empty when it was carried out."""

    update: str
    refused: str = ""
    #: values for the refusal's text
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explain:
    """Why the rules decided as they did, for `/why`."""

    conversation: str
    #: which rule: `offer`, `queue`, `previous`, `transfer`
    decision: str
    chosen: tuple[str, ...]
    #: operator → catalogue key of why they were chosen or passed over, in the order considered
    considered: tuple[tuple[str, str], ...]
    #: where in the rules, for example `config.yaml:41`
    rule: str


@dataclass(frozen=True, slots=True)
class AskTriage:
    """Let the triage engine look at a text; its answer returns as `TriageAnswered`."""

    conversation: str
    message: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class ShowSeen:
    """Tell the channel that staff have read the client's messages up to `n`."""

    conversation: Conversation
    n: int


@dataclass(frozen=True, slots=True)
class Move:
    """The conversation now belongs to another line: its lane takes over."""

    conversation: Conversation


@dataclass(frozen=True, slots=True)
class WakeLines:
    """These lines may have somebody free now."""

    lines: tuple[str, ...]


Stored = (
    SaveConversation | AddMessage | AddDelivery | Requeue | SaveClient | SaveOperator | ChangeLoad | Outcome | Explain
)
AfterCommit = AskTriage | ShowSeen | Move | WakeLines
Effect = Stored | AfterCommit
