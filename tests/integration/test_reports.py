"""Reports of what the store recorded: over the API, and at a terminal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from crm_store import MongoStore
from hub.cli import app
from tests.integration.lab_store import fill
from tests.integration.web_stage import UNHURRIED, WebStage, web_stage

pytestmark = pytest.mark.mongo
_SETTINGS = """
store: {{ url: "{url}", database: {database} }}
lines:
  sales: {{ name: Sales, operators: [anna, boris], triage: false }}
  support: {{ name: Support, operators: [anna] }}
operators: {{ anna: {{ name: Anna }}, boris: {{ name: Boris }} }}
"""


@pytest.fixture
async def web(store: MongoStore) -> AsyncIterator[WebStage]:
    """A hub whose store has recorded a day of the line `sales`, shared by Anna and Boris."""
    await fill(store.database, datetime.now(UTC) - timedelta(days=1, hours=1), 60, 1, ["anna", "boris"])
    async with web_stage(store, UNHURRIED) as it:
        yield it


async def test_who_leads_reads_who_had_what(web: WebStage) -> None:
    """Everybody's part of the conversations, with names; together they had them all."""
    sofia = await web.sign_in("sofia")
    report = await sofia.get("/reports/effort?line=sales")
    assert report["easy"] + report["usual"] + report["hard"] == 60
    assert [each["name"] for each in report["operators"]] == ["Anna", "Борис"]
    assert sum(work["involved"] for each in report["operators"] for work in each["work"]) == 60
    assert report["findings"] == []
    nothing = await sofia.get("/reports/effort?line=support")
    assert (nothing["operators"], nothing["easy"]) == ([], 0)


async def test_a_report_is_for_those_who_lead_and_of_what_there_is(web: WebStage) -> None:
    """Operators are refused; a line that is not there, and a period that ends before it begins, are told."""
    anna, sofia = await web.sign_in("anna"), await web.sign_in("sofia")
    answer = await anna.raw("GET", "/api/v1/reports/effort")
    assert (answer.status, answer.json()["detail"]) == (403, "Only supervisors and admins may read reports.")
    assert (await sofia.raw("GET", "/api/v1/reports/effort?line=none")).status == 404
    backwards = "since=2026-02-02T00:00:00Z&until=2026-02-01T00:00:00Z"
    answer = await sofia.raw("GET", f"/api/v1/reports/effort?{backwards}")
    assert answer.status == 422
    assert "ends before it begins" in answer.json()["detail"]


async def report(file: Path, *options: str) -> Result:
    command = ["report", "effort", "--file", str(file), *options]
    return await asyncio.to_thread(lambda: CliRunner().invoke(app, command))


async def test_a_terminal_shows_a_table_and_what_stands_out(
    store: MongoStore, mongo_url: str, database: str, tmp_path: Path
) -> None:
    """In words for people, and as JSON for programs."""
    await fill(store.database, datetime.now(UTC) - timedelta(days=1, hours=1), 60, 1, ["anna", "boris"])
    file = tmp_path / "config.yaml"
    file.write_text(_SETTINGS.format(url=mongo_url, database=database), encoding="utf-8")
    done = await report(file)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].startswith("60 conversations came, were taken and ended: ")
    assert [line.split()[0] for line in lines if line.startswith(("Anna", "Boris"))] == ["Anna", "Boris"]
    assert lines[-1] == "Nobody passes on clearly more easy or hard ones than their colleagues."
    told = json.loads((await report(file, "--json", "--line", "sales")).stdout)
    assert sum(told["conversations"].values()) == 60
    assert set(told["operators"]) == {"anna", "boris"}
    empty = await report(file, "--line", "support")
    assert "0 conversations" in empty.stdout
    assert (await report(file, "--line", "none")).exit_code != 0
