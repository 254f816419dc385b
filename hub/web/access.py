"""Who may see what: an operator sees the lines they serve, and conversations they take part in wherever those are."""

from __future__ import annotations

from http import HTTPStatus

from hub.web.facade import Hub
from hub.web.problems import Problem, not_found
from router.model import Conversation
from router.people import Role
from router.ports import FeedEvent
from router.rules import Rules
from router.store import Filter


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
    found = (await hub.store.conversations([conversation])).get(conversation)
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


def of_client(rules: Rules, operator: str, client: str) -> Filter:
    """Return the client's conversations that the operator may see."""
    lines = visible_lines(rules, operator)
    return Filter(lines=lines, staff=None if lines is None else operator, client=client)


def known_operator(rules: Rules, operator: str) -> None:
    """Raise a 401 `Problem` when somebody is signed in who has been taken out of the rules."""
    if operator not in rules.operators:
        detail = f"{operator} is no longer an operator of this hub. Ask the admin, then sign in again."
        raise Problem(HTTPStatus.UNAUTHORIZED, detail)
