"""What the API answers about messages: what was said, with its files, and how far its sending has got."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

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
    #: `here`, `coming` while the hub fetches it, or `lost`
    state: Literal["here", "coming", "lost"]
    #: why it is lost; empty when it is not
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


class PartView(Struct, frozen=True):
    """A part of a text that is shown in its own way."""

    kind: EntityKind
    #: characters (code points) from the text's beginning
    start: int
    #: characters
    length: int
    #: where a `link` leads; empty for others
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
    #: what the reader may do with it: `edit`, `retract`
    actions: Sequence[str]
    #: how parts of the text are shown
    entities: Sequence[PartView]
    #: the message it answers, maybe of an earlier conversation; empty for none
    reply_to: str
    #: messages of one album have the same; empty for none
    album: str
    #: who reacted (`client`, or an operator) → the emoji
    reactions: Mapping[str, str]
