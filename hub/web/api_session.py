"""Signing in and out, and who is signed in."""

from __future__ import annotations

from aiohttp import web

from hub.web.bodies import NewPresence, Nothing, SignIn
from hub.web.commanding import command
from hub.web.keys import SESSIONS, SIGN_IN
from hub.web.language import language_of
from hub.web.operations import Call, operation, read_body, write
from hub.web.present import operator_view, settings_problems
from hub.web.views import Done, Me, PresenceView
from router.people import OperatorState


async def sign_in(request: web.Request) -> web.StreamResponse:
    """Check a name and password and begin a session."""
    body = await read_body(request, SignIn)
    await request.app[SIGN_IN].check(body.operator, body.password, request.remote or "")
    response = write(Done())
    await request.app[SESSIONS].open(request, response, body.operator)
    return response


async def sign_out(request: web.Request) -> web.StreamResponse:
    """End the session, if there is one."""
    await request.app[SESSIONS].end(request)
    response = write(Done())
    request.app[SESSIONS].forget(response)
    return response


@operation("GET", "/me", "Who is signed in")
async def me(call: Call[Nothing, Nothing]) -> Me:
    """Return the operator, and the cursor from which to follow the feed."""
    return Me(
        operator=operator_view(call.hub, call.operator),
        language=language_of(call.request, call.hub.rules, call.operator),
        settings_problems=settings_problems(call.hub),
        cursor=call.hub.feed.cursor,
    )


@operation("GET", "/presence", "Whether the operator is at work")
async def presence(call: Call[Nothing, Nothing]) -> PresenceView:
    """Return the operator's presence."""
    state = call.hub.roster.get(call.operator, OperatorState(call.operator))
    return PresenceView(presence=state.presence)


@operation("PUT", "/presence", "Come, take a break or leave", body=NewPresence)
async def set_presence(call: Call[NewPresence, Nothing]) -> Done:
    """Change the operator's presence."""
    return await command(call, {"type": "presence", "presence": call.body.presence.value})


OPERATIONS = (me, presence, set_presence)
PUBLIC = (web.post("/api/v1/session", sign_in), web.delete("/api/v1/session", sign_out))
