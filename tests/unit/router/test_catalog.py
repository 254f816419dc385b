"""The catalogue of texts: languages, fallbacks, and that it is complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import router
from router.catalog import Catalog
from tests.unit.router.texts import catalog

_PLACE = re.compile(r"\{(\w+)\}")
_SMALL = Catalog({"en": {"hi": "Hello {name}", "only": "Only here"}, "ru": {"hi": "Привет, {name}"}})


@pytest.mark.parametrize(
    ("tag", "expected"), [("ru", "ru"), ("ru-RU", "ru"), ("RU_ru", "ru"), ("fr", "en"), ("", "en"), ("en-GB", "en")]
)
def test_a_language_tag_finds_its_catalogue(tag: str, expected: str) -> None:
    """Only the primary language counts; what is not spoken falls back."""
    assert _SMALL.language(tag) == expected


def test_the_default_language_is_the_callers() -> None:
    """A business whose clients speak Russian greets strangers in Russian."""
    assert _SMALL.language("fr", "ru") == "ru"


def test_places_are_filled() -> None:
    """Named places take their values."""
    assert _SMALL.say("ru", "hi", name="Аня") == "Привет, Аня"


def test_a_place_nobody_filled_stays_visible() -> None:
    """A text with a hole is better than an exception in front of a client."""
    assert _SMALL.say("en", "hi") == "Hello {name}"


def test_values_are_not_formatted_again() -> None:
    """A name with braces is a name."""
    assert _SMALL.say("en", "hi", name="{secret}") == "Hello {secret}"


def test_what_a_language_lacks_is_said_in_english() -> None:
    """And what no language has shows its key."""
    assert _SMALL.say("ru", "only") == "Only here"
    assert _SMALL.say("ru", "nowhere") == "nowhere"


def test_both_languages_have_the_same_keys_with_the_same_places() -> None:
    """Nothing is left untranslated, and no translation drops a name."""
    texts = catalog().texts
    assert texts["en"].keys() == texts["ru"].keys()
    for key, english in texts["en"].items():
        assert set(_PLACE.findall(english)) == set(_PLACE.findall(texts["ru"][key])), key


def _written(pattern: str) -> set[str]:
    folder = Path(router.__file__).parent
    return {key for file in folder.glob("*.py") for key in re.findall(pattern, file.read_text("utf-8"))}


def test_every_refusal_has_its_text() -> None:
    """Every key that a refusal returns or `refuse` is called with can be shown."""
    keys = _written(r'(?:return|=|else|or)\s+\(?"([a-z_]+)", \{') | _written(r'refuse\("([a-z_]+)"')
    assert len(keys) > 15
    missing = {key for key in keys if f"refused.{key}" not in catalog().texts["en"]}
    assert not missing


def test_everything_that_happens_has_its_text() -> None:
    """Every event written down for staff can be read."""
    reasons = _written(r'hand_over\(turn, conversation, "([a-z_]+)"')
    keys = _written(r'happened\([^"]*"([a-z_]+)"') | {f"handoff_{reason}" for reason in reasons}
    assert len(keys) > 8
    missing = {key for key in keys if f"event.{key}" not in catalog().texts["en"]}
    assert not missing
