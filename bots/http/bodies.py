"""What the API takes: every body and query with its limits. Unknown fields are errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from router.media import MOST_ENTITIES, Entity, EntityKind, sound

MAX_TEXT = 20_000
#: files with one message
MAX_ATTACHMENTS = 10
#: messages or receipts in one batch
MAX_BATCH = 500

#: what the system numbers its messages, edits and so on with: anything printable without spaces
EventId = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\s\x00-\x1f\x7f-\x9f]+$")]
#: what the system calls a client, a chat, a file or a delivery: anything printable
Key = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
Text = Annotated[str, Field(max_length=MAX_TEXT)]
Spoken = Annotated[str, Field(min_length=1, max_length=MAX_TEXT, pattern=r"\S")]
Short = Annotated[str, Field(max_length=200)]
Cursor = Annotated[int, Field(ge=0, le=2**53)]

Model = TypeVar("Model", bound=BaseModel)
#: an escape within JSON; the group holds half of a surrogate pair that has no other half
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


class Body(BaseModel):
    """A request's body or query: unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Address(Body):
    """Who it comes from."""

    id: Key


class Person(Address):
    """Who writes, with whatever the system knows about them."""

    name: Short = ""
    phone: Short = ""
    email: Short = ""
    #: BCP 47, such as `en` or `ru-RU`; anything else is ignored
    language: Annotated[str, Field(max_length=35)] = ""
    #: IANA name, such as `Europe/Berlin`; anything else is ignored
    timezone: Annotated[str, Field(max_length=100)] = ""
    #: whatever else operators should see on the client's card
    facts: Annotated[
        Mapping[Annotated[str, Field(min_length=1, max_length=64)], Annotated[str, Field(max_length=1000)]],
        Field(max_length=30, default_factory=dict),
    ]


class TextPart(Body):
    """A part of a text that is shown in its own way."""

    kind: EntityKind
    #: characters (code points) from the text's beginning
    start: Annotated[int, Field(ge=0, le=MAX_TEXT)]
    #: characters
    length: Annotated[int, Field(ge=1, le=MAX_TEXT)]
    #: where a `link` leads: https, http, mailto or tg
    url: Annotated[str, Field(max_length=2048)] = ""


class _Written(Body):
    """A text with how it is shown."""

    entities: Annotated[list[TextPart], Field(max_length=MOST_ENTITIES, default_factory=list)]

    def parts(self, text: str) -> tuple[Entity, ...]:
        """Return how parts of the text are shown. Raises `ValueError` for what lies outside of it or leads nowhere."""
        parts = tuple(Entity(it.kind, it.start, it.length, it.url) for it in self.entities)
        if not sound(text, parts):
            raise ValueError("expected entities within the text, with an address for links and for nothing else")
        return parts


class NewMessage(_Written):
    """What a client wrote: a text, files, or both."""

    id: EventId
    sender: Person = Field(alias="from")
    #: where the answers go; left out, everything a client writes is one chat
    chat: Key | None = None
    text: Text = ""
    #: ids of files uploaded to the same chat
    attachments: Annotated[list[Key], Field(max_length=MAX_ATTACHMENTS, default_factory=list)]
    #: what it answers: the id of a client's message, or `message.id` of a delivery; one that is not known is none
    reply_to: Key | None = None
    #: messages that are shown together have the same
    album: Key | None = None
    #: when it was written; left out, or in the future, it is now
    at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.attachments and not self.text.strip():
            raise ValueError("expected a text or attachments")
        self.parts(self.text)
        return self


class NewBatch(Body):
    """Up to 500 messages, each taken or refused by itself."""

    messages: Annotated[list[NewMessage], Field(min_length=1, max_length=MAX_BATCH)]


class _Step(Body):
    """Something else that a client did."""

    #: of this step itself
    id: EventId
    sender: Address = Field(alias="from")
    chat: Key | None = None


class NewEdit(_Step, _Written):
    """A client changed the text of a message."""

    text: Spoken
    at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        self.parts(self.text)
        return self


class NewDeletion(_Step):
    """A client took a message back."""

    at: AwareDatetime | None = None


class NewReaction(_Step):
    """A client reacted to a message, theirs or ours, or took that back."""

    #: one emoji; empty takes it back
    emoji: Annotated[str, Field(max_length=32, pattern=r"^\S*$")]
    at: AwareDatetime | None = None


class NewRating(_Step):
    """A client's opinion once the conversation is over."""

    score: Annotated[int, Field(ge=1, le=5)]
    comment: Annotated[str, Field(max_length=2000)] = ""


class NewEnd(_Step):
    """A client closed the conversation."""


class NewTyping(Body):
    """A client is typing."""

    sender: Address = Field(alias="from")
    chat: Key | None = None
    #: what is typed so far
    text: Text = ""


class NewReceipt(Body):
    """What became of a delivery at the system's end."""

    state: Literal["delivered", "read", "failed"]
    #: why it failed: operators read it
    reason: Annotated[str, Field(max_length=500)] = ""


class NamedReceipt(NewReceipt):
    """A receipt and the delivery it is for."""

    delivery: Key


class NewReceipts(Body):
    """Up to 500 receipts."""

    receipts: Annotated[list[NamedReceipt], Field(min_length=1, max_length=MAX_BATCH)]


class WantedDeliveries(Body):
    """Which deliveries to fetch."""

    #: the last cursor the system has; 0 or nothing begins with the first delivery nobody has fetched
    after: Cursor = 0
    #: seconds to wait when there is nothing yet
    wait: Annotated[float, Field(ge=0, le=60)] = 0
    limit: Annotated[int, Field(ge=1, le=MAX_BATCH)] = 100


class NewFile(Body):
    """Where an uploaded file belongs and what it is called."""

    chat: Key
    name: Annotated[str, Field(min_length=1, max_length=255)]


class WantedFile(Body):
    """Whose file it is."""

    chat: Key


def read(model: type[Model], data: bytes) -> Model:
    """Understand JSON. Raises `ValidationError`.

    Half a surrogate pair, which programs send that cut a text in the middle of an emoji, becomes U+FFFD.
    """
    try:
        return model.model_validate_json(data, strict=True)
    except ValidationError:
        mended = mend(data)
        if mended == data:
            raise
        return model.model_validate_json(mended, strict=True)


def mend(data: bytes) -> bytes:
    """Return JSON in which no escape is half a surrogate pair."""
    return _ESCAPE.sub(lambda escape: rb"\ufffd" if escape[1] else escape[0], data)
