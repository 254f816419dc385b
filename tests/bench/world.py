"""What a hub is filled with before it is measured: lines, operators, conversations and messages, and their names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import yaml

#: where the traffic is: conversations of the first operator of the first line
CHANNEL = "shop"
#: where new clients write
FRONT = "front"
#: the variable that holds the channels' token
TOKEN_NAME = "BENCH_CHANNEL_TOKEN"  # the name of a variable
#: conversations that an operator may hold: the most that the settings allow
CAPACITY = 1000
#: within the time that the hub holds timers in memory, and longer than anything here waits for an answer
OFFER_TIMEOUT = "9m"
#: so long that triage always gets its say: a hub under load must not look faster by leaving it out
TRIAGE_TIMEOUT = "30s"


@dataclass(frozen=True, slots=True)
class World:
    """One hub as it is at its start."""

    lines: int = 1
    operators_per_line: int = 10
    #: open conversations of the first operator, between which the traffic goes
    talks: int = 500
    #: open conversations altogether
    conversations: int = 1_000
    #: messages in each of them; even
    said: int = 10
    #: messages altogether; those that are not in open conversations are in closed ones
    messages: int = 10_000
    #: operators of the line that new clients are handed to, 0 for no such line
    front: int = 0

    @property
    def line_names(self) -> list[str]:
        """The lines that hold conversations from the start."""
        return [f"line{number:03}" for number in range(1, self.lines + 1)]

    def operators_of(self, line: str) -> list[str]:
        """Return a line's operators."""
        count = self.front if line == FRONT else self.operators_per_line
        return [f"{line}-{number:02}" for number in range(1, count + 1)]

    @property
    def operators(self) -> list[str]:
        """Everybody who holds conversations from the start; the first one answers."""
        return [operator for line in self.line_names for operator in self.operators_of(line)]

    def holders(self) -> Iterator[str]:
        """Yield who holds each open conversation: the talks are the first operator's, the others share the rest."""
        first, *others = self.operators
        yield from [first] * self.talks
        yield from islice(cycle(others), self.conversations - self.talks)

    def settings(self, data: Path) -> str:
        """Return the settings file."""
        return yaml.safe_dump(self._settings(data), sort_keys=False)

    def _settings(self, data: Path) -> dict[str, Any]:
        lines = [*self.line_names, *([FRONT] if self.front else [])]
        token = f"${{{TOKEN_NAME}}}"
        homes = {CHANNEL: lines[0]} | ({FRONT: FRONT} if self.front else {})
        return {
            "hub": {"port": 0, "data": str(data), "api_rate": None},
            "channels": {name: {"kind": "http", "line": line, "tokens": [token]} for name, line in homes.items()},
            "lines": {name: self._line(name) for name in lines},
            "operators": {
                name: {"name": f"Operator {name}", "capacity": CAPACITY}
                for line in lines
                for name in self.operators_of(line)
            },
            "triage": {"timeout": TRIAGE_TIMEOUT, "intents": {"complaint": {"do": "handoff"}}},
        }

    def _line(self, name: str) -> dict[str, Any]:
        return {
            "name": name.capitalize(),
            "operators": self.operators_of(name),
            "offer_timeout": OFFER_TIMEOUT,
            "auto_close": {"after": "3d"},
        }


def chat_name(number: int) -> str:
    """Return what the channel calls a client."""
    return f"client-{number:06}"


def client_name(number: int) -> str:
    """Return what operators see."""
    return f"Client {number:06}"
