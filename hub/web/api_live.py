"""Lines as they are now, for those who lead: what the console's view of the lines shows."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from pydantic import Field

from hub.web.access import only_leaders
from hub.web.bodies import Body, Nothing
from hub.web.facade import Hub
from hub.web.live_views import LineOperator, LiveLine, LiveLineDetail, LiveLines
from hub.web.operations import Call, operation
from hub.web.present import line_view, operator_view
from hub.web.problems import not_found
from router.model import State
from router.overview import Standing
from router.people import OperatorState

_WATCH = "watch the lines"
#: late conversations shown of one line
_LATE = 100


class WantedQueue(Body):
    """Which part of the queue to show."""

    #: `next` of the page before
    cursor: Annotated[str, Field(max_length=500)] = ""
    #: at most so many
    limit: Annotated[int, Field(ge=1, le=200)] = 100


@operation("GET", "/lines/live", "How every line stands now", problems=(HTTPStatus.FORBIDDEN,))
async def live_lines(call: Call[Nothing, Nothing]) -> LiveLines:
    """For supervisors and admins.

    It changes with what the feed tells: ask again when an event names a conversation of the line, not by the clock.
    """
    only_leaders(call.hub.rules, call.operator, _WATCH)
    cursor, lines = call.hub.feed.cursor, tuple(call.hub.rules.lines)
    found = await call.hub.store.standings(lines, call.hub.clock.now())
    return LiveLines(lines=[_line(call, line, found[line]) for line in lines], cursor=cursor)


@operation(
    "GET",
    "/lines/{line}/live",
    "One line's queue and operators now",
    query=WantedQueue,
    problems=(HTTPStatus.FORBIDDEN,),
)
async def live_line(call: Call[Nothing, WantedQueue]) -> LiveLineDetail:
    """For supervisors and admins. The queue comes in pages, what is offered first comes first."""
    hub, line = call.hub, call.path("line")
    only_leaders(hub.rules, call.operator, _WATCH)
    if line not in hub.rules.lines:
        raise not_found("line")
    cursor = hub.feed.cursor
    standing = (await hub.store.standings([line], hub.clock.now()))[line]
    queue, following = await hub.store.queue_of(line, after=call.query.cursor, limit=call.query.limit)
    late = await hub.store.late_of(line, _LATE)
    return LiveLineDetail(
        line=_line(call, line, standing),
        operators=[_operator(hub, line, name) for name in hub.rules.lines[line].operators],
        queue=await call.drawn(queue),
        next=following,
        late=await call.drawn(late),
        cursor=cursor,
    )


def _line(call: Call[Nothing, Any], line: str, it: Standing) -> LiveLine:
    hub, language = call.hub, call.present.speech.language
    count = {state: it.states.get(state, 0) for state in State}
    return LiveLine(
        line=line_view(hub, line, count[State.QUEUED] + count[State.OFFERED], call.operator, language),
        until=hub.book.changes(line, hub.clock.now()),
        triage=count[State.TRIAGE],
        queued=count[State.QUEUED],
        offered=count[State.OFFERED],
        open=count[State.OPEN],
        waiting=count[State.WAITING],
        waits_since=it.since,
        at_risk=it.at_risk,
        missed=it.missed,
    )


def _operator(hub: Hub, line: str, operator: str) -> LineOperator:
    load = hub.roster.get(operator, OperatorState(operator)).loads.get(line, 0)
    return LineOperator(operator_view(hub, operator), load, hub.book.line_capacity(operator, line))


OPERATIONS = (live_lines, live_line)
