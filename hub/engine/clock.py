"""The system's clock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime


class SystemClock:
    """Implements `router.ports.Clock` on the machine's own time."""

    def now(self) -> datetime:
        """Return the time in UTC, in whole milliseconds: what is kept is then the same as what is in memory."""
        now = datetime.now(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    async def sleep_until(self, at: datetime) -> None:
        """Return when `at` has come, or within a minute of the machine's clock having been set on or back."""
        seen = self.now()
        while (left := (at - seen).total_seconds()) > 0:
            await asyncio.sleep(min(left, 60.0))
            before, seen = seen, self.now()
            if seen < before:
                return
