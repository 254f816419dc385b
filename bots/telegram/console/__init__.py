"""The operator console in Telegram."""

from __future__ import annotations

from bots.telegram.console.settings import TelegramConsoleSettings
from router.consoles import Console


def build(name: str, settings: TelegramConsoleSettings) -> Console:
    """Return a console that is not running."""
    # The SDK takes seconds to import: only a hub that has such a console waits for it.
    from bots.telegram.console.console import TelegramConsole

    return TelegramConsole(name, settings)
