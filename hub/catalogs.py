"""Reads the catalogues of texts that lie beside the code."""

from __future__ import annotations

import json
from importlib.resources import files

from router.catalog import Catalog


def read_catalog(package: str) -> Catalog:
    """Return the texts in a package's `locale` folder, one JSON file for each language."""
    folder = files(package).joinpath("locale")
    return Catalog(
        {
            entry.name.removesuffix(".json"): json.loads(entry.read_text("utf-8"))
            for entry in folder.iterdir()
            if entry.name.endswith(".json")
        }
    )
