"""Texts are split where people would, and parts shown in their own way stay what they are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bots.telegram.text import from_telegram, split, to_telegram, units
from router.media import Entity

_ALPHABET = st.sampled_from(["a", "é", "ж", " ", "\n", ". ", "🙂", "👍🏽", "👩‍👩‍👧", "🇫🇷", "\n\n", "e\u0301", "word "])
_TEXTS = st.lists(_ALPHABET, min_size=1, max_size=120).map("".join)


@st.composite
def _marked(draw: st.DrawFn) -> tuple[str, tuple[Entity, ...]]:
    """A text with parts shown in their own way, none overlapping."""
    pieces = draw(st.lists(st.tuples(_TEXTS, st.sampled_from(["", "bold", "code", "link"])), min_size=1, max_size=8))
    text, entities = "", []
    for piece, kind in pieces:
        if kind:
            url = "https://shop.example/" if kind == "link" else ""
            entities.append(Entity(kind, len(text), len(piece), url))
        text += piece
    return text, tuple(entities)


@given(_marked(), st.integers(8, 200))
def test_the_parts_are_the_text_and_each_fits(marked: tuple[str, tuple[Entity, ...]], limit: int) -> None:
    """Nothing is lost or added, and every part is within the limit in UTF-16 units."""
    text, entities = marked
    parts = split(text, entities, limit)
    assert "".join(part.text for part in parts) == text
    assert all(0 < units(part.text) <= limit for part in parts)


@given(_marked(), st.integers(8, 200))
def test_what_is_shown_in_its_own_way_stays_so(marked: tuple[str, tuple[Entity, ...]], limit: int) -> None:
    """Every character is shown as before; what fits into one part is never torn apart."""
    text, entities = marked
    parts, before, shown = split(text, entities, limit), 0, []
    for part in parts:
        for it in part.entities:
            assert 0 <= it.start < it.start + it.length <= len(part.text)
            shown += [(it.kind, it.url, before + it.start + n) for n in range(it.length)]
        before += len(part.text)
    assert shown == [(it.kind, it.url, it.start + n) for it in entities for n in range(it.length)]
    torn = sum(len(part.entities) for part in parts) - len(entities)
    assert torn >= 0
    if all(units(text[it.start : it.start + it.length]) <= limit for it in entities) and limit >= 40:
        whole = {text[it.start : it.start + it.length] for it in entities}
        assert all(part.text[it.start : it.start + it.length] in whole for part in parts for it in part.entities)


@given(
    st.lists(st.sampled_from(["👩‍👩‍👧", "👍🏽", "🇫🇷", "e\u0301", "🙂"]), min_size=1, max_size=60), st.integers(8, 40)
)
def test_no_character_is_torn_apart(characters: list[str], limit: int) -> None:
    """What is shown as one character is in one part."""
    for part in split("".join(characters), (), limit):
        left = part.text
        while left:
            head = next((each for each in ("👩‍👩‍👧", "👍🏽", "🇫🇷", "e\u0301", "🙂") if left.startswith(each)), None)
            assert head is not None
            left = left[len(head) :]


def test_a_paragraph_is_a_better_end_than_a_sentence_and_that_than_a_word() -> None:
    """Texts end where readers pause, as long as the part is not too short for it."""
    assert next(p.text for p in split("One two. Three\n\nfour five. Six", (), 24)) == "One two. Three\n\n"
    assert next(p.text for p in split("One two three. Four five", (), 20)) == "One two three. "
    assert next(p.text for p in split("One two three four", (), 10)) == "One two "
    assert [p.text for p in split("a" * 25, (), 10)] == ["a" * 10, "a" * 10, "a" * 5]


@given(_marked())
def test_entities_survive_the_way_there_and_back(marked: tuple[str, tuple[Entity, ...]]) -> None:
    """Counted in UTF-16 for Telegram and in characters for us, they mean the same."""
    text, entities = marked
    theirs = [it.model_dump(exclude_none=True) for it in to_telegram(text, entities)]
    assert from_telegram(text, theirs) == entities


@given(
    st.text(max_size=20),
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda it: (
            st.lists(it, max_size=3)
            | st.dictionaries(
                st.sampled_from(["type", "offset", "length", "url"]), it | st.sampled_from(["bold", "text_link"])
            )
        ),
        max_leaves=9,
    ),
)
def test_garbled_entities_are_left_out(text: str, garbled: object) -> None:
    """Whatever stands where entities are expected, the text can still be read."""
    for it in from_telegram(text, garbled):
        assert 0 <= it.start < it.start + it.length <= len(text)
