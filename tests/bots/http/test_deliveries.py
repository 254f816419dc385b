"""How a system fetches its deliveries and says what became of them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest

from bots.http.answers import Deliveries
from bots.http.mapping import fetched_view
from router.delivery import Action, Delivery, DeliveryState
from router.media import Entity
from router.model import Author, AuthorKind, Message, MessageKind
from router.ports import Outgoing
from tests.bots.http.receiver import SECRET
from tests.bots.http.shop import Shop, make_channel, open_shop, serving
from tests.contract.host import MemoryHost


@pytest.fixture
async def talk(shop: Shop) -> Shop:
    """Return a shop in which Carl has written and was answered three times."""
    await shop.tell()
    for text in ("one", "two", "three"):
        await shop.host.reply(shop.chat, text)
    return shop


def texts(answer: dict[str, object]) -> list[str]:
    return [each.message.text for each in msgspec.convert(answer, Deliveries).deliveries]


async def test_deliveries_look_as_documented(shop: Shop) -> None:
    """Everything a client should see is there, and nothing that is not in the documentation."""
    await shop.tell()
    await shop.host.reply(shop.chat, "Which size?", choices=("S", "M"))
    (it,) = msgspec.convert(await shop.fetch(), Deliveries).deliveries
    (delivery,) = shop.host.deliveries.values()
    said = shop.host.messages(shop.chat)[-1]
    assert (it.id, it.chat, it.action, it.conversation) == (delivery.id, "carl", "send", said.conversation)
    assert (it.message.id, it.message.n, it.message.text) == (said.id, 2, "Which size?")
    assert (it.message.author.kind, it.message.author.name) == ("operator", "Olga")
    assert it.message.choices == ["S", "M"]


async def test_asking_again_says_that_what_came_before_has_arrived(talk: Shop) -> None:
    """Nothing is sent until the reader asks with a cursor after it; then exactly what it has is."""
    first = await talk.fetch(limit=2)
    assert (texts(first), first["cursor"]) == (["one", "two"], first["deliveries"][1]["cursor"])
    assert set(talk.host.states()) == {DeliveryState.QUEUED}
    assert texts(await talk.fetch(limit=1)) == ["one"]
    second = await talk.fetch(after=first["cursor"])
    assert texts(second) == ["three"]
    assert talk.host.states() == [DeliveryState.SENT, DeliveryState.SENT, DeliveryState.QUEUED]
    assert texts(await talk.fetch(after=first["deliveries"][0]["cursor"])) == ["two", "three"]


async def test_a_reader_that_knows_nothing_begins_with_what_nobody_has(talk: Shop) -> None:
    """Without a cursor, or with the 0 of an empty answer, the past is not given again."""
    last = await talk.fetch()
    assert await talk.fetch(after=last["cursor"]) == {"deliveries": [], "cursor": last["cursor"]}
    for query in ({}, {"after": 0}):
        assert await talk.fetch(**query) == {"deliveries": [], "cursor": 0}
    await talk.host.reply(talk.chat, "four")
    assert texts(await talk.fetch(after=0)) == ["four"]


async def test_waiting_ends_with_the_next_delivery(talk: Shop) -> None:
    """A long poll is answered the moment there is something."""
    cursor = (await talk.fetch())["cursor"]
    async with asyncio.timeout(10):
        waiting = asyncio.create_task(talk.fetch(after=cursor, wait=60))
        while talk.host.states()[0] is DeliveryState.QUEUED:  # noqa: ASYNC110 - the poll's own first step
            await asyncio.sleep(0)
        await talk.host.reply(talk.chat, "four")
        assert texts(await waiting) == ["four"]


async def test_waiting_ends_when_its_time_is_over(shop: Shop) -> None:
    """With nothing to tell the answer is empty, and no error."""
    assert await shop.fetch(wait=0.01) == {"deliveries": [], "cursor": 0}


async def test_a_channel_that_stops_answers_its_readers() -> None:
    """Who waits is given an empty answer at once, and comes back to a hub that is there again."""
    channel = make_channel()
    host = MemoryHost(channel)
    task = asyncio.create_task(channel.run(host))
    await asyncio.sleep(0)  # lets run() take its host
    async with serving(channel, host) as shop, asyncio.timeout(10):
        await shop.tell()
        await host.reply(shop.chat, "one")
        cursor = (await shop.fetch())["cursor"]
        waiting = asyncio.create_task(shop.fetch(after=cursor, wait=60))
        while host.states()[0] is DeliveryState.QUEUED:  # noqa: ASYNC110 - the poll's own first step
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await waiting == {"deliveries": [], "cursor": cursor}


@pytest.mark.parametrize(
    "query", [{"after": -1}, {"after": "x"}, {"wait": 61}, {"wait": "nan"}, {"limit": 0}, {"limit": 501}, {"more": 1}]
)
async def test_queries_that_make_no_sense_are_refused(shop: Shop, query: dict[str, object]) -> None:
    """The field is named."""
    status, problem = await shop.call("GET", "deliveries", params=query)
    assert (status, problem["errors"][0]["field"]) == (422, next(iter(query)))


async def test_edits_and_deletions_are_deliveries_too(talk: Shop) -> None:
    """They name the message they change, in the order in which things happened."""
    said = talk.host.messages(talk.chat)[1]
    talk.host.change(said, "one!")
    talk.host.change(said, "", Action.DELETE)
    found = (await talk.fetch())["deliveries"]
    assert [(it["action"], it["message"]["text"]) for it in found[3:]] == [("edit", "one!"), ("delete", "")]
    assert {it["message"]["id"] for it in found[3:]} == {found[0]["message"]["id"]}


async def test_what_is_answered_and_how_it_is_shown_comes_along(shop: Shop) -> None:
    """A client's message is named by the system's own id, one of ours by the hub's."""
    await shop.tell(id_="m-1")
    theirs = shop.host.messages(shop.chat)[0]
    entities = (Entity("bold", 0, 3), Entity("link", 4, 4, "https://shop.example/"))
    await shop.host.reply(shop.chat, "See here", reply_to=theirs.id, entities=entities)
    ours = shop.host.messages(shop.chat)[-1]
    await shop.host.reply(shop.chat, "And so on", reply_to=ours.id)
    first, second = (it["message"] for it in (await shop.fetch())["deliveries"])
    assert (first["reply_to"], second["reply_to"]) == ("m-1", ours.id)
    assert first["entities"] == [
        {"kind": "bold", "start": 0, "length": 3, "url": ""},
        {"kind": "link", "start": 4, "length": 4, "url": "https://shop.example/"},
    ]


def test_a_reaction_says_whose_message_it_is_put_to_and_nothing_of_who_put_it() -> None:
    """What the client has put to it themselves is no news to them."""
    author, at = Author(AuthorKind.CLIENT, "c", "Carl"), datetime(2026, 3, 2, 12, tzinfo=UTC)
    reactions = {"client": "🔥", "olga": "👍", "ivan": "👍"}
    said = Message("m", "c", 7, author, MessageKind.TEXT, "Thanks", at, "shop", "carl", reactions=reactions)
    where = Delivery("d", "m", "c", "sales", "shop", "carl", external_id="m-1", action=Action.REACT)
    shown = fetched_view(Outgoing(1, where, said))
    assert (shown.action, shown.message.own_id, shown.message.reactions) == ("react", "m-1", ["👍"])


async def test_receipts_raise_deliveries(talk: Shop) -> None:
    """One by one or together: delivered, read, failed with the reason that operators see."""
    one, two, three = (it["id"] for it in (await talk.fetch())["deliveries"])
    assert await talk.post(f"deliveries/{one}/receipt", {"state": "delivered"}) == (202, {})
    receipts = [
        {"delivery": two, "state": "read"},
        {"delivery": three, "state": "failed", "reason": "blocked"},
        {"delivery": "nobody's", "state": "read"},
    ]
    assert await talk.post("receipts", {"receipts": receipts}) == (202, {})
    assert talk.host.states() == [DeliveryState.DELIVERED, DeliveryState.READ, DeliveryState.FAILED]
    assert talk.host.deliveries[three].reason == "blocked"
    assert await talk.post(f"deliveries/{one}/receipt", {"state": "failed"}) == (202, {})
    assert "could not be delivered" in talk.host.deliveries[one].reason


async def test_a_channel_with_a_webhook_has_nothing_to_fetch() -> None:
    """Its deliveries are sent, and its documentation names no operation to fetch them with."""
    async with open_shop(webhook={"url": "http://127.0.0.1:1/", "secret": SECRET}) as shop:
        assert not any(it.path.endswith("/deliveries") for it in shop.channel.endpoints())
        async with shop.http.get(shop.url("deliveries")) as answer:
            assert answer.status == 404


async def test_each_operation_has_a_path_of_its_own_and_says_what_it_is(shop: Shop) -> None:
    """So that the hub's documentation can list them."""
    found = shop.channel.endpoints()
    assert len({(it.method, it.path) for it in found}) == len(found) == 13
    assert all(it.summary and it.path.startswith("/channels/{channel}/") for it in found)
