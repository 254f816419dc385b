"""How updates are handed over: offsets, long polls, webhooks, and what goes wrong with them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiogram import Bot as Client
from aiogram.exceptions import ClientDecodeError, TelegramBadRequest, TelegramConflictError
from aiohttp import ClientSession, web

from tests.emulators.telegram import Bot, TelegramEmulator, User


def texts(updates: list[Any]) -> list[str]:
    return [update.message.text for update in updates]


async def test_updates_stay_until_an_offset_confirms_them(client: Client, shop: Bot, anna: User) -> None:
    """Asking again without a higher offset gives the same updates; limits and negative offsets hold."""
    for text in "abc":
        anna.says(shop, text)
    first = await client.get_updates(limit=2)
    assert texts(first) == ["a", "b"]
    assert texts(await client.get_updates()) == ["a", "b", "c"]
    assert texts(await client.get_updates(offset=first[-1].update_id + 1)) == ["c"]
    anna.says(shop, "d")
    assert texts(await client.get_updates(offset=-1)) == ["d"]


async def test_a_long_poll_returns_as_soon_as_something_is_said(
    client: Client, telegram: TelegramEmulator, shop: Bot, anna: User
) -> None:
    """An empty queue is waited at, not asked again and again."""
    poll = asyncio.create_task(client.get_updates(timeout=15))
    await telegram.until(lambda: telegram.calls_of("getUpdates"))
    anna.says(shop, "Hello")
    assert texts(await poll) == ["Hello"]


async def test_a_second_long_poll_ends_the_first(client: Client, telegram: TelegramEmulator) -> None:
    """Two that poll with one token are in conflict; the newer one wins."""
    first = asyncio.create_task(client.get_updates(timeout=15))
    await telegram.until(lambda: telegram.calls_of("getUpdates"))
    assert await client.get_updates() == []
    with pytest.raises(TelegramConflictError, match="terminated by other getUpdates request"):
        await first


async def test_only_wanted_kinds_are_queued(client: Client, shop: Bot, anna: User) -> None:
    """Reactions come only when listed; an empty list means the defaults; unknown kinds are refused."""
    message = anna.says(shop, "Hello")
    anna.reacts(message, "👍")
    assert len(await client.get_updates(offset=-100, allowed_updates=["message_reaction"])) == 1
    anna.says(shop, "Unheard")
    anna.reacts(message)
    assert [each.event_type for each in await client.get_updates(offset=-1)] == ["message_reaction"]
    await client.get_updates(allowed_updates=[])
    anna.says(shop, "Heard")
    assert texts(await client.get_updates(offset=-1)) == ["Heard"]
    with pytest.raises(TelegramBadRequest, match="no type reactions"):
        await client.get_updates(allowed_updates=["reactions"])


async def test_duplicates_disorder_and_poison(
    client: Client, telegram: TelegramEmulator, shop: Bot, anna: User
) -> None:
    """Confirmed updates come once more, batches come out of order, and an update may be anything at all."""
    for text in "abcdef":
        anna.says(shop, text)
    shop.updates.shuffle(seed=1)
    mixed = await client.get_updates()
    assert sorted(texts(mixed)) == list("abcdef") != texts(mixed)
    last = max(update.update_id for update in mixed)
    shop.updates.repeat()
    again = await client.get_updates(offset=last + 1)
    assert [(update.update_id, texts([update])) for update in again] == [(last, ["f"])]
    assert await client.get_updates(offset=last + 1) == []
    shop.updates.poison({"message": {"message_id": "no"}})
    anna.says(shop, "g")
    with pytest.raises(ClientDecodeError):
        await client.get_updates(offset=last + 1)
    async with ClientSession() as http, http.get(f"{telegram.url}/bot{shop.token}/getUpdates?offset={last + 1}") as raw:
        poison, good = (await raw.json())["result"]
    assert poison == {"update_id": last + 1, "message": {"message_id": "no"}}
    assert good["message"]["text"] == "g"


class Hook:
    """A webhook that refuses as often as it is told to."""

    def __init__(self) -> None:
        self.refusals = 0
        self.taken: list[Any] = []
        self.secrets: list[str | None] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        """Take one update, or answer 500."""
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        if self.refusals:
            self.refusals -= 1
            return web.Response(status=500)
        self.taken.append(await request.json())
        return web.Response()


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application()
    app.router.add_post("/hook", hook.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield hook
    await runner.cleanup()


async def test_a_webhook_gets_updates_in_order_until_it_takes_them(
    client: Client, telegram: TelegramEmulator, shop: Bot, anna: User, hook: Hook
) -> None:
    """A refused update is posted again before the next one, with the secret each time."""
    hook.refusals = 2
    await client.set_webhook(hook.url, secret_token="s3cret", allowed_updates=["message"])
    for text in "ab":
        anna.says(shop, text)
    await telegram.until(lambda: not shop.updates.waiting)
    assert [body["message"]["text"] for body in hook.taken] == ["a", "b"]
    assert hook.secrets == ["s3cret"] * 4
    info = await client.get_webhook_info()
    assert (info.pending_update_count, info.allowed_updates) == (0, ["message"])
    assert info.last_error_message is not None
    assert "500" in info.last_error_message


async def test_polling_and_webhook_exclude_each_other(client: Client, shop: Bot, anna: User, hook: Hook) -> None:
    """While a webhook is set getUpdates is refused; what waits stays when the webhook goes, unless it is dropped."""
    hook.refusals = 10**9
    await client.set_webhook(hook.url)
    anna.says(shop, "Hello")
    with pytest.raises(TelegramConflictError, match="while webhook is active"):
        await client.get_updates()
    await client.delete_webhook()
    assert texts(await client.get_updates()) == ["Hello"]
    await client.delete_webhook(drop_pending_updates=True)
    assert await client.get_updates() == []


@pytest.mark.parametrize(
    ("url", "secret", "wrong"),
    [
        ("http://example.org/hook", None, "HTTPS URL must be provided"),
        ("https://example.org/hook", "not allowed!", "unallowed characters"),
    ],
)
async def test_bad_webhooks_are_refused(client: Client, url: str, secret: str | None, wrong: str) -> None:
    """The URL needs HTTPS beyond this machine, and the secret has an alphabet."""
    with pytest.raises(TelegramBadRequest, match=wrong):
        await client.set_webhook(url, secret_token=secret)
