"""What a visitor has received and read, told to the hub once each."""

from __future__ import annotations

from collections.abc import Iterable

from router.delivery import RECEIPT_ORDER, DeliveryState, Receipt
from router.errors import Retryable
from router.ports import Entry, Host

_REACHED = {state: rank for rank, state in enumerate(RECEIPT_ORDER)}


class Receipts:
    """The deliveries shown to one window that are not known to be read yet.

    A page speaks of cursors, never of deliveries, so it cannot confirm what is not its own.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        #: delivery id → (cursor of its message, how far it is known to have got)
        self._open: dict[str, tuple[int, DeliveryState]] = {}

    def watch(self, entries: Iterable[Entry]) -> None:
        """Remember what is on its way to the visitor."""
        for entry in entries:
            if entry.delivery and entry.state is not DeliveryState.READ:
                self._open.setdefault(entry.delivery, (entry.cursor, entry.state))

    async def received(self, cursor: int) -> None:
        """Everything up to `cursor` has arrived."""
        await self._confirm(cursor, DeliveryState.DELIVERED)

    async def read(self, cursor: int) -> None:
        """Everything up to `cursor` has been read."""
        await self._confirm(cursor, DeliveryState.READ)

    async def _confirm(self, cursor: int, state: DeliveryState) -> None:
        rank = _REACHED[state]
        raised = {
            delivery: at
            for delivery, (at, known) in self._open.items()
            if at <= cursor and _REACHED.get(known, 0) < rank
        }
        if not raised:
            return
        try:
            await self._host.confirm([Receipt(delivery, state) for delivery in raised])  # type: ignore[arg-type]  # one of the literal's states
        except Retryable:
            return  # still open here: told again with the next receipt or the next connection
        for delivery, at in raised.items():
            if state is DeliveryState.READ:
                self._open.pop(delivery, None)
            else:
                self._open[delivery] = (at, state)
