"""Messages are known again by their texts."""

from __future__ import annotations

import pytest

from tests.bench.texts import number_of, numbered


def test_a_message_is_known_again() -> None:
    assert number_of("c", numbered("c", 4711, "Good morning")) == 4711


@pytest.mark.parametrize("text", ["", "c", "c12", "An operator will answer you soon.", numbered("r", 1, "Hello")])
def test_other_texts_are_not_mistaken_for_one(text: str) -> None:
    """What the bot says, and what goes the other way, counts for nothing."""
    assert number_of("c", text) is None
