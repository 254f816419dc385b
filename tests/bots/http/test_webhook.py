"""Deliveries sent to a system: signed, never redirected, and each answer understood for what it says."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from bots.http import HttpChannel
from router.errors import AuthFailed, Misconfigured, Rejected, Retryable
from router.model import MessageKind
from tests.bots.http.receiver import SECRET, Answer, Receiver, receiving
from tests.bots.http.shop import make_channel
from tests.contract.host import MemoryHost


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@asynccontextmanager
async def talking(url: str, **changes: Any) -> AsyncIterator[tuple[HttpChannel, MemoryHost]]:
    """Run a channel that sends to a receiver."""
    channel = make_channel(webhook={"url": url, "secret": SECRET, "timeout": "1s", **changes})
    host = MemoryHost(channel)
    task = asyncio.create_task(channel.run(host))
    await asyncio.sleep(0)  # lets run() take its host
    try:
        yield channel, host
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_is_sent_is_signed_and_says_everything(receiver: Receiver) -> None:
    """The receiver's library verifies it, and its own id of what it took is kept."""
    async with talking(receiver.url) as (_, host):
        sent = await host.reply("carl", "How did we do? 🙂", kind=MessageKind.RATING, choices=("1", "5"))
    assert sent.external_id == "ours-1"
    (taken,) = receiver.taken
    assert (taken["chat"], taken["action"]) == ("carl", "send")
    message = taken["message"]
    assert (message["kind"], message["text"], message["choices"]) == ("rating", "How did we do? 🙂", ["1", "5"])
    assert message["author"] == {"kind": "operator", "name": "Olga"}


@pytest.mark.parametrize(
    ("body", "id_"),
    [
        (b"", ""),
        (b"ok", ""),
        (b"[1]", ""),
        (b'{"id": 7}', "7"),
        (b'{"id": true}', ""),
        (b'{"id": null}', ""),
        (b"[" * 60_000, ""),
        (b'{"id": "x", "more": "' + b"y" * 300_000 + b'"}', ""),
        (b'{"id": "' + b"x" * 1000 + b'"}', ""),
    ],
)
async def test_success_needs_no_particular_answer(receiver: Receiver, body: bytes, id_: str) -> None:
    """Whatever comes with a 2xx, the delivery is sent; without a short id of its own the hub's own is remembered."""
    receiver.answers.append(Answer(202, body))
    async with talking(receiver.url) as (_, host):
        sent = await host.reply("carl", "hello")
        (message,) = host.messages("carl")
    assert sent.external_id == (id_ or message.id)


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("7", 7, 7),
        ("0", 0, 0),
        ("86400", 3600, 3600),
        ("9" * 400, None, None),
        ("-5", None, None),
        ("soon", None, None),
        ("²", None, None),
        ("", None, None),
        (timedelta(seconds=100), 60, 100),
        (timedelta(days=2), 3600, 3600),
        (timedelta(days=-2), 0, 0),
        ("Wed, 99 Foo 2026 99:99:99 GMT", None, None),
    ],
)
async def test_a_receiver_says_when_to_come_back(
    receiver: Receiver, header: str | timedelta, least: float | None, most: float | None
) -> None:
    """In seconds or with a date, and never later than in an hour; nonsense leaves the pause to the hub."""
    if isinstance(header, timedelta):
        header = format_datetime(datetime.now(UTC) + header, usegmt=True)
    for status in (429, 503):
        receiver.answers.append(Answer(status, headers={"Retry-After": header}, takes=False))
        async with talking(receiver.url) as (_, host):
            with pytest.raises(Retryable) as refusal:
                await host.reply("carl", "hello")
        after = refusal.value.after
        if least is None or most is None:
            assert after is None
        else:
            assert after is not None
            assert least <= after.total_seconds() <= most


async def test_a_refusal_is_told_in_the_receivers_own_words(receiver: Receiver) -> None:
    """Operators read the status and the first 200 characters of what it said."""
    receiver.answers.append(Answer(422, b"no such\norder " + b"x" * 5000, takes=False))
    async with talking(receiver.url) as (_, host):
        with pytest.raises(Rejected) as refusal:
            await host.reply("carl", "hello")
    text = str(refusal.value)
    assert text.startswith("The webhook's receiver answered 422: no such order xxx")
    assert len(text) < 300


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(receiver: Receiver, status: int) -> None:
    """Replies go to the address the admin wrote and nowhere else; the admin is told."""
    receiver.answers.append(Answer(status, headers={"Location": "/elsewhere"}, takes=False))
    async with talking(receiver.url) as (_, host):
        with pytest.raises(Misconfigured, match=r"webhook\.url"):
            await host.reply("carl", "hello")


async def test_other_credentials_stop_the_channel_not_the_message(receiver: Receiver) -> None:
    """401 says that the secret is wrong, which an admin mends; the message is tried again then."""
    receiver.answers.append(Answer(401, takes=False))
    async with talking(receiver.url) as (_, host):
        with pytest.raises(AuthFailed, match="secret"):
            await host.reply("carl", "hello")


async def test_what_never_left_is_simply_tried_again() -> None:
    """Nobody listens, or the name is unknown: nothing can have arrived."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        for url in (f"http://127.0.0.1:{nobody.getsockname()[1]}/", "http://nowhere.invalid/"):
            async with talking(url) as (_, host):
                with pytest.raises(Retryable, match="cannot be reached"):
                    await host.reply("carl", "hello")


async def test_a_receiver_that_never_lets_in_has_received_nothing() -> None:
    """A connection that is not accepted within the timeout carried nothing: it is tried again, not in doubt."""
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for waiting in (first, second):  # they take the places there are
            waiting.setblocking(False)
            waiting.connect_ex(deaf.getsockname())
        async with talking(f"http://127.0.0.1:{deaf.getsockname()[1]}/") as (_, host):
            with pytest.raises(Retryable, match="cannot be reached"):
                await host.reply("carl", "hello")


async def test_before_and_after_its_run_nothing_is_sent(receiver: Receiver) -> None:
    """A delivery that comes too early or too late is tried again, and no connection is left open."""
    async with talking(receiver.url) as (channel, host):
        await host.reply("carl", "hello")
        (message,) = host.messages("carl")
    delivery = next(iter(host.deliveries.values()))
    for idle in (channel, make_channel(webhook={"url": receiver.url, "secret": SECRET})):
        with pytest.raises(Retryable):
            await idle.send(delivery, message)
    assert len(receiver.heard) == 1


async def test_what_is_under_way_when_the_channel_stops_is_finished(receiver: Receiver) -> None:
    """A stop does not cut a delivery off whose answer is about to come, so it is not in doubt for nothing."""
    receiver.answers.append(Answer(manner="hang"))
    async with talking(receiver.url, timeout="30s") as (_, host):
        sending = asyncio.create_task(host.reply("carl", "hello"))
        await receiver.stirred.wait()
        asyncio.get_running_loop().call_soon(receiver.release)
    assert (await sending).external_id == "ours-1"


async def test_a_channel_that_is_fetched_from_never_sends() -> None:
    """Should it be asked to, it says what is wrong."""
    async with talking("http://127.0.0.1:1/") as (_, host):
        with pytest.raises(Retryable):
            await host.reply("carl", "hello")
        delivery, message = next(iter(host.deliveries.values())), host.messages("carl")[0]
    with pytest.raises(Misconfigured, match="no webhook"):
        await make_channel().send(delivery, message)
