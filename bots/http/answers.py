"""What the API answers and posts: the very shapes that are sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from router.delivery import Action
from router.media import EntityKind
from router.model import AuthorKind

#: RFC 3339, in whole milliseconds
Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class Answer(Struct, frozen=True, forbid_unknown_fields=True):
    """An answer's body."""


class Taken(Answer, frozen=True):
    """It is kept durably."""

    #: it had been handed over before, and nothing more happens
    duplicate: bool


class Accepted(Answer, frozen=True):
    """There is nothing to tell."""


class Result(Answer, frozen=True):
    """What became of one message of a batch."""

    #: the message's own id; empty when it had none that makes sense
    id: str
    duplicate: bool
    #: why it was refused; absent when it was taken
    problem: str | UnsetType = UNSET


class Results(Answer, frozen=True):
    """What became of each message, in the order of the batch."""

    results: Sequence[Result]


class File(Answer, frozen=True):
    """A file kept by the hub."""

    id: str
    name: str
    #: judged by content, never by name
    media_type: str
    #: bytes
    size: int


class LinkedFile(File, frozen=True):
    """A file with the address to read it at, on the hub and with the channel's token."""

    url: str


class Author(Answer, frozen=True):
    """Who speaks to the client, or closed the conversation."""

    kind: AuthorKind
    name: str


class ShownPart(Answer, frozen=True):
    """A part of a text that is shown in its own way."""

    kind: EntityKind
    #: characters (code points) from the text's beginning
    start: int
    #: characters
    length: int
    #: where a `link` leads; empty for others
    url: str


class Message(Answer, frozen=True):
    """What is said to the client."""

    id: str
    #: 1, 2, 3 … within the conversation, the client's own messages included
    n: int
    #: `rating` asks for a rating from 1 to 5; `closed` says, where the channel wants it, that the conversation is over
    kind: Literal["text", "rating", "closed"]
    author: Author
    text: str
    at: Moment
    attachments: Sequence[LinkedFile]
    #: quick answers to show as buttons
    choices: Sequence[str]
    #: how parts of the text are shown
    entities: Sequence[ShownPart]
    #: what it answers: your own id of that message where it has one, else the hub's; empty for none
    reply_to: str
    #: emoji that operators have put to it
    reactions: Sequence[str]
    #: for what changes a message: your own id of it where it has one; empty otherwise
    own_id: str


class Pushed(Answer, frozen=True):
    """A delivery as a webhook carries it."""

    #: the same whenever it is sent again
    id: str
    #: `edit` replaces the text of the message with the same id, `delete` takes it back, `react` says what its
    #: `reactions` are now, and may be about a client's message
    action: Action
    chat: str
    conversation: str
    message: Message


class Posted(Answer, frozen=True):
    """What is posted to a webhook."""

    type: Literal["delivery"]
    #: when it was said
    timestamp: Moment
    data: Pushed


class Fetched(Pushed, frozen=True):
    """A delivery as it is fetched."""

    cursor: int


class Deliveries(Answer, frozen=True):
    """What there is, oldest first."""

    deliveries: Sequence[Fetched]
    #: ask with this as `after` next time: it says that all of these have arrived
    cursor: int
