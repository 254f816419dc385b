"""All subscriptions of a hub."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from hub.catalogs import read_catalog
from hub.engine.engine import Engine
from hub.engine.supervisor import Supervisor
from hub.settings.model import SubscriptionSettings
from hub.web.facade import Hub
from hub.webhooks.notices import Notices
from hub.webhooks.status import status_of
from hub.webhooks.subscription import Subscription
from router.webhooks import channel_of


class Webhooks:
    """Starts, stops and looks after the subscriptions of the settings."""

    def __init__(self, hub: Hub, engine: Engine, wanted: Mapping[str, SubscriptionSettings]) -> None:
        self._supervisor: Supervisor | None = None
        self._subscriptions: dict[str, Subscription] = {}
        if wanted:
            texts = read_catalog("hub.web")
            for name, settings in wanted.items():
                notices = Notices(name, settings, hub, texts)
                self._subscriptions[name] = Subscription(name, settings, notices, engine)

    def start(self, supervisor: Supervisor) -> None:
        """Run every subscription that is not paused."""
        self._supervisor = supervisor
        for name, subscription in self._subscriptions.items():
            if subscription.settings.enabled:
                supervisor.keep(channel_of(name), subscription.run)

    def look_again(self, name: str) -> None:
        """Have a subscription read again what waits for it in the store."""
        if name in self._subscriptions:
            self._subscriptions[name].outbox.look_again()

    @property
    def well(self) -> bool:
        """Whether nothing fails; what is paused is well."""
        return not any(map(self._trouble, self._subscriptions))

    def health(self) -> dict[str, object]:
        """Return how each subscription is."""
        return {name: self._health(name, subscription) for name, subscription in self._subscriptions.items()}

    def _health(self, name: str, subscription: Subscription) -> dict[str, object]:
        reason = self._trouble(name)
        return {
            "status": status_of(subscription.settings, reason),
            "reason": reason,
            "deliveries": len(subscription.outbox),
            "behind": subscription.behind,
        }

    def _trouble(self, name: str) -> str:
        fault = self._supervisor.faults.get(channel_of(name), "") if self._supervisor is not None else ""
        return fault or self._subscriptions[name].receiver.trouble

    async def stop(self) -> None:
        """Make no more notices, and let what is being posted come to its end."""
        await asyncio.gather(*(subscription.stop() for subscription in self._subscriptions.values()))
