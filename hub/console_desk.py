"""All consoles of a hub besides the page, which the hub serves itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from hub.console_host import HubConsoleHost
from hub.consoles import CONSOLES
from hub.engine.engine import Engine
from hub.engine.supervisor import Supervisor
from hub.link_codes import NOTEBOOK, LinkCodes, LinkOf, links_of, unlink
from hub.settings.model import ConsoleSettings
from router.consoles import Console, Figures, MeasuredConsole

if TYPE_CHECKING:
    from hub.hub import Hub


def part_of(console: str) -> str:
    """Return the name under which a console is kept running, which no channel can have."""
    return f"console:{console}"


class ConsoleDesk:
    """Starts and looks after consoles, and knows whose accounts there are whose."""

    def __init__(self, hub: Hub, engine: Engine, wanted: Mapping[str, ConsoleSettings]) -> None:
        self._hub = hub
        self._engine = engine
        self._supervisor: Supervisor | None = None
        self.codes = LinkCodes(engine.store.notebook(NOTEBOOK), engine.clock)
        #: name → console
        self.consoles: Mapping[str, Console] = {
            name: build(name, it) for name, it in wanted.items() if (build := CONSOLES[it.kind].build) is not None
        }

    async def start(self, supervisor: Supervisor) -> None:
        """Run every console."""
        self._supervisor = supervisor
        for name, console in self.consoles.items():
            secret = await self._engine.store.secret(part_of(name))
            host = HubConsoleHost(name, self._hub, self._engine, self.codes, secret)
            supervisor.keep(part_of(name), partial(console.run, host))

    @property
    def names(self) -> Sequence[str]:
        """The configured ones, by name."""
        return tuple(self.consoles)

    async def links(self) -> list[LinkOf]:
        """Return whose accounts are linked, by console and account."""
        return [it for name in self.consoles for it in await links_of(self._engine.store, name)]

    async def reach(self, operator: str) -> bool:
        """Return whether an operator works on one of them."""
        return any(it.link.operator == operator for it in await self.links())

    async def unlink(self, console: str, account: str) -> bool:
        """Take a link away; return whether there was one."""
        return console in self.consoles and await unlink(self._engine.store, console, account)

    def figures(self) -> dict[str, Figures]:
        """Return how those are that run and can be measured, by name."""
        measured = {name: it.figures() for name, it in self.consoles.items() if isinstance(it, MeasuredConsole)}
        return {name: found for name, found in measured.items() if found is not None}

    @property
    def faults(self) -> dict[str, int]:
        """Return console → 1 while it does not run, else 0."""
        return {name: int(bool(self._fault(name))) for name in self.consoles}

    @property
    def well(self) -> bool:
        """Whether all of them run."""
        return not any(self.faults.values())

    def health(self) -> dict[str, object]:
        """Return how each console is."""
        return {
            name: {"status": "failing" if self._fault(name) else "ok", "reason": self._fault(name)}
            for name in self.consoles
        }

    def _fault(self, console: str) -> str:
        return self._supervisor.faults.get(part_of(console), "") if self._supervisor is not None else ""
