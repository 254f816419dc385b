"""The walls of the house: who may know whom, how big a room is, and what the locks may say."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from string import Formatter

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("bots", "crm_store", "hub", "nlu", "router", "vision")
SOURCES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
CATALOGUES = sorted(file.parent for package in PACKAGES for file in (ROOT / package).rglob("locale/en.json"))
LOCKS = ("requirements.lock", "requirements-dev.lock")
MAX_LINES = 300
#: modules of the standard library that reach outside the process or wait
OUTSIDE = {
    "asyncio", "http", "logging", "multiprocessing", "os", "pathlib", "random", "selectors", "shutil", "signal",
    "socket", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "urllib",
}  # fmt: skip
#: what the core is made of besides the standard library
LIBRARIES_OF_THE_CORE = {"msgspec", "pydantic", "pydantic_core", "router"}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_import_contracts_hold() -> None:
    """Arrows point from the hub to the core, and siblings are strangers; the contracts are in pyproject.toml."""
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("source", SOURCES, ids=named)
def test_a_file_is_one_room(source: Path) -> None:
    """A file of more than 300 lines has two subjects."""
    lines = len(source.read_text("utf-8").splitlines())
    assert lines <= MAX_LINES, f"{named(source)} has {lines} lines: part it by subject"


def imported(source: Path) -> set[str]:
    """Return the top-level packages a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module).partition(".")[0])
    return found


@pytest.mark.parametrize("source", [file for file in SOURCES if file.is_relative_to(ROOT / "router")], ids=named)
def test_the_core_is_pure(source: Path) -> None:
    """No file of the core imports an SDK or anything that reaches outside the process."""
    packages = imported(source)
    assert not packages & OUTSIDE
    assert packages <= LIBRARIES_OF_THE_CORE | set(sys.stdlib_module_names)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_address_and_trusts_hashes(name: str) -> None:
    """Whoever installs uses their own package index, and gets the very files that were tested."""
    lock = (ROOT / name).read_text("utf-8")
    assert "://" not in lock
    assert not re.search(r"^\s*-", lock.replace("    --hash=sha256:", "    hash "), re.MULTILINE)
    requirements = re.findall(r"^[a-z0-9].*==.*\\\n    --hash=sha256:", lock, re.MULTILINE | re.IGNORECASE)
    assert len(requirements) == len(re.findall(r"^[^\s#]", lock, re.MULTILINE)) > 0


def test_both_locks_agree() -> None:
    """What is tested is what is run: no version differs between the two."""
    running, tested = ({*re.findall(r"^(\S+)==([^\s;]+)", (ROOT / name).read_text(), re.MULTILINE)} for name in LOCKS)
    assert running <= tested


def placeholders(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}


@pytest.mark.parametrize("locale", CATALOGUES, ids=named)
def test_both_languages_say_the_same(locale: Path) -> None:
    """English and Russian have the same keys, and each pair of texts the same placeholders."""
    english, russian = (json.loads((locale / f"{language}.json").read_text("utf-8")) for language in ("en", "ru"))
    assert set(english) == set(russian)
    assert {key: placeholders(text) for key, text in english.items()} == {
        key: placeholders(text) for key, text in russian.items()
    }
    # An empty text says nothing, and then does so in both.
    assert {key for key, text in english.items() if not text} == {key for key, text in russian.items() if not text}


def test_there_are_catalogues() -> None:
    """So that the test above looks at something."""
    assert len(CATALOGUES) >= 2
