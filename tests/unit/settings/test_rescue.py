"""A file with faults still tells where everything is kept, or that it cannot be known."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.settings import SettingsErrors
from hub.settings.rescue import rescue

URL = "mongodb://db/?replicaSet=rs0"
WHOLE = """\
hub:
  data: kept
# where
store:
  url: ${STORE}

lines:
  sales: {name: Sales, operators: [anna]}
operators:
  anna: {name: Anna}
"""


def test_a_right_file_is_whole(path: Path) -> None:
    path.write_text(WHOLE)
    settings, whole = rescue(path, {"STORE": URL})
    assert whole
    assert settings.rules.lines["sales"].name == "Sales"


@pytest.mark.parametrize(
    "text", [WHOLE[:-25], WHOLE + "{", WHOLE.replace("name:", "nam:"), WHOLE.replace("\n", "\r\n") + "["]
)
def test_faults_elsewhere_hide_no_store(path: Path, text: str) -> None:
    """Cut off, no YAML, or wrong names."""
    path.write_bytes(text.encode())
    settings, whole = rescue(path, {"STORE": URL})
    assert not whole
    assert (settings.store.url, settings.hub.data) == (URL, path.parent / "kept")


@pytest.mark.parametrize("end", range(WHOLE.index("lines")))
def test_a_store_that_may_be_cut_off_is_not_believed(path: Path, end: int) -> None:
    """Wherever the file ends before it is certain that this is all of it."""
    path.write_text(WHOLE[:end])
    with pytest.raises(SettingsErrors):
        rescue(path, {"STORE": URL})


def test_without_a_store_the_hub_own_database_must_be_there(path: Path) -> None:
    """So that no new and empty one is begun by mistake."""
    path.write_text("lines: {")
    with pytest.raises(SettingsErrors):
        rescue(path, {})
    (path.parent / "data" / "mongo").mkdir(parents=True)
    settings, whole = rescue(path, {})
    assert (settings.store.url, whole) == (None, False)
