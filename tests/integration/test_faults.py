"""A receiver that fails in every way: each delivery ends in the state that is true, on the real store."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bots.http import HttpChannel
from crm_store import MongoStore
from router.delivery import Delivery, DeliveryState
from tests.bots.http.receiver import SECRET, Answer, Receiver, receiving
from tests.bots.http.shop import make_channel, serving
from tests.clock import ManualClock
from tests.integration.stage import Stage, running, stage_of

pytestmark = pytest.mark.mongo


@dataclass(slots=True)
class Scene:
    """A hub, its client Carl, and Anna who answers him."""

    stage: Stage
    clock: ManualClock
    conversation: str = ""

    async def begin(self, channel: HttpChannel) -> None:
        """Have Carl write and Anna take the conversation."""
        async with serving(channel, None) as shop:  # type: ignore[arg-type]  # the host is the hub's own
            assert await shop.tell() == (202, {"duplicate": False})
        await self.stage.command("anna", "presence", presence="available")
        await self.stage.settled()
        (conversation,) = await self.stage.conversations()
        assert await self.stage.command("anna", "take", conversation=conversation.id) == ""
        self.conversation = conversation.id

    async def reply(self, text: str) -> None:
        """Have Anna answer."""
        assert await self.stage.command("anna", "reply", conversation=self.conversation, text=text) == ""

    async def delivery(self, text: str) -> Delivery:
        """Return how far an answer has got."""
        messages = await self.stage.hub.store.messages(self.conversation)
        message = next(m for m in messages if m.text == text)
        return (await self.stage.hub.store.deliveries_of([message.id]))[message.id][0]

    async def ends(self, text: str, state: DeliveryState) -> Delivery:
        """Return the delivery once it has got to a state."""

        async def holds() -> bool:
            return (await self.delivery(text)).state is state

        await self.stage.until(holds)
        return await self.delivery(text)

    async def retried(self, text: str, after: timedelta = timedelta(seconds=2)) -> Delivery:
        """Wait until it rests before another try, let that time pass, and return it once it is sent."""
        await self.ends(text, DeliveryState.RETRYING)
        self.clock.advance(after)
        return await self.ends(text, DeliveryState.SENT)


def channel_to(url: str, *, deduplicates: bool, timeout: str = "1s") -> HttpChannel:
    return make_channel(webhook={"url": url, "secret": SECRET, "deduplicates": deduplicates, "timeout": timeout})


@asynccontextmanager
async def scene_of(store: MongoStore, channel: HttpChannel) -> AsyncIterator[Scene]:
    """Run a hub to its graceful end."""
    clock = ManualClock(datetime.now(UTC))  # receivers do not believe signatures that are minutes old
    async with running(stage_of(store, [channel], clock=clock)) as stage:
        scene = Scene(stage, clock)
        await scene.begin(channel)
        yield scene


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


DOUBTS = [
    Answer(manner="hang", takes=False),
    Answer(manner="hang"),
    Answer(manner="hang up", takes=False),
    Answer(manner="hang up"),
    Answer(manner="break off"),
]
_NAMES = ["hangs before the effect", "hangs after it", "hangs up before it", "hangs up after it", "breaks off"]


@pytest.mark.parametrize("doubt", DOUBTS, ids=_NAMES)
async def test_in_doubt_and_taken_once_it_is_sent_again(store: MongoStore, receiver: Receiver, doubt: Answer) -> None:
    """Where the receiver takes each id once, doubt ends in `sent`, and the client sees the answer exactly once."""
    receiver.deduplicates = True
    receiver.answers.append(doubt)
    async with scene_of(store, channel_to(receiver.url, deduplicates=True)) as scene:
        await scene.reply("hi")
        await scene.reply("there")
        sent = await scene.retried("hi")
        await scene.ends("there", DeliveryState.SENT)
    assert receiver.texts == ["hi", "there"]
    assert receiver.heard.count(sent.id) == 2
    assert [attempt.state for attempt in sent.attempts] == [DeliveryState.RETRYING, DeliveryState.SENT]


@pytest.mark.parametrize("doubt", DOUBTS, ids=_NAMES)
async def test_in_doubt_it_is_unknown_and_never_sent_twice(
    store: MongoStore, receiver: Receiver, doubt: Answer
) -> None:
    """Where sending again could make a double, the hub says that it does not know, and goes on with the next one."""
    receiver.answers.append(doubt)
    async with scene_of(store, channel_to(receiver.url, deduplicates=False)) as scene:
        await scene.reply("hi")
        await scene.reply("there")
        unknown = await scene.ends("hi", DeliveryState.UNKNOWN)
        await scene.ends("there", DeliveryState.SENT)
        assert "no whole answer came" in unknown.reason
    assert receiver.texts == ["hi", "there"] if doubt.takes else ["there"]
    assert receiver.heard.count(unknown.id) == 1


@pytest.mark.parametrize("deduplicates", [True, False])
@pytest.mark.parametrize("status", [500, 502, 503, 408, 425])
async def test_not_taken_for_now_is_tried_again(
    store: MongoStore, receiver: Receiver, status: int, deduplicates: bool
) -> None:
    """A receiver that says it could not is asked again, in order, until it can."""
    receiver.answers.append(Answer(status, takes=False))
    async with scene_of(store, channel_to(receiver.url, deduplicates=deduplicates)) as scene:
        await scene.reply("hi")
        await scene.reply("there")
        sent = await scene.retried("hi")
        await scene.ends("there", DeliveryState.SENT)
    assert sent.external_id == "ours-1"
    assert receiver.texts == ["hi", "there"]


async def test_a_receiver_that_asks_for_a_pause_gets_it(store: MongoStore, receiver: Receiver) -> None:
    """After a 429 nothing is sent to that chat before its Retry-After has passed."""
    receiver.answers.append(Answer(429, headers={"Retry-After": "90"}, takes=False))
    async with scene_of(store, channel_to(receiver.url, deduplicates=False)) as scene:
        await scene.reply("hi")
        waiting = await scene.ends("hi", DeliveryState.RETRYING)
        assert waiting.next_at is not None
        assert waiting.next_at > scene.clock.now() + timedelta(seconds=89)
        scene.clock.advance(timedelta(seconds=89))
        await scene.stage.settled()
        assert len(receiver.heard) == 1
        await scene.retried("hi", timedelta(seconds=2))
    assert receiver.texts == ["hi"]


@pytest.mark.parametrize("status", [400, 404, 410, 422])
async def test_refused_for_good_is_failed_with_the_reason(store: MongoStore, receiver: Receiver, status: int) -> None:
    """It is not sent again, and the operator reads what the receiver said."""
    receiver.answers.append(Answer(status, b"Carl has left", takes=False))
    async with scene_of(store, channel_to(receiver.url, deduplicates=True)) as scene:
        await scene.reply("hi")
        failed = await scene.ends("hi", DeliveryState.FAILED)
        assert failed.reason == f"The webhook's receiver answered {status}: Carl has left"
        await scene.reply("there")
        await scene.ends("there", DeliveryState.SENT)
    assert receiver.texts == ["there"]


@pytest.mark.parametrize(
    "answer", [Answer(401, takes=False), Answer(302, headers={"Location": "/elsewhere"}, takes=False)]
)
async def test_what_an_admin_must_mend_is_shown_and_loses_nothing(
    store: MongoStore, receiver: Receiver, answer: Answer
) -> None:
    """The channel is shown as failing until it works again; what waited is sent then."""
    receiver.answers.append(answer)
    async with scene_of(store, channel_to(receiver.url, deduplicates=False)) as scene:
        await scene.reply("hi")
        await scene.ends("hi", DeliveryState.RETRYING)
        assert _health(scene)["status"] == "failing"
        await scene.retried("hi", timedelta(seconds=80))
        assert _health(scene)["status"] == "ok"
    assert receiver.texts == ["hi"]


def _health(scene: Scene) -> dict[str, Any]:
    channels: Any = scene.stage.hub.health()["channels"]
    return dict(channels["shop-http"])


async def test_a_receiver_that_is_away_gets_everything_when_it_is_back(store: MongoStore, receiver: Receiver) -> None:
    """Nobody listens where the webhook points: that is no doubt, and nothing is lost or doubled."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{nobody.getsockname()[1]}/hook"
        async with scene_of(store, channel_to(away, deduplicates=False)) as scene:
            await scene.reply("hi")
            await scene.ends("hi", DeliveryState.RETRYING)
            conversation = scene.conversation
    clock = ManualClock(datetime.now(UTC) + timedelta(seconds=5))
    async with running(stage_of(store, [channel_to(receiver.url, deduplicates=False)], clock=clock)) as stage:
        await Scene(stage, clock, conversation).ends("hi", DeliveryState.SENT)
    assert receiver.texts == ["hi"]


@pytest.mark.parametrize("deduplicates", [True, False])
async def test_a_hub_that_dies_while_sending_tells_the_truth(
    store: MongoStore, receiver: Receiver, deduplicates: bool
) -> None:
    """The next hub sends it again where that makes no double, and calls it unknown where it might."""
    receiver.deduplicates = deduplicates
    receiver.answers.append(Answer(manner="hang"))
    clock = ManualClock(datetime.now(UTC))
    # Patient enough not to give up before it dies.
    stage = stage_of(store, [first := channel_to(receiver.url, deduplicates=deduplicates, timeout="30s")], clock=clock)
    await stage.hub.start()
    scene = Scene(stage, clock)
    await scene.begin(first)
    await scene.reply("hi")
    await receiver.stirred.wait()
    await stage.hub.engine.abandon()  # first, so that a channel that stops gracefully has nobody to report to
    await stage.hub.supervisor.stop()
    async with running(stage_of(store, [channel_to(receiver.url, deduplicates=deduplicates)], clock=clock)) as again:
        after = Scene(again, clock, scene.conversation)
        await after.ends("hi", DeliveryState.SENT if deduplicates else DeliveryState.UNKNOWN)
    assert receiver.texts == ["hi"]
    assert len(receiver.heard) == (2 if deduplicates else 1)


async def test_a_reader_that_dies_is_given_again_what_it_had_not_confirmed(store: MongoStore) -> None:
    """Fetched is not sent: neither a lost answer nor a restart of the hub loses or falsely settles a delivery."""
    async with scene_of(store, first := make_channel()) as scene:
        await scene.reply("hi")
        async with serving(first, None) as shop:  # type: ignore[arg-type]  # the host is the hub's own
            (lost,) = (await shop.fetch(wait=10))["deliveries"]
        assert (await scene.delivery("hi")).state is DeliveryState.QUEUED
        conversation, clock = scene.conversation, scene.clock
    async with running(stage_of(store, [second := make_channel()], clock=clock)) as stage:
        async with serving(second, None) as shop:  # type: ignore[arg-type]  # likewise
            again = await shop.fetch(wait=10)
            assert again["deliveries"] == [lost]
            assert await shop.fetch(after=again["cursor"]) == {"deliveries": [], "cursor": again["cursor"]}
        sent = await Scene(stage, clock, conversation).ends("hi", DeliveryState.SENT)
        assert sent.id == lost["id"]
