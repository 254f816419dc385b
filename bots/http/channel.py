"""Any system as a channel of the hub."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from http import HTTPStatus

from aiohttp import web

from bots.http.bodies import MAX_TEXT
from bots.http.door import Tokens
from bots.http.endpoints import Handler, Operation, endpoints
from bots.http.mapping import KIND, envelope, event_of
from bots.http.problems import Problem, later, refused
from bots.http.running import Running
from bots.http.settings import HttpSettings
from bots.http.webhook import Webhook
from router.client_events import ClientEvent
from router.delivery import Delivery
from router.errors import Misconfigured, Rejected, Retryable
from router.model import Message
from router.ports import Capabilities, Endpoint, Host, Sent

#: seconds to wait before a busy hub is asked again, when nobody knows better
_RETRY_AFTER = 2.0


class HttpChannel:
    """A `router.ports.Channel` whose platform is whoever calls it with its token."""

    kind = KIND

    def __init__(self, name: str, settings: HttpSettings) -> None:
        self.name = name
        self._settings = settings
        self._tokens = Tokens([token.get_secret_value() for token in settings.tokens])
        self._webhook = Webhook(settings.webhook) if settings.webhook else None
        self._running: Running | None = None
        self.capabilities = Capabilities(
            max_text=MAX_TEXT,
            idempotent=settings.webhook is None or settings.webhook.deduplicates,
            files=True,
            choices=True,
            edits=True,
            reactions=True,
            replies=True,
            formatting=True,
            closings=settings.closings,
            pulled=settings.webhook is None,
        )

    async def run(self, host: Host) -> None:
        """Take and give until cancelled; whoever waits for deliveries is answered then."""
        async with self._webhook.opened() if self._webhook else nullcontext():
            running = self._running = Running(self.name, self._settings, host)
            try:
                await asyncio.Event().wait()
            finally:
                self._running = None
                running.stop()

    def parse(self, update: str, raw: str, at: datetime) -> ClientEvent:
        """Understand what a client did. Raises `Unparsable`."""
        return event_of(self.name, update, raw, at)

    async def send(self, delivery: Delivery, message: Message) -> Sent:
        """Post a delivery to the webhook.

        Raises `Retryable`, `AuthFailed`, `Rejected`, `Uncertain`, and `Misconfigured` for redirects, and for a
        channel without a webhook, whose deliveries are fetched and never sent.
        """
        if self._webhook is None:
            raise Misconfigured(f"The channel {self.name!r} has no webhook: its deliveries wait to be fetched.")
        own = await self._webhook.post(delivery.id, envelope(delivery, message), self._now)
        # Edits name the message by its id, which every receiver knows, whatever it calls the message itself.
        return Sent(external_id=own or message.id)

    def _now(self) -> datetime:
        return self._running.host.clock.now() if self._running else datetime.now(UTC)

    async def typing(self, chat: str, name: str) -> None:
        """Nothing: the system is told of deliveries only."""

    async def seen(self, chat: str, conversation: str, n: int) -> None:
        """Nothing: the system is told of deliveries only."""

    async def changed(self, chat: str) -> None:
        """Nothing: the system is told of deliveries only."""

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the operations for the hub to mount below `/api/v1`."""
        return endpoints(self._guarded, pulled=self.capabilities.pulled)

    def _guarded(self, operation: Operation) -> Handler:
        """Let only the channel's own callers in, and answer errors as problem details."""

        async def guard(request: web.Request) -> web.StreamResponse:
            try:
                return await operation(self._admitted(request), request)
            except Problem as problem:
                return problem.answer()
            except Retryable as error:
                wait = error.after.total_seconds() if error.after else _RETRY_AFTER
                detail = "The hub cannot keep or read this right now: send the same request again in a moment."
                return later(HTTPStatus.SERVICE_UNAVAILABLE, detail, wait).answer()
            except Rejected as error:
                return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)).answer()

        return guard

    def _admitted(self, request: web.Request) -> Running:
        """Return the running channel. Raises `Problem` for strangers, before `run` and after it."""
        if not self._tokens.accept(request):
            raise refused(self.name)
        if self._running is None:
            detail = f"The channel {self.name!r} is not running at the moment: send the same request again soon."
            raise later(HTTPStatus.SERVICE_UNAVAILABLE, detail, 1)
        return self._running
