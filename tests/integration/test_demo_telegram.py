"""`make demo-telegram` as a process: both sides of it are there, talk to each other, and leave nothing behind."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

pytestmark = pytest.mark.mongo
_TELEGRAM = re.compile(r"Telegram\s+(http://\S+)/\s")
_CONSOLE = re.compile(r"Operator console\s+(http://\S+)/console")
_PASSWORD = re.compile(r"(anna|boris)\s+(\S+)\s+\((?:operator|supervisor)\)")

_PLAIN = {"X-Trunkline": "1"}


async def _started(folder: Path, telegram_port: int = 0) -> asyncio.subprocess.Process:
    ports = {"TRUNKLINE_PORT": "0", "DEMO_TELEGRAM_PORT": str(telegram_port), "TMPDIR": str(folder)}
    pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.demo_telegram"), **pipes, env=os.environ | ports
    )


@asynccontextmanager
async def _demo(folder: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Run the demo until it has said where it is; yield the process and what it printed."""
    process = await _started(folder)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(90):
            yield process, (await process.stdout.readuntil(b"Ctrl-C")).decode()
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _seen(session: aiohttp.ClientSession, url: str, words: str) -> dict[str, Any]:
    """Return the chat in which something is said, when it is."""
    async with session.get(f"{url}/control/events") as changes:
        async for line in changes.content:
            if line.startswith(b"data:"):
                async with session.get(f"{url}/control/state") as answer:
                    chats = (await answer.json())["chats"]
                found = [chat for chat in chats if words in str(chat["messages"])]
                if found:
                    return dict(found[0])
    raise AssertionError(f"Nobody has said {words!r}.")


def _left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_a_newcomer_sees_both_sides(tmp_path: Path) -> None:
    """People are greeted in their language, the bot answers, operators can sign in, and the end is clean."""
    async with _demo(tmp_path) as (process, said), aiohttp.ClientSession(headers=_PLAIN) as session:
        telegram, console = (found[1] for found in (_TELEGRAM.search(said), _CONSOLE.search(said)) if found)
        await _seen(session, telegram, "Здравствуйте")
        await _seen(session, telegram, "for the operators of this business only")
        chat = (await _seen(session, telegram, "Hello! Ask about our goods"))["key"]
        question = {"chat": chat, "text": "How long does delivery take?"}
        async with session.post(f"{telegram}/control/users/{chat.split('-')[1]}/says", json=question) as answer:
            assert answer.status == 200
        await _seen(session, telegram, "working days")
        passwords = dict(_PASSWORD.findall(said))
        assert set(passwords) == {"anna", "boris"}
        for operator, password in passwords.items():
            login = {"operator": operator, "password": password}
            async with session.post(f"{console}/api/v1/session", json=login) as answer:
                assert answer.status == 200
        process.send_signal(signal.SIGINT)
        _, log = await process.communicate()
    assert process.returncode == 0, log.decode()
    assert '"level": "error"' not in log.decode()
    assert _left_in(tmp_path) == []


async def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    """In one sentence, with the variable that sets another one."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = await _started(tmp_path, taken.getsockname()[1])
        async with asyncio.timeout(90):
            _, said = await process.communicate()
    assert process.returncode == 1
    assert said.decode().startswith("The demo's Telegram cannot listen on 127.0.0.1:")
    assert "set DEMO_TELEGRAM_PORT to another one." in said.decode()
