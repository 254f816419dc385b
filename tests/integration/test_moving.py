"""What is under way when a conversation changes lines, or when an answer is lost: said once, and in its order."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from crm_store import MongoStore
from router.delivery import DeliveryState
from router.errors import Retryable
from router.ports import FeedEvent, Sent, Update
from router.store import Batch
from tests.integration.stage import ScriptedChannel, Stage, running, stage_of

pytestmark = pytest.mark.mongo
CHATS = [f"client{i}" for i in range(20)]
LINES = ("support", "sales")
_LINE = {"operators": ["anna"], "triage": False, "texts": {"queued": "", "nobody": ""}}
RULES: dict[str, Any] = {
    "lines": {"sales": {"name": "Sales", **_LINE}, "support": {"name": "Support", **_LINE}},
    "operators": {"anna": {"name": "Anna"}, "sofia": {"name": "Sofia", "role": "supervisor"}},
}


async def _write(channel: ScriptedChannel, chat: str, texts: list[str]) -> None:
    """Write one after the other, each when the hub has the one before."""
    for text in texts:
        await channel.write(chat, text)


async def _transfer(stage: Stage, conversation: str) -> None:
    """Hand a conversation to one line and back again, over and over."""
    for line in LINES * 3:
        assert await stage.command("sofia", "transfer", conversation=conversation, to_line=line, to_operator="") == ""


@pytest.mark.parametrize("room", [2_000, 2])
async def test_messages_keep_their_order_while_their_conversation_changes_lines(
    store: MongoStore, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    """What waits in the lane that a conversation leaves goes with it, before anything that comes later."""
    monkeypatch.setattr("hub.engine.lane._INBOX", room)
    channel = ScriptedChannel()
    async with running(stage_of(store, [channel], RULES)) as stage:
        texts = {chat: [f"{chat} {n}" for n in range(20)] for chat in CHATS}
        for chat in CHATS:
            await channel.write(chat, "hello")
        await stage.settled()
        conversations = {it.chat: it.id for it in await stage.conversations()}
        await asyncio.gather(
            *(_write(channel, chat, said) for chat, said in texts.items()),
            *(_transfer(stage, conversation) for conversation in conversations.values()),
        )
        await stage.settled()
        found = {chat: await stage.texts(conversation) for chat, conversation in conversations.items()}
        assert found == {chat: ["hello", *said] for chat, said in texts.items()}


async def test_an_update_that_is_found_and_handed_over_at_once_is_decided_once(store: MongoStore) -> None:
    """When the ledger's answer is lost, the hub looks the update up while its channel hands it over again."""
    channel = ScriptedChannel()
    async with running(stage_of(store, [channel])) as stage:
        dispatcher, seq = stage.hub.engine.dispatcher, await store.ledger.last_seq() + 1
        raw = json.dumps({"chat": "carl", "text": "hello"})
        (entry,) = await store.ledger.append("shop", [(Update("u1", raw), seq)], stage.hub.clock.now())
        assert entry is not None
        await asyncio.gather(dispatcher.route(entry), dispatcher.doubt([entry.id]), dispatcher.route(entry))
        await stage.settled()
        (conversation,) = await stage.conversations()
        assert await stage.texts(conversation.id) == ["hello"]


class _ForgetfulLedger:
    """The real ledger, whose answer to the next insertion gets lost."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger
        self.lost = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    async def append(self, *of: Any) -> Any:
        kept = await self._ledger.append(*of)
        if not self.lost:
            self.lost = True
            raise Retryable("The connection broke after the insertion.")
        return kept


async def test_what_is_said_next_does_not_overtake_what_was_in_doubt(store: MongoStore) -> None:
    """Two clients' messages are inserted together and the answer is lost: one of them goes on as soon as it may."""
    channel, store.ledger = ScriptedChannel(), _ForgetfulLedger(store.ledger)  # type: ignore[assignment]  # it answers as the real one
    async with running(stage_of(store, [channel])) as stage:
        await asyncio.gather(_write(channel, "carl", ["one", "two"]), _write(channel, "dora", ["hello"]))
        await stage.settled()
        said = {it.chat: await stage.texts(it.id) for it in await stage.conversations()}
        assert said == {"carl": ["one", "two"], "dora": ["hello"]}


async def test_a_batch_that_was_kept_in_part_stays_in_its_order(store: MongoStore) -> None:
    """Its beginning lies in the ledger undecided when the whole of it is handed over again."""
    channel = ScriptedChannel()
    async with running(stage_of(store, [channel])) as stage:
        batch = [Update(f"u{n}", json.dumps({"chat": "carl", "text": text})) for n, text in enumerate(("one", "two"))]
        seq = await store.ledger.last_seq() + 1
        await store.ledger.append("shop", [(batch[0], seq)], stage.hub.clock.now())
        assert await (await channel.host).receive(batch) == [False, True]
        await stage.settled()
        (conversation,) = await stage.conversations()
        assert await stage.texts(conversation.id) == ["one", "two"]


async def test_what_became_of_a_sending_is_kept_when_a_former_hubs_commit_comes_late(store: MongoStore) -> None:
    """It takes the place in the feed that the report would have had; the report takes the next one."""
    sending, landed = asyncio.Event(), asyncio.Event()

    async def platform(_chat: str, _text: str) -> Sent:
        sending.set()
        await landed.wait()
        return Sent()

    channel = ScriptedChannel()
    channel.platform = platform
    async with running(stage_of(store, [channel])) as stage:
        await stage.command("anna", "presence", presence="available")
        await channel.write("carl", "hello")
        await stage.settled()
        (conversation,) = await stage.conversations()
        for command, more in (("take", {}), ("reply", {"text": "hi"})):
            assert await stage.command("anna", command, conversation=conversation.id, **more) == ""
        await sending.wait()
        late = await store.last_cursor() + 1
        event = FeedEvent(late, stage.hub.clock.now(), "operator", subject="anna")
        await store.commit(Batch("late", late, events=[event]))
        landed.set()

        async def sent() -> bool:
            said = await store.messages(conversation.id)
            found = await store.deliveries_of([it.id for it in said])
            return [it.state for each in found.values() for it in each][-1:] == [DeliveryState.SENT]

        await stage.until(sent)
        assert stage.hub.engine.faults == {}
