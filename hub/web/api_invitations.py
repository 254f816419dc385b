"""Invitations: a client we know goes on in another messenger, and is known there too."""

from __future__ import annotations

from http import HTTPStatus

from hub.web.access import visible
from hub.web.bodies import NewInvitation, Nothing
from hub.web.operations import Call, operation
from hub.web.problems import Problem
from hub.web.views import InvitationView
from router.invitations import LASTS, Invitation, Inviting, digest_of, new_token

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
    channel: object = call.hub.channels.get(call.body.channel)
    if not isinstance(channel, Inviting):
        detail = f"Clients cannot be invited to {call.body.channel!r}: GET /me names the channels that can invite."
        raise Problem(HTTPStatus.CONFLICT, detail)
    token, until = new_token(), call.hub.clock.now() + LASTS
    url = channel.invitation(token)
    made = Invitation(digest_of(token), conversation.client, conversation.id, call.operator, until)
    await call.hub.store.add_invitation(made)
    return InvitationView(call.body.channel, url, made.until)


OPERATIONS = (invite,)
