"""Another hub answers in an operator's place: nothing is lost and nothing doubled, whichever of the two stops."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from pymongo import AsyncMongoClient

from crm_store import MongoStore, open_store
from router.model import State
from router.people import Presence
from router.ports import Capabilities
from tests.integration.partners import Far, comes_to_be, handed_over, near, reads, taken_there, the_one
from tests.integration.stage import ScriptedChannel, Stage, crash, running

pytestmark = pytest.mark.mongo


@pytest.fixture
async def far(mongo_url: str) -> AsyncIterator[Far]:
    name = f"test_{uuid4().hex[:16]}"
    store = await open_store(mongo_url, name)
    yield Far(store)
    await store.close()
    async with AsyncMongoClient[dict[str, object]](mongo_url) as client:
        await client.drop_database(name)


async def test_a_client_is_answered_by_the_other_hub(store: MongoStore, far: Far) -> None:
    channel = ScriptedChannel(capabilities=Capabilities(reactions=True))
    async with far.open() as there, running(near(store, far, channel)) as here:
        conversation = await handed_over(here, channel)
        guest = await taken_there(there)
        (packet,) = await there.texts(guest)
        assert packet.splitlines() == [
            "Handed over from “Sales”: carl, over scripted.",
            "Comment: speaks German",
            "",
            "Said so far:",
            "carl: hello",
            "Anna: one moment",
        ]
        assert (await the_one(there)).chat == conversation
        assert not await there.command("greta", "reply", conversation=guest, text="guten Tag")
        await here.until(reads(here, "hello", "one moment", "guten Tag"))
        await channel.write("carl", "hallo")
        await there.until(reads(there, "guten Tag", "hallo"))
        meant = (await there.hub.store.messages(guest))[-1].id
        assert not await there.command("greta", "react", conversation=guest, message=meant, emoji="👍")

        async def is_liked() -> bool:
            return (await here.hub.store.messages(conversation))[-1].reactions == {"berlin": "👍"}

        await here.until(is_liked)
        assert (await the_one(here)).operator == "berlin"
        assert here.hub.health()["partners"]["berlin"]["status"] == "ok"  # type: ignore[index]  # as it is told


async def test_a_conversation_that_is_closed_there_is_closed_here(store: MongoStore, far: Far) -> None:
    channel = ScriptedChannel()
    async with far.open() as there, running(near(store, far, channel)) as here:
        conversation = await handed_over(here, channel)
        guest = await taken_there(there)
        await there.command("greta", "reply", conversation=guest, text="guten Tag")
        assert not await there.command("greta", "close", conversation=guest)

        async def is_closed() -> bool:
            return (await the_one(here)).state is State.CLOSED

        await here.until(is_closed)
        assert (await the_one(here)).closed_by == "berlin"
        assert await here.texts((await the_one(here)).id) == ["hello", "one moment", "guten Tag"]
        await channel.write("carl", "one more thing")
        await here.settled()
        assert not await here.command("anna", "take", conversation=conversation)
        assert not await here.command("anna", "transfer", conversation=conversation, to_operator="berlin")

        async def has_come_again() -> bool:
            return (await there.texts(guest))[-1].endswith("carl: one more thing")

        await there.until(has_come_again)
        told = [text for text in await there.texts(guest) if not text.startswith("How did we do")]
        assert told[1:-1] == ["guten Tag"]


async def test_whoever_takes_it_back_ends_it_there_and_late_answers_fail(store: MongoStore, far: Far) -> None:
    channel = ScriptedChannel()
    async with far.open() as there, running(near(store, far, channel)) as here:
        conversation = await handed_over(here, channel)
        guest = await taken_there(there)
        await here.command("sofia", "presence", presence="available")
        assert not await here.command("sofia", "take", conversation=conversation)

        async def is_over() -> bool:
            return (await the_one(there)).state is State.CLOSED

        await there.until(is_over)
        assert "no longer reaches the client" in (await there.texts(guest))[-1]
        assert not await there.command("greta", "reopen", conversation=guest)
        assert not await there.command("greta", "reply", conversation=guest, text="too late")

        async def has_failed() -> bool:
            late = (await there.hub.store.messages(guest))[-1]
            found = (await there.hub.store.deliveries_of([late.id])).get(late.id, [])
            return [it.reason for it in found] == [
                "Sofia is speaking with this client. Only one person answers at a time."
            ]

        await there.until(has_failed)
        assert await here.texts(conversation) == ["hello", "one moment"]


async def test_nothing_is_lost_or_doubled_while_the_other_hub_is_stopped(store: MongoStore, far: Far) -> None:
    channel = ScriptedChannel()
    async with running(near(store, far, channel)) as here:
        async with far.open() as there:
            await handed_over(here, channel)
            guest = await taken_there(there)
            await there.command("greta", "reply", conversation=guest, text="guten Tag")
            await here.until(reads(here, "one moment", "guten Tag"))
        for text in ("one", "two", "three"):
            await channel.write("carl", text)
        async with far.open() as there:
            await there.until(reads(there, "guten Tag", "one", "two", "three"))
            for text in ("eins", "zwei"):
                assert not await there.command("greta", "reply", conversation=guest, text=text)
            await here.until(reads(here, "guten Tag", "one", "two", "three", "eins", "zwei"))
        assert len(await here.texts((await the_one(here)).id)) == 8


async def test_nothing_is_lost_or_doubled_when_this_hub_is_killed(store: MongoStore, far: Far) -> None:
    channel = ScriptedChannel()
    async with far.open() as there:
        here = near(store, far, channel)
        await here.hub.start()
        conversation = await handed_over(here, channel)
        guest = await taken_there(there)
        said = ["hello", "one moment"]
        for n in range(4):
            await there.command("greta", "reply", conversation=guest, text=f"reply {n}")
            await channel.write("carl", f"message {n}", external_id=f"m{n}")
            await crash(here)
            channel = ScriptedChannel()
            here = near(store, far, channel)
            await here.hub.start()
            said += [f"message {n}", f"reply {n}"]

            async def all_is_here(here: Stage = here, said: list[str] = said) -> bool:
                return sorted(await here.texts(conversation)) == sorted(said)

            await here.until(all_is_here)

        async def all_is_there() -> bool:
            return sorted((await there.texts(guest))[1:]) == sorted(said[2:])

        await there.until(all_is_there)
        await here.hub.stop()


async def test_what_a_hub_out_of_reach_has_not_answered_returns_to_the_queue(store: MongoStore, far: Far) -> None:
    channel = ScriptedChannel()
    async with running(near(store, far, channel, away_after="1s")) as here:
        async with far.open() as there:
            conversation = await handed_over(here, channel)
            await taken_there(there)
            await here.command("anna", "presence", presence="break")
        await comes_to_be(here, Presence.AWAY)

        async def waits() -> bool:
            found = await the_one(here)
            return found.state is State.QUEUED and not found.operator

        await here.until(waits)
        health = here.hub.health()
        assert health["status"] == "degraded"
        assert "cannot be reached" in health["partners"]["berlin"]["reason"]  # type: ignore[index]  # as it is told
        await here.command("anna", "presence", presence="available")
        assert not await here.command("anna", "take", conversation=conversation)
        async with far.open() as there:
            await comes_to_be(here, Presence.AVAILABLE)

            async def is_over() -> bool:
                return (await the_one(there)).state is State.CLOSED

            await there.until(is_over)


async def test_files_go_both_ways(store: MongoStore, far: Far) -> None:
    channel = ScriptedChannel()
    async with far.open() as there, running(near(store, far, channel)) as here:
        conversation = await handed_over(here, channel)
        guest = await taken_there(there)
        sent = await there.hub.store.files.put(
            _bytes(b"their file"), name="a.txt", channel="our-hub", chat=conversation, limit=100
        )
        attached = [{"id": sent.id, "name": sent.name, "media_type": sent.media_type, "size": sent.size}]
        assert not await there.command("greta", "reply", conversation=guest, text="look", attachments=attached)
        await here.until(reads(here, "one moment", "look"))
        (file,) = (await here.hub.store.messages(conversation))[-1].attachments
        assert file.name == "a.txt"
        found = await here.hub.store.files.find(file.id, channel="shop", chat="carl")
        assert found == file
        assert b"".join([part async for part in here.hub.store.files.read(file.id)]) == b"their file"


async def _bytes(content: bytes) -> AsyncIterator[bytes]:
    yield content
