"""Another hub as a channel: what it is told goes out through an outbox, as messages go out to a messenger."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

from hub.partners.telling import Teller, Told, unpacked
from hub.partners.wire import Wire
from hub.web.facade import Hub
from router.client_events import ClientEvent
from router.delivery import Delivery
from router.errors import HubError, Rejected, Unparsable
from router.model import Message
from router.ports import Capabilities, Host, Sent
from router.webhooks import channel_of


class PartnerReceiver:
    """Implements `router.ports.Channel` as far as an outbox needs it."""

    kind = "hub"

    def __init__(self, name: str, operator: str, wire: Wire, hub: Hub, teller: Teller) -> None:
        self.name = channel_of(name)
        # The other hub knows a message by its id, so posting it again makes no second one.
        self.capabilities = Capabilities(
            idempotent=True, files=True, give_up_after=timedelta(days=3), longest_pause=timedelta(seconds=30)
        )
        self._operator = operator
        self._wire = wire
        self._hub = hub
        self._teller = teller
        #: why the latest notice was not taken; empty when it was
        self.trouble = ""

    def opened(self) -> AbstractAsyncContextManager[None]:
        """Keep connections while it is open."""
        return self._wire.opened()

    async def send(self, delivery: Delivery, message: Message) -> Sent:  # noqa: ARG002 - all is in the delivery's body
        """Post one message with its files, or that a conversation is over. Raises as `Wire.post`."""
        told = unpacked(delivery.body)
        try:
            await self._wire.post(told.path, await self._with_files(told, delivery.chat))
        except Rejected as error:
            await self._tell_colleagues(delivery, str(error))
            raise
        except HubError as error:
            self.trouble = str(error)
            raise
        self.trouble = ""
        return Sent()

    async def _with_files(self, told: Told, chat: str) -> dict[str, object]:
        """Return the body with the files' ids over there; those that are not taken are named in the text."""
        ids, text = [], str(told.body.get("text", ""))
        for file in told.files:
            try:
                ids.append(await self._wire.upload(chat, file.name, self._hub.store.files.read(file.id)))
            except Rejected as error:
                text = f"{text}\n{self._teller.say('file', name=file.name)} ({error})".strip()
        return told.body | ({"text": text, "attachments": ids} if told.files else {})

    async def _tell_colleagues(self, delivery: Delivery, reason: str) -> None:
        """Leave a note in the conversation; nothing comes of it when it is with somebody else by now."""
        known = self._hub.rules.operators.get(self._operator)
        text = self._teller.say("not_taken", hub=known.name if known else self._operator, reason=reason)
        note = {"type": "note", "conversation": delivery.conversation, "text": text}
        await self._hub.command(self._operator, f"untold {delivery.id}", note)

    async def run(self, host: Host) -> None:
        """Return at once: what comes in is fetched by the bridge."""

    def parse(self, update: str, raw: str, at: datetime) -> ClientEvent | None:  # noqa: ARG002 - as the port has it
        """Refuse: what comes in are an operator's commands."""
        raise Unparsable("Another hub speaks through its deliveries, which are fetched.")

    async def typing(self, chat: str, name: str) -> None:
        """Do nothing: it is told of messages only."""

    async def seen(self, chat: str, conversation: str, n: int) -> None:
        """Do nothing: it is told of messages only."""

    async def changed(self, chat: str) -> None:
        """Do nothing: it is told of messages only."""
