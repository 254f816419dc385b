"""How far the console has come in the feed, so that after a crash nothing is missing."""

from __future__ import annotations

from bots.telegram.console.records import CURSOR
from router.notebooks import Entry


class Progress:
    """Knows the cursor up to which everything is drawn."""

    def __init__(self, cursor: int) -> None:
        #: up to which the feed was read
        self.seen = cursor
        self.saved = cursor
        self._undrawn: dict[tuple[int, str], int] = {}

    def owe(self, chat: int, conversation: str, cursor: int) -> None:
        """Something of this event is still to be drawn."""
        self._undrawn.setdefault((chat, conversation), cursor)

    def settle(self, chat: int, conversation: str) -> None:
        """All of a conversation is drawn in a chat, or never will be."""
        self._undrawn.pop((chat, conversation), None)

    @property
    def undrawn(self) -> int:
        """How many conversations are still to be drawn, counted in each chat."""
        return len(self._undrawn)

    @property
    def drawn(self) -> int:
        """The cursor up to which nothing is left to draw."""
        return min(self._undrawn.values(), default=self.seen + 1) - 1

    def entry(self) -> dict[str, Entry | None]:
        """Return what is to be written along, so that the next start begins where nothing is missing."""
        self.saved = self.drawn
        return {CURSOR: Entry(str(self.saved))}
