"""What the hub offers to one console."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from hub.engine.engine import Engine
from hub.inviting import invite, inviting
from hub.link_codes import LinkCodes
from router.catalog import Catalog
from router.delivery import Delivery
from router.effects import Explain
from router.media import Attachment
from router.model import Conversation, Message
from router.overview import Standing
from router.people import Client, OperatorState
from router.ports import Capabilities, FeedEvent
from router.rulebook import Rulebook
from router.store import Filter

if TYPE_CHECKING:
    from hub.hub import Hub

_NOTHING = Capabilities()


class HubConsoleHost:
    """Implements `router.consoles.ConsoleHost`."""

    def __init__(self, console: str, hub: Hub, engine: Engine, codes: LinkCodes, secret: str) -> None:
        self._hub = hub
        self._engine = engine
        self._codes = codes
        self._console = console
        self.secret = secret
        self.clock = engine.clock
        self.notes = engine.store.notebook(f"console:{console}")
        self.files = engine.store.files
        self.may_see = hub.may_see
        self.allowed = hub.allowed
        self.on_shift = hub.on_shift
        self.is_paused = hub.is_paused
        self.command = hub.command
        self.mark_seen = hub.mark_seen
        self.conversation = hub.conversation

    @property
    def book(self) -> Rulebook:
        """The rules in force."""
        return self._engine.book

    @property
    def catalog(self) -> Catalog:
        """The core's texts."""
        return self._engine.book.catalog

    @property
    def roster(self) -> Mapping[str, OperatorState]:
        """The operators as they are now."""
        return self._engine.roster.states

    @property
    def cursor(self) -> int:
        """The feed's latest cursor."""
        return self._engine.feed.cursor

    def follow(self, after: int) -> AsyncIterator[list[FeedEvent]]:
        """Follow the feed."""
        return self._engine.feed.follow(after)

    async def list_conversations(self, wanted: Filter, *, limit: int = 50) -> list[Conversation]:
        """Return the latest conversations."""
        return (await self._engine.store.list_conversations(wanted, limit=limit))[0]

    async def messages(self, conversation: str, *, before: int = 0, limit: int = 100) -> list[Message]:
        """Return messages, oldest first."""
        return await self._engine.store.messages(conversation, before=before, limit=limit)

    async def messages_by_id(self, ids: Collection[str]) -> dict[str, Message]:
        """Return those that exist, the latest from memory."""
        found, missing = self._engine.recent.messages.find(ids)
        return found | (await self._engine.store.messages_by_id(missing) if missing else {})

    async def deliveries_of(self, messages: Collection[str]) -> dict[str, list[Delivery]]:
        """Return message id → its deliveries, the latest from memory."""
        found, missing = self._engine.recent.deliveries.of_messages(messages)
        return found | (await self._engine.store.deliveries_of(missing) if missing else {})

    async def client(self, client: str) -> Client | None:
        """Return one client."""
        return self._engine.recent.clients.get(client) or await self._engine.store.client(client)

    async def explanations(self, conversation: str) -> list[tuple[datetime, Explain]]:
        """Return why the rules decided as they did."""
        return await self._engine.store.explanations(conversation)

    async def standings(self, lines: Collection[str]) -> dict[str, Standing]:
        """Return how each of these lines stands."""
        return await self._engine.store.standings(lines, self.clock.now())

    def capabilities(self, channel: str) -> Capabilities:
        """Return what a channel can do."""
        known = self._hub.channels.get(channel)
        return known.capabilities if known is not None else _NOTHING

    def link(self, file: Attachment) -> str:
        """Return an address under which a file is read for a week."""
        return self._hub.links.issue(file)

    @property
    def inviting(self) -> Sequence[str]:
        """The channels that clients can be invited to."""
        return inviting(self._hub.channels)

    async def invite(self, conversation: Conversation, operator: str, channel: str) -> tuple[str, datetime]:
        """Return an address by which the client is known on another channel too, and until when it is good."""
        return await invite(self._engine.store, self.clock, self._hub.channels, conversation, operator, channel)

    async def redeem(self, code: str, by: str) -> str | None:
        """Return the operator whose one-time code it is."""
        return await self._codes.redeem(code, f"{self._console}:{by}")
