"""A platform that fetches its deliveries gets each of them, and nothing is called sent that it does not have."""

from __future__ import annotations

import pytest

from crm_store import MongoStore
from hub.engine import outlet as outlets
from router.delivery import DeliveryState, Receipt
from router.errors import Rejected
from router.model import MessageKind
from router.ports import Capabilities, Host
from tests.integration.rich import RichChannel
from tests.integration.stage import ScriptedChannel, Stage, crash, running, stage_of


async def talk(stage: Stage, channel: ScriptedChannel, replies: int) -> Host:
    """Have a client write and an operator answer; return what the channel's platform asks."""
    await channel.write("carl", "hello")
    await stage.settled()
    await stage.command("anna", "presence", presence="available")
    (conversation,) = await stage.conversations()
    await stage.command("anna", "take", conversation=conversation.id)
    for number in range(1, replies + 1):
        assert not await stage.command("anna", "reply", conversation=conversation.id, text=f"reply {number}")
    return await channel.host


def pulled() -> ScriptedChannel:
    return ScriptedChannel(capabilities=Capabilities(pulled=True))


async def states(store: MongoStore) -> list[DeliveryState]:
    return [delivery.state for delivery, _ in await store.outgoing("shop", 0, 1000)]


async def test_only_what_was_fetched_is_sent(store: MongoStore) -> None:
    channel = pulled()
    async with running(stage_of(store, [channel])) as stage:
        host = await talk(stage, channel, 3)
        first = await host.outgoing(after=None, limit=2)
        assert [each.message.text for each in first] == ["reply 1", "reply 2"]
        await stage.settled()
        assert await states(store) == [DeliveryState.QUEUED] * 3
        await host.fetched(first[-1].cursor)
        await stage.settled()
        assert await states(store) == [DeliveryState.SENT, DeliveryState.SENT, DeliveryState.QUEUED]
        assert [each.message.text for each in await host.outgoing(after=None)] == ["reply 3"]
        assert channel.attempts == []


async def test_operators_see_when_it_was_fetched(store: MongoStore) -> None:
    channel = pulled()
    async with running(stage_of(store, [channel])) as stage:
        host = await talk(stage, channel, 1)
        await stage.settled()
        before = stage.hub.feed.cursor
        (one,) = await host.outgoing(after=None)
        await host.fetched(one.cursor)
        await stage.settled()
        told = await store.events(before, 10)
        assert [(event.type, event.subject) for event in told] == [("delivery", one.delivery.id)]
        known = stage.hub.recent.deliveries.get(one.delivery.id)
        assert known is not None
        assert known.state is DeliveryState.SENT


async def test_a_reader_resumes_after_the_hub_was_killed(store: MongoStore) -> None:
    channel = pulled()
    stage = stage_of(store, [channel])
    await stage.hub.start()
    host = await talk(stage, channel, 4)
    page = await host.outgoing(after=None, limit=2)
    await host.fetched(page[-1].cursor)
    await stage.settled()
    await crash(stage)
    again = pulled()
    async with running(stage_of(store, [again])):
        host = await again.host
        assert [each.message.text for each in await host.outgoing(after=None)] == ["reply 3", "reply 4"]
        assert next(each.message.text for each in await host.outgoing(after=page[0].cursor)) == "reply 2"


async def test_what_no_longer_fits_into_memory_comes_from_the_store(
    store: MongoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlets, "_KEPT", 3)
    monkeypatch.setattr(outlets, "_PAGE", 2)
    channel = pulled()
    async with running(stage_of(store, [channel])) as stage:
        host = await talk(stage, channel, 9)
        everything = await host.outgoing(after=0)
        assert [each.message.text for each in everything] == [f"reply {n}" for n in range(1, 10)]
        assert [each.message.text for each in await host.outgoing(after=everything[6].cursor)] == ["reply 8", "reply 9"]
        await host.fetched(everything[-2].cursor)
        await stage.settled()
        assert (await states(store)).count(DeliveryState.SENT) == 8


async def test_a_cursor_that_nobody_was_given_is_refused(store: MongoStore) -> None:
    channel = pulled()
    async with running(stage_of(store, [channel])) as stage:
        host = await talk(stage, channel, 1)
        (one,) = await host.outgoing(after=None)
        with pytest.raises(Rejected, match="No delivery has the cursor"):
            await host.fetched(one.cursor + 1)
        await stage.settled()
        assert await states(store) == [DeliveryState.QUEUED]


async def test_what_the_platform_could_not_show_can_be_sent_again(store: MongoStore) -> None:
    channel = pulled()
    async with running(stage_of(store, [channel])) as stage:
        host = await talk(stage, channel, 2)
        page = await host.outgoing(after=None)
        await host.fetched(page[-1].cursor)
        await host.confirm([Receipt(page[0].delivery.id, DeliveryState.FAILED, "The chat is blocked.")])
        await stage.settled()
        assert await states(store) == [DeliveryState.FAILED, DeliveryState.SENT]
        conversation = page[0].delivery.conversation
        refused = await stage.command("anna", "resend", conversation=conversation, delivery=page[0].delivery.id)
        assert not refused
        (again,) = await host.outgoing(after=page[-1].cursor, wait=10)
        assert (again.delivery.id, again.message.text) == (page[0].delivery.id, "reply 1")
        await host.fetched(again.cursor)
        await stage.settled()
        assert sorted(await states(store)) == [DeliveryState.SENT, DeliveryState.SENT]


async def test_a_reader_that_waits_is_answered_at_once(store: MongoStore) -> None:
    channel = pulled()
    async with running(stage_of(store, [channel])) as stage:
        host = await talk(stage, channel, 1)
        (one,) = await host.outgoing(after=0, wait=20)
        assert one.message.text == "reply 1"
        assert list(await host.outgoing(after=one.cursor, wait=0)) == []


async def test_a_platform_that_fetches_knows_messages_by_its_own_ids_or_ours(store: MongoStore) -> None:
    """What its client wrote has the platform's id, what we said has none but ours; a note has none that counts."""
    channel = RichChannel(capabilities=Capabilities(pulled=True, reactions=True, replies=True))
    async with running(stage_of(store, [channel])) as stage:
        host = await talk(stage, channel, 0)
        (it,) = await stage.conversations()
        theirs = (await store.messages(it.id))[0]
        assert not await stage.command("anna", "reply", conversation=it.id, text="Hi", reply_to=theirs.id)
        assert not await stage.command("anna", "react", conversation=it.id, message=theirs.id, emoji="👍")
        assert not await stage.command("anna", "note", conversation=it.id, text="for staff")
        answer, reaction = await host.outgoing(after=None)
        known = theirs.external_id
        assert (answer.delivery.reply_external, reaction.delivery.external_id) == (known, known)
        note = next(each for each in await store.messages(it.id) if each.kind is MessageKind.NOTE)
        for meant in (answer.message, note):
            await channel.hand_over(chat="carl", text="yes", reply_to=meant.id)
            await channel.hand_over(type="reacted", chat="carl", external_id=meant.id, emoji="❤")
        await channel.hand_over(type="reacted", chat="other", external_id=answer.message.id, emoji="💩")
        await stage.settled()
        said = [each for each in await store.messages(it.id) if each.text == "yes"]
        assert [each.reply_to for each in said] == [answer.message.id, ""]
        found = await store.messages_by_id([answer.message.id, note.id])
        assert [found[each].reactions for each in (answer.message.id, note.id)] == [{"client": "❤"}, {}]
