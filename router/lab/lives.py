"""What became of a client who waited for a person: told the same way of what was recorded and of what is played."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

#: written into the conversation whenever it returns to the queue
_RETURNS = frozenset({"unanswered", "skipped", "left", "reassigned"})
_MOVES = frozenset({"overflowed", "handed_round"})
_ESCALATED, _WARNED, _BREACHED = "escalated_", "sla_warned_", "sla_breached_"


class Hold(Struct):
    """Somebody held the conversation."""

    operator: str
    since: datetime
    #: None while they still do
    until: datetime | None = None


class Life(Struct):
    """One visit, as far as it has come."""

    #: the line it came to
    line: str
    at: datetime
    #: when somebody was first asked to take it
    asked_at: datetime | None = None
    taken_at: datetime | None = None
    ended_at: datetime | None = None
    #: how often somebody, or everybody at once, was asked
    offers: int = 0
    #: how often it returned to the queue
    returns: int = 0
    #: how often it went to another line because its own had no room, took too long, or was closed
    overflows: int = 0
    #: how often others were asked because nobody answered
    escalations: int = 0
    #: targets of the SLA that staff were warned of, and those that were missed; each once
    warned: tuple[str, ...] = ()
    breached: tuple[str, ...] = ()
    holds: list[Hold] = []

    def asked(self, at: datetime) -> None:
        """Count an offer."""
        self.offers += 1
        self.asked_at = self.asked_at or at

    def happened(self, what: str) -> None:
        """Count what was written into the conversation for staff, a catalogue key."""
        if what in _RETURNS:
            self.returns += 1
        elif what in _MOVES:
            self.overflows += 1
        elif what.startswith(_ESCALATED):
            self.escalations += 1
        elif what.startswith(_WARNED):
            self.warned = _once(self.warned, what.removeprefix(_WARNED))
        elif what.startswith(_BREACHED):
            self.breached = _once(self.breached, what.removeprefix(_BREACHED))

    def held(self, operator: str, at: datetime) -> None:
        """Note who holds it from now on; empty for nobody."""
        if self.holds and self.holds[-1].until is None:
            if self.holds[-1].operator == operator:
                return
            self.holds[-1].until = at
        if operator:
            self.holds.append(Hold(operator, at))
            self.taken_at = self.taken_at or at

    def ended(self, at: datetime) -> None:
        """Note that it was closed."""
        self.held("", at)
        self.ended_at = at


def _once(known: tuple[str, ...], more: str) -> tuple[str, ...]:
    return known if more in known else (*known, more)
