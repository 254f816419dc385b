"""Operators' accounts on messengers: a code to link one's own, and for admins, whose are linked."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from msgspec import Struct

from hub.web.access import only_admins
from hub.web.bodies import Nothing
from hub.web.moment import Moment
from hub.web.operations import Call, operation
from hub.web.problems import Problem, not_found
from hub.web.views import Done
from router.people import Role

_FOR_ADMINS = (HTTPStatus.FORBIDDEN,)


class LinkCode(Struct, frozen=True):
    """A one-time code, shown only now."""

    #: eight characters, sent to the operator bot as `/link CODE`
    code: str
    until: Moment
    #: consoles on messengers that are configured, by name
    consoles: Sequence[str]


class LinkView(Struct, frozen=True):
    """An account that is an operator's."""

    console: str
    #: the messenger's user id
    account: str
    operator: str
    #: as the messenger shows them
    name: str
    at: Moment


class Links(Struct, frozen=True):
    """Linked accounts."""

    links: Sequence[LinkView]


@operation(
    "POST", "/operators/me/link-codes", "Get a code that links one's messenger account", problems=(HTTPStatus.CONFLICT,)
)
async def make_link_code(call: Call[Nothing, Nothing]) -> LinkCode:
    """The code is good once, for 15 minutes. Whoever sends it to the operator bot works as this operator there."""
    if not call.hub.consoles.names:
        detail = "No console on a messenger is configured. Add one under consoles, see docs/telegram-console.md."
        raise Problem(HTTPStatus.CONFLICT, detail)
    code, until = await call.hub.consoles.codes.make(call.operator)
    return LinkCode(code, until, call.hub.consoles.names)


@operation("GET", "/operators/links", "Whose accounts on messengers are linked")
async def links(call: Call[Nothing, Nothing]) -> Links:
    """Admins see everybody's, others their own."""
    everybody = call.hub.rules.operators[call.operator].role is Role.ADMIN
    found = [it for it in await call.hub.consoles.links() if everybody or it.link.operator == call.operator]
    return Links([LinkView(it.console, it.account, it.link.operator, it.link.name, it.link.at) for it in found])


@operation("DELETE", "/operators/links/{console}/{account}", "Take a link away", problems=_FOR_ADMINS)
async def unlink(call: Call[Nothing, Nothing]) -> Done:
    """For admins, and for whoever it belongs to: that account can do nothing any more, at once."""
    console, account = call.path("console"), call.path("account")
    known = [it for it in await call.hub.consoles.links() if (it.console, it.account) == (console, account)]
    if not known or known[0].link.operator != call.operator:
        only_admins(call.hub.rules, call.operator, "unlink a colleague's account")
    if not await call.hub.consoles.unlink(console, account):
        raise not_found("link")
    return Done()


OPERATIONS = (make_link_code, links, unlink)
