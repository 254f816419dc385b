"""What the API answers, as its documentation shows it."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Answer(BaseModel):
    """An answer's body."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Taken(Answer):
    """It is kept durably."""

    #: it had been handed over before, and nothing more happens
    duplicate: bool


class Done(Answer):
    """There is nothing to tell."""


class Result(Answer):
    """What became of one message of a batch."""

    #: the message's own id; empty when it had none that makes sense
    id: str
    duplicate: bool
    #: why it was refused; absent when it was taken
    problem: str | None = None


class Results(Answer):
    """What became of each message, in the order of the batch."""

    results: tuple[Result, ...]


class File(Answer):
    """A file kept by the hub."""

    id: str
    name: str
    #: judged by content, never by name
    media_type: str
    #: bytes
    size: int


class LinkedFile(File):
    """A file with the address to read it at, on the hub and with the channel's token."""

    url: str


class Author(Answer):
    """Who speaks to the client."""

    kind: Literal["client", "bot", "operator", "system"]
    name: str


class Message(Answer):
    """What is said to the client."""

    id: str
    #: 1, 2, 3 … within the conversation, the client's own messages included
    n: int
    #: `rating` asks for a rating from 1 to 5
    kind: Literal["text", "rating"]
    author: Author
    text: str
    at: AwareDatetime
    attachments: tuple[LinkedFile, ...]
    #: quick answers to show as buttons
    choices: tuple[str, ...]


class Pushed(Answer):
    """A delivery as a webhook carries it."""

    #: the same whenever it is sent again
    id: str
    #: `edit` replaces the text of the message with the same id, `delete` takes it back
    action: Literal["send", "edit", "delete"]
    chat: str
    conversation: str
    message: Message


class Fetched(Pushed):
    """A delivery as it is fetched."""

    cursor: int


class Deliveries(Answer):
    """What there is, oldest first."""

    deliveries: tuple[Fetched, ...]
    #: ask with this as `after` next time: it says that all of these have arrived
    cursor: int
