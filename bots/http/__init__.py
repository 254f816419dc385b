"""Any system as a channel: it posts what clients say and fetches, or is sent, the answers. See docs/http-channel.md."""

from __future__ import annotations

from bots.http.channel import HttpChannel
from bots.http.settings import HttpSettings

__all__ = ["HttpChannel", "HttpSettings", "build"]


def build(name: str, settings: HttpSettings) -> HttpChannel:
    """Return the channel called `name`; nothing is opened before its `run`."""
    return HttpChannel(name, settings)
