"""The sending of messages, attempt by attempt. Frozen values, like those of `model`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from msgspec import Struct


class DeliveryState(StrEnum):
    """How far a delivery has got; see `DELIVERY_ORDER` for which may follow which."""

    QUEUED = "queued"
    SENDING = "sending"
    RETRYING = "retrying"
    #: the request may have arrived: nobody can tell
    UNKNOWN = "unknown"
    FAILED = "failed"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"


#: Cursors for deliveries between those of two events, more than a batch needs. Notices of events lie on the same scale.
CURSORS_PER_EVENT = 1 << 20
#: Receipts may only raise a delivery along this order.
RECEIPT_ORDER = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ)


class Action(StrEnum):
    """What a delivery does at the platform."""

    SEND = "send"
    #: replaces the text of what was sent before
    EDIT = "edit"
    #: takes back what was sent before
    DELETE = "delete"
    #: puts an operator's reaction to a message, or takes it away: `Message.reactions` is as it stands by then
    REACT = "react"


class Attempt(Struct, frozen=True):
    """One try at a delivery; in state `queued` it is nobody's try, but somebody wants it sent again from here on."""

    at: datetime
    state: DeliveryState
    #: the platform's own reason, when there is one
    reason: str = ""


class Delivery(Struct, frozen=True):
    """The attempt-tracked sending of one message to one place."""

    id: str
    message: str
    conversation: str
    line: str
    channel: str
    chat: str
    state: DeliveryState = DeliveryState.QUEUED
    attempts: tuple[Attempt, ...] = ()
    #: the platform's id of what was sent, or several joined by spaces; for what changes a message, of that message
    external_id: str = ""
    action: Action = Action.SEND
    #: when a `retrying` one is tried again
    next_at: datetime | None = None
    reason: str = ""
    #: rises with every delivery of the hub; given when it is committed, and anew when it is sent again
    cursor: int = 0
    #: what is posted, for a delivery that carries no message but a notice of its own, such as a webhook's
    body: str = ""
    #: the platform's id of the message it answers; filled in when it is sent, empty when there is none
    reply_external: str = ""


class Receipt(Struct, frozen=True):
    """What a platform later says about something we sent."""

    delivery: str
    state: Literal[DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ, DeliveryState.FAILED]
    reason: str = ""
