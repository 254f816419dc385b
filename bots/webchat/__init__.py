"""The chat on any site: one `<script>` tag, a WebSocket that resumes, and files. The protocol is in docs/webchat.md."""

from __future__ import annotations

from bots.webchat.channel import WebchatChannel
from bots.webchat.settings import WebchatSettings

__all__ = ["WebchatChannel", "WebchatSettings", "build"]


def build(name: str, settings: WebchatSettings) -> WebchatChannel:
    """Return the channel called `name`; nothing is opened before its `run`."""
    return WebchatChannel(name, settings)
