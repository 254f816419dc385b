"""Colleagues, lines and ready-made texts."""

from __future__ import annotations

from hub.web.bodies import Nothing
from hub.web.operations import Call, operation
from hub.web.present import line_view, operator_view
from hub.web.views import Canned, Lines, Operators
from router.store import Filter

#: queues are not counted further than this
_COUNTED = 100


@operation("GET", "/operators", "Everybody who answers, with presence and load")
async def operators(call: Call[Nothing, Nothing]) -> Operators:
    """Return all operators."""
    return Operators(operators=[operator_view(call.hub, operator) for operator in call.hub.rules.operators])


@operation("GET", "/lines", "All lines with how busy they are")
async def lines(call: Call[Nothing, Nothing]) -> Lines:
    """Return all lines: one may transfer to a line whose conversations one cannot see."""
    views = []
    for line in call.hub.rules.lines:
        wanted = Filter(lines=(line,), states=("queued", "offered"))
        waiting, _ = await call.hub.store.list_conversations(wanted, limit=_COUNTED)
        views.append(line_view(call.hub, line, len(waiting), call.operator))
    return Lines(lines=views)


@operation("GET", "/canned", "Ready-made texts by their shortcut")
async def canned(call: Call[Nothing, Nothing]) -> Canned:
    """Return the texts."""
    return Canned(canned=call.hub.rules.canned)


OPERATIONS = (operators, lines, canned)
