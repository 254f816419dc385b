"""What clients do, as their channels understand it: a part of `events`."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from router.media import Attachment, Entity
from router.people import Sender


class ClientMessage(Struct, frozen=True):
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
    entities: tuple[Entity, ...] = ()
    #: the platform's id of the message it answers, whoever said that
    reply_to: str = ""
    #: the platform's id of the album it is a part of
    album: str = ""


class ColleagueMessage(Struct, frozen=True):
    """Somebody of ours wrote to the client past the hub, as the owner of a business account does from their phone."""

    id: str
    channel: str
    chat: str
    #: who wrote, as the platform shows them
    name: str
    text: str
    at: datetime
    #: the platform's id of the message
    external_id: str
    attachments: tuple[Attachment, ...] = ()
    entities: tuple[Entity, ...] = ()
    #: the platform's id of the message it answers
    reply_to: str = ""
    #: the platform's id of the album it is a part of
    album: str = ""


class ClientRated(Struct, frozen=True):
    """A client pressed a rating, or added a comment to it."""

    id: str
    channel: str
    chat: str
    #: 1 to 5
    score: int
    at: datetime
    comment: str = ""


class ClientEdited(Struct, frozen=True):
    """A client changed the text of a message they had written."""

    id: str
    channel: str
    chat: str
    #: the platform's id of the message
    external_id: str
    text: str
    at: datetime
    entities: tuple[Entity, ...] = ()


class ClientDeleted(Struct, frozen=True):
    """A client took a message back."""

    id: str
    channel: str
    chat: str
    #: the platform's id of the message
    external_id: str
    at: datetime


class ClientReacted(Struct, frozen=True):
    """A client put a reaction to a message, theirs or ours, or took it away."""

    id: str
    channel: str
    chat: str
    #: the platform's id of the message
    external_id: str
    #: empty when it was taken away
    emoji: str
    at: datetime


class ClientStarted(Struct, frozen=True):
    """A client opened the chat, as by a link or a button of the platform, and has said nothing yet."""

    id: str
    channel: str
    chat: str
    sender: Sender
    at: datetime
    #: what the link carried: a campaign's name, or an invitation's token, see `invitations`
    payload: str = ""


class ClientReach(Struct, frozen=True):
    """Whether anything reaches a client has changed."""

    id: str
    channel: str
    chat: str
    #: `blocked` (they stopped us) or `gone` (their account is no more); empty when they can be reached again
    unreachable: str
    at: datetime


class ClientMoved(Struct, frozen=True):
    """A chat goes on under another id of the platform's."""

    id: str
    channel: str
    #: where it was
    chat: str
    #: where it is
    to: str
    at: datetime


class ClientEnded(Struct, frozen=True):
    """A client closed the conversation themselves."""

    id: str
    channel: str
    chat: str
    at: datetime


ClientEvent = (
    ClientMessage
    | ColleagueMessage
    | ClientEdited
    | ClientDeleted
    | ClientReacted
    | ClientRated
    | ClientStarted
    | ClientReach
    | ClientMoved
    | ClientEnded
)
