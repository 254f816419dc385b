"""How programs sign in. Frozen values, like those of `model`."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Token(Struct, frozen=True):
    """A bearer token with which a program acts as an operator."""

    name: str
    #: SHA-256 of the token, which itself is kept nowhere
    digest: str
    operator: str
    made_at: datetime
    #: None for one that does not end by itself
    expires_at: datetime | None = None
    #: to the minute
    last_used_at: datetime | None = None
