"""Telegram: clients write to a bot of yours. See docs/telegram.md."""

from __future__ import annotations

from bots.telegram.channel import TelegramChannel
from bots.telegram.settings import TelegramSettings

__all__ = ["TelegramChannel", "TelegramSettings", "build"]


def build(name: str, settings: TelegramSettings) -> TelegramChannel:
    """Return the channel called `name`; nothing is opened before its `run`."""
    return TelegramChannel(name, settings)
