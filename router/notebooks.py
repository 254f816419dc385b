"""The small durable memory of whoever needs one: texts by key, such as what a console has drawn and where."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from msgspec import Struct


class Entry(Struct, frozen=True):
    """What is written under one key."""

    #: JSON, as a rule
    text: str
    #: when it is forgotten; None for never
    until: datetime | None = None


class Notebook(Protocol):
    """One notebook. Raises `Retryable` when the store cannot be reached."""

    async def get(self, key: str) -> str | None:
        """Return what is written under a key; None when nothing is, or it is over."""

    async def read(self, prefix: str) -> dict[str, str]:
        """Return everything whose key begins with `prefix`, in the order of the keys."""

    async def write(self, changes: Mapping[str, Entry | None]) -> None:
        """Write all of this, or nothing; None takes a key out."""

    async def take(self, key: str) -> str | None:
        """Take a key out and return what was written there: only one of several callers gets it."""


class Notebooks(Protocol):
    """All notebooks."""

    def notebook(self, name: str) -> Notebook:
        """Return the notebook of a name; it need not be made before."""
