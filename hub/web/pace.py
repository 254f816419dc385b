"""How fast the API may be asked: per session or token, and per address for whoever shows neither."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import AbstractContextManager
from http import HTTPStatus

from aiohttp import web

from hub.web.facade import Hub
from hub.web.peers import address_of
from hub.web.problems import Problem
from hub.web.sessions import Sessions, digest
from hub.web.tokens import bearer
from router.rates import REMEMBERED, Buckets, Seats

#: sockets that one operator may hold open: tabs, windows and programs
SOCKETS = 50


class Pace:
    """Counts what is asked. A session or token counts by itself once it was found to be genuine, not before.

    Otherwise whoever makes tokens up would have a new bucket for each of them.
    """

    def __init__(self, hub: Hub, sessions: Sessions) -> None:
        rate = hub.settings.hub.api_rate
        self._settings = hub.settings.hub
        self._sessions = sessions
        self._buckets = None if rate is None else Buckets(rate, hub.clock.now)
        #: digests of sessions and tokens, the longest unused first
        self._genuine: OrderedDict[str, None] = OrderedDict()
        self._sockets = Seats(SOCKETS)

    def spend(self, request: web.Request) -> None:
        """Count one request. Raises a 429 `Problem` that says when to come back."""
        if self._buckets is None:
            return
        key = self._key(request)
        wait = self._buckets.wait(key)
        if wait:
            detail = "These are more requests than this hub takes at once. Please repeat this one a little later."
            kind = "/problems/too-many-requests"
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, kind=kind, retry_after=wait)
        self._buckets.take(key)

    def trust(self, request: web.Request) -> None:
        """From now on count what comes with this request's session or token by itself."""
        shown = self._shown(request)
        self._genuine[shown] = None
        self._genuine.move_to_end(shown)
        while len(self._genuine) > REMEMBERED:
            self._genuine.popitem(last=False)

    def doubt(self, request: web.Request) -> None:
        """Count what comes with this request's session or token by its address again."""
        self._genuine.pop(self._shown(request), None)

    def socket(self, operator: str) -> AbstractContextManager[bool]:
        """Count a socket in while it is served; False when the operator has too many already."""
        return self._sockets.seat(operator)

    def _key(self, request: web.Request) -> str:
        shown = self._shown(request)
        return shown if shown in self._genuine else f"address:{address_of(request, self._settings)}"

    def _shown(self, request: web.Request) -> str:
        token = bearer(request)
        return digest(self._sessions.token(request) if token is None else token)
