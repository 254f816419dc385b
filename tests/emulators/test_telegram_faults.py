"""What can be made to go wrong, as the real client sees it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from aiogram import Bot as Client
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramBadRequest,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiohttp import ClientSession

from tests.clock import ManualClock
from tests.emulators.telegram import Bot, TelegramEmulator, User


async def test_too_many_requests_strike_one_chat_so_often(
    client: Client, telegram: TelegramEmulator, shop: Bot, anna: User
) -> None:
    """429 tells the seconds; other chats and later calls go well."""
    boris = telegram.add_user("Boris")
    boris.starts(shop)
    fault = telegram.faults.too_many_requests(7, chat=anna.chat(shop), times=2)
    for _ in range(2):
        with pytest.raises(TelegramRetryAfter) as refused:
            await client.send_message(anna.id, "Hello")
        assert refused.value.retry_after == 7
    await client.send_message(boris.id, "Hello")
    await client.send_message(anna.id, "Hello")
    assert (fault.hits, anna.chat(shop).texts[1:]) == (2, ["Hello"])


async def test_faults_leave_long_polls_alone_unless_they_name_them(client: Client, telegram: TelegramEmulator) -> None:
    """A fault for any method waits for a call that does something."""
    fault = telegram.faults.server_error(500)
    assert await client.get_updates() == []
    with pytest.raises(TelegramServerError):
        await client.get_me()
    telegram.faults.server_error(502, html=True, method="getUpdates")
    with pytest.raises((TelegramServerError, ClientDecodeError)):
        await client.get_updates()
    assert fault.hits == 1


async def test_the_connection_breaks_before_or_after_the_effect(
    client: Client, telegram: TelegramEmulator, shop: Bot, anna: User
) -> None:
    """The client sees the same both times; only the chat tells whether the message is there."""
    telegram.faults.hang_up_before(method="sendMessage")
    with pytest.raises(TelegramNetworkError):
        await client.send_message(anna.id, "First")
    telegram.faults.hang_up_after(method="sendMessage")
    with pytest.raises(TelegramNetworkError):
        await client.send_message(anna.id, "Second")
    assert anna.chat(shop).texts[1:] == ["Second"]


@pytest.mark.parametrize("after", [False, True])
async def test_an_answer_is_held_until_it_is_released(
    client: Client, telegram: TelegramEmulator, shop: Bot, anna: User, *, after: bool
) -> None:
    """A stalled call has had its effect, or not yet."""
    fault = telegram.faults.stall(after=after, method="sendMessage")
    sending = asyncio.create_task(client.send_message(anna.id, "Hello"))
    await fault.reached()
    if after:
        await anna.chat(shop).until(lambda: "Hello" in anna.chat(shop).texts)
    else:
        assert "Hello" not in anna.chat(shop).texts
    assert not sending.done()
    fault.release()
    assert (await sending).text == "Hello"


async def test_a_thread_is_lost(client: Client, telegram: TelegramEmulator, shop: Bot, anna: User) -> None:
    """The error of a deleted topic can be had without deleting it, and by deleting it."""
    shop.has_topics_enabled = True
    topic = await client.create_forum_topic(anna.id, "Order 5")
    telegram.faults.thread_not_found(method="sendMessage")
    with pytest.raises(TelegramBadRequest, match="message thread not found"):
        await client.send_message(anna.id, "Hello", message_thread_id=topic.message_thread_id)
    await client.send_message(anna.id, "Hello", message_thread_id=topic.message_thread_id)
    anna.deletes_topic(shop, anna.chat(shop).topic("Order 5"))
    with pytest.raises(TelegramBadRequest, match="message thread not found"):
        await client.send_message(anna.id, "Hello", message_thread_id=topic.message_thread_id)
    assert "Hello" not in anna.chat(shop).texts


async def test_published_limits_hold_by_the_clock(
    client: Client, telegram: TelegramEmulator, shop: Bot, anna: User, clock: ManualClock
) -> None:
    """One message a second in a private chat, twenty a minute in a group, edits included."""
    group = telegram.add_group("Desk", anna, shop)
    telegram.limiter.on = True
    await client.send_message(anna.id, "One")
    with pytest.raises(TelegramRetryAfter) as refused:
        await client.send_message(anna.id, "Two")
    assert refused.value.retry_after == 1
    clock.advance(timedelta(seconds=1))
    await client.send_message(anna.id, "Two")
    clock.advance(timedelta(seconds=1))
    sent = [await client.send_message(group.id, f"{at}") for at in range(19)]
    await client.edit_message_text("0!", chat_id=group.id, message_id=sent[0].message_id)
    with pytest.raises(TelegramRetryAfter) as refused:
        await client.send_message(group.id, "One too many")
    assert refused.value.retry_after == 60
    assert telegram.limiter.refused == 2


async def test_calls_are_recorded_with_their_errors(client: Client, telegram: TelegramEmulator, anna: User) -> None:
    """Each call stands in the record, with typed parameters, time and error."""
    await client.send_message(anna.id, "Hello", disable_notification=True)
    with pytest.raises(TelegramBadRequest):
        await client.send_message(5, "Hello")
    good, bad = telegram.calls_of("sendMessage")
    assert good.params == {"chat_id": anna.id, "text": "Hello", "disable_notification": True}
    assert good.error is None
    assert bad.error is not None
    assert bad.error.description == "Bad Request: chat not found"


async def test_closing_ends_what_is_stalled() -> None:
    """An emulator that is closed leaves no call waiting."""
    telegram = await TelegramEmulator.started()
    bot = telegram.add_bot("1:a")
    fault = telegram.faults.stall(method="getMe")
    async with ClientSession() as http:
        call = asyncio.create_task(http.get(f"{telegram.url}/bot{bot.token}/getMe"))
        await fault.reached()
        await telegram.close()
        await asyncio.gather(call, return_exceptions=True)
        assert call.done()


async def test_the_emulators_own_mistakes_are_raised_at_the_end() -> None:
    """A call that the emulator could not answer is not taken for a server error that was asked for."""
    telegram = await TelegramEmulator.started()
    bot, anna = telegram.add_bot("1:a"), telegram.add_user("Anna")
    anna.starts(bot)
    anna.chat(bot).user = None
    async with ClientSession() as http, http.get(f"{telegram.url}/bot1:a/getChat?chat_id={anna.id}") as answer:
        assert answer.status == 500
    with pytest.raises(ExceptionGroup, match="could not answer some calls"):
        await telegram.close()
