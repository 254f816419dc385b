"""Texts, entities and markup: what holds for every text."""

from __future__ import annotations

import html
from typing import Any

import pytest
from aiogram.utils.text_decorations import html_decoration, markdown_decoration
from hypothesis import given
from hypothesis import strategies as st

from tests.emulators.telegram import ApiError
from tests.emulators.telegram.files import image_size, png
from tests.emulators.telegram.text import check_entities, cut, formatted, units

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=12)


def parsed(text: str, mode: str | None = None, **more: Any) -> tuple[str, list[dict[str, Any]]]:
    return formatted(text, mode, more.get("entities"), limit=4096, empty=None)


@given(WORDS, WORDS, WORDS)
def test_an_entity_covers_what_it_was_put_around(before: str, inside: str, after: str) -> None:
    """Offsets count UTF-16 units, whatever stands before."""
    entity = {"type": "bold", "offset": units(before), "length": units(inside)}
    text = before + inside + after
    check_entities(text, [entity])
    assert cut(text, entity["offset"], entity["length"]) == inside  # type: ignore[arg-type]  # both are numbers


@given(WORDS, WORDS)
def test_html_and_markdown_mean_the_same(plain: str, strong: str) -> None:
    """What aiogram quotes is read back as it was, by either markup."""
    first = parsed(f"{html_decoration.quote(plain)} <b>{html_decoration.quote(strong)}</b>", "HTML")
    second = parsed(f"{markdown_decoration.quote(plain)} *{markdown_decoration.quote(strong)}*", "MarkdownV2")
    assert first == second
    assert first[0] == f"{plain} {strong}"
    assert any(each["type"] == "bold" and cut(first[0], each["offset"], each["length"]) == strong for each in first[1])


@given(WORDS)
def test_escaped_html_has_no_markup(text: str) -> None:
    """Escaping is enough to say anything at all."""
    assert parsed(html.escape(text), "HTML")[0] == text


def test_html_nests_and_links() -> None:
    """Tags within tags, links and languages."""
    link = '<a href="https://e.org/?a=1&amp;b=2">c</a>'
    code = '<pre><code class="language-py">d</code></pre>'
    text, entities = parsed(f"<b>a <i>b</i></b> {link} {code}", "HTML")
    assert text == "a b c d"
    assert entities == [
        {"type": "bold", "offset": 0, "length": 3},
        {"type": "italic", "offset": 2, "length": 1},
        {"type": "text_link", "url": "https://e.org/?a=1&b=2", "offset": 4, "length": 1},
        {"type": "pre", "language": "py", "offset": 6, "length": 1},
    ]


def test_spaces_around_a_text_go_and_entities_move() -> None:
    """Telegram trims; what is marked stays marked."""
    text, entities = parsed("  \n hello ", entities=[{"type": "bold", "offset": 2, "length": 7}])
    assert (text, entities) == ("hello", [{"type": "bold", "offset": 0, "length": 5}])


def test_limits_count_after_parsing() -> None:
    """Tags do not count, and a character beyond the basic plane counts twice."""
    assert units(parsed(f"<b>{'a' * 4096}</b>", "HTML")[0]) == 4096
    with pytest.raises(ApiError, match="message is too long"):
        parsed("🙂" * 2049)


@given(st.integers(1, 60), st.integers(1, 60))
def test_pictures_tell_their_size(width: int, height: int) -> None:
    """A made picture is a real one."""
    assert image_size(png(width, height)) == (width, height)
