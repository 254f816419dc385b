"""Subscriptions of integrators' programs, as they are kept: how far each has been told, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from msgspec import Struct

from router.delivery import Delivery
from router.model import Author, AuthorKind, Message, MessageKind

#: why a delivery failed whose receiver wants no more of them
GONE = "The receiver answered 410 Gone: it wants no more of these."


def channel_of(name: str) -> str:
    """Return the channel that the deliveries of a subscription are kept under."""
    return f"webhook:{name}"


def stand_in(notice: Delivery) -> Message:
    """Return what ways out carry in place of a message: one that was never said, with the notice's body as its text."""
    return Message(
        id=notice.id,
        conversation=notice.conversation,
        n=0,
        author=Author(AuthorKind.SYSTEM),
        kind=MessageKind.EVENT,
        text=notice.body,
        at=datetime.min.replace(tzinfo=UTC),
        channel=notice.channel,
        chat=notice.chat,
    )


class Standing(Struct, frozen=True):
    """How a subscription does, counted from its deliveries."""

    #: notices that are still to be posted, or to be posted again; not counted further than 100,000
    waiting: int = 0
    #: given up, or refused for good; counted likewise
    dead: int = 0
    last_success: datetime | None = None
    #: the latest attempt at the newest notice that has failed or is tried again
    last_failure: datetime | None = None
    #: why that attempt failed
    reason: str = ""

    @property
    def trouble(self) -> str:
        """Return why it fails now; empty when the last that is known went well."""
        if self.last_failure is None or (self.last_success is not None and self.last_success >= self.last_failure):
            return ""
        return self.reason


class WebhookStore(Protocol):
    """What is kept for subscriptions. Every method raises `Retryable` when the database cannot be reached."""

    async def cursor(self, name: str, begin: int) -> int:
        """Return up to which cursor of the feed notices have been made; a new subscription begins at `begin`."""

    async def links(self, name: str) -> dict[str, int]:
        """Return conversation → the number of the message up to which a partner has been told of it."""

    async def add(
        self,
        name: str,
        before: int,
        after: int,
        notices: Sequence[Delivery],
        at: datetime,
        links: Mapping[str, int] | None = None,
    ) -> None:
        """Keep notices and move the subscription's cursor from `before` to `after`, in one transaction.

        `links`, where given, take the place of those that were kept.
        Harmless when it has been done already. Raises `Conflict` when somebody else has moved the cursor.
        """

    async def standing(self, name: str) -> Standing:
        """Return how a subscription does."""

    async def dead(self, name: str, after: int, limit: int) -> list[Delivery]:
        """Return notices that have failed, oldest first, after a delivery's cursor."""

    async def find(self, notice: str) -> Delivery | None:
        """Return one notice."""

    async def resend(self, name: str, notices: Collection[str] | None, at: datetime) -> int:
        """Let dead notices, None for all, be posted again, and ring for the hub; return how many there were."""

    async def rings(self, name: str) -> int:
        """Return how often it has been rung for the hub to look at the subscription's deliveries again."""
