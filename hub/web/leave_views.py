"""What the API answers about leave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from router.absence import Reason


class LeaveView(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A stretch of time in which an operator does not work."""

    #: what it is taken away by; empty for what the settings say
    id: str
    from_: datetime
    #: excluded
    to: datetime
    reason: Reason
    note: str
    #: `api` is what was entered while the hub runs; the others are changed where they stand
    source: Literal["settings", "calendar", "api"]
    #: who entered it
    by: str


class LeaveList(Struct, frozen=True):
    """All leave of an operator that is not over."""

    leave: Sequence[LeaveView]


class NewLeaveView(Struct, frozen=True):
    """Leave that was entered."""

    id: str
