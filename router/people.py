"""Clients with their addresses, operators and what changes about lines. Frozen values, like those of `model`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from router.absence import Absence
from router.media import Attachment


class Presence(StrEnum):
    """Whether an operator is at work."""

    AVAILABLE = "available"
    #: keeps their conversations, is offered no new ones
    BREAK = "break"
    AWAY = "away"


class Role(StrEnum):
    """What an operator may do; each role includes the ones before it."""

    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


class Identity(Struct, frozen=True):
    """One address of a client: who they are on one account of one kind of channel."""

    #: channel kind, for example `webchat`
    kind: str
    #: our account there (bot id, group id, site), so that two bots talking to one user are two addresses
    account: str
    #: the platform's own id of the user
    user: str

    @property
    def key(self) -> str:
        """The identity as one string, unique over all channels."""
        return f"{self.kind}:{self.account}:{self.user}"


class Sender(Struct, frozen=True):
    """What a platform tells about the person who wrote."""

    identity: Identity
    name: str = ""
    #: BCP 47, for example `en` or `ru-RU`; empty when unknown
    language: str = ""
    #: IANA name, such as `Europe/Berlin`; empty when unknown
    timezone: str = ""
    phone: str = ""
    email: str = ""
    #: anything else worth showing on the card, for example the page the visitor is on
    facts: Mapping[str, str] = {}
    #: their picture, as far as the platform has one: a file to be fetched, with `source`
    photo: Attachment | None = None


class Client(Struct, frozen=True):
    """A person who writes to us."""

    id: str
    name: str
    created_at: datetime
    language: str = ""
    timezone: str = ""
    phone: str = ""
    email: str = ""
    #: the operator who looks after them; empty for none
    responsible: str = ""
    #: name of their priority class; empty for none
    priority: str = ""
    #: identity keys
    identities: tuple[str, ...] = ()
    facts: Mapping[str, str] = {}
    #: their picture, once the hub has it
    photo: Attachment | None = None
    #: the platform's reference to their latest picture, whether the hub has that or not
    photo_source: str = ""
    #: the card that this one became a part of, when both turned out to be one person's; empty for none
    joined_to: str = ""


class OperatorState(Struct, frozen=True):
    """What changes about an operator while the hub runs; who they are is in the rules."""

    id: str
    presence: Presence = Presence.AWAY
    #: conversations they hold or are offered, as far as those count towards their capacity
    load: int = 0
    #: line → the same of that line
    loads: Mapping[str, int] = {}
    #: conversations they hold or are offered that wait for them; a running hub knows it, the store counts it
    open: int = 0
    #: conversations they hold that wait for the client; likewise
    waiting: int = 0
    #: line → conversations offered since the pool was last levelled
    given: Mapping[str, int] = {}
    #: line → when the last one was offered
    given_at: Mapping[str, datetime] = {}
    #: entered while the hub runs, or read from their calendar
    leave: tuple[Absence, ...] = ()
    #: which calendar that was, as a digest of its address; empty for none
    calendar: str = ""


class LineState(Struct, frozen=True):
    """What changes about a line while the hub runs; what it is, is in the rules."""

    id: str
    #: nothing is offered to anybody
    paused: bool = False
    #: who paused it, or let it go on, and when
    by: str = ""
    at: datetime | None = None
