"""Texts are made harmless and comparable before anything looks at them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.cleaning import MAX_TEXT, answer_language, clean, fold, has_words


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("  a \n\t b\u00a0c ", "a b c"),
        ("a\x00b\u200bc\u202ed\ud800e\ufefff", "abcdef"),
        ("４８２１３", "48213"),
        ("ﬁne", "fine"),
        ("é", "é"),
        ("👍 ok", "👍 ok"),
    ],
)
def test_invisible_things_go_and_forms_become_one(raw: str, cleaned: str) -> None:
    """Compatibility forms are unified, spaces collapse, control characters vanish."""
    assert clean(raw) == cleaned


@given(st.text(st.characters(), max_size=2000))
def test_cleaning_is_bounded_and_printable(text: str) -> None:
    """At most a thousand characters, which any encoder takes."""
    cleaned = clean(text)
    assert len(cleaned) <= MAX_TEXT
    cleaned.encode("utf-8")


def test_folding_unites_what_clients_write_differently() -> None:
    """Case, ё and curly apostrophes make no other word."""
    assert fold("Ещё DON’T") == "еще don't"


@pytest.mark.parametrize(("text", "words"), [("a", True), ("7", True), ("я", True), ("👍", False), ("?!", False)])
def test_words_have_a_letter_or_digit(text: str, words: bool) -> None:
    """Emoji and punctuation alone are none."""
    assert has_words(text) is words


@pytest.mark.parametrize(
    ("language", "text", "answer"),
    [("RU", "hi", "ru"), ("en-US", "привет", "en"), (" ru_RU ", "", "ru"), ("fr", "привет", "ru"), ("", "hi", "en")],
)
def test_the_tag_decides_then_the_alphabet(language: str, text: str, answer: str) -> None:
    """Only what the tag leaves open is guessed from the text."""
    assert answer_language(language, text) == answer
