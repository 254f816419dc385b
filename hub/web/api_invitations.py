"""Invitations: a client we know goes on in another messenger, and is known there too."""

from __future__ import annotations

from http import HTTPStatus

from hub.inviting import invite as make
from hub.web.access import visible
from hub.web.bodies import NewInvitation, Nothing
from hub.web.operations import Call, operation
from hub.web.problems import Problem
from hub.web.views import InvitationView
from router.errors import Rejected

_PROBLEMS = (HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE)


@operation(
    "POST",
    "/conversations/{id}/invitations",
    "Get an address by which the client is known in another messenger",
    body=NewInvitation,
    problems=_PROBLEMS,
)
async def invite(call: Call[NewInvitation, Nothing]) -> InvitationView:
    """Whoever opens the address within a day, once, is this client on that channel too: both cards become one.

    Give it to the client and nobody else. For whoever may say who looks after the client.
    """
    conversation = await visible(call.hub, call.path("id"), call.operator)
    if "client" not in call.hub.allowed(conversation, call.operator):
        raise Problem(HTTPStatus.CONFLICT, "Only who holds the conversation or leads the line may invite the client.")
    hub, channel = call.hub, call.body.channel
    try:
        url, until = await make(hub.store, hub.clock, hub.channels, conversation, call.operator, channel)
    except Rejected as error:
        raise Problem(HTTPStatus.CONFLICT, str(error)) from error
    return InvitationView(channel, url, until)


OPERATIONS = (invite,)
