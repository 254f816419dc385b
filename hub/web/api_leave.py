"""Operators' leave: entered and taken away here, and shown with what the settings and calendars say."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from hub.web.bodies import NewLeave, Nothing
from hub.web.commanding import carried_out
from hub.web.leave_views import LeaveList, LeaveView, NewLeaveView
from hub.web.operations import Call, operation
from hub.web.problems import Problem, not_found
from hub.web.views import Done
from router.absence import Absence
from router.hours import instant
from router.leave import may_plan
from router.people import OperatorState
from router.rules import OperatorRules

_REFUSED = (HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT)


@operation("GET", "/operators/{id}/leave", "When an operator is on leave", problems=(HTTPStatus.FORBIDDEN,))
async def leave_of(call: Call[Nothing, Nothing]) -> LeaveList:
    """For the operator and for supervisors and admins: all leave that is not over, from whichever source, by beginning.

    A calendar is looked at for the next three months.
    """
    operator, now = _whom(call), call.hub.clock.now()
    written = _written(call.hub.rules.operators[operator])
    entered = map(_view, call.hub.roster.get(operator, OperatorState(operator)).leave)
    return LeaveList(leave=sorted((it for it in (*written, *entered) if it.to > now), key=lambda it: it.from_))


@operation("POST", "/operators/{id}/leave", "Enter leave", body=NewLeave, problems=_REFUSED)
async def add_leave(call: Call[NewLeave, Nothing]) -> NewLeaveView:
    """Enter leave: supervisors and admins for everybody, and everybody for themselves.

    A date means the whole day in the time zone of the operator's hours (UTC without hours), and `to` includes it.
    Without `from` the leave begins now, without `to` it ends with the day on which it begins. Leaves may overlap.
    From its beginning to its end the operator gets nothing new, and what clients wait for returns to the queue.
    """
    wanted = call.body
    body = {"type": "add_leave", "whom": _whom(call), "since": wanted.from_, "until": wanted.to}
    outcome = await carried_out(call, {**body, "reason": wanted.reason, "note": wanted.note})
    return NewLeaveView(id=outcome.values["id"])


@operation("DELETE", "/operators/{id}/leave/{leave}", "Take leave away", problems=_REFUSED)
async def remove_leave(call: Call[Nothing, Nothing]) -> Done:
    """Take away leave that was entered here; an operator only what they have entered themselves.

    During the leave, it ends at once.
    """
    await carried_out(call, {"type": "remove_leave", "whom": _whom(call), "leave": call.path("leave")})
    return Done()


def _whom(call: Call[Any, Any]) -> str:
    """Return whose leave it is about. Raises a 404 `Problem`, and a 403 one where it is not the caller's business."""
    operator = call.path("id")
    if operator not in call.hub.rules.operators:
        raise not_found("operator")
    if not may_plan(call.hub.rules, call.operator, operator):
        raise Problem(HTTPStatus.FORBIDDEN, "Only supervisors and admins may see and enter a colleague's leave.")
    return operator


def _view(it: Absence) -> LeaveView:
    return LeaveView(
        id=it.id,
        from_=it.since,
        to=it.until,
        reason=it.reason,
        note=it.note,
        source="api" if it.by else "calendar",
        by=it.by,
    )


def _written(rules: OperatorRules) -> list[LeaveView]:
    zone = rules.zone

    def midnight(day: Any) -> datetime:
        return instant(day, 0, zone)

    return [
        LeaveView(
            id="",
            from_=midnight(it.first),
            to=midnight((it.last or it.first) + timedelta(days=1)),
            reason=it.reason,
            note="",
            source="settings",
            by="",
        )
        for it in rules.leave
    ]


OPERATIONS = (leave_of, add_leave, remove_leave)
