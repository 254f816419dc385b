"""The folder where the hub keeps its files."""

from __future__ import annotations

import os
from pathlib import Path

from hub.bootstrap import data_folder
from hub.settings import load

SETTINGS = """
hub: { data: inner/data }
lines: { sales: { name: Sales } }
"""


def test_a_folder_the_hub_makes_is_for_its_user_alone(tmp_path: Path) -> None:
    """Nobody else on the machine reads what clients wrote."""
    file = tmp_path / "config.yaml"
    file.write_text(SETTINGS)
    former = os.umask(0o022)
    try:
        folder = data_folder(file, load(file, {}))
    finally:
        os.umask(former)
    assert folder.stat().st_mode & 0o777 == 0o700
