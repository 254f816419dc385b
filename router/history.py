"""Versions of the settings: who changed what and when, and where that is kept."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Protocol

from msgspec import Struct

from router.review import Change


class How(Enum):
    """How a version came about."""

    #: what was there when the hub began to keep versions
    FIRST = "first"
    #: somebody saved the file, and only the file tells of it
    EDITED = "edited"
    APPLIED = "applied"
    ROLLED_BACK = "rolled_back"


class Progress(Enum):
    """How far a version has come."""

    #: about to be written to the file; one that stays so never got there
    BEGUN = "begun"
    #: in the file
    SAVED = "saved"
    #: a hub has gone by it
    IN_FORCE = "in_force"


class Version(Struct, frozen=True, kw_only=True):
    """The settings file as it was from some moment on."""

    #: 1 is the first; rising
    id: int
    at: datetime
    #: empty for an edit by hand
    by: str
    how: How
    note: str = ""
    progress: Progress
    #: differs whenever the text differs
    revision: str
    #: against the version before; None where there was none that could be read
    changes: tuple[Change, ...] | None
    #: as it was written, `${NAME}` and comments included; empty where versions are listed
    text: str = ""


class History(Protocol):
    """Keeps the latest 1,000 versions. Raises `Retryable` when the database cannot be reached."""

    async def add(self, version: Version) -> None:
        """Keep a version. Raises `Conflict` when its number is taken."""

    async def advance(self, version: int, progress: Progress) -> None:
        """Note that a version has come further; it never goes back."""

    async def withdraw(self, version: int) -> None:
        """Forget a version that has only begun."""

    async def latest(self, *, begun: bool = False) -> Version | None:
        """Return the latest version that was saved, or with `begun` the latest of all."""

    async def find(self, version: int) -> Version | None:
        """Return one version."""

    async def page(self, before: int, limit: int) -> list[Version]:
        """Return versions with a number below `before` (0: from the end), newest first, without their texts."""
