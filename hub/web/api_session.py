"""Signing in and out, and who is signed in."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from hub.inviting import inviting
from hub.web.bodies import NewPresence, Nothing, SignIn
from hub.web.commanding import command
from hub.web.keys import HUB, SESSIONS, SIGN_IN
from hub.web.language import language_of
from hub.web.operations import Call, bare, operation, read_body, write
from hub.web.peers import address_of
from hub.web.present import operator_view, settings_problems
from hub.web.views import Done, Me, PresenceView
from router.people import OperatorState


@bare("POST", "/session", "Sign in", answers=Done, body=SignIn, problems=(HTTPStatus.UNAUTHORIZED,), public=True)
async def sign_in(request: web.Request) -> web.StreamResponse:
    """Check a name and password and begin a session: the answer sets its cookie. Programs use a token instead.

    A session nobody uses for 12 hours ends, and any after 7 days. Signing in again makes a new session.
    """
    body = await read_body(request, SignIn)
    address = address_of(request, request.app[HUB].settings.hub)
    await request.app[SIGN_IN].check(body.operator, body.password, address)
    response = write(Done())
    await request.app[SESSIONS].open(request, response, body.operator)
    return response


@bare("DELETE", "/session", "Sign out", answers=Done, public=True)
async def sign_out(request: web.Request) -> web.StreamResponse:
    """End the session, if there is one."""
    await request.app[SESSIONS].end(request)
    response = write(Done())
    request.app[SESSIONS].forget(request, response)
    return response


@operation("GET", "/me", "Who is signed in")
async def me(call: Call[Nothing, Nothing]) -> Me:
    """Return the operator, and the cursor from which to follow the feed."""
    return Me(
        operator=operator_view(call.hub, call.operator),
        language=language_of(call.request, call.hub.rules, call.operator),
        settings_problems=settings_problems(call.hub),
        cursor=call.hub.feed.cursor,
        inviting=inviting(call.hub.channels),
    )


@operation("GET", "/presence", "Whether the operator is at work")
async def presence(call: Call[Nothing, Nothing]) -> PresenceView:
    """Return the operator's presence."""
    state = call.hub.roster.get(call.operator, OperatorState(call.operator))
    return PresenceView(presence=state.presence)


@operation("PUT", "/presence", "Come, take a break or leave", body=NewPresence)
async def set_presence(call: Call[NewPresence, Nothing]) -> Done:
    """Change the operator's own presence.

    On a break one keeps one's conversations and is offered no new ones; those of whoever is away go back to the queue.
    """
    return await command(call, {"type": "presence", "presence": call.body.presence.value})


OPERATIONS = (sign_in, sign_out, me, presence, set_presence)
