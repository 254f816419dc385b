"""Errors whose type tells the caller what to do.

HubError
├── Retryable(after)      try the same again, not before `after`
├── AuthFailed            stop this channel until its credentials are mended
├── Rejected(reason)      never try again: the platform said no, and why
├── Uncertain             it may have arrived; resolve by the channel's policy
├── Misconfigured         the admin must change something; says what
├── Unparsable            this update cannot be understood: quarantine it
└── Conflict              somebody else changed it first: read again, decide again
"""

from __future__ import annotations

from datetime import timedelta


class HubError(Exception):
    """Any error the hub expects and handles."""


class Retryable(HubError):
    """A failure that passes. `after` is the least time to wait, None for the caller's own backoff."""

    def __init__(self, reason: str, after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.after = after


class AuthFailed(HubError):
    """The platform no longer accepts our credentials."""


class Rejected(HubError):
    """The platform refused for good; the text is its own reason."""


class Uncertain(HubError):
    """The request may or may not have taken effect."""


class Misconfigured(HubError):
    """What the admin wrote cannot work; the text is one sentence that says what to do."""


class Unparsable(HubError):
    """An update that cannot be understood; the text says why."""


class Conflict(HubError):
    """A guarded write found that the store has moved on."""
