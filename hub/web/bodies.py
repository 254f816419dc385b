"""What the API takes: every body and query, with its limits. Unknown fields are errors."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from router.absence import Reason, moment
from router.media import MOST_ENTITIES, EntityKind
from router.model import JoinMode
from router.people import Presence

#: characters an operator may write at once
MAX_TEXT = 20_000
#: files with one message
MAX_ATTACHMENTS = 10


def _speakable(text: str) -> str:
    """Refuse what no messenger and no database can carry."""
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("the text contains characters that cannot be sent: NUL or half of a surrogate pair")
    return text


Text = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_speakable)]
Id = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_speakable)]


class Body(BaseModel):
    """A request's body or query: unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    #: it may be left out altogether
    optional: ClassVar[bool] = False


class Nothing(Body):
    """No fields."""


class SignIn(Body):
    """An operator's name and password."""

    operator: Id
    password: Annotated[str, Field(min_length=1, max_length=1000)]


class WantedConversations(Body):
    """Which conversations to list."""

    #: `mine`: held by, offered to or joined by whoever asks; `queue`: queued and offered; `all`: whatever is not closed
    view: Literal["mine", "queue", "all", "closed"] = "mine"
    #: only this line
    line: str = ""
    #: `next` of the page before
    cursor: Annotated[str, Field(max_length=500)] = ""
    #: at most so many
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class WantedMessages(Body):
    """Which messages to read: those with a number below `before`, 0 for the last ones."""

    #: only messages with a number below this; 0 for the last ones
    before: Annotated[int, Field(ge=0, le=2**53)] = 0
    #: at most so many
    limit: Annotated[int, Field(ge=1, le=200)] = 60


class _Said(Body):
    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["text"], "properties": {"text": {"pattern": r"\S"}}},
                {"required": ["attachments"], "properties": {"attachments": {"minItems": 1}}},
            ]
        }
    )

    text: Text = ""
    #: ids of uploaded files
    attachments: Annotated[tuple[Id, ...], Field(max_length=MAX_ATTACHMENTS)] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.text.strip() and not self.attachments:
            raise ValueError("write a text or attach a file")
        return self


class Part(Body):
    """A part of a text that is shown in its own way; channels that cannot show the text as it is."""

    kind: EntityKind
    #: characters (code points) from the text's beginning
    start: Annotated[int, Field(ge=0, le=MAX_TEXT)]
    #: characters
    length: Annotated[int, Field(ge=1, le=MAX_TEXT)]
    #: where a `link` leads: https, http, mailto or tg
    url: Annotated[str, Field(max_length=2048), AfterValidator(_speakable)] = ""


Parts = Annotated[tuple[Part, ...], Field(max_length=MOST_ENTITIES)]


class NewReply(_Said):
    """An answer to the client."""

    #: the message of the conversation that it answers; empty for none
    reply_to: Annotated[str, Field(max_length=200), AfterValidator(_speakable)] = ""
    entities: Parts = ()


class NewText(Body):
    """What a message shall say from now on; empty only where it has files."""

    text: Text
    entities: Parts = ()


class NewReaction(Body):
    """An operator's reaction to a message."""

    #: one emoji; empty takes it away
    emoji: Annotated[str, Field(max_length=32), AfterValidator(_speakable)]


class NewClose(Body):
    """Why a conversation is closed, for staff and reports."""

    optional = True

    reason: Annotated[str, Field(max_length=500), AfterValidator(_speakable)] = ""


class NewNote(_Said):
    """Something only staff see."""

    kind: Literal["note", "whisper"] = "note"


class NewTransfer(Body):
    """To whom the conversation goes: a colleague or a line."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": [target], "properties": {target: {"minLength": 1}}}
                for target in ("to_operator", "to_line")
            ]
        }
    )

    to_operator: Annotated[str, Field(max_length=200)] = ""
    to_line: Annotated[str, Field(max_length=200)] = ""
    comment: Text = ""

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if bool(self.to_operator) == bool(self.to_line):
            raise ValueError("name a colleague in to_operator or a line in to_line, and not both")
        return self


class NewJoin(Body):
    """How to take part: seen by the client or not."""

    mode: JoinMode = JoinMode.OPEN


class SeenUpTo(Body):
    """The number of the last message that was read."""

    n: Annotated[int, Field(ge=0, le=2**53)]


class NewPromise(Body):
    """When an operator has promised to write."""

    #: RFC 3339 with an offset; in the future, at most a year ahead
    until: AwareDatetime
    #: what was promised
    text: Annotated[str, Field(max_length=1000), AfterValidator(_speakable)] = ""


class NewPlace(Body):
    """Before which conversation it is to wait."""

    #: null for the first place
    before: Id | None = None


class NewClient(Body):
    """What a client is to us; what is left out stays as it is."""

    #: the operator who looks after them; empty for nobody
    responsible: Annotated[str, Field(max_length=200)] | None = None
    #: name of a priority class; empty for none
    priority: Annotated[str, Field(max_length=200)] | None = None


class NewInvitation(Body):
    """Where a client shall be known too."""

    #: the name of a channel that clients can be invited to, see `inviting` in `GET /me`
    channel: Id


class NewResend(Body):
    """Which delivery to send again."""

    delivery: Id


class NewPresence(Body):
    """Whether the operator is at work."""

    presence: Presence


def _edge(text: str) -> str:
    """Refuse what is no time of leave; which day a date is depends on who takes the leave."""
    if text:
        moment(text, ZoneInfo("UTC"))
    return text


_TIME = {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}, {"const": ""}]}
Edge = Annotated[str, AfterValidator(_edge), WithJsonSchema(_TIME)]


class NewLeave(Body):
    """From when until when an operator does not work."""

    #: a date, or a moment with its offset; empty for now
    from_: Annotated[Edge, Field(alias="from")] = ""
    #: a date, which is included, or a moment; empty for the end of the day on which it begins
    to: Edge = ""
    reason: Reason = "vacation"
    note: Annotated[str, Field(max_length=200), AfterValidator(_speakable)] = ""


class NewFile(Body):
    """What an uploaded file is called."""

    #: shown to the client; its type is judged by its content
    name: Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_speakable)]


class WantedEvents(Body):
    """What to read of the feed: after a cursor, waiting up to `wait` seconds when there is nothing yet."""

    #: the last cursor that was seen
    after: Annotated[int, Field(ge=0, le=2**53)]
    #: seconds; 0 answers at once
    wait: Annotated[float, Field(ge=0, le=60)] = 25


class SocketStart(Body):
    """Where a socket begins to read the feed."""

    #: the last cursor that was seen
    after: Annotated[int, Field(ge=0, le=2**53)]


class Watch(Body):
    """What a console tells over its socket: these conversations it shows, so that it is told when they leave."""

    watch: Annotated[tuple[Id, ...], Field(max_length=1000)]
