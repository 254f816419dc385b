"""Where visitors' WebSockets arrive: who may come in, and who they are."""

from __future__ import annotations

import contextlib

from aiohttp import WSCloseCode, WSMsgType, web

from bots.webchat.catalogue import closest, say
from bots.webchat.frames import FRAME_CEILING, FRAME_LIMIT, Hello, Malformed, decode
from bots.webchat.mapping import MAX_TEXT, Visitor
from bots.webchat.running import Running
from bots.webchat.screen import TooSlow, standing
from bots.webchat.session import Session
from router.errors import Retryable

#: seconds for the first frame to come
_PATIENCE = 20.0


async def serve(running: Running, request: web.Request) -> web.WebSocketResponse:
    """Carry one connection from its handshake to its end."""
    ws = web.WebSocketResponse(heartbeat=25, timeout=2, max_msg_size=FRAME_CEILING, compress=False)
    await ws.prepare(request)
    address = running.address(request)
    with running.address_seats.seat(address) as seated, contextlib.suppress(ConnectionError):
        hello = await _hello(ws)
        if hello is not None and not seated:
            await _turn_away(ws, hello.language)
        elif hello is not None:
            await _welcome(running, ws, hello, address)
    return ws


async def _hello(ws: web.WebSocketResponse) -> Hello | None:
    """Return the first frame; close the connection and return None when it is no hello."""
    try:
        message = await ws.receive(timeout=_PATIENCE)
    except TimeoutError:
        await ws.close(code=WSCloseCode.POLICY_VIOLATION, message=b"no hello came")
        return None
    frame = None
    if message.type is WSMsgType.TEXT and len(message.data) <= FRAME_LIMIT:
        with contextlib.suppress(Malformed):  # answered below like any other first frame that is no hello
            frame = decode(message.data)
    if isinstance(frame, Hello):
        return frame
    if not ws.closed:
        await ws.send_json({"type": "error", "code": "greet_first", "text": say("greet_first", "en")})
        await ws.close(code=WSCloseCode.POLICY_VIOLATION, message=b"the first frame must be a hello")
    return None


async def _turn_away(ws: web.WebSocketResponse, language: str) -> None:
    text = say("too_many_connections", closest(language))
    await ws.send_json({"type": "error", "code": "too_many_connections", "text": text})
    await ws.close(code=WSCloseCode.TRY_AGAIN_LATER)


async def _welcome(running: Running, ws: web.WebSocketResponse, hello: Hello, address: str) -> None:
    known = running.tokens.visitor(hello.token)
    visitor = Visitor(known or running.tokens.new_visitor(), hello.language, hello.name, hello.timezone)
    with running.visitor_seats.seat(visitor.id) as seated:
        if not seated:
            await _turn_away(ws, hello.language)
            return
        session = Session(running, ws, visitor, address)
        # From here on the window hears of news, so that none falls between reading the history and listening.
        running.visits.enter(visitor.id, session)
        try:
            await _greet(running, session, visitor, hello.after if known else 0)
            await session.run()
        except (Retryable, TooSlow):
            await ws.close(code=WSCloseCode.TRY_AGAIN_LATER, drain=False)
        finally:
            running.visits.leave(visitor.id, session)


async def _greet(running: Running, session: Session, visitor: Visitor, after: int) -> None:
    cursor, chat = await session.screen.begin(after)
    await session.screen.write(
        {
            "type": "welcome",
            "token": running.tokens.issue(visitor.id),
            "visitor": visitor.id,
            "cursor": cursor,
            "limits": {"text": MAX_TEXT, "frame": FRAME_LIMIT},
            **standing(chat),
        }
    )
