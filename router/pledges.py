"""What we owe a client by when: the targets of the line's SLA, and what an operator promised."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct


class Target(StrEnum):
    """What an SLA sets a time for. Each is the kind of a timer, too."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"


#: the share of a target's time, in percent, at which it is missed
BREACH = 100
#: the timer kind of a promise
PROMISE = "promise"


class Clock(Struct, frozen=True):
    """How much of a target's time has gone by."""

    #: the target it was last set by
    goal: timedelta
    #: counted before `since`
    spent: timedelta = timedelta()
    #: since when it counts; None while it is paused
    since: datetime | None = None
    #: when the target is missed if nothing happens; None while it is paused, and when there is no working time to come
    due_at: datetime | None = None
    #: the highest share of the target that staff were told of, in percent; `BREACH` when it was missed
    told: int = 0


class Promise(Struct, frozen=True):
    """An operator promised the client to write."""

    until: datetime
    #: who promised it
    operator: str
    #: what was promised, in their words; may be empty
    text: str = ""
