"""What the engine counts about itself: plain numbers, kept per batch so that they cost a message next to nothing.

`hub/metrics.py` puts them into words when somebody asks.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date

from router.store import Batch

#: upper bounds of the latencies that are told apart, in seconds
BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Latency:
    """How long something took, as a histogram over `BOUNDS`."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        #: how many took no longer than each bound and longer than the one before; the last took longer than all
        self.counts = [0] * (len(BOUNDS) + 1)
        #: all of them together
        self.seconds = 0.0

    def observe(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds


@dataclass(slots=True)
class Meters:
    """Everything that is counted. Numbers only rise, and begin at zero with the process."""

    #: channel → new updates put into the ledger
    received: Counter[str] = field(default_factory=Counter)
    #: (channel, day in UTC) → repeats dropped
    repeats: Counter[tuple[str, date]] = field(default_factory=Counter)
    #: channel → updates set aside
    poison: Counter[str] = field(default_factory=Counter)
    #: line → events decided
    decided: Counter[str] = field(default_factory=Counter)
    #: `updates`, `messages`, `deliveries`, `events` → how many were written
    committed: Counter[str] = field(default_factory=Counter)
    #: (channel, state) → attempts at deliveries that ended so
    deliveries: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: (type, outcome) → operators' commands; the outcome is `done` or why it was refused
    commands: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: `append`, `decide`, `commit`: one batch each; `command`: from call to answer
    stages: defaultdict[str, Latency] = field(default_factory=lambda: defaultdict(Latency))
    #: channel → one attempt at a delivery
    sending: defaultdict[str, Latency] = field(default_factory=lambda: defaultdict(Latency))
    #: how late the event loop comes to what is due
    lag: Latency = field(default_factory=Latency)
    #: (operation, status) → one HTTP request
    requests: defaultdict[tuple[str, int], Latency] = field(default_factory=lambda: defaultdict(Latency))

    def appended(self, channel: str, day: date, seconds: float, *, rows: int, repeats: int) -> None:
        """A group of updates is in the ledger; of its `rows`, some were there before."""
        self.stages["append"].observe(seconds)
        self.received[channel] += rows - repeats
        if repeats:
            self.repeats[channel, day] += repeats

    def decided_batch(self, line: str, seconds: float, events: int) -> None:
        """A lane has decided a batch; what it then waited for is not counted."""
        self.stages["decide"].observe(seconds)
        self.decided[line] += events

    def wrote(self, batch: Batch, seconds: float) -> None:
        """A transaction is durable."""
        self.stages["commit"].observe(seconds)
        self.committed["updates"] += len(batch.done)
        self.committed["messages"] += len(batch.messages)
        self.committed["deliveries"] += len(batch.deliveries)
        self.committed["events"] += len(batch.events)

    def attempted(self, channel: str, state: str, seconds: float) -> None:
        """An attempt at a delivery has ended in a state."""
        self.sending[channel].observe(seconds)
        self.deliveries[channel, state] += 1

    def answered(self, operation: str, status: int, seconds: float) -> None:
        """An HTTP request has been answered."""
        self.requests[operation, status].observe(seconds)

    def commanded(self, kind: str, outcome: str, seconds: float) -> None:
        """An operator's command has been carried out or refused."""
        self.stages["command"].observe(seconds)
        self.commands[kind, outcome] += 1
