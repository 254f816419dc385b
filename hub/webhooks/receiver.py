"""An integrator's program as a channel: notices go out to it through an outbox, as messages go out to a messenger."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

from bots.http.webhook import Webhook, in_words, pause
from hub.settings.model import SubscriptionSettings
from router.client_events import ClientEvent
from router.delivery import Delivery
from router.errors import HubError, Rejected, Retryable, Unparsable
from router.model import Message
from router.ports import Capabilities, Clock, Host, Sent
from router.webhooks import GONE, channel_of

#: a receiver that has been away for long is asked this often
_LONGEST_PAUSE = timedelta(hours=1)


class Receiver:
    """Implements `router.ports.Channel` as far as an outbox needs it."""

    kind = "webhook"

    def __init__(self, name: str, settings: SubscriptionSettings, clock: Clock) -> None:
        self.name = channel_of(name)
        # Receivers know a notice by its id, so posting it again makes no second one.
        self.capabilities = Capabilities(
            idempotent=True, give_up_after=settings.give_up_after, longest_pause=_LONGEST_PAUSE
        )
        self._clock = clock
        self._webhook = Webhook(settings, _meaning)
        #: why the latest notice was not taken; empty when it was
        self.trouble = ""

    def opened(self) -> AbstractAsyncContextManager[None]:
        """Keep connections while it is open."""
        return self._webhook.opened()

    async def send(self, delivery: Delivery, message: Message) -> Sent:  # noqa: ARG002 - the notice is in the delivery
        """Post one notice. Raises `Retryable`, `Uncertain`, or `Rejected` when the receiver wants no more of them."""
        try:
            own = await self._webhook.post(delivery.id, delivery.body.encode(), self._clock.now)
        except HubError as error:
            self.trouble = str(error)
            raise
        self.trouble = ""
        return Sent(external_id=own)

    async def run(self, host: Host) -> None:
        """Return at once: nothing comes in."""

    def parse(self, update: str, raw: str, at: datetime) -> ClientEvent | None:  # noqa: ARG002 - as the port has it
        """Refuse: nothing comes in."""
        raise Unparsable("Webhooks tell what happens and take nothing in.")

    async def typing(self, chat: str, name: str) -> None:
        """Do nothing: typing is no notice."""

    async def seen(self, chat: str, conversation: str, n: int) -> None:
        """Do nothing: what changed is in the feed."""

    async def changed(self, chat: str) -> None:
        """Do nothing: what changed is in the feed."""


def _meaning(status: int, headers: Mapping[str, str], said: bytes, now: datetime) -> HubError:
    """Return what an answer asks for: whoever runs the receiver may mend anything but 410 within the days of trying."""
    if status == 410:
        return Rejected(GONE)
    redirects = " Redirects are not followed: set url to the final address." if 300 <= status < 400 else ""
    return Retryable(in_words(status, said) + redirects, after=pause(headers.get("Retry-After", ""), now))
