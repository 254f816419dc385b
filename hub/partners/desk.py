"""All partners of a hub."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from hub.catalogs import read_catalog
from hub.engine.engine import Engine
from hub.engine.supervisor import Supervisor
from hub.partners.bridge import Bridge, part_of
from hub.settings.model import PartnerSettings
from hub.web.facade import Hub


class Partners:
    """Starts, stops and looks after the bridges to other hubs."""

    def __init__(self, hub: Hub, engine: Engine, wanted: Mapping[str, PartnerSettings]) -> None:
        self._supervisor: Supervisor | None = None
        texts = read_catalog("hub.partners") if wanted else None
        self._bridges = {
            name: Bridge(name, settings, hub, engine, texts) for name, settings in wanted.items() if texts is not None
        }

    def start(self, supervisor: Supervisor) -> None:
        """Run every bridge."""
        self._supervisor = supervisor
        for name, bridge in self._bridges.items():
            supervisor.keep(part_of(name), bridge.run)

    @property
    def well(self) -> bool:
        """Whether every other hub can be reached and takes what it is told."""
        return not any(map(self._trouble, self._bridges))

    def health(self) -> dict[str, object]:
        """Return how each partner is, by operator."""
        return {name: self._health(name, bridge) for name, bridge in self._bridges.items()}

    def _health(self, name: str, bridge: Bridge) -> dict[str, object]:
        reason = self._trouble(name)
        return {
            "status": "failing" if reason else "ok",
            "reason": reason,
            "deliveries": len(bridge.outbox),
            "behind": bridge.behind,
        }

    def _trouble(self, name: str) -> str:
        fault = self._supervisor.faults.get(part_of(name), "") if self._supervisor is not None else ""
        return fault or self._bridges[name].trouble or self._bridges[name].receiver.trouble

    async def stop(self) -> None:
        """Tell and hear no more, and let what is being posted come to its end."""
        await asyncio.gather(*(bridge.stop() for bridge in self._bridges.values()))
