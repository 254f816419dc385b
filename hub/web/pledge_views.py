"""What the API tells of by when clients are owed something, and of what needs somebody now."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from hub.web.moment import Moment
from router.pledges import Target


class ClockView(Struct, frozen=True, kw_only=True):
    """One target of the line's SLA that counts, or is paused."""

    target: Target
    #: how far it is: of what staff were told
    state: Literal["ok", "warned", "breached"]
    #: we wait for the client
    paused: bool
    #: when it is, or was, missed; null while it is paused
    due_at: Moment | None


class PromiseView(Struct, frozen=True):
    """What an operator promised the client."""

    until: Moment
    operator: str
    #: in their words; may be empty
    text: str


class AlertView(Struct, frozen=True, kw_only=True):
    """A conversation needs somebody."""

    what: Literal["sla_warned", "sla_breached", "promise_due"]
    #: a sentence in the reader's language
    text: str
    #: of the SLA
    target: Target | None
    #: how much of the target's time is over, in percent
    share: int | None
    #: who promised
    operator: str
