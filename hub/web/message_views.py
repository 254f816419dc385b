"""What the API tells of messages: what was said, its files, and how far it got."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from hub.web.moment import Moment
from router.delivery import Action, DeliveryState
from router.media import EntityKind, MediaKind
from router.model import AuthorKind, MessageKind


class FileView(Struct, frozen=True, kw_only=True):
    """A file of a message."""

    id: str
    name: str
    media_type: str
    #: bytes
    size: int
    #: browsers may show it inline
    picture: bool
    url: str
    #: how messengers show it
    kind: MediaKind
    #: whole seconds of what is played; 0 when unknown
    duration: int
    #: whether it is here; if not, it is being fetched, or `trouble` says why it never will be
    here: bool
    trouble: str


class DeliveryView(Struct, frozen=True, kw_only=True):
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


class AuthorView(Struct, frozen=True):
    """Who said something."""

    kind: AuthorKind
    id: str
    name: str


class VersionView(Struct, frozen=True):
    """What a message said until another text took its place."""

    text: str
    at: Moment


class EntityView(Struct, frozen=True):
    """A part of a text that is shown in its own way."""

    kind: EntityKind
    #: characters (code points) from the text's beginning
    start: int
    #: characters
    length: int
    #: where a `link` leads
    url: str


class MessageView(Struct, frozen=True, kw_only=True):
    """Something said."""

    id: str
    conversation: str
    n: int
    author: AuthorView
    kind: MessageKind
    #: for kind `event`: a sentence in the reader's language
    text: str
    at: Moment
    attachments: Sequence[FileView]
    choices: Sequence[str]
    deliveries: Sequence[DeliveryView]
    edited_at: Moment | None
    #: clients no longer see it, staff do
    deleted_at: Moment | None
    #: the latest earlier texts, oldest first
    versions: Sequence[VersionView]
    #: parts of the text that are shown in their own way
    entities: Sequence[EntityView]
    #: id of the message it answers; empty for none
    reply_to: str
    #: messages of one album have the same; empty for none
    album: str
    #: who reacted (`client`, or an operator's id) → the emoji
    reactions: Mapping[str, str]
    #: what the reader may do with it: `edit`, `react`, `retract`
    actions: Sequence[str]
