"""The webchat as a channel of the hub."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from aiohttp import web

from bots.webchat import sockets, uploads
from bots.webchat.assets import Assets, describe
from bots.webchat.catalogue import closest, say
from bots.webchat.mapping import KIND, MAX_TEXT, event_of
from bots.webchat.origins import is_allowed, preflight, sharing
from bots.webchat.running import Running
from bots.webchat.settings import WebchatSettings
from router.client_events import ClientEvent
from router.delivery import Action, Delivery
from router.model import Message
from router.ports import Capabilities, Host, Sent

#: seconds that visitors' browsers have to say goodbye when the hub stops
_FAREWELL = 5.0
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class WebchatChannel:
    """A `router.ports.Channel` whose platform is our own: the widget on a site."""

    kind = KIND
    capabilities = Capabilities(
        max_text=MAX_TEXT,
        idempotent=True,
        files=True,
        typing=True,
        choices=True,
        edits=True,
        reactions=True,
        replies=True,
        formatting=True,
    )

    def __init__(self, name: str, settings: WebchatSettings) -> None:
        self.name = name
        self._settings = settings
        self._assets = Assets.load()
        self._running: Running | None = None

    async def run(self, host: Host) -> None:
        """Let visitors in until cancelled, then close their connections; their widgets come back to resume."""
        running = self._running = Running(self.name, self._settings, host)
        try:
            await asyncio.Event().wait()
        finally:
            self._running = None
            with contextlib.suppress(TimeoutError):  # whoever does not say goodbye is left to the server's own stop
                await asyncio.wait_for(running.visits.stop(), _FAREWELL)

    def parse(self, update: str, raw: str, at: datetime) -> ClientEvent:
        """Understand what a visitor did. Raises `Unparsable`."""
        return event_of(self.name, update, raw, at)

    async def send(self, delivery: Delivery, message: Message) -> Sent:
        """Show a message, or what has become of it, in the visitor's open windows; others find it on coming back.

        The chat's history already is as it shall be when a message is sent, so sending it again changes nothing.
        """
        if self._running is not None:
            for screen in self._running.visits.screens(delivery.chat):
                # What is reacted to may be the visitor's latest words, which no entry has told this window of yet.
                if delivery.action in {Action.SEND, Action.REACT}:
                    screen.refresh()
                if delivery.action is not Action.SEND:
                    screen.show_changed(message)
        return Sent(external_id=message.id)

    async def typing(self, chat: str, name: str) -> None:
        """Show that `name` is typing."""
        if self._running is not None:
            for screen in self._running.visits.screens(chat):
                screen.show_typing(name)

    async def seen(self, chat: str, conversation: str, n: int) -> None:
        """Show that the visitor's messages up to `n` were read."""
        if self._running is not None:
            for screen in self._running.visits.screens(chat):
                screen.show_read(conversation, n)

    async def changed(self, chat: str) -> None:
        """Show who is there now."""
        if self._running is not None:
            for screen in self._running.visits.screens(chat):
                screen.refresh()

    def routes(self) -> Sequence[web.RouteDef]:
        """Return what to mount: the widget's files, its settings, the socket and the visitors' files."""
        base = f"/channels/{self.name}"
        return [
            web.get(f"{base}/widget.js", self._loader),
            web.get(f"{base}/widget/{{version}}/{{name}}", self._part),
            web.get(f"{base}/settings", self._guarded(self._describe)),
            web.get(f"{base}/socket", self._guarded(self._socket)),
            web.post(f"{base}/files", self._guarded(self._take)),
            web.get(f"{base}/files/{{key}}", self._guarded(self._give)),
            web.options(f"{base}/{{any:settings|files|files/.+}}", self._guarded(self._preflight)),
        ]

    def _guarded(self, handler: _Handler) -> _Handler:
        """Let only allowed sites through."""

        async def guard(request: web.Request) -> web.StreamResponse:
            if is_allowed(request, self._settings.allowed_origins):
                return await handler(request)
            language = closest(request.headers.get("Accept-Language", ""))
            origin = request.headers["Origin"]
            text = say("origin_not_allowed", language, origin=origin, channel=self.name)
            # The page may read why: the widget repeats it on the console, where whoever embeds it looks first.
            raise web.HTTPForbidden(text=text, headers=sharing(request))

        return guard

    def _open(self, request: web.Request) -> Running:
        """Return the running channel. Raises `HTTPServiceUnavailable` before `run` and after it."""
        if self._running is None:
            text = say("starting", closest(request.headers.get("Accept-Language", "")))
            raise web.HTTPServiceUnavailable(text=text, headers={"Retry-After": "1"})
        return self._running

    async def _loader(self, request: web.Request) -> web.Response:
        return self._assets.loader(request)

    async def _part(self, request: web.Request) -> web.Response:
        return self._assets.part(request, request.match_info["version"], request.match_info["name"])

    async def _describe(self, request: web.Request) -> web.Response:
        return describe(self._settings, request)

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        return await sockets.serve(self._open(request), request)

    async def _take(self, request: web.Request) -> web.Response:
        return await uploads.take(self._open(request), request)

    async def _give(self, request: web.Request) -> web.StreamResponse:
        return await uploads.give(self._open(request), request)

    async def _preflight(self, request: web.Request) -> web.Response:
        return web.Response(status=204, headers=preflight(request))
