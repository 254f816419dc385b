"""Colleagues, lines and ready-made texts."""

from __future__ import annotations

from http import HTTPStatus

from hub.web.bodies import NewPresence, Nothing
from hub.web.commanding import command
from hub.web.operations import Call, operation
from hub.web.present import line_view, operator_view
from hub.web.problems import Problem, not_found
from hub.web.views import Canned, Done, Lines, Operators
from router.people import Role
from router.store import Filter

#: queues are not counted further than this
_COUNTED = 100


@operation("GET", "/operators", "Everybody who answers, with presence and load")
async def operators(call: Call[Nothing, Nothing]) -> Operators:
    """Return all operators."""
    return Operators(operators=[operator_view(call.hub, operator) for operator in call.hub.rules.operators])


@operation(
    "PUT", "/operators/{id}/presence", "Set a colleague's presence", body=NewPresence, problems=(HTTPStatus.FORBIDDEN,)
)
async def set_colleagues_presence(call: Call[NewPresence, Nothing]) -> Done:
    """For supervisors and admins, as when somebody has gone home without signing out. Everybody may set their own."""
    operator = call.path("id")
    if operator not in call.hub.rules.operators:
        raise not_found("operator")
    if operator != call.operator and call.hub.rules.operators[call.operator].role is Role.OPERATOR:
        raise Problem(HTTPStatus.FORBIDDEN, "Only supervisors and admins may set a colleague's presence.")
    return await command(call, {"type": "presence", "presence": call.body.presence.value}, on_behalf_of=operator)


@operation("GET", "/lines", "All lines with how busy they are")
async def lines(call: Call[Nothing, Nothing]) -> Lines:
    """Return all lines: one may transfer to a line whose conversations one cannot see."""
    views = []
    for line in call.hub.rules.lines:
        wanted = Filter(lines=(line,), states=("queued", "offered"))
        waiting, _ = await call.hub.store.list_conversations(wanted, limit=_COUNTED)
        views.append(line_view(call.hub, line, len(waiting), call.operator, call.present.speech.language))
    return Lines(lines=views, priorities=[*call.hub.rules.priorities])


@operation("GET", "/canned", "Ready-made texts by their shortcut")
async def canned(call: Call[Nothing, Nothing]) -> Canned:
    """Return the texts."""
    return Canned(canned=call.hub.rules.canned)


OPERATIONS = (operators, set_colleagues_presence, lines, canned)
