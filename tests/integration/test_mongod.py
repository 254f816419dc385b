"""The hub's own mongod: it starts, comes back, moves away from a taken port, and says what is wrong."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from watchfiles import awatch

from crm_store import open_store
from hub import mongod_process
from hub.mongod import LocalMongo, start_mongod
from hub.mongod_failures import why_it_ended
from router.errors import Misconfigured, Retryable

#: starts a mongod as the hub does, says its pid, and waits
HUB = """
import asyncio, sys
from pathlib import Path
from hub.mongod import start_mongod

async def main():
    mongo = await start_mongod(Path(sys.argv[1]))
    print(mongo.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
async def mongo(tmp_path: Path) -> AsyncIterator[LocalMongo]:
    running = await start_mongod(tmp_path)
    yield running
    await running.stop()


async def kept_secret(mongo: LocalMongo) -> str:
    """Write something, or find what was written before."""
    while True:
        try:
            store = await open_store(mongo.url, "hub")
        except Retryable:
            continue
        try:
            return await store.secret("cookies")
        finally:
            await store.close()


async def start_a_hub(data: Path) -> tuple[asyncio.subprocess.Process, int]:
    """Start a hub of its own process; return it and the pid of its mongod."""
    hub = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HUB, str(data), stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    assert hub.stdout is not None
    return hub, int(await hub.stdout.readline())


def text_of(file: Path) -> str:
    return file.read_text() if file.exists() else ""


async def until(folder: Path, holds: Callable[[], bool]) -> None:
    """Return when something is so, looking whenever a file in the folder changes."""
    async for _ in awatch(folder, yield_on_timeout=True, rust_timeout=200):
        if holds():
            return


async def gone(pid: int) -> None:
    """Return when a process that is not our child has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(descriptor, ended.set)
    await ended.wait()
    asyncio.get_running_loop().remove_reader(descriptor)
    os.close(descriptor)


async def test_a_second_start_finds_what_the_first_one_kept_at_the_same_address(tmp_path: Path) -> None:
    seen = set()
    for _ in range(2):
        mongo = await start_mongod(tmp_path)
        seen.add((mongo.url, await kept_secret(mongo)))
        await mongo.stop()
    assert len(seen) == 1


async def test_a_taken_port_is_left_to_whoever_has_it(tmp_path: Path) -> None:
    mongo = await start_mongod(tmp_path)
    port, secret = mongo.port, await kept_secret(mongo)
    await mongo.stop()
    somebody = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", port)
    async with somebody:
        mongo = await start_mongod(tmp_path)
        assert (mongo.port != port, await kept_secret(mongo)) == (True, secret)
        await mongo.stop()


async def test_a_port_taken_at_the_last_moment_by_another_mongod_is_left_alone(
    mongo: LocalMongo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.mongod._port_of_last_time", lambda kept: mongo.port)
    secret = await kept_secret(mongo)
    other = await start_mongod(tmp_path / "other")
    assert other.port != mongo.port
    assert await kept_secret(other) != secret
    await other.stop()
    assert await kept_secret(mongo) == secret


async def test_a_mongod_that_is_killed_comes_back_at_the_same_address(mongo: LocalMongo) -> None:
    secret, killed = await kept_secret(mongo), mongo.pid
    os.kill(killed, signal.SIGKILL)
    assert await kept_secret(mongo) == secret
    assert mongo.pid != killed


async def test_stopping_ends_it_cleanly_and_twice_is_harmless(mongo: LocalMongo, tmp_path: Path) -> None:
    await mongo.stop()
    await mongo.stop()
    assert (tmp_path / "mongo" / "mongod.lock").read_text() == ""
    assert "Now exiting" in (tmp_path / "mongo" / "mongod.log").read_text()


async def test_ctrl_c_does_not_reach_it(mongo: LocalMongo) -> None:
    assert os.getpgid(mongo.pid) != os.getpgid(0)
    assert os.getsid(mongo.pid) != os.getsid(0)


async def test_a_second_hub_on_the_same_folder_is_refused(mongo: LocalMongo, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"^Another hub already uses the data folder .*\.$"):
        await start_mongod(tmp_path)
    assert await kept_secret(mongo)


async def test_it_ends_with_a_hub_that_is_killed_and_the_next_start_works(tmp_path: Path) -> None:
    hub, pid = await start_a_hub(tmp_path)
    hub.kill()
    await hub.wait()
    mongo = await start_mongod(tmp_path)
    await gone(pid)
    assert await kept_secret(mongo)
    await mongo.stop()


async def test_one_that_outlived_its_hub_is_ended_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "mongo"
    folder.mkdir()
    monkeypatch.setattr(mongod_process, "_dying_with_its_parent", tuple)
    orphan = await mongod_process.launch(mongod_process.find_program(), folder, 0, 0.25)
    await until(folder, lambda: bool(text_of(folder / "mongod.lock")))
    mongo = await start_mongod(tmp_path)
    assert orphan.process.returncode is not None or await orphan.process.wait() is not None
    await mongo.stop()


async def test_a_lock_of_a_process_that_is_something_else_now_prevents_nothing(tmp_path: Path) -> None:
    (tmp_path / "mongo").mkdir()
    (tmp_path / "mongo" / "mongod.lock").write_text(f"{os.getpid()}\n")
    mongo = await start_mongod(tmp_path)
    await mongo.stop()


async def test_a_log_that_has_grown_is_put_aside(
    mongo: LocalMongo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.mongod.LOG_CHECK", 0.2)
    monkeypatch.setattr("hub.mongod.MAX_LOG", 30_000)
    await mongo.stop()
    again = await start_mongod(tmp_path)
    log = tmp_path / "mongo" / "mongod.log"
    await until(log.parent, lambda: bool(text_of(log.with_name("mongod.log.1"))) and log.exists())
    assert await kept_secret(again)
    await again.stop()
    # While it exits, the log may have grown enough to be put aside once more.
    assert "Now exiting" in text_of(log) + text_of(log.with_name("mongod.log.1"))


async def test_a_machine_without_mongod_is_told_the_ways_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "path", [each for each in sys.path if "site-packages" not in each])
    with pytest.raises(Misconfigured, match=r"trunkline\[mongod\].* package .*PATH.*store\.url.*docker compose"):
        await start_mongod(tmp_path)


def program(folder: Path, script: str) -> None:
    """Put a program called mongod, which is a shell script, into a folder."""
    made = folder / "bin" / "mongod"
    made.parent.mkdir()
    made.write_text(f"#!/bin/sh\n{script}\n")
    made.chmod(0o755)


async def test_a_missing_library_is_named_with_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "mongod: error while loading shared libraries: libcurl.so.4: cannot open shared object file"
    program(tmp_path, f"echo '{words}: No such file or directory' >&2; exit 127")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    with pytest.raises(Misconfigured) as caught:
        await start_mongod(tmp_path)
    assert str(caught.value) == ("mongod needs libcurl.so.4, which this machine lacks: install the package libcurl4.")


def read_only(folder: Path) -> Path:
    """Return a folder that the user of this test cannot write to; root may write everywhere but in /proc."""
    folder.chmod(0o500)
    return Path("/proc/self/nowhere") if os.geteuid() == 0 else folder


async def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    data = read_only(tmp_path)
    with pytest.raises(Misconfigured, match=r"^The data folder .* cannot be written \(.*\): make it writable, .*\.$"):
        await start_mongod(data)


async def test_data_that_are_damaged_are_one_sentence(tmp_path: Path) -> None:
    mongo = await start_mongod(tmp_path)
    await mongo.stop()
    (tmp_path / "mongo" / "WiredTiger.turtle").write_bytes(b"nonsense")
    (tmp_path / "mongo" / "WiredTiger.wt").write_bytes(b"nonsense")
    with pytest.raises(Misconfigured, match=r"^The data in .* are damaged: restore a backup"):
        await start_mongod(tmp_path)


@pytest.mark.parametrize(
    ("code", "words", "sentence"),
    [
        (100, "DBPathInUse: Unable to lock the lock file", "Another mongod uses /d: stop it"),
        (14, "WiredTiger error: No space left on device", "The disk that holds /d is full: free some room"),
        (62, "UPGRADE PROBLEM: Found an invalid featureCompatibilityVersion", "The data in /d were written by another"),
        (1, "Failed to open /d/mongod.log: Permission denied", "mongod cannot write to /d: make the folder"),
        (-4, "", "This machine's processor lacks AVX"),
        (-9, "", "mongod was killed while it started"),
        (127, "error while loading shared libraries: libodd.so.1: x", "install the package that holds it."),
        (3, "first\nlast words\n", "mongod ended at once with code 3 (last words): see /d/mongod.log."),
        (3, "", "mongod ended at once with code 3 (it said nothing): see /d/mongod.log."),
    ],
)
def test_every_end_is_one_sentence_that_says_what_to_do(code: int, words: str, sentence: str) -> None:
    told = str(why_it_ended(code, words, Path("/d")))
    assert sentence in told
    assert told.endswith(".")
