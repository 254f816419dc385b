"""One-time addresses by which a client we know goes on in another messenger, where they are then known too."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from msgspec import Struct

#: how long an invitation is good
LASTS = timedelta(days=1)
#: what a link carries tells an invitation from a campaign by this; Latin letters, digits, `_` and `-` pass everywhere
_PREFIX, _BYTES = "card-", 24
_TOKEN = re.compile(rf"{_PREFIX}[A-Za-z0-9_-]{{{_BYTES * 4 // 3}}}")


class Invitation(Struct, frozen=True):
    """Whoever opens its address is the client of a conversation."""

    #: SHA-256 of the token in the address, which itself is kept nowhere
    digest: str
    client: str
    #: where it was made, and where staff read that it was followed
    conversation: str
    #: the operator who made it
    by: str
    until: datetime


class CardsJoined(Struct, frozen=True):
    """Two cards turned out to be one person's: what a line has in its hands of one is the other's."""

    id: str
    line: str
    gone: str
    kept: str


class InvitationFollowed(Struct, frozen=True):
    """A client has followed the invitation that was made in a conversation."""

    id: str
    conversation: str
    #: as they are called there
    name: str
    #: that they are known on now
    channel: str


class Invitations(Protocol):
    """Keeps invitations. Raises `Retryable` when the database cannot be reached."""

    async def add_invitation(self, invitation: Invitation) -> None:
        """Keep an invitation until it is over."""

    async def invitations(self, digests: Collection[str]) -> Mapping[str, Invitation]:
        """Return those that nobody has followed, by digest; also when they are over."""


@runtime_checkable
class Inviting(Protocol):
    """A channel whose platform has addresses that open a chat with us and hand a token over."""

    def invitation(self, token: str) -> str:
        """Return the address that opens a chat with `token` as the payload of `ClientStarted`. Raises `Retryable`."""


def new_token() -> str:
    """Return a token that nobody can guess: 37 Latin letters, digits, `_` and `-`."""
    return _PREFIX + secrets.token_urlsafe(_BYTES)


def is_token(payload: str) -> bool:
    """Return whether what a link carried is an invitation's token, and not a campaign."""
    return _TOKEN.fullmatch(payload) is not None


def digest_of(token: str) -> str:
    """Return what an invitation is kept under."""
    return hashlib.sha256(token.encode()).hexdigest()
