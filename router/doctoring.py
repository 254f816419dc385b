"""What `hub doctor` asks of channels and consoles, and the sentences everything that it looks at is told in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol, runtime_checkable

from msgspec import Struct


class Finding(Struct, frozen=True):
    """One thing that was looked at."""

    well: bool
    #: says how it is and, when it is not well, what to do
    sentence: str


@runtime_checkable
class Doctored(Protocol):
    """A channel or console that can ask its platform whether all is well, without running."""

    async def examined(self, chats: Collection[str]) -> Sequence[Finding]:
        """Return what was looked at; `chats` are a channel's with conversations that are not closed.

        Changes nothing there, and disturbs no hub that runs. Raises an error of `router.errors`, whose text is then
        the finding.
        """
