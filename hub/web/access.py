"""Who asks, and who may see what.

An operator sees the lines they serve, and conversations they take part in wherever those are.
"""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from hub.web.facade import Hub
from hub.web.keys import HUB, PACE, SESSIONS, TOKENS
from hub.web.problems import Problem, not_found
from hub.web.tokens import bearer
from router.model import Conversation
from router.people import Client, Role
from router.ports import FeedEvent
from router.rules import Rules
from router.store import Filter

#: conversations on a client's card
_ON_CARD = 100
_NOBODY = "Nobody is signed in, or the session has ended. Please sign in."
_NO_TOKEN = "This token was never made, has expired or was revoked. An admin makes one with hub token create."  # noqa: S105 - a sentence


async def caller(request: web.Request) -> str | None:
    """Return the operator for whom a request speaks, with a bearer token or else a session; None for nobody."""
    token = bearer(request)
    if token is not None:
        return await request.app[TOKENS].operator(token)
    return await request.app[SESSIONS].find(request)


async def signed_in(request: web.Request) -> str:
    """Return the operator for whom a request speaks. Raises a 401 `Problem` when that is nobody of the rules."""
    operator = await caller(request)
    if operator is None:
        request.app[PACE].doubt(request)
        raise Problem(HTTPStatus.UNAUTHORIZED, _NOBODY if bearer(request) is None else _NO_TOKEN)
    hub = request.app[HUB]
    if operator not in hub.rules.operators or operator in hub.settings.partners:
        detail = f"{operator} is no longer an operator of this hub. Ask the admin, then sign in again."
        raise Problem(HTTPStatus.UNAUTHORIZED, detail)
    request.app[PACE].trust(request)
    return operator


def only_admins(rules: Rules, operator: str, may: str) -> None:
    """Let admins pass who do what only they may. Raises a 403 `Problem` for everybody else."""
    if rules.operators[operator].role is not Role.ADMIN:
        raise Problem(HTTPStatus.FORBIDDEN, f"Only admins may {may}.")


def only_leaders(rules: Rules, operator: str, may: str) -> None:
    """Let supervisors and admins pass who do what only they may. Raises a 403 `Problem` for everybody else."""
    if rules.operators[operator].role is Role.OPERATOR:
        raise Problem(HTTPStatus.FORBIDDEN, f"Only supervisors and admins may {may}.")


def visible_lines(rules: Rules, operator: str) -> frozenset[str] | None:
    """Return the lines whose conversations the operator may see; None means every line."""
    known = rules.operators.get(operator)
    if known is None:
        return frozenset()
    if known.role is not Role.OPERATOR:
        return None
    return frozenset(rules.lines_of(operator))


def sees_event(rules: Rules, event: FeedEvent, operator: str) -> bool:
    """Return whether the operator may learn of an event."""
    if not event.line or operator in event.staff:
        return True
    lines = visible_lines(rules, operator)
    return lines is None or event.line in lines


async def visible(hub: Hub, conversation: str, operator: str) -> Conversation:
    """Return a conversation the operator may see. Raises a 404 `Problem` for every other one."""
    found = await hub.conversation(conversation)
    if found is None or not hub.may_see(found, operator):
        raise not_found("conversation")
    return found


_OPEN = ("triage", "queued", "offered", "open", "waiting")
_STATES = {"mine": _OPEN, "queue": ("queued", "offered"), "all": _OPEN, "closed": ("closed",)}


def wanted_by(rules: Rules, operator: str, view: str, line: str) -> Filter:
    """Return which conversations a list shows, never more than the operator may see.

    Raises a 404 `Problem` for a line that is not theirs.
    """
    states = _STATES[view]
    if view == "mine":
        return Filter(staff=operator, states=states)
    lines = visible_lines(rules, operator)
    if line:
        if line not in rules.lines or (lines is not None and line not in lines):
            raise not_found("line")
        return Filter(lines=(line,), states=states)
    return Filter(lines=lines, staff=None if lines is None else operator, states=states)


async def visible_client(hub: Hub, client: str, operator: str) -> tuple[Client, list[Conversation]]:
    """Return a client with the latest of their conversations that the operator may see.

    Raises a 404 `Problem` where that is none.
    """
    found, lines = await hub.store.client(client), visible_lines(hub.rules, operator)
    wanted = Filter(lines=lines, staff=None if lines is None else operator, client=found.id if found else "")
    page, _ = await hub.store.list_conversations(wanted, limit=_ON_CARD)
    if found is None or not page:
        raise not_found("client")
    return found, page
