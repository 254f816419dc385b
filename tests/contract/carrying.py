"""What channels carry besides words, as far as their capabilities say that they do. A part of `ChannelContract`."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, NamedTuple, Protocol, cast

import pytest

from router.client_events import ClientEvent, ClientMessage, ClientReacted
from router.delivery import Action
from router.media import Entity, MediaKind
from router.ports import Channel
from tests.contract.host import MemoryHost

CONTENT = b"Plain words in a file.\n" * 40
_ID = "5b6d0c1e-0a4e-4f0e-9b60-0f6f6f1b0a07"


class Platform(Protocol):
    """The client's end of a running channel: a real client of our own, or an emulator of the platform."""

    #: the chat its client writes in
    chat: str

    async def say(self, text: str, id_: str) -> bool:
        """Hand one message to the channel under the client's own id; return whether it was acknowledged."""

    async def shown(self, count: int) -> Sequence[str]:
        """Wait until the client was shown `count` of our messages or more; return them in the order shown."""


class Look(NamedTuple):
    """One of our messages as the client sees it now."""

    text: str
    #: the text of what it answers
    answers: str = ""
    files: tuple[bytes, ...] = ()
    choices: tuple[str, ...] = ()
    #: (kind, the words it is about) of what is shown in its own way
    parts: tuple[tuple[str, str], ...] = ()


class Carrier(Platform, Protocol):
    """What else the client's end does, as far as the channel's capabilities say that it carries it."""

    async def looks(self, count: int) -> Sequence[Look]:
        """Wait until the client sees `count` of our messages; return them in the order shown."""

    @property
    def senders(self) -> Mapping[MediaKind, Callable[[], Awaitable[bytes]]]:
        """How a client sends a file of each kind that the platform has; each returns what was sent."""

    async def presses(self, choice: str) -> None:
        """Choose one of the quick answers that stand below our last message."""

    async def sees_typing(self) -> None:
        """Return when the client sees that one of us is typing."""

    async def answers_to(self, to: str, text: str) -> bool:
        """Let the client answer the message of ours that says `to`; return whether clients there can."""

    async def reacts(self, emoji: str, to: str) -> bool:
        """Let the client react to the message of ours that says `to`; return whether clients there can."""

    async def shows(self, texts: Sequence[str]) -> None:
        """Return when the client sees just these of our messages, as they are now."""

    async def shows_emoji(self, text: str, emoji: Sequence[str]) -> None:
        """Return when the client sees these emoji of ours at the message that says `text`."""


class Driven(ABC):
    """A channel, its host and its client."""

    @abstractmethod
    def make_channel(self) -> Channel:
        """Return a new channel that is not running."""

    @abstractmethod
    def platform(self, channel: Channel, host: MemoryHost) -> AbstractAsyncContextManager[Platform]:
        """Connect a client to a channel that is running with `host`."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[tuple[MemoryHost, Platform]]:
        """Run a new channel with a host and one client."""
        channel = self.make_channel()
        host = MemoryHost(channel)
        task = asyncio.create_task(channel.run(host))
        await asyncio.sleep(0)  # lets run() take its host
        try:
            async with self.platform(channel, host) as platform:
                yield host, platform
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @asynccontextmanager
    async def talking(self, capability: str) -> AsyncIterator[tuple[MemoryHost, Carrier]]:
        """Run a channel that has a capability, whose client has said `hello`; skip what it says that it has not."""
        if not getattr(self.make_channel().capabilities, capability):
            pytest.skip(f"this channel has no {capability}, and its capabilities say so")
        async with self.running() as (host, platform):
            assert await platform.say("hello", _ID)
            yield host, cast("Carrier", platform)


class CarryingContract(Driven):
    """Whatever a capability says is tried through `Carrier`, which a channel that has it must drive."""

    # What every channel does

    async def test_files_of_each_kind_arrive(self) -> None:
        """Byte for byte, as the kind of file that the client sent; fetched later where the platform keeps them."""
        async with self.talking("files") as (host, platform):
            assert platform.senders
            for before, (kind, send) in enumerate(platform.senders.items(), 1):
                sent = await send()
                (file,) = (await _last(host, ClientMessage, before)).attachments
                assert file.kind == kind
                assert await host.content(file) == sent

    async def test_files_reach_the_client(self) -> None:
        """Several of them, with the text that was written to them."""
        async with self.talking("files") as (host, platform):
            files = [await host.keep(platform.chat, name, CONTENT + name.encode()) for name in ("a.txt", "b.txt")]
            await host.reply(platform.chat, "Both of them", attachments=tuple(files))
            looks = await platform.looks(1)
            assert [content for look in looks for content in look.files] == [CONTENT + b"a.txt", CONTENT + b"b.txt"]
            assert [look.text for look in looks if look.text] == ["Both of them"]

    async def test_choices_are_offered_and_chosen(self) -> None:
        """What is chosen is said by the client, as if they had typed it."""
        async with self.talking("choices") as (host, platform):
            await host.reply(platform.chat, "What about?", choices=("Delivery", "Returns"))
            (look,) = await platform.looks(1)
            assert (look.text, look.choices) == ("What about?", ("Delivery", "Returns"))
            await platform.presses("Returns")
            assert (await _last(host, ClientMessage, 1)).text == "Returns"

    async def test_formatting_is_shown(self) -> None:
        """At the words that it is about, also behind characters that some platforms count twice."""
        async with self.talking("formatting") as (host, platform):
            entities = (Entity("bold", 2, 4), Entity("link", 7, 4, "https://shop.example/"))
            await host.reply(platform.chat, "🙂 bold link", entities=entities)
            (look,) = await platform.looks(1)
            assert (look.text, look.parts) == ("🙂 bold link", (("bold", "bold"), ("link", "link")))

    async def test_answers_show_what_they_answer(self) -> None:
        """Both ways: ours at the client's message, and theirs at ours, where clients can."""
        async with self.talking("replies") as (host, platform):
            (said,) = host.messages(platform.chat)
            await host.reply(platform.chat, "Good day!", reply_to=said.id)
            (look,) = await platform.looks(1)
            assert (look.text, look.answers) == ("Good day!", "hello")
            if await platform.answers_to("Good day!", "And now?"):
                event = await _last(host, ClientMessage, 1)
                assert host.spoken(platform.chat, event.reply_to).text == "Good day!"

    async def test_reactions_are_shown_both_ways(self) -> None:
        """Ours at the client's message, until it is taken away; and theirs at ours, where clients can."""
        async with self.talking("reactions") as (host, platform):
            (said,) = host.messages(platform.chat)
            await host.react(said, "👍")
            await platform.shows_emoji("hello", ["👍"])
            await host.react(said, "")
            await platform.shows_emoji("hello", [])
            await host.reply(platform.chat, "Good day!")
            await platform.looks(1)
            if await platform.reacts("🔥", "Good day!"):
                event = await _last(host, ClientReacted, 0)
                assert event.emoji == "🔥"
                assert host.spoken(platform.chat, event.external_id).text == "Good day!"

    async def test_edits_and_deletions_reach_the_client(self) -> None:
        """What was said is shown as it is now, or no more."""
        async with self.talking("edits") as (host, platform):
            await host.reply(platform.chat, "one")
            await host.reply(platform.chat, "two")
            await platform.shows(["one", "two"])
            one, two = host.messages(platform.chat)[-2:]
            await host.amend(one, "first")
            await platform.shows(["first", "two"])
            await host.amend(two, action=Action.DELETE)
            await platform.shows(["first"])

    async def test_typing_is_shown(self) -> None:
        """While one of us writes."""
        async with self.talking("typing") as (host, platform):
            await host.types(platform.chat)
            await platform.sees_typing()


async def _last(host: MemoryHost, kind: type[Any], before: int) -> Any:
    """Return the last event of a kind, waiting until there are more than `before`."""

    def found() -> list[ClientEvent]:
        return [event for event in host.events if isinstance(event, kind)]

    async with asyncio.timeout(10):
        while len(found()) <= before:
            host.heard.clear()
            await host.heard.wait()
    return found()[-1]
