"""What is said over the socket, and what is answered."""

from __future__ import annotations

import asyncio

import pytest

from bots.webchat.screen import MOST_MISSED, PAGE
from router.client_events import ClientEnded, ClientMessage, ClientRated
from router.delivery import DeliveryState
from tests.bots.webchat.visitor import Shop, make_channel, new_id, serving
from tests.contract.host import MemoryHost


async def test_a_new_visitor_gets_a_token_and_an_empty_chat(shop: Shop) -> None:
    """Nothing is kept about somebody who has not written yet."""
    async with shop.visit() as visit:
        assert visit.welcome["state"] == "none"
        assert visit.welcome["cursor"] == 0
        assert visit.token
    assert not shop.host.ledger


async def test_a_token_brings_back_the_chat_after_a_restart(shop: Shop) -> None:
    """The token stays good over restarts of the hub, and shows the whole history."""
    async with shop.visit() as visit:
        await visit.tell("hello")
        await shop.host.reply(visit.chat, "welcome")
        token, chat = visit.token, visit.chat
    again = make_channel()
    task = asyncio.create_task(again.run(shop.host))
    await asyncio.sleep(0)
    async with serving(again, shop.host) as restarted, restarted.visit(token) as visit:
        assert visit.chat == chat
        assert [entry["text"] for entry in await visit.until(2)] == ["hello", "welcome"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("token", ["x", "a.b.c", "\ud800", "0" * 500])
async def test_a_false_token_makes_a_new_visitor(shop: Shop, token: str) -> None:
    """Nobody gets into a chat with a token that is not ours, and its cursor means nothing."""
    async with shop.visit(token, after=10_000) as visit:
        assert visit.welcome["token"] != token
        assert visit.welcome["cursor"] == 0


async def test_a_message_becomes_an_event_with_its_sender(shop: Shop) -> None:
    """Identity, language, time zone, name and page reach the hub cleaned."""
    async with shop.visit(language="ru-RU", timezone="Europe/Berlin", name="An\x00na\n ") as visit:
        await visit.tell("hi", page="https://shop.example/cart?x=1", at="2199-01-01T00:00:00Z")
        event = shop.host.events[0]
    assert isinstance(event, ClientMessage)
    assert event.chat == event.sender.identity.user == visit.chat
    assert event.sender.identity.account == shop.channel.name
    assert (event.sender.language, event.sender.timezone, event.sender.name) == ("ru-RU", "Europe/Berlin", "An na")
    assert event.sender.facts == {"page": "https://shop.example/cart?x=1"}
    assert event.at <= shop.host.clock.now()


async def test_a_page_that_is_no_page_is_not_shown_to_operators(shop: Shop) -> None:
    """Only web addresses count as pages."""
    async with shop.visit(language="<b>", timezone="Mars/<b>") as visit:
        await visit.tell("hi", page="javascript:alert(1)")
    event = shop.host.events[0]
    assert isinstance(event, ClientMessage)
    assert (event.sender.facts, event.sender.language, event.sender.timezone) == ({}, "", "")


@pytest.mark.parametrize("count", [0, 1, 3, PAGE - 1, PAGE, PAGE + 20])
async def test_a_reconnect_gets_what_it_missed_exactly_once(shop: Shop, count: int) -> None:
    """From its cursor on, a window is given everything, in order, and nothing twice."""
    async with shop.visit() as visit:
        await visit.tell("hello")
        await shop.host.reply(visit.chat, "one")
        await visit.until(2)
        cursor, token, chat = visit.cursor, visit.token, visit.chat
    for n in range(count):
        await shop.host.reply(chat, f"missed {n}")
    async with shop.visit(token, after=cursor) as visit:
        assert visit.welcome["cursor"] == cursor
        await shop.host.reply(chat, "news")
        texts = [entry["text"] for entry in await visit.until(count + 1)]
    assert texts == [*(f"missed {n}" for n in range(count)), "news"]


async def test_a_window_that_missed_too_much_starts_afresh(shop: Shop) -> None:
    """Instead of a history with a hole it is told to begin with the latest page."""
    async with shop.visit() as visit:
        await visit.tell("hello")
        await shop.host.reply(visit.chat, "one")
        await visit.until(2)
    for n in range(MOST_MISSED + 5):
        await shop.host.reply(visit.chat, str(n))
    async with shop.visit(visit.token, after=visit.cursor) as again:
        assert again.welcome["cursor"] == 0
        entries = await again.until(PAGE)
    assert entries[-1]["text"] == str(MOST_MISSED + 4)


async def test_a_cursor_from_nowhere_starts_afresh(shop: Shop) -> None:
    """A cursor the hub has never reached, as after restoring a backup, does not silence the chat."""
    async with shop.visit() as visit:
        await visit.tell("hello")
        async with shop.visit(visit.token, after=10**9) as again:
            assert again.welcome["cursor"] == 0
            assert len(await again.until(1)) == 1


async def test_all_windows_of_a_visitor_show_the_same(shop: Shop) -> None:
    """What is written in one tab is echoed in the others, and replies come to all."""
    async with shop.visit() as one, shop.visit(one.token) as two:
        own = new_id()
        await one.tell("from the first", own)
        echo = await two.hear("echo")
        assert (echo["own"], echo["text"]) == (own, "from the first")
        await shop.host.reply(one.chat, "to both")
        for visit in (one, two):
            entries = await visit.until(2)
            assert entries[0]["own"] == own
            assert entries[1]["text"] == "to both"


async def test_nobody_hears_another_visitors_chat(shop: Shop) -> None:
    """Two visitors of one site are strangers."""
    async with shop.visit() as one, shop.visit() as two:
        await one.tell("a secret")
        await shop.host.reply(one.chat, "for one only")
        await one.until(2)
        await two.tell("hello")
        await shop.host.reply(two.chat, "for two")
        assert [entry["text"] for entry in await two.until(2)] == ["hello", "for two"]


async def test_receipts_raise_deliveries_once(shop: Shop) -> None:
    """Received and read reach the hub for the visitor's own deliveries, over reconnects too."""
    async with shop.visit() as visit:
        await visit.tell("hello")
        await shop.host.reply(visit.chat, "one")
        await visit.until(2)
        await visit.send("received", cursor=visit.cursor)
        await visit.tell("so that the receipt was handled")
        assert shop.host.states() == [DeliveryState.DELIVERED]
    async with shop.visit(visit.token, after=visit.cursor) as again:
        await again.send("read", cursor=visit.cursor)
        await again.send("received", cursor=visit.cursor)
        await again.tell("so that the receipt was handled")
        assert shop.host.states() == [DeliveryState.READ]


async def test_receipts_go_as_far_as_their_cursor(shop: Shop) -> None:
    """What came after it has not been read yet."""
    async with shop.visit() as visit:
        await visit.tell("hello")
        await shop.host.reply(visit.chat, "one")
        await shop.host.reply(visit.chat, "two")
        entries = await visit.until(3)
        await visit.send("read", cursor=entries[1]["cursor"])
        await visit.tell("so that the receipt was handled")
        assert shop.host.states() == [DeliveryState.READ, DeliveryState.SENT]


async def test_receipts_for_the_future_confirm_nothing_unseen(shop: Shop) -> None:
    """A huge cursor confirms only what was really put on the visitor's screen."""
    async with shop.visit() as one, shop.visit() as other:
        await one.tell("hello")
        await shop.host.reply(one.chat, "for one")
        await other.send("read", cursor=2**53)
        await other.tell("so that the receipt was handled")
        assert shop.host.states() == [DeliveryState.SENT]


async def test_staff_reading_and_typing_is_shown(shop: Shop) -> None:
    """The visitor sees that they were read, and who is typing."""
    async with shop.visit() as visit:
        await visit.tell("hello")
        await shop.host.see(visit.chat)
        seen = await visit.hear("seen")
        assert (visit.entries[0]["n"], visit.entries[0]["state"]) == (1, "read")
        assert (seen["conversation"], seen["n"]) == (visit.entries[0]["conversation"], 1)
        await shop.channel.typing(visit.chat, "Olga")
        assert (await visit.hear("typing"))["name"] == "Olga"


async def test_operators_are_told_of_typing_now_and_then(shop: Shop) -> None:
    """However many typing frames come, operators are told once a second at most."""
    async with shop.visit() as visit:
        for _ in range(20):
            await visit.send("typing")
        await visit.tell("done")
        assert shop.host.typed == [visit.chat]


async def test_rating_and_ending_go_through_the_ledger(shop: Shop) -> None:
    """Both are acknowledged after they are kept, and a repeat is a repeat."""
    async with shop.visit() as visit:
        await visit.tell("hello")
        await visit.send("end", id=new_id())
        await visit.hear("ack")
        rating = new_id()
        for _ in range(2):
            await visit.send("rate", id=rating, score=4, comment="good\x00")
            await visit.hear("ack")
    _, ended, rated = shop.host.events
    assert isinstance(ended, ClientEnded)
    assert isinstance(rated, ClientRated)
    assert (rated.score, rated.comment) == (4, "good\ufffd")


async def test_the_conversations_state_is_told_with_the_news(shop: Shop) -> None:
    """Who answers and how it stands comes along with what they say."""
    async with shop.visit() as visit:
        await visit.tell("hello")
        await shop.host.take(visit.chat)
        await shop.host.reply(visit.chat, "I am here")
        frame = await visit.hear("conversation")
        assert (frame["state"], frame["operator"], frame["rated"]) == ("open", "Olga", 0)
        await shop.host.end(visit.chat)
        assert (await visit.hear("conversation"))["state"] == "closed"
        assert visit.entries[-1]["kind"] == "rating"


async def test_a_store_that_is_away_is_said_so(shop: Shop) -> None:
    """Visitors are asked to wait, hear no false acknowledgement, and nothing is lost when the store is back."""
    async with shop.visit() as visit:
        own = new_id()
        shop.host.unreachable = True
        error = await visit.tell("hello", own)
        assert (error["code"], error["id"]) == ("busy", own)
        assert error["retry_after"] > 0
        shop.host.unreachable = False
        assert (await visit.tell("hello", own))["type"] == "ack"
        assert shop.host.texts(visit.chat) == ["hello"]


async def test_a_window_that_cannot_be_brought_up_to_date_is_sent_to_come_again(shop: Shop) -> None:
    """When the store goes away as news come, the window is closed so that it resumes from its cursor."""
    async with shop.visit() as visit:
        await visit.tell("hello")
        shop.host.unreachable = True
        await shop.host.reply(visit.chat, "not shown yet")
        assert await visit.closed() == 1013
        shop.host.unreachable = False
        async with shop.visit(visit.token) as again:
            assert [entry["text"] for entry in await again.until(2)] == ["hello", "not shown yet"]


async def test_sending_to_somebody_who_is_away_is_sent(shop: Shop) -> None:
    """The history keeps it for their return."""
    async with shop.visit() as visit:
        await visit.tell("hello")
    sent = await shop.host.reply(visit.chat, "later")
    assert sent.state is DeliveryState.SENT


async def test_a_channel_that_stops_says_goodbye() -> None:
    """Windows are closed as going away; before `run` and after it the socket answers 503."""
    channel = make_channel()
    host = MemoryHost(channel)
    async with serving(channel, host) as shop:
        async with shop.http.get(shop.url("socket")) as response:
            assert response.status == 503
        task = asyncio.create_task(channel.run(host))
        await asyncio.sleep(0)
        async with shop.visit() as visit:
            task.cancel()
            assert await visit.closed() == 1001
        await asyncio.gather(task, return_exceptions=True)
        async with shop.http.get(shop.url("socket")) as response:
            assert response.status == 503
