"""The hub as a process: its start, its end, and what it says when it cannot run."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from nlu.embedded import load_embedded

pytestmark = pytest.mark.mongo

SETTINGS = """
hub: {{port: 0, data: data}}
store: {store}
channels:
  site: {{kind: webchat, line: sales}}
operators:
  anna: {{name: Anna}}
lines:
  sales:
    name: Sales
    operators: [anna]
    rating: true
"""
_URL = re.compile(r"Operator console\s+(http://\S+)/console")
_PASSWORD = re.compile(r"anna\s+(\S+)\s+\(operator\)")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the triage engine trained, so that not every hub of these tests trains its own."""
    folder = tmp_path_factory.mktemp("trained")
    asyncio.run(_train(folder))
    return folder


async def _train(folder: Path) -> None:
    await (await load_embedded(None, folder)).close()


@pytest.fixture
def home(tmp_path: Path, trained: Path) -> Path:
    """A folder for a hub's settings and data."""
    shutil.copytree(trained, tmp_path / "data" / "nlu")
    return tmp_path


def _settings(folder: Path, store: str = "{}", **replace: str) -> Path:
    path = folder / "config.yaml"
    text = SETTINGS.format(store=store)
    for old, new in replace.items():
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


@asynccontextmanager
async def _hub(path: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Run `hub run` until it has said where it is; yield the process and what it printed."""
    with (path.parent / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hub", "run", str(path)), stdout=asyncio.subprocess.PIPE, stderr=log
        )
    try:
        yield process, await _greeting(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _greeting(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(90):
        while "Ctrl-C" not in said:
            line = await process.stdout.readline()
            if not line:
                raise AssertionError(f"the hub ended before it was running, having said: {said!r}")
            said += line.decode()
    return said


async def _refusal(path: Path) -> tuple[int, str]:
    """Run `hub run` where it cannot run; return its exit code and what it says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hub", "run", str(path)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(90):
        _, said = await process.communicate()
    return process.returncode or 0, said.decode()


def _where(said: str) -> str:
    found = _URL.search(said)
    assert found is not None, said
    return found[1]


async def _healthy(url: str) -> bool:
    async with aiohttp.ClientSession() as session, session.get(f"{url}/healthz") as answer:
        return answer.status == 200 and (await answer.json())["status"] == "ok"


async def test_first_start_says_where_everything_is_and_shows_passwords_once(home: Path) -> None:
    """The passwords made at the first start let operators in, and the second start does not show them again."""
    path = _settings(home)
    async with _hub(path) as (process, said):
        url, password = _where(said), _PASSWORD.search(said)
        assert password is not None
        assert await _healthy(url)
        async with aiohttp.ClientSession() as session:
            body = {"operator": "anna", "password": password[1]}
            headers = {"Origin": url}
            async with session.post(f"{url}/api/v1/session", json=body, headers=headers) as answer:
                assert answer.status < 300, await answer.text()
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0
    async with _hub(path) as (_, said):
        assert password[1] not in said
        assert "hub operator password anna" in said


async def test_ctrl_c_leaves_no_process_behind(home: Path) -> None:
    """The hub's own mongod has ended when the hub has."""
    async with _hub(_settings(home)) as (process, _):
        pid = int((home / "data" / "mongo" / "mongod.lock").read_text().strip())
        os.kill(pid, 0)
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_kill_9_leaves_nothing_that_prevents_the_next_start(home: Path) -> None:
    """After a SIGKILL the next start works, with the data that was there."""
    path = _settings(home)
    async with _hub(path) as (process, said):
        assert _PASSWORD.search(said)
        process.kill()
        await process.wait()
    async with _hub(path) as (_, said):
        assert not _PASSWORD.search(said), "the accounts of the first start are gone"
        assert await _healthy(_where(said))


async def test_a_busy_port_is_told_in_one_sentence(home: Path) -> None:
    """The message names the address and the setting."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = await _refusal(_settings(home, **{"port: 0": f"port: {port}"}))
    assert code == 2
    assert said.splitlines()[-1].startswith(f"The hub cannot listen on 127.0.0.1:{port}")
    assert "hub.port" in said
    assert "Traceback" not in said


async def test_a_data_folder_that_cannot_be_written_is_told_in_one_sentence(tmp_path: Path) -> None:
    """The message names the folder and the setting."""
    (tmp_path / "data").write_text("a file where a folder should be")
    code, said = await _refusal(_settings(tmp_path))
    assert code == 2
    assert said.startswith(f"The data folder {tmp_path / 'data'} cannot be written to")
    assert len(said.splitlines()) == 1


async def test_an_unreachable_store_is_told_in_one_sentence(home: Path) -> None:
    """The message names the setting and the way out."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"mongodb://127.0.0.1:{unused.getsockname()[1]}/?replicaSet=rs0"
        code, said = await _refusal(_settings(home, f'{{url: "{address}"}}'))
    assert code == 2
    sentence = said.splitlines()[-1]
    assert sentence.startswith("The database cannot be reached (127.0.0.1")
    assert "store.url" in sentence
    assert "Traceback" not in said


async def test_promise_7_a_bad_edit_changes_nothing_and_is_shown(home: Path) -> None:
    """`/healthz` names the place of the fault; mended, the edit is in force without a restart."""
    path = _settings(home)
    good = path.read_text()
    async with _hub(path) as (_, said):
        url = _where(said)
        path.write_text(good.replace("rating: true", "rating: maybe"))
        health = await _until(url, lambda health: health["settings"]["problems"])
        assert "config.yaml:12" in health["settings"]["problems"][0]
        assert health["status"] == "degraded"
        assert set(health["lines"]) == {"sales"}
        path.write_text(good + "  support: {name: Support, operators: [anna]}\n")
        health = await _until(url, lambda health: "support" in health["lines"])
        assert health["settings"]["problems"] == []


async def _until(url: str, holds: object) -> dict[str, object]:
    """Ask for the hub's health until something holds of it."""
    async with asyncio.timeout(20), aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"{url}/healthz") as answer:
                health: dict[str, object] = await answer.json()
            if holds(health):  # type: ignore[operator]  # a predicate on the document
                return health
