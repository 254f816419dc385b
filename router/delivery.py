"""The sending of messages, attempt by attempt. Frozen values, like those of `model`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal


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


#: Receipts may only raise a delivery along this order.
RECEIPT_ORDER = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a delivery."""

    at: datetime
    state: DeliveryState
    #: the platform's own reason, when there is one
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The attempt-tracked sending of one message to one place."""

    id: str
    message: str
    conversation: str
    line: str
    channel: str
    chat: str
    state: DeliveryState = DeliveryState.QUEUED
    attempts: tuple[Attempt, ...] = ()
    #: the platform's id of what was sent
    external_id: str = ""
    #: when a `retrying` one is tried again
    next_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a platform later says about something we sent."""

    delivery: str
    state: Literal[DeliveryState.DELIVERED, DeliveryState.READ, DeliveryState.FAILED]
    reason: str = ""
