"""`hub apply`, `hub rollback` and `hub history`, beside the database and beside a hub that runs."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import socket
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from crm_store import MongoStore
from crm_store.history import MongoHistory
from hub.bootstrap import Running, serve
from hub.history import Deed, exchange, recorded
from hub.settings import Settings, SettingsErrors, load, parse, watch
from hub.settings.load import read_bytes, revision_of
from router.errors import Misconfigured
from router.history import How, Progress, Version
from tests.integration.web_stage import RULES, web_stage
from tests.unit.test_cli import ROOT, hub

pytestmark = pytest.mark.mongo
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TEXT = """\
hub: {{ port: 0, data: data }}
store: {{ url: "{url}", database: {database} }}
lines:
  sales:
    name: Sales  # ours
    operators: [anna]
    triage: false
operators:
  anna: {{ name: Anna }}
"""
Seen = asyncio.Queue[Settings | SettingsErrors]
ANNA = Deed(How.APPLIED, "anna", "spring")


@pytest.fixture
def file(tmp_path: Path, mongo_url: str, database: str) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(TEXT.format(url=mongo_url, database=database), "utf-8")
    return path


def text_of(file: Path) -> str:
    return file.read_bytes().decode()


def write(file: Path, text: str) -> None:
    file.write_bytes(text.encode())


def link(file: Path, target: str) -> None:
    file.unlink()
    file.symlink_to(target)


def renamed(file: Path, name: str) -> Settings:
    """Return settings for the file's place in which the line has another name."""
    return parse(text_of(file).replace("Sales", name).encode(), file, {})


def save(file: Path, settings: Settings) -> None:
    write(file, settings.text)


async def known(store: MongoStore, file: Path) -> Version:
    return await recorded(store.history, load(file, {}), {}, NOW)


async def applied(store: MongoStore, wanted: Settings, shown: str = "") -> Version:
    shown = shown or load(wanted.file, {}).revision
    return await exchange(store.history, shown, wanted, ANNA, env={}, now=NOW)


async def listed(store: MongoStore) -> list[tuple[int, How, Progress]]:
    return [(it.id, it.how, it.progress) for it in await store.history.page(0, 100)]


async def test_what_was_there_is_kept_before_it_is_replaced(store: MongoStore, file: Path) -> None:
    """And the new version says who made it, why, and what differs."""
    before = text_of(file)
    version = await applied(store, renamed(file, "Shop"))
    assert text_of(file) == before.replace("Sales", "Shop")
    assert (version.by, version.note) == ("anna", "spring")
    assert [(it.setting, it.before, it.after) for it in version.changes or ()] == [
        ("lines.sales.name", "Sales", "Shop")
    ]
    first = await store.history.find(1)
    assert first is not None
    assert (first.text, first.how, first.changes) == (before, How.FIRST, None)
    assert await listed(store) == [(2, How.APPLIED, Progress.SAVED), (1, How.FIRST, Progress.SAVED)]


async def test_an_edit_that_nobody_recorded_is_by_hand(store: MongoStore, file: Path) -> None:
    """Whoever looks first records it, once."""
    await known(store, file)
    save(file, renamed(file, "Shop"))
    for _ in range(2):
        version = await known(store, file)
    assert (version.id, version.how, version.by) == (2, How.EDITED, "")
    assert [it.setting for it in version.changes or ()] == ["lines.sales.name"]


async def test_values_outside_the_rules_are_not_told(store: MongoStore, file: Path) -> None:
    """They may be secrets that the environment gives."""
    wanted = parse(text_of(file).replace("port: 0", 'port: "${PORT:-1}"').encode(), file, {})
    version = await applied(store, wanted)
    assert [(it.setting, it.before, it.after) for it in version.changes or ()] == [("hub.port", None, None)]
    assert "${PORT:-1}" in text_of(file)


async def test_a_command_that_died_before_the_exchange_is_told(store: MongoStore, file: Path) -> None:
    """Its version is in the history as one that never took effect, and hinders nobody."""
    await known(store, file)
    wanted = renamed(file, "Shop")
    begun = Version(
        id=2, at=NOW, by="anna", how=How.APPLIED, progress=Progress.BEGUN, revision=wanted.revision, changes=None
    )
    await store.history.add(begun)
    assert (await known(store, file)).id == 1
    await applied(store, renamed(file, "Store"))
    assert [(number, it.value) for number, _, it in await listed(store)] == [(3, "saved"), (2, "begun"), (1, "saved")]
    _, out, _ = await hub("history", folder=file.parent)
    assert "never took effect" in out.splitlines()[2]


async def test_a_command_that_died_after_the_exchange_has_done_its_work(store: MongoStore, file: Path) -> None:
    """Whoever looks next knows who it was."""
    await known(store, file)
    wanted = renamed(file, "Shop")
    begun = Version(
        id=2, at=NOW, by="anna", how=How.APPLIED, progress=Progress.BEGUN, revision=wanted.revision, changes=None
    )
    await store.history.add(begun)
    save(file, wanted)
    assert (await known(store, file)).by == "anna"
    assert (await listed(store))[0] == (2, How.APPLIED, Progress.SAVED)


async def test_of_two_at_one_moment_one_is_refused(store: MongoStore, file: Path) -> None:
    """The file and the history have the other one's settings, whoever that is."""
    shown = load(file, {}).revision
    names = [f"Shop {n}" for n in range(5)]
    wanted = [renamed(file, name) for name in names]
    done = await asyncio.gather(*(applied(store, each, shown) for each in wanted), return_exceptions=True)
    (won,) = [it for it in done if isinstance(it, Version)]
    lost = [str(it) for it in done if isinstance(it, Misconfigured)]
    assert len(lost) == 4
    assert all("has changed since you were shown" in sentence for sentence in lost)
    assert load(file, {}).revision == won.revision
    assert [number for number, _, _ in await listed(store)] == [2, 1]


class Rival(MongoHistory):
    """A history in which somebody else is always a moment faster."""

    async def add(self, version: Version) -> None:
        await super().add(replace(version, how=How.EDITED, by="", progress=Progress.SAVED))
        await super().add(version)


async def test_whoever_is_slower_by_a_moment_changes_nothing(store: MongoStore, file: Path) -> None:
    await known(store, file)
    before, wanted = text_of(file), renamed(file, "Shop")
    with pytest.raises(Misconfigured, match="Somebody else changes the settings at this moment"):
        await exchange(Rival(store.database), load(file, {}).revision, wanted, ANNA, env={}, now=NOW)
    assert text_of(file) == before


async def test_a_file_that_cannot_be_replaced_leaves_no_trace(store: MongoStore, file: Path) -> None:
    """One on a file system where nobody may write, here that of the processes."""
    wanted = renamed(file, "Shop")
    link(file, "/proc/version")
    with pytest.raises(Misconfigured, match=r"config\.yaml cannot be replaced \(.*\): nothing was done"):
        await applied(store, wanted, revision_of(read_bytes(file)))
    assert await listed(store) == []


async def test_faults_and_a_store_that_is_away_leave_everything_as_it_was(file: Path) -> None:
    """Every fault is told at its place in the new file, and the store in one sentence."""
    before, new = text_of(file), file.with_name("new.yaml")
    write(new, before.replace("name: Sales", "nam: Sales").replace("[anna]", "[zoe]"))
    code, out, errors = await hub("apply", "new.yaml", folder=file.parent)
    assert (code, out) == (2, "")
    assert [line.split(": ")[0] for line in errors.splitlines()[:-1]] == [
        "new.yaml:4:3",
        "new.yaml:5:5",
        "new.yaml:6:17",
    ]
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        away = re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{unused.getsockname()[1]}", before)
        write(file, away)
        write(new, away.replace("Sales", "Shop"))
        code, _, errors = await hub("apply", "new.yaml", folder=file.parent)
    assert code == 2
    assert errors.startswith("The database cannot be reached")
    assert text_of(file) == away


async def test_the_commands_go_there_and_back(store: MongoStore, file: Path) -> None:
    """Also from a file that was saved half-written, and back from the way back."""
    before, folder = text_of(file), file.parent
    after = before.replace("Sales", "Shop")
    write(file.with_name("new.yaml"), after)
    code, out, errors = await hub("apply", "new.yaml", "--by", "Anna\x1b[1m", "--note", "spring", folder=folder)
    assert (code, errors) == (0, "")
    assert out.splitlines()[:2] == ["One setting changes:", "  lines.sales.name: Sales → Shop"]
    assert text_of(file) == after
    code, out, _ = await hub("apply", "new.yaml", folder=folder)
    assert (code, out) == (0, "Nothing changes: this is what config.yaml says already.\n")
    for expected in (before, after):
        assert (await hub("rollback", folder=folder))[0] == 0
        assert text_of(file) == expected
    for half in (after[: after.index("[anna")], after[: after.index("Shop")], after[: after.index("Shop") + 2]):
        write(file, half)
        assert (await hub("rollback", folder=folder))[0] == 0
        assert load(file, {}).text == after
    write(file, "")
    code, _, errors = await hub("rollback", folder=folder)
    assert (code, errors.splitlines()[0]) == (2, "config.yaml: the file is empty; expected at least `lines:`")
    assert (await hub("apply", "new.yaml", folder=folder))[0] == 0
    assert text_of(file) == after
    assert (await hub("rollback", "--to", "1", folder=folder))[0] == 0
    assert text_of(file) == before
    assert (await hub("rollback", "--to", "77", folder=folder))[2].startswith("There is no version 77")
    _, out, _ = await hub("history", "--limit", "100", folder=folder)
    assert [line.split()[0] for line in out.splitlines()[1:]] == [
        str(n) for n in range(len(out.splitlines()) - 1, 0, -1)
    ]
    assert re.search(r"^2 .* Anna \[1m +applied +saved +1 +spring$", out, re.MULTILINE)
    _, out, _ = await hub("history", "2", "--text", folder=folder)
    assert out == after
    _, out, _ = await hub("history", "2", "--json", folder=folder)
    assert json.loads(out)["changes"] == [{"setting": "lines.sales.name", "before": "Sales", "after": "Shop"}]
    _, out, _ = await hub("history", "2", folder=folder)
    assert out.splitlines()[1] == "  lines.sales.name: Sales → Shop"


async def test_at_a_terminal_it_asks_first(store: MongoStore, file: Path) -> None:
    """And does nothing when the answer is no."""
    before, new = text_of(file), file.with_name("new.yaml")
    write(new, before.replace("Sales", "Shop"))
    for answer, expected in (("n", before), ("y", text_of(new))):
        ours, theirs = pty.openpty()
        os.write(ours, f"{answer}\n".encode())
        command = (sys.executable, "-m", "hub", "apply", str(new), "--file", str(file))
        process = await asyncio.create_subprocess_exec(*command, stdin=theirs, stdout=PIPE, cwd=ROOT)
        said, _ = await process.communicate()
        os.close(ours)
        os.close(theirs)
        assert b"Let this take effect?" in said
        assert (process.returncode, text_of(file)) == (int(answer == "n"), expected)


async def test_without_former_settings_there_is_no_way_back(store: MongoStore, file: Path) -> None:
    code, _, errors = await hub("rollback", folder=file.parent)
    assert code == 2
    assert errors.startswith("There are no former settings")


@asynccontextmanager
async def watching(file: Path) -> AsyncIterator[tuple[Running, Seen]]:
    """Run a whole hub that watches its file; yield it with what it has seen and acted on."""
    settings = load(file, {})
    seen: Seen = asyncio.Queue()
    async with serve(settings, file.parent / "data") as it:

        async def edited(outcome: Settings | SettingsErrors) -> None:
            await it.hub.edited(outcome)
            seen.put_nowait(outcome)

        task = asyncio.create_task(watch(file, edited, since=settings.revision, env={}))
        yield it, seen
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(seen: Seen, holds: Callable[[], bool]) -> None:
    """Return when something holds, looking again whenever the hub has acted on its file."""
    async with asyncio.timeout(20):
        while not holds():
            await seen.get()


async def test_a_running_hub_takes_over_what_is_applied_and_rolled_back(store: MongoStore, file: Path) -> None:
    """Each version is in force within seconds, and the feed tells it once, also over a restart."""
    write(file.with_name("new.yaml"), text_of(file).replace("Sales", "Shop"))
    async with watching(file) as (it, seen):
        assert (await hub("apply", "new.yaml", "--by", "anna", folder=file.parent))[0] == 0
        await until(seen, lambda: it.hub.rules.lines["sales"].name == "Shop")
        assert (await hub("rollback", "--by", "boris", folder=file.parent))[0] == 0
        await until(seen, lambda: it.hub.rules.lines["sales"].name == "Sales")
        save(file, renamed(file, "Store"))
        await until(seen, lambda: it.hub.rules.lines["sales"].name == "Store")
    async with watching(file):
        pass
    page = await store.history.page(0, 9)
    assert [(v.id, v.how.value, v.by, v.progress.value) for v in page] == [
        (4, "edited", "", "in_force"),
        (3, "rolled_back", "boris", "in_force"),
        (2, "applied", "anna", "in_force"),
        (1, "first", "", "in_force"),
    ]
    assert [it.subject for it in await store.events(0, 100) if it.type == "rules"] == ["1", "2", "3", "4"]


async def test_a_running_hub_goes_by_no_half_written_file(store: MongoStore, file: Path) -> None:
    """Not even by one that makes sense, and it recovers by itself when the file is whole, or by a rollback."""
    whole = text_of(file)
    sensible = whole[: whole.index("Sales") + 3]
    assert list(parse(sensible.encode(), file, {}).rules.operators) == []
    async with watching(file) as (it, seen):
        for half in ("", whole[: whole.index("[anna]") + 3], sensible):
            write(file, half)
            await until(seen, lambda: bool(it.hub.problems))
            assert list(it.hub.rules.operators) == ["anna"]
            write(file, whole)
            await until(seen, lambda: not it.hub.problems)
        write(file, whole.replace("Sales", "Shop"))
        await until(seen, lambda: it.hub.rules.lines["sales"].name == "Shop")
        write(file, sensible)
        await until(seen, lambda: bool(it.hub.problems))
        assert "ends in the middle of a line" in it.hub.problems[0]
        assert (await hub("rollback", folder=file.parent))[0] == 0
        await until(seen, lambda: not it.hub.problems)
        assert text_of(file) == whole.replace("Sales", "Shop")


async def test_an_applied_file_may_end_in_the_middle_of_a_line(store: MongoStore, file: Path) -> None:
    """The history knows that this is all of it."""
    write(file.with_name("new.yaml"), text_of(file).replace("Sales", "Shop").rstrip("\n"))
    async with watching(file) as (it, seen):
        assert (await hub("apply", "new.yaml", folder=file.parent))[0] == 0
        await until(seen, lambda: it.hub.rules.lines["sales"].name == "Shop")
        assert it.hub.problems == ()


async def test_admins_read_the_history_over_the_api(store: MongoStore, file: Path) -> None:
    """Page by page; nobody else does."""
    await applied(store, renamed(file, "Shop"))
    admin = {**RULES, "operators": {**RULES["operators"], "sofia": {"name": "Sofia", "role": "admin"}}}
    async with web_stage(store, rules=admin) as web:
        sofia, anna = await web.sign_in("sofia"), await web.sign_in("anna")
        page = await sofia.get("/settings/changes", limit=1)
        (version,) = page["versions"]
        assert (version["version"], version["by"], version["how"], version["progress"]) == (
            2,
            "anna",
            "applied",
            "saved",
        )
        assert version["changes"] == [{"setting": "lines.sales.name", "before": "Sales", "after": "Shop"}]
        page = await sofia.get("/settings/changes", before=page["next"])
        assert ([it["how"] for it in page["versions"]], page["next"]) == (["first"], 0)
        refused = await anna.raw("GET", "/api/v1/settings/changes")
        assert (refused.status, refused.json()["detail"]) == (403, "Only admins may see who changed the settings.")
