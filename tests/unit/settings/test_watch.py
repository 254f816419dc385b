"""Edits are noticed within a second, however an editor saves, and bad ones are told as such."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from hub.settings import Settings, SettingsErrors, cut_off, load, parse, watch
from tests.unit.settings.conftest import GOOD, KINDS

Outcome = Settings | SettingsErrors
EDITED = GOOD.replace("name: Sales", "name: Shop")
#: promised; the machine that tests may be slow, so more is waited for before the test fails
WITHIN = 5.0


@pytest.fixture
async def seen(path: Path) -> AsyncIterator[asyncio.Queue[Outcome]]:
    """Watch the file from before its first edit on."""
    write(path, GOOD)
    outcomes: asyncio.Queue[Outcome] = asyncio.Queue()
    since = load(path, {}, KINDS).revision
    watching = asyncio.create_task(watch(path, outcomes.put_nowait, env={}, since=since, kinds=KINDS))
    yield outcomes
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching


async def until(seen: asyncio.Queue[Outcome], fits: Callable[[Outcome], bool]) -> Outcome:
    """Return the first outcome that fits; a save in several steps may be seen in the middle."""
    async with asyncio.timeout(WITHIN):
        while not fits(outcome := await seen.get()):
            continue
    return outcome


def named(name: str) -> Callable[[Outcome], bool]:
    return lambda outcome: isinstance(outcome, Settings) and outcome.rules.lines["sales"].name == name


def write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")


def replace(path: Path, text: str) -> None:
    """Save as vim and most editors do: a new file takes the old one's name."""
    new = path.with_name(".config.yaml.swp")
    new.write_text(text, "utf-8")
    new.replace(path)


def rename_away(path: Path, text: str) -> None:
    """Save as editors with backups do: the old file is renamed, then a new one is written."""
    path.replace(path.with_name("config.yaml~"))
    path.write_text(text, "utf-8")


def relink(path: Path, text: str) -> None:
    """Save as container platforms do: the name is a link that is swapped."""
    target = path.with_name("version-2.yaml")
    target.write_text(text, "utf-8")
    link = path.with_name("link")
    link.symlink_to(target)
    link.replace(path)


def delete(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("save", [write, replace, rename_away, relink])
async def test_an_edit_is_noticed(path: Path, seen: asyncio.Queue[Outcome], save: Callable[[Path, str], None]) -> None:
    """However it is saved."""
    save(path, EDITED)
    await until(seen, named("Shop"))


async def test_a_bad_edit_is_told_and_the_next_good_one_applies(path: Path, seen: asyncio.Queue[Outcome]) -> None:
    """The watching goes on after a mistake."""
    replace(path, GOOD.replace("strict", "strct"))
    outcome = await until(seen, lambda outcome: isinstance(outcome, SettingsErrors))
    assert isinstance(outcome, SettingsErrors)
    assert [problem.path for problem in outcome.problems] == ["lines.sales.distribution"]
    replace(path, EDITED)
    await until(seen, named("Shop"))


async def test_a_deleted_file_is_told(path: Path, seen: asyncio.Queue[Outcome]) -> None:
    """And its return is noticed."""
    delete(path)
    outcome = await until(seen, lambda outcome: isinstance(outcome, SettingsErrors))
    assert "cannot be read" in str(outcome)
    write(path, EDITED)
    await until(seen, named("Shop"))


async def test_saving_the_same_text_is_no_edit(path: Path, seen: asyncio.Queue[Outcome]) -> None:
    """Only a file that differs is reported: the first outcome is that of the edit."""
    replace(path, GOOD)
    replace(path, EDITED)
    async with asyncio.timeout(WITHIN):
        assert named("Shop")(await seen.get())


async def test_an_edit_before_the_watching_counts(path: Path) -> None:
    """Nothing is lost between reading the file and watching it."""
    write(path, GOOD)
    since = load(path, {}, KINDS).revision
    write(path, EDITED)
    outcomes: asyncio.Queue[Outcome] = asyncio.Queue()
    watching = asyncio.create_task(watch(path, outcomes.put_nowait, env={}, since=since, kinds=KINDS))
    await until(outcomes, named("Shop"))
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching


async def test_a_file_that_is_half_written_is_told_until_it_is_whole(path: Path, seen: asyncio.Queue[Outcome]) -> None:
    """As an editor leaves it that empties the file before it writes, and is stopped on the way."""
    write(path, "")
    outcome = await until(seen, lambda outcome: isinstance(outcome, SettingsErrors))
    assert "the file is empty" in str(outcome)
    write(path, EDITED[: EDITED.index("strict")] + "'")
    await until(seen, lambda outcome: isinstance(outcome, SettingsErrors) and "YAML" in str(outcome))
    write(path, EDITED)
    await until(seen, named("Shop"))


async def test_who_is_writing_is_waited_for(path: Path, seen: asyncio.Queue[Outcome]) -> None:
    """A file written bit by bit is looked at when all of it is there, even where less of it would make sense."""
    for end in range(EDITED.index("operators: ["), len(EDITED) + 1, 10):
        write(path, EDITED[:end])
        await asyncio.to_thread(path.read_bytes)
    write(path, EDITED)
    async with asyncio.timeout(WITHIN):
        assert named("Shop")(outcome := await seen.get())
    assert isinstance(outcome, Settings)
    assert outcome.text == EDITED


@pytest.mark.parametrize(
    ("before", "after", "torn"), [("\n", "", True), ("\n", "\n", False), ("", "", False), ("", "\n", False)]
)
def test_a_file_that_ends_in_the_middle_of_a_line_is_torn(path: Path, before: str, after: str, torn: bool) -> None:
    """Unless the one before it did so too."""
    running = parse((GOOD.removesuffix("\n") + before).encode(), path, {}, KINDS)
    problem = cut_off(running, parse((EDITED.removesuffix("\n") + after).encode(), path, {}, KINDS))
    assert (problem is not None) is torn
    if problem:
        assert (problem.line, problem.column) == (14, 15)
