"""The control API, as programs in other languages use it, and the command that starts it all."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import Any

import pytest
from aiogram import Bot as Client
from aiohttp import ClientSession

from tests.emulators.telegram import Bot, TelegramEmulator, User, png


class Remote:
    """A program that drives the emulator over HTTP."""

    def __init__(self, http: ClientSession, url: str) -> None:
        self._http, self._url = http, url

    async def get(self, path: str) -> Any:
        """Return what a GET answers."""
        async with self._http.get(f"{self._url}/control/{path}") as answer:
            return await answer.json()

    async def act(self, path: str, **body: Any) -> Any:
        """Return what a POST answers."""
        async with self._http.post(f"{self._url}/control/{path}", json=body) as answer:
            return await answer.json()


async def test_another_program_can_do_what_people_do(client: Client, telegram: TelegramEmulator, shop: Bot) -> None:
    """It makes a person, lets them start, write, react, send a file and leave, and reads what came of it."""
    async with ClientSession() as http:
        remote = Remote(http, telegram.url)
        clara = await remote.act("users", name="Clara Novak", language_code="en")
        does = f"users/{clara['id']}"
        chat = (await remote.act(f"{does}/starts", bot=shop.id, payload="promo"))["key"]
        said = await remote.act(f"{does}/says", chat=chat, text="Hello", reply_to=1)
        await remote.act(f"{does}/edits", chat=chat, message=said["id"], text="Hello!")
        await remote.act(f"{does}/reacts", chat=chat, message=said["id"], emoji=["👍"])
        await remote.act(f"{does}/shares-contact", chat=chat)
        headers = {"Content-Type": "application/octet-stream"}
        address = f"{telegram.url}/control/{does}/files?chat={chat}&name=a.png&caption=Look"
        async with http.post(address, data=png(8, 8), headers=headers) as answer:
            assert (await answer.json())["kind"] == "photo"
        await remote.act(f"{does}/blocks", bot=shop.id)
        kinds = [update.event_type for update in await client.get_updates()]
        assert kinds == ["message", "message", "edited_message", "message", "message", "my_chat_member"]
        state = await remote.get("state")
        shown = next(each for each in state["chats"] if each["key"] == chat)
        assert [message["kind"] for message in shown["messages"]] == ["text", "text", "contact", "photo"]
        assert (shown["messages"][1]["edited"], shown["messages"][1]["reactions"], shown["blocked"]) == (
            True,
            ["👍"],
            True,
        )
        calls = await remote.get("calls")
        assert (calls["next"], calls["calls"][0]["method"]) == (1, "getUpdates")


async def test_a_group_is_made_with_the_bot_as_administrator(
    client: Client, telegram: TelegramEmulator, shop: Bot, anna: User
) -> None:
    """A forum made over HTTP is ready for topics."""
    async with ClientSession() as http:
        remote = Remote(http, telegram.url)
        made = await remote.act("groups", title="Desk", kind="forum", owner=anna.id, members=[shop.id])
        assert await client.create_forum_topic(made["id"], "Order 5")


WRONG = [
    ("users", {}, "a person needs a name"),
    ("users/1/says", {}, "There is no user 1"),
    ("users/{anna}/flies", {}, "Nobody can do 'flies'"),
    ("users/{anna}/says", {"chat": "nowhere", "text": "a"}, "There is no chat 'nowhere'"),
    ("users/{anna}/says", {"chat": "p123-{anna}"}, "says needs 'text'"),
    ("groups", {"title": "a", "owner": 1, "kind": "crowd"}, "kind is one of group, supergroup, forum, channel"),
]


@pytest.mark.parametrize(("path", "body", "wrong"), WRONG)
async def test_mistakes_are_told(
    telegram: TelegramEmulator, anna: User, path: str, body: dict[str, Any], wrong: str
) -> None:
    """Each wrong request says what was expected."""
    filled = {
        key: value.replace("{anna}", f"{anna.id}") if isinstance(value, str) else value for key, value in body.items()
    }
    async with ClientSession() as http:
        answer = await Remote(http, telegram.url).act(path.replace("{anna}", f"{anna.id}"), **filled)
    assert wrong in answer["error"]


async def test_pages_of_other_sites_cannot_drive_it(telegram: TelegramEmulator, anna: User) -> None:
    """What a browser would send for another site without asking first is refused."""
    async with ClientSession() as http:
        for path in ("users", f"users/{anna.id}/says", f"users/{anna.id}/files"):
            async with http.post(f"{telegram.url}/control/{path}", data='{"name": "Mallory"}') as answer:
                assert answer.status == 400
    assert len(telegram.world.users) == 1


async def test_the_command_serves_until_it_is_told_to_stop() -> None:
    """`python -m tests.emulators.telegram` prints where it is, answers there, and ends with status 0."""
    command = (
        sys.executable,
        "-m",
        "tests.emulators.telegram",
        "--port",
        "0",
        "--bot",
        "5:any=my_bot",
        "--person",
        "Clara",
    )
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().split()[-1].rstrip("/")
    async with ClientSession() as http:
        async with http.get(f"{url}/bot5:any/getMe") as answer:
            assert (await answer.json())["result"]["username"] == "my_bot"
        assert [user["name"] for user in (await Remote(http, url).get("state"))["users"]] == ["Clara"]
    process.send_signal(signal.SIGTERM)
    await process.stdout.read()
    assert await process.wait() == 0
