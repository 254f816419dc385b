"""Telegram: clients write to a bot of yours. See docs/telegram.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bots.telegram.settings import TelegramSettings

if TYPE_CHECKING:
    from bots.telegram.channel import TelegramChannel

__all__ = ["TelegramSettings", "build"]


def build(name: str, settings: TelegramSettings) -> TelegramChannel:
    """Return the channel called `name`; nothing is opened before its `run`."""
    # The SDK takes seconds to import: only a hub that has such a channel waits for it.
    from bots.telegram.channel import TelegramChannel

    return TelegramChannel(name, settings)
