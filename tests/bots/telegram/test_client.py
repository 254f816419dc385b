"""Every failure of Telegram's and of the way there says what to do, and none says the token."""

from __future__ import annotations

import inspect
from datetime import timedelta

import aiohttp
import pytest
from aiogram import exceptions
from aiogram.exceptions import AiogramError, TelegramAPIError
from aiogram.methods import GetMe, SendMessage

from bots.telegram.client import _ERRORS, Client, Migrated, Slowed, Unreachable, plain_error
from router.errors import AuthFailed, HubError, Misconfigured, Rejected, Retryable, Uncertain
from tests.bots.telegram.desk import TOKEN
from tests.emulators.telegram import ApiError, TelegramEmulator

#: of aiogram's own handlers and filters, which are not used here
_NOT_OF_CALLS = {
    "AiogramError",
    "DetailedAiogramError",
    "CallbackAnswerException",
    "SceneException",
    "UnsupportedKeywordArgument",
    "DataNotDictLikeError",
}
_CASES: dict[str, tuple[ApiError, type[HubError], str]] = {
    "blocked": (ApiError(403, "Forbidden: bot was blocked by the user"), Unreachable, "blocked"),
    "deactivated": (ApiError(403, "Forbidden: user is deactivated"), Unreachable, "deleted"),
    "kicked": (ApiError(403, "Forbidden: bot was kicked from the supergroup chat"), Unreachable, "removed"),
    "never started": (ApiError(403, "Forbidden: bot can't initiate conversation with a user"), Unreachable, "started"),
    "no rights": (ApiError(403, "Forbidden: not enough rights"), Rejected, "not enough rights"),
    "bad request": (ApiError(400, "Bad Request: chat_id is empty"), Rejected, "chat_id is empty"),
    "no such chat": (ApiError(400, "Bad Request: chat not found"), Unreachable, "no such chat"),
    "too big": (ApiError(400, "Bad Request: file is too big"), Rejected, "20 MB"),
    "unauthorized": (ApiError(401, "Unauthorized"), AuthFailed, "BotFather"),
    "other poller": (
        ApiError(409, "Conflict: terminated by other getUpdates request"),
        Misconfigured,
        "Another program",
    ),
    "webhook": (ApiError(409, "Conflict: can't use getUpdates while webhook is active"), Misconfigured, "webhook"),
    "too large": (ApiError(413, "Request Entity Too Large"), Rejected, "larger"),
    "broken": (ApiError(500, "Internal Server Error"), Uncertain, "failure of its own"),
    "strange": (ApiError(418, "I'm a teapot"), Rejected, "teapot"),
}


def test_every_error_of_the_sdk_is_mapped() -> None:
    """A new kind of error in aiogram is noticed here, not by a client."""
    found = {
        name: kind
        for name, kind in inspect.getmembers(exceptions, inspect.isclass)
        if issubclass(kind, AiogramError) and name not in _NOT_OF_CALLS
    }
    assert len(found) >= 13
    for name, kind in found.items():
        first = next((it for it in _ERRORS if issubclass(kind, it)), None)
        assert first is not None, f"{name} is not mapped"
        direct = kind in _ERRORS or kind.__name__ == "RestartingTelegram"
        assert direct, f"{name} is only mapped as {first.__name__}"
    assert issubclass(TelegramAPIError, AiogramError)


@pytest.mark.parametrize("case", _CASES)
async def test_what_telegram_answers_says_what_to_do(emulator: TelegramEmulator, case: str) -> None:
    """Each answer becomes its error, with a full sentence."""
    error, expected, words = _CASES[case]
    emulator.faults.refuse(error, method="sendMessage")
    client = Client(TOKEN, emulator.url)
    try:
        with pytest.raises(expected, match=words) as caught:
            await client(SendMessage(chat_id=7, text="hello"))
        assert str(caught.value).endswith(".")
    finally:
        await client.close()


async def test_a_429_says_how_long_to_wait(emulator: TelegramEmulator) -> None:
    """The pause is Telegram's own, to the second."""
    emulator.faults.too_many_requests(17, method="getMe")
    client = Client(TOKEN, emulator.url)
    try:
        with pytest.raises(Slowed) as caught:
            await client(GetMe())
        assert caught.value.after == timedelta(seconds=17)
    finally:
        await client.close()


async def test_a_group_that_has_moved_says_where_to(emulator: TelegramEmulator) -> None:
    """A group that became a supergroup has another id."""
    owner, bot = emulator.add_user("Olga"), emulator.world.bots[TOKEN]
    group = emulator.add_group("Buyers", owner, bot)
    moved = emulator.migrate(group)
    client = Client(TOKEN, emulator.url)
    try:
        with pytest.raises(Migrated) as caught:
            await client(SendMessage(chat_id=group.id, text="hello"))
        assert caught.value.to == moved.id
    finally:
        await client.close()


async def test_a_doubt_is_none_where_asking_again_does_no_harm(emulator: TelegramEmulator) -> None:
    """Reads and changes that end in the same state are simply done again."""
    client = Client(TOKEN, emulator.url)
    try:
        for fault in (emulator.faults.hang_up_after, emulator.faults.server_error):
            fault(method="getMe", times=2)
            with pytest.raises(Uncertain):
                await client(GetMe())
            with pytest.raises(Retryable):
                await client(GetMe(), repeatable=True)
    finally:
        await client.close()


async def test_what_never_left_is_sent_again(unused_tcp_port: int) -> None:
    """Where nobody listens nothing arrived."""
    client = Client(TOKEN, f"http://127.0.0.1:{unused_tcp_port}")
    try:
        with pytest.raises(Retryable, match="reached"):
            await client(SendMessage(chat_id=7, text="hello"))
    finally:
        await client.close()


async def test_no_error_holds_the_token(emulator: TelegramEmulator) -> None:
    """Addresses hold the token; texts of errors, their causes and contexts do not."""
    secret = TOKEN.partition(":")[2]
    emulator.faults.refuse(ApiError(400, f"Bad Request: no such method at /bot{TOKEN}/x"), method="getMe")
    emulator.faults.hang_up_before(method="getMe")
    client = Client(TOKEN, emulator.url)
    try:
        for _ in range(2):
            with pytest.raises(HubError) as caught:
                await client(GetMe())
            assert secret not in str(caught.value)
            assert secret not in repr(caught.value)
            assert caught.value.__cause__ is None
            assert caught.value.__suppress_context__
    finally:
        await client.close()


def test_errors_of_http_are_mapped() -> None:
    """What aiogram lets through of its HTTP client has a meaning, too."""
    assert isinstance(plain_error(aiohttp.ServerDisconnectedError(), repeatable=False), Uncertain)
    assert isinstance(plain_error(TimeoutError(), repeatable=True), Retryable)
