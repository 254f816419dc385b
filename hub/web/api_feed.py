"""The feed of everything that happens: as a long poll, and as a socket that resumes after a cursor."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from http import HTTPStatus
from typing import cast

import msgspec
import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from hub.web.access import caller, signed_in
from hub.web.bodies import Nothing, SocketStart, WantedEvents, Watch
from hub.web.facade import Hub
from hub.web.feed_views import Events, FeedItem, Frame
from hub.web.hydrate import Hydrator
from hub.web.keys import ATTENDANCE, FOLLOWERS, HUB, HYDRATOR, PACE, TEXTS
from hub.web.language import language_of
from hub.web.narrate import Narrator
from hub.web.operations import Call, bare, operation, read_query
from hub.web.pace import SOCKETS as MOST_SOCKETS
from hub.web.present import Presenter
from hub.web.problems import Problem
from hub.web.security import from_own_page
from router.errors import Retryable
from router.ports import FeedEvent

log = structlog.get_logger(__name__)
#: seconds; a console that has heard nothing for twice this long knows that the connection is dead
BEAT = 15.0
#: whoever is this far behind reads the lists afresh instead
FARTHEST_BEHIND = 5_000
#: bytes of a frame from the console
_MAX_FRAME = 256 * 1024
#: seconds in which a poll that does not wait finds what is there already
_GLANCE = 0.2
#: the session has ended, or the operator is no more
SIGNED_OUT = 4401


def _follow(hub: Hub, after: int) -> AsyncGenerator[list[FeedEvent], None]:
    return cast("AsyncGenerator[list[FeedEvent], None]", hub.feed.follow(after))


@operation("GET", "/events", "Read the feed after a cursor, waiting for news", query=WantedEvents)
async def events(call: Call[Nothing, WantedEvents]) -> Events:
    """Answer as soon as there is something for this operator, or with nothing after `wait` seconds.

    Ask for what follows with the answer's `cursor`. What the operator may not see is left out, but the cursor rises.
    """
    cursor = call.query.after
    narrator = Narrator(call.hub, call.operator, call.present)
    hydrator, followers = call.request.app[HYDRATOR], call.request.app[FOLLOWERS]
    told: list[FeedItem] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(call.query.wait or _GLANCE) as patience, aclosing(_follow(call.hub, cursor)) as news:
            with followers.poll(patience):
                async for batch in news:
                    told = narrator.tell(batch, await hydrator.facts(batch), frozenset())
                    cursor = max(cursor, *(event.cursor for event in batch))
                    if told:
                        break
    return Events(events=told, cursor=cursor)


class Socket:
    """One console that follows the feed."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse, operator: str) -> None:
        self._request = request
        self._socket = socket
        self._operator = operator
        self._hub: Hub = request.app[HUB]
        self._hydrator: Hydrator = request.app[HYDRATOR]
        #: conversations the console shows
        self._watched: frozenset[str] = frozenset()
        #: everything up to here has been told
        self._told = 0

    async def serve(self, after: int) -> None:
        """Tell and listen until either side has had enough."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(part) for part in (self._listen(), self._tell(after), self._beat())]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()

    async def _listen(self) -> None:
        async for frame in self._socket:
            if frame.type is not WSMsgType.TEXT:
                return await self._close(WSCloseCode.UNSUPPORTED_DATA, "Frames must be JSON texts.")
            try:
                self._watched = frozenset(Watch.model_validate(json.loads(frame.data)).watch)
            except (ValueError, RecursionError):
                return await self._close(WSCloseCode.POLICY_VIOLATION, 'Expected a frame such as {"watch": []}.')
        return None

    async def _tell(self, after: int) -> None:
        target = self._hub.feed.cursor
        if target < after or target - after > FARTHEST_BEHIND:
            await self._socket.send_json({"type": "reset", "cursor": target})
            after = target
        try:
            await self._follow(after, target)
        except Retryable:
            await self._close(WSCloseCode.TRY_AGAIN_LATER, "The store cannot be reached. Please resume.")

    async def _follow(self, after: int, target: int) -> None:
        current = after >= target
        if current:
            await self._say_current(after)
        async with aclosing(_follow(self._hub, after)) as batches:
            async for batch in batches:
                after = max(after, *(event.cursor for event in batch))
                await self._send(batch, after)
                self._told = after
                if not current and after >= target:
                    current = True
                    await self._say_current(after)

    async def _send(self, batch: list[FeedEvent], cursor: int) -> None:
        language = language_of(self._request, self._hub.rules, self._operator)
        presenter = Presenter(self._hub, self._request.app[TEXTS], self._operator, language)
        facts = await self._hydrator.facts(batch)
        told = Narrator(self._hub, self._operator, presenter).tell(batch, facts, self._watched)
        if told:
            await self._socket.send_frame(msgspec.json.encode(Frame(told, cursor)), WSMsgType.TEXT)

    async def _say_current(self, cursor: int) -> None:
        """Tell the console that it has seen everything up to the moment it connected, and how the rules are now."""
        await self._send([FeedEvent(0, self._hub.clock.now(), "rules")], cursor)
        await self._socket.send_json({"type": "current", "cursor": cursor})

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            try:
                known = await caller(self._request) == self._operator
            except Retryable:
                known = True
            if not known or self._operator not in self._hub.rules.operators:
                return await self._close(SIGNED_OUT, "The session has ended.")
            await self._socket.send_json({"type": "still", "cursor": self._told})

    async def _close(self, code: int, reason: str) -> None:
        await self._socket.close(code=code, message=reason.encode())


@bare(
    "GET",
    "/events/socket",
    "Follow the feed over a WebSocket",
    answers=web.WebSocketResponse,
    query=SocketStart,
    problems=(HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN),
)
async def socket(request: web.Request) -> web.StreamResponse:
    """Tell what happened after a cursor, then what happens.

    Frames are JSON objects. The hub sends `{"type": "events", "events": [], "cursor": 7}` as `GET /events` answers it;
    `{"type": "current", "cursor": 7}` once everything is told that had happened before the socket was opened;
    `{"type": "reset", "cursor": 7}` to whoever is too far behind, or ahead of everything, and has to read the lists
    afresh; and `{"type": "still", "cursor": 7}` every 15 seconds. It takes `{"watch": ["…"]}`: which conversations are
    on show, so that it can tell when one of them goes out of sight. Anything else closes the socket with a reason.
    """
    if not from_own_page(request):
        raise Problem(HTTPStatus.FORBIDDEN, "A socket may only be opened by the hub's own pages.")
    operator = await signed_in(request)
    after = read_query(request, SocketStart).after
    with request.app[PACE].socket(operator) as seated:
        if not seated:
            detail = f"{operator} has {MOST_SOCKETS} sockets open already. Close some of them first."
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, kind="/problems/too-many-sockets", retry_after=BEAT)
        return await _serve(request, operator, after)


async def _serve(request: web.Request, operator: str, after: int) -> web.WebSocketResponse:
    response = web.WebSocketResponse(heartbeat=BEAT, max_msg_size=_MAX_FRAME)
    await response.prepare(request)
    try:
        with request.app[FOLLOWERS].socket(response), request.app[ATTENDANCE].present(operator):
            await Socket(request, response, operator).serve(after)
    except* ConnectionError:
        log.debug("a console went away", operator=operator)
    except* Exception:
        # Nothing but a closing frame can be said on a connection that is a socket already.
        log.exception("a console's socket failed", operator=operator)
        await response.close(code=WSCloseCode.INTERNAL_ERROR, message=b"Something went wrong. Please resume.")
    return response


OPERATIONS = (events, socket)
