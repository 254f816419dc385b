"""One attempt at a delivery: hand it to the channel, and say truthfully what became of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from hub.engine.backoff import backoff
from router.delivery import Attempt, Delivery, DeliveryState
from router.errors import AuthFailed, Misconfigured, Rejected, Retryable, Uncertain
from router.model import Message
from router.ports import Channel, Clock
from router.store import DeliveryChange

_log = structlog.get_logger(__name__)
#: a platform that has not answered by then has been asked, and nobody knows
_PATIENCE = 60.0
#: retried no longer than this
GIVE_UP_AFTER = timedelta(hours=24)
_IN_FLIGHT = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.RETRYING)


@dataclass(frozen=True, slots=True)
class Attempted:
    """What became of one attempt."""

    delivery: Delivery
    message: Message
    change: DeliveryChange
    #: the channel itself is out of order: its credentials or settings
    channel_fault: str = ""

    @property
    def again_at(self) -> datetime | None:
        """When to try again; None when this delivery is settled."""
        return self.change.next_at if self.change.state is DeliveryState.RETRYING else None


async def attempt(channel: Channel, clock: Clock, delivery: Delivery, message: Message) -> Attempted:
    """Send once. Never raises: every outcome is a state."""
    fault = ""
    try:
        async with asyncio.timeout(_PATIENCE):
            sent = await channel.send(delivery, message)
        change = _change(delivery, clock.now(), sent.state, external_id=sent.external_id)
    except Rejected as error:
        change = _change(delivery, clock.now(), DeliveryState.FAILED, str(error))
    except Retryable as error:
        change = _later(delivery, clock.now(), str(error), error.after)
    except (AuthFailed, Misconfigured) as error:
        fault = str(error)
        change = _later(delivery, clock.now(), fault, timedelta(minutes=1))
    except (Uncertain, TimeoutError) as error:
        change = _doubtful(channel, delivery, clock.now(), str(error) or "The platform did not answer in time.")
    except Exception as error:
        _log.exception("delivery.fault", channel=channel.name, delivery=delivery.id)
        change = _doubtful(channel, delivery, clock.now(), f"{type(error).__name__}: {error}")
    return Attempted(delivery, message, change, fault)


def interrupted(clock: Clock, delivery: Delivery) -> DeliveryChange:
    """Return what becomes of a delivery that was being sent when the hub stopped: nobody knows whether it arrived."""
    return _change(delivery, clock.now(), DeliveryState.UNKNOWN, "The hub stopped while this was being sent.")


def _change(
    delivery: Delivery, now: datetime, state: DeliveryState, reason: str = "", *, external_id: str = ""
) -> DeliveryChange:
    tried = Attempt(now, state, reason)
    return DeliveryChange(delivery.id, state, _IN_FLIGHT, tried, external_id=external_id, reason=reason)


def _later(delivery: Delivery, now: datetime, reason: str, after: timedelta | None) -> DeliveryChange:
    began = delivery.attempts[0].at if delivery.attempts else now
    if now - began >= GIVE_UP_AFTER:
        return _change(delivery, now, DeliveryState.FAILED, f"Given up after a day of trying. {reason}")
    wait = after if after is not None else backoff(len(delivery.attempts) + 1, first=1.0)
    tried = Attempt(now, DeliveryState.RETRYING, reason)
    return DeliveryChange(delivery.id, DeliveryState.RETRYING, _IN_FLIGHT, tried, next_at=now + wait, reason=reason)


def _doubtful(channel: Channel, delivery: Delivery, now: datetime, reason: str) -> DeliveryChange:
    """Resolve by the channel's policy: where sending again cannot make a double, send again; else say so."""
    if channel.capabilities.idempotent:
        return _later(delivery, now, reason, None)
    return _change(delivery, now, DeliveryState.UNKNOWN, reason)
