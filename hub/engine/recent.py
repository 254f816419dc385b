"""What was committed lately, by id, so that telling of it needs no reading: it is the same as what the store holds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from msgspec.structs import replace

from router.delivery import Delivery, DeliveryState
from router.model import Conversation, Message
from router.people import Client
from router.store import Batch, DeliveryChange, Store

#: of each kind
_KEPT = 5_000
#: most of them are in their lanes' hands anyway
_CONVERSATIONS = 20_000
T = TypeVar("T")


class Shelf(Generic[T]):
    """The latest things of one kind; the oldest leave first."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._things: OrderedDict[str, T] = OrderedDict()

    def put(self, id_: str, thing: T) -> None:
        """Keep something as it is now."""
        self._things[id_] = thing
        self._things.move_to_end(id_)
        if len(self._things) > self._kept:
            self._things.popitem(last=False)

    def drop(self, id_: str) -> None:
        """Forget something."""
        self._things.pop(id_, None)

    def get(self, id_: str) -> T | None:
        """Return something that is still here."""
        return self._things.get(id_)

    def find(self, ids: Iterable[str]) -> tuple[dict[str, T], set[str]]:
        """Return those that are here, and the ids of those that are not."""
        found = {id_: thing for id_ in ids if (thing := self._things.get(id_)) is not None}
        return found, set(ids) - found.keys()


class Sendings:
    """The deliveries of the latest messages: all of a message's, from the first on, or none."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, dict[str, Delivery]] = OrderedDict()
        self._message: dict[str, str] = {}

    def said(self, message: str) -> None:
        """Follow a message that was just said."""
        self._of[message] = {}
        if len(self._of) > _KEPT:
            _, oldest = self._of.popitem(last=False)
            for delivery in oldest:
                del self._message[delivery]

    def put(self, delivery: Delivery) -> None:
        """Keep a delivery of a message that is followed."""
        siblings = self._of.get(delivery.message)
        if siblings is not None:
            siblings[delivery.id] = delivery
            self._message[delivery.id] = delivery.message

    def change(self, change: DeliveryChange) -> None:
        """Apply a change as the store does."""
        known = self.get(change.delivery)
        if known is not None and known.state in change.only_from:
            self.put(changed(known, change))

    def fetched(self, upto: Mapping[str, int], deliveries: Iterable[str]) -> None:
        """Let deliveries be sent that their platforms have fetched."""
        for it in filter(None, map(self.get, deliveries)):
            if it.state is DeliveryState.QUEUED and it.cursor <= upto.get(it.channel, 0):
                self.put(replace(it, state=DeliveryState.SENT))

    def get(self, delivery: str) -> Delivery | None:
        """Return a delivery that is still here."""
        message = self._message.get(delivery)
        return self._of[message][delivery] if message is not None else None

    def find(self, deliveries: Iterable[str]) -> tuple[dict[str, Delivery], set[str]]:
        """Return those that are here, and the ids of those that are not."""
        found = {id_: it for id_ in deliveries if (it := self.get(id_)) is not None}
        return found, set(deliveries) - found.keys()

    def of_messages(self, messages: Iterable[str]) -> tuple[dict[str, list[Delivery]], set[str]]:
        """Return message → its deliveries in the order made, and the messages that are not followed."""
        found = {id_: sorted(of.values(), key=_place) for id_ in messages if (of := self._of.get(id_)) is not None}
        return found, set(messages) - found.keys()


class Recent:
    """Takes in every batch of this process once it is durable."""

    def __init__(self) -> None:
        self.conversations: Shelf[Conversation] = Shelf(_CONVERSATIONS)
        self.messages: Shelf[Message] = Shelf()
        self.clients: Shelf[Client] = Shelf()
        #: how often cards of clients who are not here have changed
        self._missed = 0
        self.deliveries = Sendings()

    def take(self, batch: Batch) -> None:
        """Take in a batch."""
        for conversation in batch.conversations.values():
            self.conversations.put(conversation.id, conversation)
        for message in batch.messages:
            self.messages.put(message.id, message)
            self.deliveries.said(message.id)
        for message in batch.changed.values():
            self.messages.put(message.id, message)
        self._take_clients(batch)
        for delivery in batch.deliveries:
            self.deliveries.put(delivery)
        for change in batch.changes:
            self.deliveries.change(change)
        if batch.fetched:
            self.deliveries.fetched(batch.fetched, (each.subject for each in batch.events if each.type == "delivery"))

    def _take_clients(self, batch: Batch) -> None:
        """Take in what clients say about themselves, and what only their cards say."""
        for client in batch.clients.values():
            known = self.clients.get(client.id) or client
            self.clients.put(
                client.id,
                replace(
                    client, responsible=known.responsible, priority=known.priority, photo=known.photo or client.photo
                ),
            )
        for gone in batch.joined:
            self.clients.drop(gone)  # the store knows whose card it leads to
        for card in batch.cards.values():
            seen = self.clients.get(card.client)
            if seen is None:
                self._missed += 1
            else:
                responsible = seen.responsible if card.responsible is None else card.responsible
                priority = seen.priority if card.priority is None else card.priority
                photo = card.photo or seen.photo
                self.clients.put(seen.id, replace(seen, responsible=responsible, priority=priority, photo=photo))

    async def clients_of(self, ids: Iterable[str], store: Store) -> dict[str, Client]:
        """Return those that exist, by id; who had to be read is here from now on. Raises `Retryable`."""
        found, missing = self.clients.find(ids)
        missed, read = self._missed, await store.clients(missing) if missing else {}
        for client in read.values():
            # A card that changed while it was read may have been read as it was before.
            if self.clients.get(client.id) is None and self._missed == missed:
                self.clients.put(client.id, client)
        return read | found


def _place(delivery: Delivery) -> int:
    return delivery.cursor


def changed(delivery: Delivery, change: DeliveryChange) -> Delivery:
    """Return a delivery after a change that applies, as the store writes it."""
    attempts = (*delivery.attempts, change.attempt) if change.attempt is not None else delivery.attempts
    return replace(
        delivery,
        state=change.state,
        reason=change.reason,
        next_at=change.next_at,
        attempts=attempts,
        external_id=change.external_id or delivery.external_id,
        cursor=change.cursor or delivery.cursor,
    )
