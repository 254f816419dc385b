"""The catalogue: answers and slot prompts in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from nlu.answers import load_answers
from nlu.embedded import load_embedded
from router.errors import Misconfigured
from tests.unit.nlu.test_cache import DATA


@pytest.mark.parametrize(("language", "index"), [("en", 0), ("ru", 1), ("ru-RU", 1), ("en-GB", 0), ("de", 0), ("", 0)])
def test_speaks_the_clients_language_or_english(language: str, index: int) -> None:
    """A tag with a region is its language; an unknown one is English."""
    answers = load_answers()
    both = [
        (answers.answer("greet", x), answers.ask("order_number", x), answers.again("order_number", x))
        for x in ("en", "ru")
    ]
    asked = (answers.answer("greet", language), answers.ask("order_number", language))
    assert (*asked, answers.again("order_number", language)) == both[index]
    assert both[0] != both[1]


def test_an_intent_without_answer_has_an_empty_one() -> None:
    """Such intents go to a person."""
    assert load_answers().answer("complaint", "en") == ""
    assert load_answers().answer("no_such_intent", "ru") == ""


def test_the_slot_pattern_finds_the_value() -> None:
    """It is meant for `re.search`."""
    match = re.search(load_answers().slot_pattern("order_number"), "it is №48213, I think")
    assert match is not None
    assert match[0] == "48213"


def test_an_unknown_slot_is_a_sentence() -> None:
    """A line that asks for what the catalogue does not know learns what it does know."""
    for method in (load_answers().ask, load_answers().again):
        with pytest.raises(Misconfigured, match=r"cannot ask for 'shoe_size'.*order_number"):
            method("shoe_size", "en")
    with pytest.raises(Misconfigured, match="shoe_size"):
        load_answers().slot_pattern("shoe_size")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("answers: {}\n", r"answers\.yml:1: .*slots is missing"),
        ("answers:\n  hi: {en: Hello}\nslots: {}\n", r"answers\.yml:2: .*ru is missing"),
        ("answers:\n  hi: {en: Hello, ru: ''}\nslots: {}\n", r"answers\.yml:2: expected a text"),
        ("answers:\n  hi: {en: a, ru: b, de: c}\nslots: {}\n", r"answers\.yml:2: .*not 'de'"),
        ("answers: {}\nslots:\n  x: {pattern: '('}\n", r"answers\.yml:3: .*missing"),
        (
            "answers: {}\nslots:\n  x:\n    pattern: '('\n    ask: {en: a, ru: b}\n    again: {en: a, ru: b}\n",
            r"answers\.yml:4: expected a regular expression",
        ),
    ],
)
def test_errors_name_file_line_and_what_was_expected(folder: Callable[..., Path], text: str, message: str) -> None:
    """Each mistake has its own sentence."""
    with pytest.raises(Misconfigured, match=message):
        load_answers(folder({"answers.yml": text}))


async def test_answers_to_unknown_intents_are_refused(folder: Callable[..., Path], tmp_path: Path) -> None:
    """An answer nobody could ever get is a mistake in the name."""
    data = folder({**DATA, "answers.yml": "answers:\n  appels: {en: a, ru: b}\nslots: {}\n"})
    with pytest.raises(Misconfigured, match="expected intents of the training data, but found appels"):
        await load_embedded(data, tmp_path)
