"""Leave that comes while the hub runs: operators and supervisors enter it, calendars bring it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from router.absence import Absence, end_of_day, moment
from router.console import Refusal
from router.effects import HoursChanged
from router.ids import derive_at
from router.people import OperatorState, Role
from router.rulebook import Rulebook
from router.rules import Rules
from router.staff_events import AddLeave, CalendarRead, RemoveLeave
from router.turn import Turn

#: leaves of one operator that are entered and not over
MOST = 100
#: what is over is kept this long, so that every line notices that somebody is back
_KEPT = timedelta(days=1)


def may_plan(rules: Rules, operator: str, whom: str) -> bool:
    """Return whether an operator may see and enter somebody's leave: their own, and a supervisor everybody's."""
    known = rules.operators.get(operator)
    return operator == whom or (known is not None and known.role is not Role.OPERATOR)


def add(turn: Turn, command: AddLeave) -> None:
    """Enter leave; the outcome's values hold its `id`."""
    refusal = _refuses(turn.book, command.operator, command.whom)
    span = _span(turn.book, command, turn.now) if refusal is None else None
    state = turn.roster.get(command.whom)
    refusal = refusal or _refuses_span(span, state, turn.now)
    if refusal is not None or span is None:
        _refuse(turn, refusal)
        return
    id_ = derive_at(turn.now, "leave", turn.event)
    absence = Absence(id_, *span, command.reason, command.note, command.operator)
    _save(turn, state, (*state.leave, absence))
    turn.accept(id=id_)


def remove(turn: Turn, command: RemoveLeave) -> None:
    """Take leave away. What a supervisor has entered, only supervisors take away."""
    state = turn.roster.get(command.whom)
    found = next((it for it in state.leave if it.id == command.leave), None)
    refusal = _refuses(turn.book, command.operator, command.whom) or _refuses_removal(turn.book, found, command)
    if refusal is not None:
        _refuse(turn, refusal)
        return
    _save(turn, state, tuple(it for it in state.leave if it is not found))
    turn.accept()


def read(turn: Turn, event: CalendarRead) -> None:
    """Put what a calendar says in the place of what it, or another one, said before."""
    if event.source != _calendar(turn.book, event.operator):
        # The rules have changed while it was read.
        return
    state = turn.roster.get(event.operator)
    entered = tuple(it for it in state.leave if it.by)
    if (event.source, (*entered, *event.absences)) != (state.calendar, state.leave):
        _save(turn, replace(state, calendar=event.source), (*entered, *event.absences))


def forget(turn: Turn) -> None:
    """Clear away what has been over for a day, and what calendars said that the rules no longer name."""
    for state in list(turn.roster.states.values()):
        if state.calendar and state.calendar != _calendar(turn.book, state.id):
            _save(turn, replace(state, calendar=""), tuple(it for it in state.leave if it.by))
        elif any(it.until <= turn.now - _KEPT for it in state.leave):
            turn.save_operator(replace(state, leave=_current(state.leave, turn.now)))


def _save(turn: Turn, state: OperatorState, leave: tuple[Absence, ...]) -> None:
    turn.save_operator(replace(state, leave=_current(leave, turn.now)))
    turn.effects.append(HoursChanged())


def _current(leave: tuple[Absence, ...], now: datetime) -> tuple[Absence, ...]:
    return tuple(it for it in leave if it.until > now - _KEPT)


def _calendar(book: Rulebook, operator: str) -> str:
    """Return the digest of the calendar that the rules name for an operator; empty for none."""
    known = book.operator(operator)
    return known.calendar.source if known and known.calendar else ""


def _refuse(turn: Turn, refusal: Refusal) -> None:
    if refusal is not None:
        turn.refuse(refusal[0], **refusal[1])


def _refuses(book: Rulebook, operator: str, whom: str) -> Refusal:
    if book.operator(whom) is None:
        return "no_colleague", {"name": whom}
    return None if may_plan(book.rules, operator, whom) else ("leave_of_colleague", {})


def _span(book: Rulebook, command: AddLeave, now: datetime) -> tuple[datetime, datetime] | None:
    """Return from when until when; None when these are no times, which the API does not let through."""
    known = book.operator(command.whom)
    zone = known.zone if known else ZoneInfo("UTC")
    try:
        since = moment(command.since, zone) if command.since else now
        return since, moment(command.until, zone, end=True) if command.until else end_of_day(since, zone)
    except ValueError:
        return None


def _refuses_span(span: tuple[datetime, datetime] | None, state: OperatorState, now: datetime) -> Refusal:
    if span is None:
        return "leave_times", {}
    if span[1] <= span[0]:
        return "leave_backwards", {}
    if span[1] <= now:
        return "leave_over", {}
    entered = sum(1 for it in state.leave if it.by and it.until > now)
    return ("leave_too_many", {"most": str(MOST)}) if entered >= MOST else None


def _refuses_removal(book: Rulebook, absence: Absence | None, command: RemoveLeave) -> Refusal:
    if absence is None:
        return "no_leave", {}
    if not absence.by:
        return "leave_of_calendar", {}
    mine = absence.by == command.operator or book.leads(command.operator)
    return None if mine else ("leave_of_supervisor", {"name": book.name(absence.by)})
