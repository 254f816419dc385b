"""Edits and deletions through a running hub: from clients, from operators, and out to the platform."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crm_store import MongoStore
from hub.engine.clock import SystemClock
from hub.engine.inbox import Work
from hub.engine.sending import attempt
from router.client_events import ClientEdited, ClientMessage
from router.delivery import Action, Delivery, DeliveryState
from router.errors import Rejected, Retryable, Uncertain
from router.events import Transfer
from router.model import Author, AuthorKind, Conversation, Message, MessageKind
from router.people import Identity, Sender
from tests.clock import ManualClock
from tests.contract.store_samples import NOW
from tests.integration.editing import EditingChannel, said, talking
from tests.integration.stage import Stage, running, stage_of

pytestmark = pytest.mark.mongo

# Out


async def test_edits_and_deletions_reach_the_platform_behind_what_they_change(store: MongoStore) -> None:
    """With the platform's own id of it."""
    async with talking(store) as talk:
        await talk.does("reply", text="Helo")
        message = (await talk.message("Helo")).id
        await talk.does("edit", message=message, text="Hello")
        await talk.does("retract", message=message)
        deletion = await talk.ends("Helo", Action.DELETE, DeliveryState.SENT)
        assert talk.channel.asked == [("send", "", "Helo"), ("edit", "p1", "Hello"), ("delete", "p1", "Hello")]
        assert [attempted.state for attempted in deletion.attempts] == [DeliveryState.SENT]
        kept = await talk.message("Hello")
        assert (kept.deleted_at is not None, [v.text for v in kept.versions]) == (True, ["Helo"])


async def test_an_edit_waits_until_the_message_itself_has_gone_out(store: MongoStore) -> None:
    """However often that has to be tried."""
    clock = ManualClock()
    async with talking(store, clock) as talk:
        talk.channel.answers += [Retryable("too fast")]
        await talk.does("reply", text="Helo")
        await talk.ends("Helo", Action.SEND, DeliveryState.RETRYING)
        await talk.does("edit", message=(await talk.message("Helo")).id, text="Hello")
        clock.advance(timedelta(minutes=1))
        await talk.ends("Helo", Action.EDIT, DeliveryState.SENT)
        assert [action for action, _, _ in talk.channel.asked] == ["send", "send", "edit"]
        assert talk.channel.asked[-1] == ("edit", "p2", "Hello")


@pytest.mark.parametrize(
    ("answer", "state"),
    [(Rejected("blocked by the client"), DeliveryState.FAILED), (Uncertain("no answer came"), DeliveryState.UNKNOWN)],
)
async def test_what_never_arrived_cannot_be_changed(store: MongoStore, answer: Exception, state: DeliveryState) -> None:
    """The edit fails, with the reason, without asking the platform; it can be sent again when the message has gone."""
    async with talking(store) as talk:
        talk.channel.answers += [answer]
        await talk.does("reply", text="Helo")
        sending = await talk.ends("Helo", Action.SEND, state)
        await talk.does("edit", message=(await talk.message("Helo")).id, text="Hello")
        edit = await talk.ends("Helo", Action.EDIT, DeliveryState.FAILED)
        assert edit.reason.startswith("The message itself is not known to have arrived")
        assert len(talk.channel.asked) == 1
        for delivery in (sending, edit):
            await talk.does("resend", delivery=delivery.id)
            await talk.ends("Helo", delivery.action, DeliveryState.SENT)
        assert talk.channel.asked[1:] == [("send", "", "Hello"), ("edit", "p2", "Hello")]


async def test_a_message_taken_back_before_it_went_out_never_goes_out() -> None:
    """As when the hub was down in between: it reads the message as it is by now."""
    channel = EditingChannel()
    author = Author(AuthorKind.OPERATOR, "anna", "Anna")
    message = Message("m1", "k1", 1, author, MessageKind.TEXT, "oh", NOW, "editing", "carl", deleted_at=NOW)
    ended = await attempt(channel, SystemClock(), Delivery("d1", "m1", "k1", "sales", "editing", "carl"), message)
    assert (ended.change.state, channel.asked) == (DeliveryState.FAILED, [])


# In


async def test_a_client_edits_and_takes_back(store: MongoStore) -> None:
    """Staff see it in the feed and in the conversation, with the former words; another chat's messages are safe."""
    async with talking(store) as talk:
        mine = (await talk.message("hello")).external_id
        seen = talk.stage.hub.feed.cursor
        await talk.channel.hand_over(
            {"chat": "mallory", "edits": mine, "text": "hacked"},
            {"chat": "carl", "edits": "nothing", "text": "what?"},
            {"chat": "carl", "edits": mine, "text": "hello there"},
        )
        await talk.stage.settled()
        message = await talk.message("hello")
        assert (message.text, [v.text for v in message.versions]) == ("hello there", ["hello"])
        told = await store.events(seen, 10)
        assert [(e.type, e.subject, e.line) for e in told] == [
            ("message", message.id, "sales"),
            ("conversation", talk.conversation, "sales"),
        ]
        await talk.channel.hand_over({"chat": "carl", "deletes": mine}, {"chat": "carl", "edits": mine, "text": "late"})
        await talk.stage.settled()
        gone = await talk.message("hello")
        assert (gone.text, gone.deleted_at is not None) == ("hello there", True)
        assert [entry async for entry in store.ledger.undecided()] == []


async def test_a_message_and_its_edit_can_arrive_together(store: MongoStore) -> None:
    """In one hand-over, and before the store has either."""
    async with talking(store) as talk:
        talk.channel._numbers = iter(range(1000, 1010))  # type: ignore[assignment]  # ids that the test can foretell
        first = {"chat": "dora", "text": "helo"}
        await talk.channel.hand_over(first, {"chat": "dora", "edits": "editing:editing1000", "text": "hello"})
        await talk.stage.settled()
        conversation = next(c for c in await talk.stage.conversations() if c.chat == "dora")
        assert await talk.stage.texts(conversation.id) == ["hello"]


TWO_LINES: dict[str, Any] = {
    "lines": {
        "sales": {"name": "Sales", "operators": ["anna"], "triage": False, "texts": {"queued": "", "nobody": ""}},
        "support": {"name": "Support", "operators": ["boris"], "triage": False, "texts": {"queued": "", "nobody": ""}},
    },
    "operators": {"anna": {"name": "Anna"}, "boris": {"name": "Boris"}},
}


async def _transferred(stage: Stage, channel: EditingChannel) -> tuple[Conversation, Message]:
    """Have Anna take a client's conversation; return it and what the client wrote."""
    await stage.command("anna", "presence", presence="available")
    await channel.hand_over({"chat": "carl", "text": "hello"})
    await stage.settled()
    [conversation] = await stage.conversations()
    assert await stage.command("anna", "take", conversation=conversation.id) == ""
    return conversation, said(await stage.hub.store.messages(conversation.id), "hello")


async def test_what_comes_right_behind_a_transfer_follows_it(store: MongoStore) -> None:
    """A client's next words and edits are decided where the conversation is by then, and begin no second one."""
    channel = EditingChannel()
    async with running(stage_of(store, [channel], TWO_LINES)) as stage:
        conversation, first = await _transferred(stage, channel)
        inbox = stage.hub.engine.lanes["sales"].inbox
        sender = Sender(Identity("scripted", "editing", "carl"))
        at = stage.hub.clock.now()
        inbox.push(Work(Transfer("hub:1", conversation.id, "anna", to_line="support")))
        inbox.push(Work(ClientMessage("hub:2", "editing", "carl", sender, "anybody?", at, external_id="x1")))
        inbox.push(Work(ClientEdited("hub:3", "editing", "carl", "x1", "anybody there?", at)))
        inbox.push(Work(ClientEdited("hub:4", "editing", "carl", first.external_id, "hello!", at)))
        await stage.settled()
        [moved] = await stage.conversations()
        assert (moved.id, moved.line) == (conversation.id, "support")
        assert await stage.texts(moved.id) == ["hello!", "anybody there?"]


async def test_an_edit_of_a_former_conversation_begins_nothing(store: MongoStore) -> None:
    """It is decided on the line where that conversation ended, though the chat has another one elsewhere now."""
    channel = EditingChannel()
    async with running(stage_of(store, [channel], TWO_LINES)) as stage:
        former, first = await _transferred(stage, channel)
        assert await stage.command("anna", "transfer", conversation=former.id, to_line="support") == ""
        await stage.command("boris", "presence", presence="available")
        await stage.settled()
        assert await stage.command("boris", "take", conversation=former.id) == ""
        assert await stage.command("boris", "close", conversation=former.id) == ""
        await channel.hand_over({"chat": "carl", "text": "me again"})
        await stage.settled()
        latest = next(c for c in await stage.conversations() if c.id != former.id)
        await channel.hand_over({"chat": "carl", "edits": first.external_id, "text": "hello back then"})
        await stage.settled()
        assert await stage.texts(former.id) == ["hello back then"]
        assert {c.id for c in await stage.conversations()} == {former.id, latest.id}
        assert (await store.conversations([latest.id]))[latest.id] == latest
