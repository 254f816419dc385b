"""What the hub offers to one channel."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from hub.engine.committer import Decided
from hub.engine.engine import Engine
from hub.links import FileLinks
from router.delivery import RECEIPT_ORDER, DeliveryState, Receipt
from router.media import Attachment
from router.ports import Chat, FeedEvent, Outgoing, Update
from router.store import DeliveryChange

_OURS = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.RETRYING, DeliveryState.UNKNOWN)


class ChannelHost:
    """Implements `router.ports.Host` for one channel."""

    def __init__(self, channel: str, engine: Engine, secret: str, links: FileLinks) -> None:
        self._channel = channel
        self._engine = engine
        self.secret = secret
        self._links = links
        self.files = engine.store.files
        self.clock = engine.clock

    def link(self, file: Attachment) -> str:
        """Return an address of a file, as `Host.link` says."""
        return self._links.issue(file)

    async def receive(self, updates: Sequence[Update]) -> Sequence[bool]:
        """Put updates into the ledger, as `Host.receive` says."""
        return await self._engine.intakes[self._channel].receive(updates)

    async def confirm(self, receipts: Sequence[Receipt]) -> None:
        """Record receipts, as `Host.confirm` says."""
        found = await self._engine.store.deliveries({receipt.delivery for receipt in receipts})
        changes, events = [], []
        for receipt in receipts:
            delivery, _ = found.get(receipt.delivery, (None, None))
            if delivery is None or delivery.channel != self._channel:
                continue
            changes.append(_change(receipt))
            now, where = self.clock.now(), delivery.conversation
            events.append(FeedEvent(0, now, "delivery", delivery.line, where, delivery.id))
        if changes:
            await self._engine.committer.submit(Decided(changes=changes, events=events))

    def typing(self, chat: str, *, text: str = "") -> None:
        """Show operators that the client is typing."""
        for lane in self._engine.lanes.values():
            conversation = lane.desk.of_chat(self._channel, chat)
            if conversation is not None:
                data = {"name": conversation.client_name, "text": text}
                event = FeedEvent(0, self.clock.now(), "typing", conversation.line, conversation.id, data=data)
                staff = (conversation.operator, *conversation.joined)
                self._engine.feed.mention(replace(event, staff=staff))

    async def chat(self, chat: str, *, after: int = 0, limit: int = 100) -> Chat:
        """Return what the client of a chat may see, with the name of whoever speaks with them."""
        page = await self._engine.store.chat(self._channel, chat, after, limit)
        return replace(page, operator=self._engine.book.name(page.operator) if page.operator else "")

    async def outgoing(self, *, after: int | None, limit: int = 100, wait: float = 0) -> Sequence[Outgoing]:
        """Return what waits to be fetched, as `Host.outgoing` says."""
        return await self._engine.outlets[self._channel].outgoing(after, limit, wait)

    async def fetched(self, cursor: int) -> None:
        """Record what has been fetched, as `Host.fetched` says."""
        await self._engine.outlets[self._channel].fetched(cursor)


def _change(receipt: Receipt) -> DeliveryChange:
    """A receipt only ever raises a delivery; what was read has also been delivered."""
    if receipt.state is DeliveryState.FAILED:
        return DeliveryChange(receipt.delivery, receipt.state, (*_OURS, DeliveryState.SENT), reason=receipt.reason)
    lower = RECEIPT_ORDER[: RECEIPT_ORDER.index(receipt.state)]
    return DeliveryChange(receipt.delivery, receipt.state, (*_OURS, *lower))
