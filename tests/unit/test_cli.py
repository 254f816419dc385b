"""The command `hub`, run as a process: what it prints, where, and its exit code."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


async def hub(*arguments: str | Path, folder: Path = ROOT) -> tuple[int, str, str]:
    """Run `hub` and return its exit code, its output and its errors."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from hub.cli import main; main()",
        *map(str, arguments),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    return process.returncode or 0, out.decode(), errors.decode()


async def test_a_right_file_gets_one_friendly_line() -> None:
    """Without a name, config.yaml in the folder is meant."""
    code, out, errors = await hub("check")
    assert (code, errors) == (0, "")
    assert out == "config.yaml is fine: 1 channel, 2 lines, 4 operators and 5 canned replies.\n"


async def test_a_wrong_file_gets_its_problems(tmp_path: Path) -> None:
    """On stderr, with exit code 1, so that scripts can tell."""
    file = tmp_path / "rules.yaml"
    file.write_text("lines: {s: {nam: S}}", "utf-8")
    code, out, errors = await hub("check", file)
    assert (code, out) == (1, "")
    assert [line.split(": ")[0] for line in errors.splitlines()[:2]] == [f"{file}:1:9", f"{file}:1:13"]


async def test_the_schema_is_printed_or_written(tmp_path: Path) -> None:
    """The same text either way."""
    code, out, _ = await hub("schema")
    assert code == 0
    assert json.loads(out)["title"] == "Trunkline settings"
    file = tmp_path / "new" / "schema.json"
    assert (await hub("schema", "--out", file))[:2] == (0, "")
    assert file.read_text("utf-8") == out


async def test_what_an_admin_must_change_is_one_sentence() -> None:
    """No traceback, exit code 2."""
    code, out, errors = await hub("schema", "--out", "/dev/null/schema.json")
    assert (code, out) == (2, "")
    assert errors == "The schema cannot be written to /dev/null/schema.json: File exists. Name another file.\n"


async def test_the_version_is_told() -> None:
    """As the packaging names it."""
    code, out, _ = await hub("--version")
    assert code == 0
    assert out.startswith("trunkline 0.")


async def test_unknown_commands_are_told_so() -> None:
    """With a hint at --help."""
    code, _, errors = await hub("strat")
    assert code == 2
    assert "--help" in errors


WHEN = """
lines:
  sales:
    name: Sales
    operators: [anna, boris]
    distribution: strict
    hours: { timezone: Europe/Berlin, week: { mon-fri: 09:00-18:00 }, holidays: DE, dates: { 2026-12-31: 09:00-14:00 } }
operators:
  anna: { name: Anna, leave: [{ from: 2026-12-28, to: 2026-12-30 }] }
  boris: { name: Boris }
"""


async def test_when_tells_who_would_get_a_client(tmp_path: Path) -> None:
    """In the line's time zone, with everybody's reason and the place in the file."""
    (tmp_path / "config.yaml").write_text(WHEN, "utf-8")
    code, out, errors = await hub("when", "sales", "--at", "2026-12-29T10:00", folder=tmp_path)
    assert (code, errors) == (0, "")
    assert out.splitlines() == [
        "On Tuesday, 29 December 2026 at 10:00 (Europe/Berlin), the line sales is open until 18:00.",
        "The conversation is offered to Boris.",
        "The client is told: One moment please, a colleague will answer you here.",
        "",
        "Anna   on vacation",
        "Boris  chosen: first in the order written",
        "",
        "Decided by config.yaml:6; who works then is taken to be available and free.",
    ]


async def test_when_tells_when_a_closed_line_opens(tmp_path: Path) -> None:
    """A day with times of its own is over early, and a holiday follows."""
    (tmp_path / "config.yaml").write_text(WHEN, "utf-8")
    code, out, _ = await hub("when", "sales", "--at", "2026-12-31T17:58", "--language", "ru", folder=tmp_path)
    assert code == 0
    first, second, third = out.splitlines()[:3]
    assert first.endswith("the line sales is closed until Monday, 04 January 2027 at 09:00.")
    assert second == "The conversation waits in the queue."
    assert third.startswith("The client is told: ")
    assert any("а" <= letter <= "я" for letter in third)
    code, out, _ = await hub("when", "sales", "--at", "2026-12-31T17:58", "--json", folder=tmp_path)
    told = json.loads(out)
    assert "on Monday at 09:00 (Berlin)" in told["told"][0]
    there = ("--timezone", "Asia/Tokyo", "--language", "ru")
    code, out, _ = await hub("when", "sales", "--at", "2027-01-02T12:00", *there, folder=tmp_path)
    assert "вернёмся в понедельник в 17:00" in out
    assert (told["is_open"], told["at"]) == (False, "2026-12-31T17:58:00+01:00")


async def test_when_explains_what_it_cannot_answer(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(WHEN, "utf-8")
    for arguments, words in [
        (("saels",), "There is no line named 'saels'. Did you mean sales?"),
        (("sales", "--away", "zoe"), "There is no operator named 'zoe'. There are: anna, boris."),
        (("sales", "--timezone", "Tokyo"), "'Tokyo' is no time zone: name one such as Europe/Berlin."),
        (("sales", "--at", "tomorrow"), "'tomorrow' is not a time: write one such as 2026-12-31T17:58."),
    ]:
        code, out, errors = await hub("when", *arguments, folder=tmp_path)
        assert (code, out, errors.strip()) == (2, "", words)


async def test_plan_tells_what_changes_and_what_to_look_at(tmp_path: Path) -> None:
    """In the words of the file; a stretch in which nobody works, and who serves no line, are pointed out."""
    (tmp_path / "config.yaml").write_text(WHEN, "utf-8")
    new = WHEN.replace("strict", "even\n    offer_timeout: 10m\n    queue: { max_wait: 5m }")
    new = new.replace("mon-fri: 09:00-18:00", "mon-sun: 09:00-18:00").replace(", boris]", "]")
    new = new.replace("anna: { name: Anna,", "anna: { name: Anna, hours: { week: { mon-fri: 08:00-20:00 } },")
    (tmp_path / "new.yaml").write_text(new, "utf-8")
    code, out, errors = await hub("plan", "new.yaml", folder=tmp_path)
    assert (code, errors) == (0, "")
    lines = out.splitlines()
    assert "  lines.sales.distribution: strict → even" in lines
    assert '  lines.sales.operators: ["anna", "boris"] → ["anna"]' in lines
    assert "  lines.sales.hours.week.sat: 09:00-18:00 (new)" in lines
    assert any(line.startswith("  operators.anna.hours: {") and line.endswith("(new)") for line in lines)
    assert "  Boris (boris) serves no line." in lines
    clash = "offer_timeout (10m) is not shorter than queue.max_wait (5m), which is over first."
    assert f"  On the line sales, {clash}" in lines
    assert any(line.startswith("  The line sales is open and nobody works from S") for line in lines)
    code, out, _ = await hub("plan", "config.yaml", folder=tmp_path)
    assert out.splitlines()[0] == "No rule changes."
