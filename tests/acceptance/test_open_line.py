"""What an open line does, one sentence after the other, as its clients and its staff see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.acceptance.open_line import OpenLine, open_line, reads, seen

pytestmark = pytest.mark.mongo
Opens = Callable[..., AbstractAsyncContextManager[OpenLine]]


@pytest.fixture
def opens(mongo_url: str, database: str, tmp_path: Path) -> Opens:
    """How a test starts its hub, with rules for the line `sales`."""
    return partial(open_line, mongo_url, database, tmp_path)


async def test_each_line_has_its_own_queue(opens: Opens) -> None:
    """Whoever writes to a line waits in that line's queue, in the order of coming, and only its own people see them."""
    async with opens(capacity=1) as line:
        boris, clara = await line.staff("boris", "break"), await line.staff("clara", "break")
        await line.client(says="first")
        await line.client("help", says="elsewhere")
        await line.pass_time(timedelta(seconds=1))
        await line.client(says="second")
        said = {(await reads(boris, each))[0]: each for each in await seen(boris, "queue")}
        assert set(said) == {"first", "second"}
        first, second = said["first"], said["second"]
        (elsewhere,) = await seen(clara, "queue")
        await boris.send("PUT", "/presence", {"presence": "available"})
        await line.until(boris, "mine", first)
        await line.does(boris, "take", first)
        await line.does(boris, "close", first)
        await line.until(boris, "mine", second)
        assert await seen(clara, "queue") == [elsewhere]


@pytest.mark.parametrize(("rule", "given"), [("strict", {"anna": 4}), ("even", {"anna": 2, "boris": 2})])
async def test_clients_are_handed_out_strictly_in_order_or_evenly(
    opens: Opens, rule: str, given: dict[str, int]
) -> None:
    """Each client goes to the first in the list who can take one, or to whoever has been given the fewest."""
    async with opens(distribution=rule) as line:
        desks = {name: await line.staff(name) for name in ("anna", "boris")}
        asked: Counter[str] = Counter()
        for _ in range(4):
            await line.client()
            (name,) = [name for name, desk in desks.items() if await seen(desk)]
            (conversation,) = await seen(desks[name])
            await line.does(desks[name], "take", conversation)
            await line.does(desks[name], "close", conversation)
            asked[name] += 1
        assert asked == given


async def test_a_conversation_is_forwarded_to_a_colleague_or_to_another_line(opens: Opens) -> None:
    """Whoever holds it hands it on with a word of explanation; the new one has all that was said, and answers."""
    async with opens() as line:
        anna, boris, clara = [await line.staff(name) for name in ("anna", "boris", "clara")]
        client = await line.client(says="Where is my vase?")
        (conversation,) = await seen(anna)
        await line.does(anna, "take", conversation)
        await line.does(anna, "transfer", conversation, {"to_operator": "boris", "comment": "He packed it"})
        assert (await seen(anna), await seen(boris)) == ([], [conversation])
        assert {"Where is my vase?", "He packed it"} <= set(await reads(boris, conversation))
        await line.does(boris, "take", conversation)
        await line.does(boris, "transfer", conversation, {"to_line": "support"})
        await line.until(clara, "mine", conversation)
        assert await seen(boris) == []
        await line.does(clara, "take", conversation)
        await line.does(clara, "replies", conversation, {"text": "It comes tomorrow."})
        assert (await client.shown(1))[-1] == "It comes tomorrow."


async def test_colleagues_join_openly_or_hidden(opens: Opens) -> None:
    """The client is told who joins openly and never learns of who reads along hidden; both see all that is said."""
    async with opens() as line:
        anna, boris, sofia = [await line.staff(name) for name in ("anna", "boris", "sofia")]
        client = await line.client(says="It is about the invoice")
        (conversation,) = await seen(anna)
        await line.does(anna, "take", conversation)
        await line.does(sofia, "join", conversation, {"mode": "hidden"})
        await line.does(boris, "join", conversation, {"mode": "open"})
        await line.does(sofia, "notes", conversation, {"text": "Offer a discount", "kind": "whisper"})
        await line.does(anna, "replies", conversation, {"text": "We take ten per cent off."})
        told, reply = await client.shown(2)
        assert "Boris" in told
        assert reply == "We take ten per cent off."
        assert not any("Sofia" in entry["text"] or "discount" in entry["text"] for entry in client.entries)
        for desk in (boris, sofia):
            assert {"It is about the invoice", "We take ten per cent off."} <= set(await reads(desk, conversation))
        assert "Offer a discount" in await reads(anna, conversation)


async def test_what_nobody_answers_returns_to_the_queue(opens: Opens) -> None:
    """An offer that is not taken in time goes back and to the next; with nobody left it waits, and staff read why."""
    async with opens(offer_timeout="60s") as line:
        anna, boris = await line.staff("anna"), await line.staff("boris")
        await line.client()
        (conversation,) = await seen(anna)
        await line.pass_time(timedelta(seconds=59))
        assert await seen(anna) == [conversation]
        await line.pass_time(timedelta(seconds=1))
        await line.until(boris, "mine", conversation)
        assert await seen(anna) == []
        await line.pass_time(timedelta(seconds=60))
        await line.until(boris, "mine")
        assert await seen(boris, "queue") == [conversation]
        assert [name for text in await reads(boris, conversation) for name in ("Anna", "Boris") if name in text] == [
            "Anna",
            "Boris",
        ]


async def test_only_those_who_are_at_work_are_asked(opens: Opens) -> None:
    """Neither who has not come, nor who is on a break, nor who is outside their hours; what they left unanswered moves.

    Anna works until 18:00, and it is noon.
    """
    async with opens(offer_timeout="12h") as line:
        anna, boris = await line.staff("anna"), await line.staff("boris", "break")
        await line.client(says="at noon")
        (conversation,) = await seen(anna)
        await line.pass_time(timedelta(hours=6))
        await line.until(anna, "mine")
        assert await seen(boris) == []
        await line.client(says="in the evening")
        assert (await seen(anna), len(await seen(boris, "queue"))) == ([], 2)
        await boris.send("PUT", "/presence", {"presence": "available"})
        await line.until(boris, "mine", *await seen(boris, "queue"))
        assert conversation in await seen(boris)


async def test_a_conversation_closes_itself_after_days_of_silence(opens: Opens) -> None:
    """Three days without a word of the client end it, with a goodbye and a form, whose answers staff can read."""
    form = [{"ask": "Did we help you?", "choices": ["Yes", "No"]}, {"ask": "What could be better?"}]
    auto_close = {"after": "3d", "text": "We close this for now.", "form": form}
    async with opens(auto_close=auto_close) as line:
        anna = await line.staff("anna")
        client = await line.client(says="Is the vase in stock?")
        (conversation,) = await seen(anna)
        await line.does(anna, "take", conversation)
        await line.does(anna, "replies", conversation, {"text": "It is. Shall I keep one?"})
        await line.pass_time(timedelta(days=3) - timedelta(seconds=1))
        boris = await line.staff("boris")  # after days, whoever looks has signed in anew
        assert await seen(boris, "closed") == []
        await line.pass_time(timedelta(seconds=1))
        await line.until(boris, "closed", conversation)
        assert (await client.shown(3))[1:] == ["We close this for now.", "Did we help you?"]
        await line.writes(client, "Yes")
        await line.writes(client, "More blue ones")
        assert (await client.shown(5))[3:] == ["What could be better?", "Thank you for your answers!"]
        closed = (await boris.get(f"/conversations/{conversation}"))["conversation"]
        assert (closed["state"], [each["text"] for each in closed["answers"]]) == ("closed", ["Yes", "More blue ones"])
