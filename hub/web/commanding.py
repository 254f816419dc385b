"""Carrying out an operator's command and telling how it went."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from hub.web.operations import Call
from hub.web.problems import Problem
from hub.web.views import Done
from router.effects import Outcome


async def command(call: Call[Any, Any], body: dict[str, object], *, on_behalf_of: str = "") -> Done:
    """Carry out a command as `carried_out` does, where nothing more is to be told than that it is done."""
    await carried_out(call, body, on_behalf_of=on_behalf_of)
    return Done()


async def carried_out(call: Call[Any, Any], body: dict[str, object], *, on_behalf_of: str = "") -> Outcome:
    """Carry out a command once per idempotency key. Raises a 409 `Problem` with the reason when it is refused.

    `on_behalf_of` is the operator it is carried out for, when that is not who asks.
    """
    # No key of the other's own can hold a space, so that the two never meet.
    operator, key = (on_behalf_of, f"{call.operator} {call.key}") if on_behalf_of else (call.operator, call.key)
    outcome = await call.hub.command(operator, key, body)
    if outcome.refused:
        kind = f"/problems/refused/{outcome.refused}"
        raise Problem(HTTPStatus.CONFLICT, call.present.speech.refusal(outcome), kind=kind)
    return outcome
