"""The texts of the pages: complete in both languages, and all used ones exist."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import hub.web
from hub.catalogs import read_catalog

WEB = Path(hub.web.__file__).parent
TEXTS = read_catalog("hub.web").texts
SOURCES = [*(WEB / "static/console").glob("*.js"), *(WEB / "templates").glob("*.html")]


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts_with_the_same_places() -> None:
    """Nothing is left untranslated, and no value is lost in translation."""
    english, russian = TEXTS["en"], TEXTS["ru"]
    assert english.keys() == russian.keys()
    assert {key for key in english if _places(english[key]) != _places(russian[key])} == set()


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_every_text_that_a_page_names_exists(source: Path) -> None:
    """Keys that are put together at run time are checked by what they begin with."""
    named = re.findall(r"""\bt\(\s*["'`]([^"'`$]+)["'`]\s*[,)]""", source.read_text("utf-8"))
    begun = re.findall(r"\bt\(\s*`([^`$]+)\$\{", source.read_text("utf-8"))
    assert [key for key in named if key not in TEXTS["en"]] == []
    assert [start for start in begun if not any(key.startswith(start) for key in TEXTS["en"])] == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_pages_never_make_markup_of_texts_and_stay_small(source: Path) -> None:
    """No innerHTML and its kin, no inline handlers or styles that the policy would block, no file above 300 lines."""
    text = source.read_text("utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)
    assert not re.search(r"""<[^>]+\s(?:on\w+|style)=["']""", text)
    assert len(text.splitlines()) <= 300
