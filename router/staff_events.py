"""What may happen to an operator's leave: inputs of `decide` as those in `events`."""

from __future__ import annotations

from msgspec import Struct

from router.absence import Absence, Reason


class AddLeave(Struct, frozen=True):
    """Leave is entered, by whoever takes it or by a supervisor."""

    id: str
    #: who enters it
    operator: str
    #: who will not work
    whom: str
    #: a date in the time zone of their hours, or a moment with its offset; empty for now
    since: str = ""
    #: a date, which is included, or a moment; empty for the end of the day on which it begins
    until: str = ""
    reason: Reason = "vacation"
    note: str = ""


class RemoveLeave(Struct, frozen=True):
    """Leave is taken away."""

    id: str
    operator: str
    whom: str
    leave: str


class CalendarRead(Struct, frozen=True):
    """An operator's calendar has been read."""

    id: str
    operator: str
    #: a digest of its address
    source: str
    absences: tuple[Absence, ...]
