"""The ledger, for admins: deciding poison again."""

from __future__ import annotations

from http import HTTPStatus

from hub.web.access import only_admins
from hub.web.bodies import Nothing
from hub.web.operations import Call, operation
from hub.web.problems import Problem, not_found
from hub.web.views import Done

_PROBLEMS = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


@operation("POST", "/ledger/{update}/replay", "Decide a poison update again", problems=_PROBLEMS)
async def replay(call: Call[Nothing, Nothing]) -> Done:
    """For admins only. It is decided within two seconds; asking again changes nothing."""
    only_admins(call.hub.rules, call.operator, "decide updates again")
    ledger, update = call.hub.ledger, call.path("update")
    if await ledger.replay(update):
        return Done()
    entry = await ledger.find(update)
    if entry is None:
        raise not_found("update")
    if not entry.reasons:
        raise Problem(HTTPStatus.CONFLICT, f"The update {update} is not poison, so there is nothing to decide again.")
    return Done()


OPERATIONS = (replay,)
