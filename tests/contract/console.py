"""What every console promises. A console's own tests inherit `ConsoleContract` and say only how it is driven."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from crm_store import MongoStore
from router.errors import Rejected
from router.ports import Capabilities
from tests.integration.stage import ScriptedChannel, Stage


class Person(Protocol):
    """An operator at the console, working on the conversation of one client."""

    async def come(self) -> None:
        """Be available."""

    async def offered(self, text: str) -> None:
        """Return once an offer is shown that quotes a text."""

    async def take(self) -> str:
        """Take what was offered; return the words that say why not, empty when it was taken."""

    async def say(self, text: str) -> None:
        """Say something to the client."""

    async def note(self, text: str) -> None:
        """Write something for staff only."""

    async def sees(self, text: str) -> None:
        """Return once something is shown."""

    async def shown(self) -> Sequence[str]:
        """Return what is shown of the conversation, in order; each text may have something before and behind it."""

    async def undelivered(self, text: str, reason: str) -> None:
        """Return once it is shown that a text did not arrive, and why."""

    async def resend(self, text: str) -> None:
        """Have what did not arrive sent again, with what the console shows for that."""


class Bench(Protocol):
    """A running hub with the console under test."""

    stage: Stage
    channel: ScriptedChannel

    async def person(self, operator: str) -> Person:
        """Return an operator at the console, the same one after a restart."""

    async def restart(self) -> None:
        """End the hub as kill -9 would, and start it again on the same store."""


def _places(shown: Sequence[str], *texts: str) -> list[int]:
    whole = "\n".join(shown)
    return [whole.index(text) for text in texts]


class ConsoleContract(ABC):
    """Inherit as `class TestXyz(ConsoleContract)`; the store is a real one."""

    @abstractmethod
    def bench(self, store: MongoStore) -> AbstractAsyncContextManager[Bench]:
        """Run a hub with operators `anna`, who is asked first, and `boris` on one line."""

    async def test_an_offer_is_shown_taken_and_answered(self, store: MongoStore) -> None:
        async with self.bench(store) as bench:
            anna = await bench.person("anna")
            await anna.come()
            await bench.channel.write("carl", "Is the red one in stock?")
            await anna.offered("Is the red one in stock?")
            assert await anna.take() == ""
            await anna.say("It is, two of them.")
            await bench.stage.until(lambda: _taken(bench, "It is, two of them."))
            assert bench.channel.taken["carl"] == ["It is, two of them."]

    async def test_what_is_for_staff_never_reaches_the_client(self, store: MongoStore) -> None:
        async with self.bench(store) as bench:
            anna = await _holding(bench)
            await anna.note("difficult client")
            await anna.say("Good morning")
            await bench.stage.until(lambda: _taken(bench, "Good morning"))
            await bench.stage.settled()
            assert bench.channel.attempts == ["Good morning"]
            (it,) = await bench.stage.conversations()
            said = await bench.stage.hub.store.messages(it.id)
            assert "difficult client" in [m.text for m in said if not m.visible]

    async def test_what_is_said_is_shown_in_order(self, store: MongoStore) -> None:
        async with self.bench(store) as bench:
            anna = await _holding(bench)
            words = [f"word {n:02d}" for n in range(12)]
            for word in words:
                await bench.channel.write("carl", word)
            await anna.sees(words[-1])
            places = _places(await anna.shown(), *words)
            assert places == sorted(places)

    async def test_a_failure_is_shown_and_can_be_sent_again(self, store: MongoStore) -> None:
        async with self.bench(store) as bench:
            anna = await _holding(bench)
            bench.channel.answers.append(Rejected("the client has blocked us"))
            await anna.say("Are you there?")
            await anna.undelivered("Are you there?", "the client has blocked us")
            await anna.resend("Are you there?")
            await bench.stage.until(lambda: _taken(bench, "Are you there?"))

    async def test_a_restart_loses_nothing(self, store: MongoStore) -> None:
        """What happened before, around and after a kill is all there, in order."""
        async with self.bench(store) as bench:
            anna = await _holding(bench)
            await bench.channel.write("carl", "before the kill")
            await bench.restart()
            anna = await bench.person("anna")
            await bench.channel.write("carl", "after the kill")
            await anna.sees("before the kill")
            await anna.sees("after the kill")
            places = _places(await anna.shown(), "before the kill", "after the kill")
            assert places == sorted(places)
            await anna.say("Still here")
            await bench.stage.until(lambda: _taken(bench, "Still here"))

    async def test_an_offer_that_is_gone_is_refused_in_words(self, store: MongoStore) -> None:
        async with self.bench(store) as bench:
            anna = await bench.person("anna")
            await anna.come()
            await bench.channel.write("carl", "hello?")
            await anna.offered("hello?")
            (it,) = await bench.stage.conversations()
            assert await bench.stage.command("sofia", "presence", presence="available") == ""
            assert await bench.stage.command("sofia", "take", conversation=it.id) == ""
            refused = await anna.take()
            assert "Sofia" in refused

    async def test_what_a_colleague_does_elsewhere_is_shown(self, store: MongoStore) -> None:
        """Answers, notes and hand-overs from another console appear in the order in which they happened."""
        async with self.bench(store) as bench:
            anna = await _holding(bench)
            (it,) = await bench.stage.conversations()
            await bench.stage.command("anna", "reply", conversation=it.id, text="from elsewhere")
            await bench.stage.command("sofia", "note", conversation=it.id, text="ask for the number", kind="whisper")
            await anna.sees("from elsewhere")
            await anna.sees("ask for the number")
            places = _places(await anna.shown(), "from elsewhere", "ask for the number")
            assert places == sorted(places)


async def _holding(bench: Bench) -> Person:
    """Return Anna with Carl's conversation in her hands."""
    anna = await bench.person("anna")
    await anna.come()
    await bench.channel.write("carl", "hello")
    await anna.offered("hello")
    assert await anna.take() == ""
    return anna


async def _taken(bench: Bench, text: str) -> bool:
    return text in bench.channel.taken["carl"]


#: what the scripted channel of a bench can do
ABLE = Capabilities(edits=True, files=True, reactions=True)
