"""A platform on which messages can be changed, and a conversation on it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crm_store import MongoStore
from router.client_events import ClientDeleted, ClientEdited, ClientEvent
from router.delivery import Action, Delivery, DeliveryState
from router.model import Message
from router.ports import Capabilities, Sent, Update
from tests.clock import ManualClock
from tests.integration.stage import RULES, Answer, ScriptedChannel, Stage, running, stage_of


@dataclass(slots=True)
class EditingChannel(ScriptedChannel):
    """A scripted platform on which messages can be changed: it gives each an id, and remembers what it was asked."""

    name: str = "editing"
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(edits=True))
    answers: list[Answer] = field(default_factory=list)
    #: (action, the platform's id of what it changes, text), in order
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def parse(self, update: str, raw: str, at: datetime) -> ClientEvent | None:
        body = json.loads(raw)
        start = (update, self.name, body["chat"])
        if "edits" in body:
            return ClientEdited(*start, body["edits"], body["text"], at)
        if "deletes" in body:
            return ClientDeleted(*start, body["deletes"], at)
        return ScriptedChannel.parse(self, update, raw, at)

    async def send(self, delivery: Delivery, message: Message) -> Sent:
        self.asked.append((delivery.action, delivery.external_id, message.text))
        await self.platform(delivery.chat, message.text)
        return Sent(external_id=f"p{len(self.asked)}")

    async def hand_over(self, *bodies: dict[str, Any]) -> None:
        """Hand over raw updates, all at once."""
        host = await self.host
        await host.receive([Update(f"{self.name}{next(self._numbers)}", json.dumps(body)) for body in bodies])


def said(stage_messages: list[Message], text: str) -> Message:
    """Return the message that holds a text, now or before."""
    return next(m for m in stage_messages if text in {m.text, *(version.text for version in m.versions)})


@dataclass(slots=True)
class Talk:
    """A conversation that Anna holds, on a channel that can edit."""

    stage: Stage
    channel: EditingChannel
    conversation: str

    async def message(self, text: str) -> Message:
        """Return the message that holds a text, now or before."""
        return said(await self.stage.hub.store.messages(self.conversation), text)

    async def deliveries(self, text: str) -> dict[Action, Delivery]:
        """Return a message's deliveries, the last of each action."""
        message = await self.message(text)
        found = await self.stage.hub.store.deliveries_of([message.id])
        return {delivery.action: delivery for delivery in found[message.id]}

    async def ends(self, text: str, action: Action, state: DeliveryState) -> Delivery:
        """Return a delivery when it has got to a state."""

        async def holds() -> bool:
            found = (await self.deliveries(text)).get(action)
            return found is not None and found.state is state

        await self.stage.until(holds)
        return (await self.deliveries(text))[action]

    async def does(self, type_: str, **body: Any) -> None:
        """Let Anna do something that must succeed."""
        assert await self.stage.command("anna", type_, conversation=self.conversation, **body) == ""


@asynccontextmanager
async def talking(store: MongoStore, clock: ManualClock | None = None) -> AsyncIterator[Talk]:
    """Run a hub on which Anna has taken a client's conversation."""
    channel = EditingChannel()
    stage = stage_of(store, [channel], RULES, clock)
    async with running(stage):
        await stage.command("anna", "presence", presence="available")
        await channel.hand_over({"chat": "carl", "text": "hello"})
        await stage.settled()
        [conversation] = await stage.conversations()
        talk = Talk(stage, channel, conversation.id)
        await talk.does("take")
        yield talk
