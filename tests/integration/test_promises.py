"""The promises of the design that need the store and the engine; those of the pure core are in tests/unit/router."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from crm_store import MongoStore, open_store
from hub.mongod import start_mongod
from router.delivery import Delivery, DeliveryState
from router.effects import Outcome
from router.errors import AuthFailed, Rejected, Retryable, Uncertain, Unparsable
from router.model import State
from router.ports import Capabilities, Sent, Update
from tests.clock import ManualClock
from tests.integration.stage import RULES, ScriptedChannel, Stage, crash, running, stage_of

pytestmark = pytest.mark.mongo


async def _taken(stage: Stage, channel: ScriptedChannel, chat: str = "carl") -> str:
    """Have a client write and Anna take the conversation; return its id."""
    await stage.command("anna", "presence", presence="available")
    await channel.write(chat, "hello")
    await stage.settled()
    conversation = next(c for c in await stage.conversations() if c.chat == chat)
    assert await stage.command("anna", "take", conversation=conversation.id) == ""
    return conversation.id


async def _delivery(stage: Stage, conversation: str, text: str) -> Delivery:
    messages = await stage.hub.store.messages(conversation)
    message = next(m for m in messages if m.text == text)
    return (await stage.hub.store.deliveries_of([message.id]))[message.id][0]


async def _ends(stage: Stage, conversation: str, text: str, state: DeliveryState) -> Delivery:
    async def holds() -> bool:
        return (await _delivery(stage, conversation, text)).state is state

    await stage.until(holds)
    return await _delivery(stage, conversation, text)


async def test_promise_1_an_update_is_in_the_ledger_before_the_platform_is_told(store: MongoStore) -> None:
    """The moment `receive` returns, another connection reads the update with its text unchanged."""
    channel = ScriptedChannel()
    async with running(stage_of(store, [channel])):
        assert await channel.write("carl", "hello", "42")
        entry = await store.ledger.find("shop:42")
        assert entry is not None
        assert '"hello"' in entry.raw
        assert await channel.write("carl", "hello", "42") is False


async def test_promise_1_nothing_is_acknowledged_while_the_store_is_down_and_nothing_is_lost(tmp_path: Path) -> None:
    """With mongod killed the platform hears of no success; what it then repeats is decided exactly once."""
    mongo = await start_mongod(tmp_path)
    store = await open_store(mongo.url, "trunkline")
    channel = ScriptedChannel()
    try:
        async with running(stage_of(store, [channel])) as stage:
            await channel.write("carl", "before")
            os.kill(mongo.pid, signal.SIGKILL)
            while True:
                try:
                    await channel.write("carl", "during", "7")
                except Retryable:
                    continue
                break

            async def both() -> bool:
                conversations = await stage.conversations()
                return bool(conversations) and await stage.texts(conversations[0].id) == ["before", "during"]

            await stage.until(both)
    finally:
        await store.close()
        await mongo.stop()


async def test_promise_2_every_message_is_decided_once_and_in_order_whatever_dies(store: MongoStore) -> None:
    """Six hubs in a row die at random moments while twenty clients write; the last one finishes the work."""
    chance = random.Random(20260302)
    texts = {f"client{i}": [f"{i}-{n}" for n in range(12)] for i in range(20)}
    todo = {chat: list(lines) for chat, lines in texts.items()}
    for _ in range(6):
        channel = ScriptedChannel()
        stage = stage_of(store, [channel])
        await stage.hub.start()
        writers = [asyncio.create_task(_write_all(channel, chat, lines)) for chat, lines in todo.items()]
        for _ in range(chance.randrange(5, 200)):
            await asyncio.sleep(0)
        await crash(stage)
        for writer in writers:
            writer.cancel()
        await asyncio.gather(*writers, return_exceptions=True)
    channel = ScriptedChannel()
    async with running(stage_of(store, [channel])) as stage:
        await asyncio.gather(*(_write_all(channel, chat, lines) for chat, lines in todo.items()))
        await stage.settled()
        conversations = await stage.conversations()
        assert {c.chat: await stage.texts(c.id) for c in conversations} == texts
        assert [entry async for entry in store.ledger.undecided()] == []


async def _write_all(channel: ScriptedChannel, chat: str, lines: list[str]) -> None:
    """Write until all is acknowledged; what was in doubt when the hub died is repeated with its own id."""
    while lines:
        await channel.write(chat, lines[0], f"{chat}:{lines[0]}")
        del lines[0]


async def test_promise_2_poison_is_set_aside_with_its_reason_and_blocks_nobody(store: MongoStore) -> None:
    """An update that cannot be understood is quarantined; the ones behind it are decided."""
    channel = ScriptedChannel()
    async with running(stage_of(store, [channel])) as stage:
        await (await channel.host).receive([Update("bad", '{"text": "?"}'), Update("broken", "{")])
        await channel.write("carl", "fine")
        await stage.settled()
        bad, broken = await store.ledger.find("shop:bad"), await store.ledger.find("shop:broken")
        assert bad is not None
        assert (bad.state, bad.reason) == ("poison", "Expected a chat.")
        assert broken is not None
        assert broken.state == "poison"
        assert [c.preview for c in await stage.conversations()] == ["fine"]


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (Sent("x1"), DeliveryState.SENT, ""),
        (Rejected("the client has blocked us"), DeliveryState.FAILED, "the client has blocked us"),
        (Uncertain("hung up"), DeliveryState.UNKNOWN, "hung up"),
        (RuntimeError("odd"), DeliveryState.UNKNOWN, "RuntimeError: odd"),
    ],
    ids=["sent", "failed", "unknown", "unexpected"],
)
async def test_promise_3_a_delivery_ends_in_the_state_that_is_true(
    store: MongoStore, answer: Sent | Exception, state: DeliveryState, reason: str
) -> None:
    """What the platform did with the message is what the operator is told, with the platform's own reason."""
    channel = ScriptedChannel(answers=[answer])
    async with running(stage_of(store, [channel])) as stage:
        conversation = await _taken(stage, channel)
        await stage.command("anna", "reply", conversation=conversation, text="hi")
        delivery = await _ends(stage, conversation, "hi", state)
        assert delivery.reason == reason
        assert [attempt.state for attempt in delivery.attempts] == [state]


async def test_promise_3_what_can_be_tried_again_is_and_every_attempt_is_kept(store: MongoStore) -> None:
    """A platform that says "later" gets the message later, in its chat's order, while other chats go on."""
    channel = ScriptedChannel(answers=[Retryable("slow down", timedelta(minutes=5))])
    clock = ManualClock()
    async with running(stage_of(store, [channel], clock=clock)) as stage:
        conversation, other = await _taken(stage, channel), await _taken(stage, channel, "dora")
        await stage.command("anna", "reply", conversation=conversation, text="one")
        await _ends(stage, conversation, "one", DeliveryState.RETRYING)
        await stage.command("anna", "reply", conversation=conversation, text="two")
        await stage.command("anna", "reply", conversation=other, text="three")
        await _ends(stage, other, "three", DeliveryState.SENT)
        assert channel.taken == {"dora": ["three"]}
        clock.advance(timedelta(minutes=5))
        await _ends(stage, conversation, "two", DeliveryState.SENT)
        assert channel.taken["carl"] == ["one", "two"]
        states = [attempt.state for attempt in (await _delivery(stage, conversation, "one")).attempts]
        assert states == [DeliveryState.RETRYING, DeliveryState.SENT]


async def test_promise_3_send_again_really_sends_again(store: MongoStore) -> None:
    """A failed message goes out when the operator asks for it, and only then."""
    channel = ScriptedChannel(answers=[Rejected("no")])
    async with running(stage_of(store, [channel])) as stage:
        conversation = await _taken(stage, channel)
        await stage.command("anna", "reply", conversation=conversation, text="hi")
        failed = await _ends(stage, conversation, "hi", DeliveryState.FAILED)
        assert await stage.command("anna", "resend", conversation=conversation, delivery=failed.id) == ""
        sent = await _ends(stage, conversation, "hi", DeliveryState.SENT)
        assert channel.taken["carl"] == ["hi"]
        states = [each.state for each in sent.attempts]
        assert states == [DeliveryState.FAILED, DeliveryState.QUEUED, DeliveryState.SENT]
        again = await stage.command("anna", "resend", conversation=conversation, delivery=failed.id)
        assert again == "no_need_to_resend"


@pytest.mark.parametrize(("idempotent", "state"), [(False, DeliveryState.UNKNOWN), (True, DeliveryState.SENT)])
async def test_promise_3_what_was_being_sent_when_the_hub_died_is_never_called_sent(
    store: MongoStore, idempotent: bool, state: DeliveryState
) -> None:
    """It becomes unknown; where sending again cannot make a double, it is simply sent again."""
    gate = asyncio.Event()
    silent = ScriptedChannel(answers=[gate])
    stage = stage_of(store, [silent])
    await stage.hub.start()
    conversation = await _taken(stage, silent)
    await stage.command("anna", "reply", conversation=conversation, text="hi")
    await gate.wait()
    await crash(stage)
    channel = ScriptedChannel(capabilities=Capabilities(idempotent=idempotent))
    async with running(stage_of(store, [channel])) as stage:
        await _ends(stage, conversation, "hi", state)
        assert channel.taken == ({"carl": ["hi"]} if idempotent else {})


async def test_promise_5_an_unanswered_offer_returns_also_when_the_hub_was_down_meanwhile(store: MongoStore) -> None:
    """The timer is data: a hub that starts after it was due fires it at once, and once."""
    clock = ManualClock()
    channel = ScriptedChannel()
    async with running(stage_of(store, [channel], clock=clock)) as stage:
        await stage.command("anna", "presence", presence="available")
        await channel.write("carl", "hello")
        await stage.settled()
        (conversation,) = await stage.conversations()
        assert conversation.offered == ("anna",)
    clock.advance(timedelta(hours=1))
    async with running(stage_of(store, [ScriptedChannel()], clock=clock)) as stage:

        async def returned() -> bool:
            (now,) = await stage.conversations()
            return now.returns == 1

        await stage.until(returned)
        await stage.settled()
        (conversation,) = await stage.conversations()
        assert (conversation.state, conversation.returns) == (State.QUEUED, 1)
        assert stage.hub.roster["anna"].load == 0


async def test_promise_8_a_channel_that_fails_touches_no_other(store: MongoStore) -> None:
    """One channel cannot start and may not send; the other one receives and sends as ever, and health says which."""
    bad = ScriptedChannel("bad", broken=RuntimeError("boom"), answers=[AuthFailed("token revoked")] * 50)
    good = ScriptedChannel("good")
    async with running(stage_of(store, [bad, good])) as stage:
        theirs, ours = await _taken(stage, bad, "bea"), await _taken(stage, good, "carl")
        await stage.command("anna", "reply", conversation=theirs, text="lost?")
        await stage.command("anna", "reply", conversation=ours, text="hi")
        await _ends(stage, ours, "hi", DeliveryState.SENT)
        waiting = await _ends(stage, theirs, "lost?", DeliveryState.RETRYING)
        assert waiting.reason == "token revoked"
        channels = stage.hub.health()["channels"]
        assert isinstance(channels, dict)
        assert (channels["good"]["status"], channels["bad"]["status"]) == ("ok", "failing")


async def test_a_command_repeated_with_its_key_is_carried_out_once_with_the_same_outcome(store: MongoStore) -> None:
    """The key is what counts: a browser that repeats a reply after a lost answer does not say it twice."""
    channel = ScriptedChannel()
    async with running(stage_of(store, [channel])) as stage:
        conversation = await _taken(stage, channel)
        body = {"type": "reply", "conversation": conversation, "text": "hi"}
        first, second = await asyncio.gather(*(stage.hub.command("anna", "same", body) for _ in range(2)))
        assert first == second == await stage.hub.command("anna", "same", body)
        assert await stage.texts(conversation) == ["hello", "hi"]


async def test_a_command_is_answered_whatever_comes_with_its_key_meanwhile(store: MongoStore) -> None:
    """Whoever asks for something else under the same key is told so, and takes nobody's answer away."""
    channel = ScriptedChannel()
    async with running(stage_of(store, [channel])) as stage:
        conversation = await _taken(stage, channel)
        bodies = [{"type": "reply", "conversation": conversation, "text": text} for text in ("hi", "oh")]
        first, second = await asyncio.gather(
            *(stage.hub.command("anna", "same", body) for body in bodies), return_exceptions=True
        )
        assert isinstance(first, Outcome)
        assert isinstance(second, Unparsable)
        assert await stage.texts(conversation) == ["hello", "hi"]


async def test_the_rules_of_a_line_taken_out_of_the_file_leave_its_conversations_reachable(store: MongoStore) -> None:
    """A conversation on a line nobody knows any more is still there for supervisors to take."""
    channel = ScriptedChannel()
    async with running(stage_of(store, [channel])) as stage:
        await channel.write("carl", "hello")
        await stage.settled()
    rules = {
        "lines": {"support": {"name": "Support", "operators": ["anna"]}},
        "operators": {**RULES["operators"], "sofia": {"name": "Sofia", "role": "supervisor"}},
    }
    async with running(stage_of(store, [ScriptedChannel()], rules=rules)) as stage:
        (conversation,) = await stage.conversations()
        await stage.command("sofia", "presence", presence="available")
        assert await stage.command("sofia", "take", conversation=conversation.id) == ""
        assert await stage.command("anna", "take", conversation=conversation.id) == "not_found"


async def test_a_command_that_cannot_be_kept_costs_nobody_else(store: MongoStore) -> None:
    """One that makes no sense or is too large for the ledger is refused; what came with it is carried out."""
    channel = ScriptedChannel()
    async with running(stage_of(store, [channel])) as stage:
        conversation = await _taken(stage, channel)
        broken = {"type": "join", "conversation": conversation, "mode": "sideways"}
        with pytest.raises(Unparsable):
            await stage.hub.command("anna", "broken", broken)
        huge = "x" * 17_000_000
        results = await asyncio.gather(
            stage.command("anna", "reply", conversation=conversation, text="before"),
            stage.command("anna", "reply", conversation=conversation, text=huge),
            stage.command("anna", "reply", conversation=conversation, text="after"),
            return_exceptions=True,
        )
        assert isinstance(results[1], Rejected)
        assert results[0] == results[2] == ""
        assert await stage.texts(conversation) == ["hello", "before", "after"]
