"""What supervisors decide beside the rules."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from hub.web.access import visible
from hub.web.bodies import NewClient, NewPlace, Nothing
from hub.web.commanding import command
from hub.web.operations import Call, operation
from hub.web.problems import Problem, not_found
from hub.web.views import Done
from router.people import Role

_REFUSED = (HTTPStatus.CONFLICT,)
_FOR_LEADERS = (HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT)


@operation(
    "POST", "/conversations/{id}/rank", "Change a conversation's place in the queue", body=NewPlace, problems=_REFUSED
)
async def rank(call: Call[NewPlace, Nothing]) -> Done:
    """Put it before another one that waits on the same line, or first. For supervisors and admins."""
    conversation = await visible(call.hub, call.path("id"), call.operator)
    return await command(call, {"type": "rank", "conversation": conversation.id, "before": call.body.before or ""})


@operation("POST", "/conversations/{id}/client", "Say what the client is to us", body=NewClient, problems=_REFUSED)
async def set_client(call: Call[NewClient, Nothing]) -> Done:
    """Set who looks after the client, and their priority class, on their card and in this conversation.

    For whoever holds the conversation, supervisors and admins.
    """
    conversation = await visible(call.hub, call.path("id"), call.operator)
    wanted = {"responsible": call.body.responsible, "priority": call.body.priority}
    return await command(call, {"type": "client", "conversation": conversation.id, **wanted})


@operation("POST", "/lines/{line}/pause", "Offer nothing of a line to anybody", problems=_FOR_LEADERS)
async def pause(call: Call[Nothing, Nothing]) -> Done:
    """Pause the line: who comes waits, what is offered or held goes on. For supervisors and admins."""
    return await _paused(call, paused=True)


@operation("POST", "/lines/{line}/resume", "Let a paused line go on", problems=_FOR_LEADERS)
async def resume(call: Call[Nothing, Nothing]) -> Done:
    """Offer again what waits. For supervisors and admins."""
    return await _paused(call, paused=False)


async def _paused(call: Call[Any, Nothing], *, paused: bool) -> Done:
    line = call.path("line")
    if call.hub.rules.operators[call.operator].role is Role.OPERATOR:
        raise Problem(HTTPStatus.FORBIDDEN, "Only supervisors and admins may pause a line.")
    if line not in call.hub.rules.lines:
        raise not_found("line")
    return await command(call, {"type": "pause", "line": line, "paused": paused})


OPERATIONS = (rank, set_client, pause, resume)
