"""A settings file for commands that open the store a test has filled."""

from __future__ import annotations

from pathlib import Path

from hub.settings import Settings, load

_SETTINGS = """
hub: {{ data: {folder} }}
store: {{ url: "{url}", database: {database} }}
lines: {{ sales: {{ name: Sales, operators: [anna] }} }}
operators: {operators}
"""


def written(folder: Path, url: str, database: str, operators: str) -> tuple[Settings, Path]:
    """Write a settings file with these operators, a mapping in YAML; return what it says, and where it is."""
    file = folder / "config.yaml"
    text = _SETTINGS.format(folder=folder, url=url, database=database, operators=operators)
    file.write_text(text, encoding="utf-8")
    return load(file, {}), file
