"""`hub rehearse`: what an admin reads, what programs read, the chart, the mistakes, and a store that is left alone."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from crm_store import MongoStore
from crm_store.recordings import Recordings
from hub.cli import app
from hub.commands import rehearsal_chart
from router.errors import Misconfigured
from tests.integration.lab_store import fill

pytestmark = pytest.mark.mongo
NAMES = ["anna", "boris", "carl"]
_SETTINGS = """
store: {{ url: "{url}", database: {database} }}
lines:
  sales:
    {{ name: Sales, operators: [anna, boris, carl], distribution: {rule}, triage: false, sla: {{ resolution: 1h }} }}
  support: {{ name: Support, operators: [anna] }}
operators: {{ anna: {{ name: Anna }}, boris: {{ name: Boris }}, carl: {{ name: Carl, capacity: {capacity} }} }}
"""


@pytest.fixture
def files(tmp_path: Path, mongo_url: str, database: str) -> Path:
    """The folder of a settings file, and of a new one."""
    for name, rule, capacity in (("config.yaml", "even", 5), ("new.yaml", "strict", 1)):
        text = _SETTINGS.format(url=mongo_url, database=database, rule=rule, capacity=capacity)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
async def filled(store: MongoStore) -> MongoStore:
    """A store with two days of traffic, which ended an hour ago."""
    await fill(store.database, datetime.now(UTC) - timedelta(days=2, hours=1), 400, 2, NAMES)
    return store


async def rehearse(files: Path, *options: str) -> Result:
    def run() -> Result:
        command = ["rehearse", str(files / "new.yaml"), "--file", str(files / "config.yaml"), *options]
        return CliRunner().invoke(app, command)

    return await asyncio.to_thread(run)


async def told(files: Path, *options: str) -> dict[str, Any]:
    done = await rehearse(files, "--json", *options)
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


async def test_a_person_reads_tables_how_fast_it_was_and_how_far_to_trust_it(filled: MongoStore, files: Path) -> None:
    done = await rehearse(files, "--last", "3d")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert "400 conversations came to wait for a person." in lines[0]
    assert lines[1].startswith("3 days in ")
    assert lines[1].endswith(" times real time.")
    assert any(line.split() == ["conversations", "400", "400", "400", "="] for line in lines)
    assert [line.split()[0] for line in lines if line.startswith(("Anna", "Boris", "Carl"))] == [
        "Anna",
        "Boris",
        "Carl",
    ]
    assert "How far to trust it" in done.stdout
    assert "Reading" in done.stderr
    assert "Rehearsing" in done.stderr


async def test_programs_read_everything(filled: MongoStore, files: Path) -> None:
    """The same conversations in truth and twice played, and another distribution gives others the work."""
    found = await told(files, "--last", "3d")
    assert {found[each]["all"]["conversations"] for each in ("truth", "old", "new")} == {400}
    assert found["times_real_time"] > 10_000
    assert len(found["new"]["hours"]) == 24
    counts = {name: found["new"]["operators"][name]["conversations"] for name in NAMES}
    assert sum(counts.values()) == 400
    assert counts["anna"] > 300, "strict asks her first"
    evenly = [found["old"]["operators"][name]["conversations"] for name in NAMES]
    assert max(evenly) - min(evenly) <= 1
    assert found["truth"]["all"]["wait_median"] == found["old"]["all"]["wait_median"]


async def test_a_part_of_the_period_and_one_line_can_be_asked_for(filled: MongoStore, files: Path) -> None:
    since, until = (datetime.now(UTC) - timedelta(hours=hours) for hours in (25, 13))
    found = await told(files, "--from", since.isoformat(), "--to", until.isoformat(), "--line", "sales")
    assert found["conversations"] == pytest.approx(100, abs=2)
    assert list(found["new"]["lines"]) == ["sales"]


async def test_nothing_in_the_store_changes(filled: MongoStore, files: Path) -> None:
    raw = filled.database.raw
    before = await raw.command("dbHash")
    indexes = {name: await raw[name].index_information() for name in sorted(before["collections"])}
    assert (await rehearse(files)).exit_code == 0
    after = await raw.command("dbHash")
    assert (after["md5"], after["collections"]) == (before["md5"], before["collections"])
    assert {name: await raw[name].index_information() for name in sorted(after["collections"])} == indexes


async def test_every_read_uses_an_index(filled: MongoStore, database: str) -> None:
    raw, recordings = filled.database.raw, Recordings(filled.database)
    since, until = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC)
    await raw.command("profile", 2)
    await recordings.count(since, until)
    records = [record async for page in recordings.records(since, until) for record in page]
    changes = await recordings.presence_changes("console", since - timedelta(days=14))
    await recordings.presences()
    await raw.command("profile", 0)
    assert 0 < len(records) < 400
    assert len(changes) == len(NAMES)
    asked = await raw["system.profile"].find({"ns": {"$ne": f"{database}.system.profile"}}).to_list()
    plans = {(each["ns"].removeprefix(f"{database}."), each.get("planSummary", "")) for each in asked}
    assert len(plans) >= 6
    assert [plan for plan in sorted(plans) if "COLLSCAN" in plan[1]] == []
    assert not [each["command"] for each in asked if each.get("hasSortStage")]


@pytest.mark.parametrize("name", ["chart.svg", "chart.png"])
async def test_a_chart_is_drawn(filled: MongoStore, files: Path, name: str) -> None:
    chart = files / name
    assert (await rehearse(files, "--chart", str(chart))).exit_code == 0
    head = chart.read_bytes()[:8]
    assert head == b"\x89PNG\r\n\x1a\n" if name.endswith("png") else head.startswith(b"<?xml")


async def test_mistakes_are_told_before_anything_is_read(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (files / "bad.yaml").write_text("lines: { sales: { nam: Sales } }\noperators: 7\n", encoding="utf-8")
    for options, words in (
        (["--line", "sails"], "Did you mean sales?"),
        (["--last", "soon"], "--last soon: expected a duration"),
        (["--last", "3d", "--from", "2026-01-01"], "Give either --last or --from"),
        (["--from", "yesterday"], "'yesterday' is not a time"),
        (["--to", "2999-01-01"], "is still to come"),
        (["--from", "2026-02-01", "--to", "2026-01-01"], "ends before it begins"),
        (["--chart", str(files / "chart.bmp")], "name a file that ends in .svg or .png"),
        (["--chart", str(files / "no" / "chart.svg")], "there is no such folder"),
    ):
        done = await rehearse(files, *options)
        assert isinstance(done.exception, Misconfigured)
        assert words in str(done.exception)
    (files / "new.yaml").write_text((files / "bad.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    mistakes = str((await rehearse(files)).exception)
    assert "nam" in mistakes
    assert "operators" in mistakes
    monkeypatch.setattr(rehearsal_chart, "find_spec", lambda name: None)
    with pytest.raises(Misconfigured, match=r"pip install 'trunkline\[charts\]'"):
        rehearsal_chart.check(files / "chart.svg")


async def test_a_quiet_period_and_a_store_that_cannot_be_reached_are_told(store: MongoStore, files: Path) -> None:
    quiet = await rehearse(files, "--last", "1h", "--line", "support")
    assert "Nobody came to wait for a person on the line support between" in str(quiet.exception)
    text = (files / "config.yaml").read_text(encoding="utf-8")
    nowhere = 'store: { url: "mongodb://127.0.0.1:1/?replicaSet=rs0&serverSelectionTimeoutMS=100" }\n'
    (files / "config.yaml").write_text(nowhere + text.partition("\n")[2].partition("\n")[2], encoding="utf-8")
    assert isinstance((await rehearse(files)).exception, Misconfigured)


async def test_thousands_of_conversations_are_rehearsed_side_by_side(store: MongoStore, files: Path) -> None:
    """The old rules in a process of their own, with the same outcome as the same rules in this one."""
    (files / "new.yaml").write_text((files / "config.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    await fill(store.database, datetime.now(UTC) - timedelta(days=8), 4_000, 8, NAMES)
    found = await told(files, "--last", "9d")
    assert found["conversations"] == 4_000
    assert found["old"] == found["new"]
