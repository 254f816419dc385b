"""Whatever the file holds, it is read or refused with problems: nothing else ever comes out."""

from __future__ import annotations

import tempfile
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.settings import SettingsErrors, load
from tests.unit.settings.conftest import GOOD, KINDS

DEMO = (Path(__file__).parents[3] / "config.yaml").read_bytes()
PIECES = ["${", "}", "${A}", "&a ", "*a", "!!x ", "\t", "\0", ": ", "- ", "[", "{", '"', "'", "\n", "|", ">", "?", "<<"]
PIECES += ["%", "\ufeff", "...", "---", '"\\uD800"', "null", "1e999", "9" * 50, "é", "sales", "anna", "true", "#"]


def refusal(raw: bytes) -> SettingsErrors | None:
    """Return why a file is refused, None when it is not."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "config.yaml")
        path.write_bytes(raw)
        try:
            load(path, {"A": "a"}, KINDS)
        except SettingsErrors as error:
            return error
    return None


def check(raw: bytes) -> None:
    """A refusal says why, in text that can be printed."""
    if error := refusal(raw):
        assert error.problems
        assert all(problem.message for problem in error.problems)
        assert str(error).encode()


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes(raw: bytes) -> None:
    """Bytes of any kind."""
    check(raw)


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_random_yaml(text: str) -> None:
    """Pieces of YAML in any order."""
    check(text.encode())


@st.composite
def edited(draw: st.DrawFn) -> bytes:
    """Return a right file with a few random replacements."""
    raw = draw(st.sampled_from([GOOD.encode(), DEMO]))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(raw)))
        end = draw(st.integers(start, min(len(raw), start + 30)))
        piece = draw(st.sampled_from(PIECES).map(str.encode) | st.binary(max_size=6))
        raw = raw[:start] + piece + raw[end:]
    return raw


@settings(deadline=None)
@given(edited())
def test_careless_edits(raw: bytes) -> None:
    """A right file after a few keys too many."""
    check(raw)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["anna", "sales"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "operators", "week"]), inner),
    max_leaves=4,
)
PATHS = [("lines",), ("lines", "sales"), ("lines", "sales", "operators"), ("lines", "sales", "hours"), ("hub",)]
PATHS += [("channels",), ("channels", "shop"), ("channels", "shop", "kind"), ("operators",), ("operators", "anna")]


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PATHS), VALUES), min_size=1, max_size=3))
def test_values_of_the_wrong_kind(changes: list[tuple[tuple[str, ...], object]]) -> None:
    """Any value in any place."""
    data = yaml.safe_load(GOOD)
    for path, value in changes:
        target = data
        for part in path[:-1]:
            target = target[part] if isinstance(target, dict) and part in target else {}
        if isinstance(target, dict):
            target[path[-1]] = value
    check(yaml.safe_dump(data, allow_unicode=False).encode())
