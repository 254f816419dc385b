"""How a subscription is, in one word."""

from __future__ import annotations

from typing import Literal

from hub.settings.model import SubscriptionSettings
from router.webhooks import GONE

#: `gone`: the receiver has said that it wants no more; `paused`: the settings say so
Status = Literal["ok", "failing", "gone", "paused"]


def status_of(settings: SubscriptionSettings, trouble: str) -> Status:
    """Return how a subscription is whose latest notice met with `trouble`, which is empty when it was taken."""
    if not settings.enabled:
        return "paused"
    if trouble == GONE:
        return "gone"
    return "failing" if trouble else "ok"
