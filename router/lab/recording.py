"""What a rehearsal plays: who came when, how long people took, and who was at work. Nothing of what anybody wrote."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from router.lab.lives import Life
from router.people import Presence


class Response(Struct, frozen=True, gc=False):
    """What somebody did who was asked to take a conversation."""

    operator: str
    #: seconds from the offer; for `nothing`, how long the offer stood
    after: float
    did: Literal["took", "let_go", "nothing"]


class Step(Struct, frozen=True, gc=False):
    """Something that was done while somebody held the conversation."""

    #: `ends` is the client closing the conversation, `to_operator` and `to_line` hand it on, `let_go` returns it
    kind: Literal["client", "reply", "let_go", "to_operator", "to_line", "close", "ends"]
    #: seconds since the step before it, or since the conversation was taken when that was later
    after: float
    #: the operator or line it is handed on to
    to: str = ""
    #: who handed it on or let it go
    by: str = ""


class Visit(Struct, frozen=True):
    """A client who came to wait for a person, from then to the end of the conversation.

    A conversation that was reopened is another visit: its client waited again.
    """

    #: unique in the recording
    id: str
    line: str
    #: the channel's name
    channel: str
    client: str
    at: datetime
    language: str = ""
    #: the client's own class, without what their line or wish gave them; empty for none
    priority: str = ""
    responsible: str = ""
    #: who had spoken with the client last
    previous: str = ""
    #: what the bot understood
    intent: str = ""
    #: in the order asked
    responses: tuple[Response, ...] = ()
    steps: tuple[Step, ...] = ()
    #: seconds from `at` after which it ended without ever having been taken; None when that did not happen
    gave_up: float | None = None
    #: who held it when the period began, if it had been taken before
    held_by: str = ""
    #: whether it waited for the client then
    answered: bool = False


class PresenceChange(Struct, frozen=True, gc=False):
    """An operator came, took a break or left."""

    at: datetime
    operator: str
    presence: Presence


class Recording(Struct, frozen=True):
    """The traffic of a period."""

    since: datetime
    until: datetime
    #: those who came within the period, in the order in which they came
    visits: tuple[Visit, ...]
    #: those who had come before, and were waiting or held when it began; they take room and are not counted
    before: tuple[Visit, ...] = ()
    #: operator → presence when the period began
    present: Mapping[str, Presence] = {}
    #: within the period, in order
    changes: tuple[PresenceChange, ...] = ()
    #: what became of `visits` in truth, in the same order
    lives: tuple[Life, ...] = ()
