"""Up to where everything in the ledger is decided, so that a restart looks only at what is behind it."""

from __future__ import annotations

import heapq


class Watermark:
    """Follows ledger numbers from when they are given out until their update is decided, poison, or never was."""

    def __init__(self) -> None:
        self._open: set[int] = set()
        self._order: list[int] = []
        self._low = 0
        #: given to updates of which nobody knows whether they are in the ledger
        self.doubtful: set[int] = set()

    def begin(self, seq: int) -> None:
        """A number was given to an update that is about to be kept, or found undecided."""
        if seq not in self._open:
            self._open.add(seq)
            heapq.heappush(self._order, seq)

    def end(self, seq: int) -> None:
        """The update of that number needs no decision any more."""
        self._open.discard(seq)
        self.doubtful.discard(seq)
        self._low = max(self._low, seq)

    @property
    def low(self) -> int:
        """Everything up to this number is decided."""
        while self._order and self._order[0] not in self._open:
            heapq.heappop(self._order)
        return self._order[0] - 1 if self._order else self._low

    def start(self, low: int) -> None:
        """Go on from what a former run reached; until `end(low + 1)` nothing rises above it."""
        self._low = low
        self.begin(low + 1)
