"""The store port for those who lead: how lines stand, their queues, and what is late on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from router.model import Conversation, State


class Standing(Struct, frozen=True):
    """How one line stands."""

    #: state → how many conversations are in it; closed ones are not counted
    states: Mapping[State, int] = {}
    #: since when the client waits who has waited longest for a person; None when nobody does
    since: datetime | None = None
    #: conversations with a target of the SLA that staff were warned of and that is not missed yet
    at_risk: int = 0
    #: conversations with a target that is missed, and whose client still waits for us
    missed: int = 0


class Overviews(Protocol):
    """What lines come to, read for those who lead. Raises `Retryable` when the database cannot be reached."""

    async def standings(self, lines: Collection[str], now: datetime) -> dict[str, Standing]:
        """Return how each of these lines stands."""

    async def queue_of(self, line: str, *, after: str = "", limit: int = 100) -> tuple[list[Conversation], str]:
        """Return what is queued or offered on a line, the first to be asked for first, and the next page's token.

        The token is empty at the end. Raises `Rejected` for one that is not ours.
        """

    async def late_of(self, line: str, limit: int) -> list[Conversation]:
        """Return a line's conversations with a target that staff were warned of, the first to be missed first."""
