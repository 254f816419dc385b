"""What the API answers: every shape, so that the documentation is made from the models that are sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct

from hub.web.message_views import MessageView
from hub.web.moment import Moment
from hub.web.pledge_views import ClockView, PromiseView
from router.model import FloorHolder, JoinMode, State
from router.people import Presence, Role
from router.pledges import Target


class Done(Struct, frozen=True):
    """The command was carried out."""

    done: Annotated[bool, Meta(extra_json_schema={"const": True})] = True


class HandoffView(Struct, frozen=True):
    """What the bot found out before it handed over."""

    #: a sentence in the reader's language
    reason: str
    intent: str
    confidence: float
    slots: Mapping[str, str]
    tried: Sequence[str]


class RatingView(Struct, frozen=True):
    """What the client thought of it."""

    score: int
    comment: str


class AnswerView(Struct, frozen=True):
    """What the client answered to one question of the form."""

    question: str
    text: str


class ConversationView(Struct, frozen=True, kw_only=True):
    """One conversation, with what this operator may do about it now."""

    id: str
    line: str
    line_name: str
    channel: str
    #: channel kind
    kind: str
    client: str
    client_name: str
    #: address of the client's picture; empty for none
    photo: str
    language: str
    state: State
    floor: FloorHolder
    #: who holds the floor, empty for the bot
    floor_operator: str
    floor_name: str
    #: who is responsible
    operator: str
    operator_name: str
    offered: Sequence[str]
    #: when the offer goes back to the queue
    offer_until: Moment | None
    joined: Mapping[str, JoinMode]
    n: int
    seen: int
    client_n: int
    #: the client wrote and staff have not seen it
    unread: bool
    preview: str
    created_at: Moment
    queued_at: Moment | None
    #: since when it counts as waiting, with its head start: the queue is in this order
    place: Moment
    #: whether the client wants to be called back: they were asked, or said so
    call_back: Literal["", "asked", "wanted"]
    last_client_at: Moment | None
    #: when anybody last wrote
    active_at: Moment
    closed_at: Moment | None
    #: name of its priority class; empty for none
    priority: str
    #: what its line's SLA counts now
    sla: Sequence[ClockView]
    #: targets that were missed, now or before
    breached: Sequence[Target]
    promise: PromiseView | None
    #: why nothing reaches the client now; empty when it does
    unreachable: Literal["", "blocked", "gone"]
    #: why it was closed, in the operator's words
    close_reason: str
    rating: RatingView | None
    #: of the form that is asked after silence has closed a conversation
    answers: Sequence[AnswerView]
    handoff: HandoffView | None
    actions: Sequence[str]


class IdentityView(Struct, frozen=True):
    """One address of a client."""

    kind: str
    account: str
    user: str


class ClientView(Struct, frozen=True, kw_only=True):
    """A client's card."""

    id: str
    name: str
    language: str
    #: IANA name; empty when unknown
    timezone: str
    phone: str
    email: str
    created_at: Moment
    #: address of their picture; empty for none
    photo: str
    identities: Sequence[IdentityView]
    facts: Mapping[str, str]
    #: the operator who looks after them; empty for none
    responsible: str
    #: name of their priority class; empty for none
    priority: str


class ClientCard(Struct, frozen=True):
    """A client with all their conversations that the operator may see, newest first."""

    client: ClientView
    conversations: Sequence[ConversationView]


class ConversationPage(Struct, frozen=True):
    """A page of conversations, latest activity first, and the feed's cursor to follow from."""

    conversations: Sequence[ConversationView]
    #: names the next page; empty at the end
    next: str
    #: everything up to here is in the answer
    cursor: int


class ConversationDetail(Struct, frozen=True):
    """One conversation with everything its page shows."""

    conversation: ConversationView
    client: ClientView | None
    messages: Sequence[MessageView]
    #: there are older messages
    more: bool
    cursor: int


class MessagePage(Struct, frozen=True):
    """A page of messages, oldest first."""

    messages: Sequence[MessageView]
    more: bool


class OperatorView(Struct, frozen=True, kw_only=True):
    """An operator as colleagues see them."""

    id: str
    name: str
    role: Role
    presence: Presence
    #: within their working hours
    on_shift: bool
    load: int
    capacity: int
    lines: Sequence[str]


class Operators(Struct, frozen=True):
    """Everybody who answers."""

    operators: Sequence[OperatorView]


class LineView(Struct, frozen=True, kw_only=True):
    """A line and how busy it is."""

    id: str
    name: str
    #: within its working hours
    open: bool
    #: nothing is offered to anybody until a supervisor lets it go on
    paused: bool
    #: conversations in the queue, at most 100 are counted
    waiting: int
    #: operators available now
    available: int
    #: the operator who asks serves it
    mine: bool
    #: what operators choose among when they close its conversations, in the reader's language
    close_reasons: Sequence[str]


class Lines(Struct, frozen=True):
    """All lines."""

    lines: Sequence[LineView]
    #: classes that conversations may have, as the settings name them
    priorities: Sequence[str]


class Canned(Struct, frozen=True):
    """Ready-made texts by their `/`-shortcut."""

    canned: Mapping[str, str]


class Me(Struct, frozen=True):
    """Who is signed in."""

    operator: OperatorView
    language: Literal["en", "ru"]
    #: sentences about what is wrong with the settings on disk; the old ones are in force
    settings_problems: Sequence[str]
    #: the feed's cursor to follow from
    cursor: int
    #: channels that clients of others can be invited to
    inviting: Sequence[str]


class InvitationView(Struct, frozen=True):
    """An address that is shown only now."""

    channel: str
    #: whoever opens it is the conversation's client on that channel too; good once
    url: str
    until: Moment


class PresenceView(Struct, frozen=True):
    """Whether the operator is at work."""

    presence: Presence
