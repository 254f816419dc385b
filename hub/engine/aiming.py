"""Points a delivery at what it speaks of, right before it is sent: by the ids that the platform has given."""

from __future__ import annotations

from msgspec.structs import replace

from hub.engine.backoff import persist
from router.delivery import RECEIPT_ORDER, Action, Delivery
from router.model import AuthorKind, Message
from router.store import Store


async def aimed(store: Store, delivery: Delivery, message: Message) -> Delivery:
    """Return a delivery with the platform's ids of what it changes and of what it answers.

    They are empty when that never arrived. What went out before it is recorded by now.
    """
    if delivery.action is Action.SEND:
        return await _answering(store, delivery, message) if message.reply_to else delivery
    if message.author.kind is AuthorKind.CLIENT:
        return replace(delivery, external_id=message.external_id)
    return replace(delivery, external_id=await _sent_as(store, message.id))


async def _answering(store: Store, delivery: Delivery, message: Message) -> Delivery:
    found = await persist("read a message", lambda: store.messages_by_id([message.reply_to]))
    answered = found.get(message.reply_to)
    if answered is None:
        return delivery
    ours = answered.author.kind is not AuthorKind.CLIENT
    external = await _sent_as(store, answered.id) if ours else answered.external_id
    return replace(delivery, reply_external=external.partition(" ")[0])


async def _sent_as(store: Store, message: str) -> str:
    """Return the platform's id of a message of ours, or several joined by spaces; empty when it never arrived."""
    found = await persist("read deliveries", lambda: store.deliveries_of([message]))
    arrived = (it for it in found.get(message, ()) if it.action is Action.SEND and it.state in RECEIPT_ORDER)
    return next((it.external_id for it in arrived), "")
