"""What every channel promises. A channel's own tests inherit `ChannelContract` and say only how it is driven."""

from __future__ import annotations

import asyncio
import json
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.client_events import ClientMessage
from router.delivery import DeliveryState
from router.errors import HubError, Unparsable
from router.ports import Channel
from tests.contract.carrying import CarryingContract, Platform

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
#: what people and programs send to break things; each has to arrive as text that any store can keep
HOSTILE = (
    "nul \x00 inside",
    "lone \ud83d surrogate",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\u202eright to left\u2066",
    "{{ braces }} %s %(x)s ${HOME}",
    "🙂" * 200,
)
#: ids a client might give its own messages
_ID = ("5b6d0c1e-0a4e-4f0e-9b60-0f6f6f1b0a01", "5b6d0c1e-0a4e-4f0e-9b60-0f6f6f1b0a02")
_ARRIVED = {DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ}
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
_JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner), max_leaves=8
)


class ChannelContract(CarryingContract):
    """Inherit as `class TestXyz(ChannelContract)`; see also `CarryingContract` for what capabilities promise."""

    # What a channel's tests say

    @abstractmethod
    def genuine(self, text: str) -> str:
        """Return a raw update in which a client says `text`."""

    @abstractmethod
    def poison(self) -> Sequence[str]:
        """Return raw updates that cannot be understood."""

    def failures(self) -> Mapping[str, type[HubError]]:
        """Return what the platform may answer to a send → what the channel must raise then."""
        return {}

    async def fail(self, platform: Platform, failure: str) -> None:
        """Make the platform answer the next send with one of `failures`."""
        raise NotImplementedError

    async def spoil(self, platform: Platform) -> bool:
        """Make the platform hand over something that cannot be understood; return whether one of this kind can."""
        return False

    # What every channel does

    def test_it_is_a_channel(self) -> None:
        """It has all parts of the port, and capabilities that make sense."""
        channel = self.make_channel()
        assert isinstance(channel, Channel)
        assert channel.name
        assert channel.kind
        assert channel.capabilities.max_text >= 1

    def test_parsing_is_pure(self) -> None:
        """The same update means the same to any instance, at any time, without a host."""
        raw = self.genuine("hello")
        first, second = self.make_channel(), self.make_channel()
        events = [channel.parse("x:1", raw, AT) for channel in (first, first, second)]
        assert events[0] is not None
        assert events[0] == events[1] == events[2]
        assert (events[0].id, events[0].channel) == ("x:1", first.name)

    def test_the_future_does_not_count(self) -> None:
        """Whatever a client's clock says, nothing is dated after the hub received it."""
        event = self.make_channel().parse("x:1", self.genuine("hello"), AT)
        assert event is not None
        assert event.at <= AT

    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    def test_hostile_text_becomes_harmless_text(self, text: str) -> None:
        """Text that could break a store arrives as text that cannot; markup stays the text it is."""
        event = self.make_channel().parse("x:1", self.genuine(text), AT)
        assert isinstance(event, ClientMessage)
        assert "\x00" not in event.text
        event.text.encode()
        assert event.text == text or "\ufffd" in event.text

    def test_poison_is_called_by_its_name(self) -> None:
        """What cannot be understood raises `Unparsable` with a reason, so that it is quarantined."""
        assert self.poison()
        for raw in self.poison():
            with pytest.raises(Unparsable, match=r"\w"):
                self.make_channel().parse("x:1", raw, AT)

    def test_any_text_at_all_is_either_understood_or_poison(self) -> None:
        """No update whatever makes parsing fail in any other way."""

        # Made anew for each channel: hypothesis wants a test of its own for each.
        @settings(max_examples=200, deadline=None, database=None)
        @given(raw=st.one_of(st.text(max_size=60), _JSON.map(json.dumps)))
        def parse(raw: str) -> None:
            with suppress(Unparsable):
                self.make_channel().parse("x:1", raw, AT)

        parse()

    async def test_acknowledged_means_kept(self) -> None:
        """A message is in the ledger once it is acknowledged, in the order written."""
        async with self.running() as (host, platform):
            assert await platform.say("first", _ID[0])
            assert await platform.say("second", _ID[1])
            assert host.texts(platform.chat) == ["first", "second"]

    async def test_what_cannot_be_kept_is_not_acknowledged(self) -> None:
        """While the store is away nothing is acknowledged, and the client's next try succeeds."""
        async with self.running() as (host, platform):
            host.unreachable = True
            assert not await platform.say("hello", _ID[0])
            assert not host.ledger
            host.unreachable = False
            assert await platform.say("hello", _ID[0])
            assert host.texts(platform.chat) == ["hello"]

    async def test_a_repeat_is_acknowledged_and_dropped(self) -> None:
        """A client that missed the acknowledgement may repeat itself without saying it twice."""
        async with self.running() as (host, platform):
            assert await platform.say("hello", _ID[0])
            assert await platform.say("hello", _ID[0])
            assert host.texts(platform.chat) == ["hello"]
            assert not host.poison

    async def test_what_the_hub_kept_before_it_died_is_not_kept_twice(self) -> None:
        """When the hub dies between keeping and saying so, the client repeats itself and is heard once."""
        async with self.running() as (host, platform):
            host.dies_after_keeping = True
            assert not await platform.say("hello", _ID[0])
            host.dies_after_keeping = False
            assert await platform.say("hello", _ID[0])
            assert await platform.say("again", _ID[1])
            assert host.texts(platform.chat) == ["hello", "again"]

    async def test_poison_blocks_nothing(self) -> None:
        """What cannot be understood is set aside, and what comes before and behind it arrives in order."""
        async with self.running() as (host, platform):
            assert await platform.say("before", _ID[0])
            if not await self.spoil(platform):
                pytest.skip("this platform's door refuses what cannot be understood, so nothing of it comes in")
            assert await platform.say("behind", _ID[1])
            assert host.texts(platform.chat) == ["before", "behind"]
            assert len(host.poison) == 1

    async def test_a_text_as_long_as_it_says_arrives_whole(self) -> None:
        """The longest text is shown in full, in one message or several, and no word of it is torn apart."""
        words = ["🙂word"] * (self.make_channel().capabilities.max_text // 6)
        async with self.running() as (host, platform):
            await platform.say("hello", _ID[0])
            await host.reply(platform.chat, " ".join(words))
            shown = [word for text in await platform.shown(1) for word in text.split()]
            assert shown == words

    async def test_replies_arrive_in_order(self) -> None:
        """What is sent is shown to the client, in the order sent."""
        async with self.running() as (host, platform):
            await platform.say("hello", _ID[0])
            for text in ("one", "two", "three"):
                sent = await host.reply(platform.chat, text)
                assert self.make_channel().capabilities.pulled or sent.state in _ARRIVED
            assert list(await platform.shown(3)) == ["one", "two", "three"]

    async def test_nothing_is_called_sent_before_the_platform_has_it(self) -> None:
        """What a platform fetches itself waits until it says that it has it, and is sent from then on."""
        async with self.running() as (host, platform):
            if not self.make_channel().capabilities.pulled:
                pytest.skip("this platform is sent its messages")
            await platform.say("hello", _ID[0])
            await host.reply(platform.chat, "one")
            assert host.states() == [DeliveryState.QUEUED]
            await platform.shown(1)
            assert set(host.states()) <= _ARRIVED

    async def test_an_idempotent_channel_shows_a_repeat_once(self) -> None:
        """Where the channel says so, sending the same delivery again makes no double."""
        async with self.running() as (host, platform):
            if not self.make_channel().capabilities.idempotent:
                pytest.skip("this platform has no idempotency key, and its capabilities say so")
            await platform.say("hello", _ID[0])
            await host.reply(platform.chat, "once")
            await host.deliver(host.messages(platform.chat)[-1])
            await host.reply(platform.chat, "then")
            assert list(await platform.shown(2)) == ["once", "then"]

    async def test_each_failure_says_what_to_do(self) -> None:
        """Every answer of the platform to a send becomes the error that tells the hub what to do."""
        for failure, expected in self.failures().items():
            async with self.running() as (host, platform):
                await platform.say("hello", _ID[0])
                await self.fail(platform, failure)
                with pytest.raises(expected):
                    await host.reply(platform.chat, "hello")

    async def test_stopping_leaves_nothing_behind(self) -> None:
        """A cancelled channel ends soon and takes its tasks with it."""
        before = asyncio.all_tasks()
        async with asyncio.timeout(10):
            async with self.running() as (_, platform):
                await platform.say("hello", _ID[0])
        assert asyncio.all_tasks() <= before
