"""What the API answers: every shape, so that the documentation is made from the models that are sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from router.delivery import Action, DeliveryState
from router.model import AuthorKind, FloorHolder, JoinMode, MessageKind, State
from router.people import Presence, Role


class View(BaseModel):
    """A part of an answer."""

    # What has a default is sent nevertheless.
    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class Done(View):
    """The command was carried out."""

    done: Literal[True] = True


class FileView(View):
    """A file of a message."""

    id: str
    name: str
    media_type: str
    #: bytes
    size: int
    #: browsers may show it inline
    picture: bool
    url: str


class DeliveryView(View):
    """How far the sending of one message has got."""

    id: str
    message: str
    conversation: str
    channel: str
    action: Action
    state: DeliveryState
    #: the platform's own reason, when it failed or nobody can tell
    reason: str
    attempts: int


class AuthorView(View):
    """Who said something."""

    kind: AuthorKind
    id: str
    name: str


class VersionView(View):
    """What a message said until another text took its place."""

    text: str
    at: datetime


class MessageView(View):
    """Something said."""

    id: str
    conversation: str
    n: int
    author: AuthorView
    kind: MessageKind
    #: for kind `event`: a sentence in the reader's language
    text: str
    at: datetime
    attachments: list[FileView]
    choices: list[str]
    deliveries: list[DeliveryView]
    edited_at: datetime | None
    #: clients no longer see it, staff do
    deleted_at: datetime | None
    #: the latest earlier texts, oldest first
    versions: list[VersionView]
    #: what the reader may do with it: `edit`, `retract`
    actions: list[str]


class HandoffView(View):
    """What the bot found out before it handed over."""

    #: a sentence in the reader's language
    reason: str
    intent: str
    confidence: float
    slots: Mapping[str, str]
    tried: list[str]


class RatingView(View):
    """What the client thought of it."""

    score: int
    comment: str


class ConversationView(View):
    """One conversation, with what this operator may do about it now."""

    id: str
    line: str
    line_name: str
    channel: str
    #: channel kind
    kind: str
    client: str
    client_name: str
    language: str
    state: State
    floor: FloorHolder
    #: who holds the floor, empty for the bot
    floor_operator: str
    floor_name: str
    #: who is responsible
    operator: str
    operator_name: str
    offered: list[str]
    #: when the offer goes back to the queue
    offer_until: datetime | None
    joined: Mapping[str, JoinMode]
    n: int
    seen: int
    client_n: int
    #: the client wrote and staff have not seen it
    unread: bool
    preview: str
    created_at: datetime
    queued_at: datetime | None
    last_client_at: datetime | None
    #: when anybody last wrote
    active_at: datetime
    closed_at: datetime | None
    rating: RatingView | None
    handoff: HandoffView | None
    actions: list[str]


class IdentityView(View):
    """One address of a client."""

    kind: str
    account: str
    user: str


class ClientView(View):
    """A client's card."""

    id: str
    name: str
    language: str
    phone: str
    email: str
    created_at: datetime
    identities: list[IdentityView]
    facts: Mapping[str, str]


class ClientCard(View):
    """A client with all their conversations that the operator may see, newest first."""

    client: ClientView
    conversations: list[ConversationView]


class ConversationPage(View):
    """A page of conversations, latest activity first, and the feed's cursor to follow from."""

    conversations: list[ConversationView]
    #: names the next page; empty at the end
    next: str
    #: everything up to here is in the answer
    cursor: int


class ConversationDetail(View):
    """One conversation with everything its page shows."""

    conversation: ConversationView
    client: ClientView | None
    messages: list[MessageView]
    #: there are older messages
    more: bool
    cursor: int


class MessagePage(View):
    """A page of messages, oldest first."""

    messages: list[MessageView]
    more: bool


class ConsideredView(View):
    """One operator the rules looked at."""

    operator: str
    name: str
    #: a sentence in the reader's language
    reason: str
    chosen: bool


class ExplanationView(View):
    """Why the rules decided as they did, once."""

    at: datetime
    decision: str
    #: a sentence in the reader's language
    sentence: str
    chosen: list[str]
    considered: list[ConsideredView]
    rule: str


class Explanations(View):
    """Why the conversation went where it went, oldest first."""

    explanations: list[ExplanationView]


class OperatorView(View):
    """An operator as colleagues see them."""

    id: str
    name: str
    role: Role
    presence: Presence
    #: within their working hours
    on_shift: bool
    load: int
    capacity: int
    lines: list[str]


class Operators(View):
    """Everybody who answers."""

    operators: list[OperatorView]


class LineView(View):
    """A line and how busy it is."""

    id: str
    name: str
    #: within its working hours
    open: bool
    #: conversations in the queue, at most 100 are counted
    waiting: int
    #: operators available now
    available: int
    #: the operator who asks serves it
    mine: bool


class Lines(View):
    """All lines."""

    lines: list[LineView]


class Canned(View):
    """Ready-made texts by their `/`-shortcut."""

    canned: Mapping[str, str]


class Me(View):
    """Who is signed in."""

    operator: OperatorView
    language: Literal["en", "ru"]
    #: sentences about what is wrong with the settings on disk; the old ones are in force
    settings_problems: list[str]
    #: the feed's cursor to follow from
    cursor: int


class PresenceView(View):
    """Whether the operator is at work."""

    presence: Presence
