"""What messengers carry besides words, through the whole engine and the real store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from crm_store import MongoStore
from router.delivery import Action, DeliveryState
from router.errors import Rejected, Retryable
from router.media import Attachment
from router.model import Conversation, Message
from tests.clock import ManualClock
from tests.integration.rich import RichChannel
from tests.integration.stage import Stage, crash, running, stage_of

VOICE = {"id": "", "name": "voice.ogg", "media_type": "audio/ogg", "size": 0, "kind": "voice", "duration": 7}


async def only(stage: Stage) -> Conversation:
    """Return the one conversation there is."""
    (it,) = await stage.conversations()
    return it


async def said(stage: Stage) -> list[Message]:
    """Return what the client sees of the one conversation, in order."""
    return [message for message in await stage.hub.store.messages((await only(stage)).id) if message.visible]


def files_of(stage: Stage, fits: Callable[[Attachment], bool]) -> Callable[[], Awaitable[bool]]:
    """Return a condition on the first file of the one conversation."""

    async def holds() -> bool:
        every = await stage.conversations()
        return bool(every) and any(fits(file) for message in await said(stage) for file in message.attachments)

    return holds


async def taken(stage: Stage) -> Conversation:
    """Have Anna take the one conversation."""
    await stage.until(lambda: _any(stage))
    assert await stage.command("anna", "presence", presence="available") == ""
    assert await stage.command("anna", "take", conversation=(await only(stage)).id) == ""
    return await only(stage)


async def _any(stage: Stage) -> bool:
    return bool(await stage.conversations())


async def test_a_file_is_fetched_after_its_message_is_shown(store: MongoStore) -> None:
    """Fetched once, kept under the platform's reference, readable as any other file."""
    channel = RichChannel()
    async with running(stage_of(store, [channel])) as stage:
        for _ in range(2):
            await channel.hand_over(chat="c1", attachments=[{**VOICE, "source": "A1"}])
        await stage.until(files_of(stage, lambda file: file.is_here))
        await stage.settled()
        first, second = [message.attachments[0] for message in await said(stage) if message.attachments]
        assert first == second
        assert (first.kind, first.duration, first.name) == ("voice", 7, "voice.ogg")
        assert await store.files.find(first.id, channel="shop", chat="c1") is not None
        assert b"".join([chunk async for chunk in store.files.read(first.id)]) == b"OggS of A1"
        assert (await only(stage)).timers.get("files") is None


async def test_what_never_comes_is_said_in_the_platforms_own_words(store: MongoStore) -> None:
    """At once when it is refused."""
    channel = RichChannel(hurdles=[Rejected("The file is older than a day.")])
    async with running(stage_of(store, [channel])) as stage:
        await channel.hand_over(chat="c1", attachments=[{**VOICE, "source": "A1"}])
        await stage.until(files_of(stage, lambda file: file.trouble == "The file is older than a day."))
    assert channel.fetched == ["A1"]


async def test_a_file_is_asked_for_again_after_a_crash(store: MongoStore) -> None:
    """Its timer is in the store."""
    clock = ManualClock()
    channel = RichChannel(hurdles=[Retryable("Busy.", timedelta(minutes=1))])
    stage = stage_of(store, [channel], clock=clock)
    await stage.hub.start()
    await channel.hand_over(chat="c1", attachments=[{**VOICE, "source": "A1"}])
    await stage.until(files_of(stage, lambda file: bool(file.source)))
    await stage.settled()
    await crash(stage)
    channel.host = asyncio.get_running_loop().create_future()
    async with running(stage_of(store, [channel], clock=clock)) as stage:
        clock.advance(timedelta(minutes=3))
        await stage.until(files_of(stage, lambda file: file.is_here))
    assert channel.fetched == ["A1", "A1"]


async def test_a_clients_photo_comes_to_their_card(store: MongoStore) -> None:
    """Once for each picture they have."""
    channel = RichChannel()
    async with running(stage_of(store, [channel])) as stage:
        for _ in range(2):
            await channel.hand_over(type="started", chat="c1", photo="P1")
            await stage.settled()
        (client,) = (await store.clients_of(["scripted:shop:c1"])).values()
        assert client.photo is not None
        assert client.photo.is_here
        assert client.photo_source == "P1"
    assert channel.fetched == ["P1"]


async def test_answers_and_reactions_find_both_ids_of_a_message(store: MongoStore) -> None:
    """And the platform is told which message is meant, theirs or ours."""
    channel = RichChannel()
    async with running(stage_of(store, [channel])) as stage:
        await channel.hand_over(chat="c1", text="hello", external_id="7")
        it = await taken(stage)
        theirs = next(message for message in await said(stage) if message.external_id == "7")
        assert await stage.command("anna", "reply", conversation=it.id, text="That one", reply_to=theirs.id) == ""
        assert await stage.command("anna", "react", conversation=it.id, message=theirs.id, emoji="👍") == ""
        await stage.until(lambda: _reacted(channel))
        await stage.settled()
        (_, answer), (reaction, _) = channel.sent[-2:]
        assert channel.sent[-2][0].reply_external == "7"
        assert (reaction.action, reaction.external_id) == (Action.REACT, "7")
        (delivery,) = (await store.deliveries_of([answer.id]))[answer.id]
        for external in delivery.external_id.split():
            await channel.hand_over(chat="c1", text="yes", reply_to=external)
            await channel.hand_over(type="reacted", chat="c1", external_id=external, emoji="❤")
        await stage.settled()
        assert [message.reply_to for message in (await said(stage))[-2:]] == [answer.id] * 2
        assert (await store.messages_by_id([answer.id]))[answer.id].reactions == {"client": "❤"}


async def test_a_chat_that_moves_takes_along_what_waits(store: MongoStore) -> None:
    """The conversation goes on, and what rests is sent under the new id."""
    clock = ManualClock()
    channel = RichChannel(patience={"c1": clock.now() + timedelta(hours=1), "c9": clock.now()})
    async with running(stage_of(store, [channel], clock=clock)) as stage:
        await channel.hand_over(chat="c1", text="hello")
        it = await taken(stage)
        assert await stage.command("anna", "reply", conversation=it.id, text="Hi!") == ""
        await stage.settled()
        assert channel.sent == []
        await channel.hand_over(type="moved", chat="c1", to="c9")
        await stage.settled()
        assert (await only(stage)).chat == "c9"
        clock.advance(timedelta(hours=2))
        await stage.until(lambda: _sent(channel, "Hi!"))
        assert {delivery.chat for delivery, _ in channel.sent} == {"c9"}
        await channel.hand_over(chat="c9", text="still here")
        await stage.settled()
        assert (await only(stage)).id == it.id


async def _reacted(channel: RichChannel) -> bool:
    return any(delivery.action is Action.REACT for delivery, _ in channel.sent)


async def _sent(channel: RichChannel, text: str) -> bool:
    return any(message.text == text for _, message in channel.sent)


async def test_a_chat_whose_time_has_not_come_holds_up_no_other_and_edits_are_merged(store: MongoStore) -> None:
    """Of several changes that wait, the last one is made; the others say that they were not."""
    clock = ManualClock()
    channel = RichChannel()
    async with running(stage_of(store, [channel], clock=clock)) as stage:
        await channel.hand_over(chat="c1", text="hello")
        it = await taken(stage)
        assert await stage.command("anna", "reply", conversation=it.id, text="one") == ""
        await stage.until(lambda: _sent(channel, "one"))
        await stage.settled()
        meant = (await said(stage))[-1].id
        channel.patience["c1"] = clock.now() + timedelta(minutes=1)
        for text in ("two", "three", "four"):
            assert await stage.command("anna", "edit", conversation=it.id, message=meant, text=text) == ""
        await channel.hand_over(chat="c2", text="me too")
        await stage.settled()
        assert not await _sent(channel, "four")
        clock.advance(timedelta(minutes=2))
        await stage.until(lambda: _sent(channel, "four"))
        await stage.settled()
        edits = [d for d in (await store.deliveries_of([meant]))[meant] if d.action is Action.EDIT]
        assert [message.text for d, message in channel.sent if d.action is Action.EDIT] == ["four"]
        assert [d.state for d in edits] == [DeliveryState.SENT] * 3
        assert ["Not sent by itself" in d.reason for d in edits] == [True, True, False]
