"""Carrying out an operator's command and telling how it went."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from hub.web.operations import Call
from hub.web.problems import Problem
from hub.web.views import Done


async def command(call: Call[Any, Any], body: dict[str, object]) -> Done:
    """Carry out a command once per idempotency key. Raises a 409 `Problem` with the reason when it is refused."""
    outcome = await call.hub.command(call.operator, call.key, body)
    if outcome.refused:
        kind = f"/problems/refused/{outcome.refused}"
        raise Problem(HTTPStatus.CONFLICT, call.present.speech.refusal(outcome), kind=kind)
    return Done()
