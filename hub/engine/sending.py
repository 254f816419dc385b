"""One attempt at a delivery: hand it to the channel, and say truthfully what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

import structlog

from hub.engine.backoff import backoff
from router.delivery import Action, Attempt, Delivery, DeliveryState
from router.errors import AuthFailed, Misconfigured, Rejected, Retryable, Uncertain
from router.model import Message
from router.ports import Channel, Clock
from router.store import DeliveryChange

_log = structlog.get_logger(__name__)
#: a platform that has not answered by then has been asked, and nobody knows
_PATIENCE = 60.0
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


def _refuse_pointless(delivery: Delivery, message: Message) -> None:
    """Raise `Rejected` for what has nothing to change, and for what was taken back before it was sent."""
    if delivery.action is Action.SEND and message.deleted_at is not None:
        raise Rejected("The message was deleted before it could be sent.")
    if delivery.action is not Action.SEND and not delivery.external_id:
        raise Rejected(
            "The message itself is not known to have arrived, so there is nothing to change at the client's."
        )


async def attempt(channel: Channel, clock: Clock, delivery: Delivery, message: Message) -> Attempted:
    """Send once. Never raises: every outcome is a state."""
    fault = ""
    try:
        _refuse_pointless(delivery, message)
        async with asyncio.timeout(_PATIENCE):
            sent = await channel.send(delivery, message)
        change = _change(delivery, clock.now(), sent.state, external_id=sent.external_id)
    except Rejected as error:
        change = _change(delivery, clock.now(), DeliveryState.FAILED, str(error))
    except Retryable as error:
        change = _later(channel, delivery, clock.now(), str(error), error.after)
    except (AuthFailed, Misconfigured) as error:
        fault = str(error)
        change = _later(channel, delivery, clock.now(), fault, timedelta(minutes=1))
    except (Uncertain, TimeoutError) as error:
        change = _doubtful(channel, delivery, clock.now(), str(error) or "The platform did not answer in time.")
    except Exception as error:
        _log.exception("delivery.fault", channel=channel.name, delivery=delivery.id)
        change = _doubtful(channel, delivery, clock.now(), f"{type(error).__name__}: {error}")
    return Attempted(delivery, message, change, fault)


def superseded(clock: Clock, waiting: Sequence[tuple[Delivery, Message]]) -> Attempted | None:
    """Return what becomes of the first of a chat's deliveries when a later one changes the same message again.

    What it would have shown the client is not shown for a moment only to be replaced: the later one needs no help.
    """
    first, message = waiting[0]
    if first.action is not Action.EDIT:
        return None
    later = (it for it, _ in islice(waiting, 1, None) if it.message == first.message)
    if not any(it.action in {Action.EDIT, Action.DELETE} for it in later):
        return None
    reason = "Not sent by itself: a later change of the same message took its place."
    return Attempted(first, message, _change(first, clock.now(), DeliveryState.SENT, reason))


def interrupted(clock: Clock, delivery: Delivery) -> DeliveryChange:
    """Return what becomes of a delivery that was being sent when the hub stopped: nobody knows whether it arrived."""
    return _change(delivery, clock.now(), DeliveryState.UNKNOWN, "The hub stopped while this was being sent.")


def _change(
    delivery: Delivery, now: datetime, state: DeliveryState, reason: str = "", *, external_id: str = ""
) -> DeliveryChange:
    tried = Attempt(now, state, reason)
    return DeliveryChange(delivery.id, state, _IN_FLIGHT, tried, external_id=external_id, reason=reason)


def _later(channel: Channel, delivery: Delivery, now: datetime, reason: str, after: timedelta | None) -> DeliveryChange:
    """Try again after a growing pause, and no sooner than the platform asks; the last try is made when time is up."""
    can, tries = channel.capabilities, _tries(delivery)
    last = (tries[0].at if tries else now) + can.give_up_after
    if now >= last:
        reason = f"Given up after {_in_words(can.give_up_after)} of trying. {reason}"
        return _change(delivery, now, DeliveryState.FAILED, reason)
    pause = backoff(len(tries) + 1, first=1.0, longest=can.longest_pause.total_seconds())
    again = min(last, now + max(pause, after or timedelta()))
    tried = Attempt(now, DeliveryState.RETRYING, reason)
    return DeliveryChange(delivery.id, DeliveryState.RETRYING, _IN_FLIGHT, tried, next_at=again, reason=reason)


def _tries(delivery: Delivery) -> list[Attempt]:
    """Return the attempts since the delivery was made, or since somebody last wanted it sent again."""
    afresh = [n for n, each in enumerate(delivery.attempts, 1) if each.state is DeliveryState.QUEUED]
    return list(delivery.attempts[max(afresh, default=0) :])


def _in_words(duration: timedelta) -> str:
    hours = duration / timedelta(hours=1)
    return f"{hours / 24:.3g} days" if hours > 24 else f"{hours:.3g} hours"


def _doubtful(channel: Channel, delivery: Delivery, now: datetime, reason: str) -> DeliveryChange:
    """Resolve by the channel's policy: where sending again cannot make a double, send again; else say so."""
    if channel.capabilities.idempotent:
        return _later(channel, delivery, now, reason, None)
    return _change(delivery, now, DeliveryState.UNKNOWN, reason)
