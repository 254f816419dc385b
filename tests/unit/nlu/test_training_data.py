"""Reading training data: the subset of Rasa's format, and errors that say where and what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nlu.cleaning import fold
from nlu.training_data import Annotation, load_training_data
from router.errors import Misconfigured

HEAD = 'version: "3.1"\nnlu:\n'
TWO = HEAD + "  - intent: yes\n    examples: |\n      - yes\n  - intent: no\n    examples: |\n      - no\n"


def _load(folder: Callable[..., Path], text: str, name: str = "a.en.yml") -> None:
    load_training_data(folder({name: text}))


def test_reads_examples_with_marks(folder: Callable[..., Path]) -> None:
    """Marks in both notations leave the text as the client writes it."""
    text = TWO + (
        "  - intent: pay\n    examples: |\n"
        '      - pay [48213](number) by [Visa]{"entity": "means", "value": "card"} now\n'
        "  - regex: number\n    examples: |\n      - [0-9]+\n"
        "  - lookup: means\n    examples: |\n      - Visa\n"
        "  - synonym: card\n    examples: |\n      - visa\n"
    )
    data = load_training_data(folder({"a.en.yml": text, "answers.yml": "not looked at: ["}))
    example = data.examples[-1]
    assert example.text == "pay 48213 by Visa now"
    assert example.annotations == (Annotation("number", 4, 9, "48213"), Annotation("means", 13, 17, "card"))
    assert (example.intent, example.language, example.where) == ("pay", "en", "a.en.yml:11")
    assert data.intents == ("no", "pay", "yes")
    assert (dict(data.lookups), dict(data.synonyms)) == ({"means": ("visa",)}, {"visa": "card"})


def test_an_intent_may_span_files_and_languages(folder: Callable[..., Path]) -> None:
    """The file's name tells the language; examples add up."""
    more = HEAD + "  - intent: yes\n    examples: |\n      - да\n\n      - ага\n"
    data = load_training_data(folder({"a.en.yml": TWO, "b.ru.yml": more}))
    assert [(e.text, e.language) for e in data.examples] == [("yes", "en"), ("no", "en"), ("да", "ru"), ("ага", "ru")]


def test_the_digest_follows_every_byte(folder: Callable[..., Path]) -> None:
    """A comment is enough to change it, the same files give the same."""
    first = load_training_data(folder({"a.en.yml": TWO})).digest
    assert load_training_data(folder({"a.en.yml": TWO})).digest == first
    assert load_training_data(folder({"a.en.yml": TWO + "# new\n"})).digest != first


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"a\.en\.yml:1: expected content"),
        ("nlu: [", r"a\.en\.yml:1: expected YAML"),
        ("- a\n", r"a\.en\.yml:1: expected `version` and `nlu`\."),
        ("nlu: []\n", r"a\.en\.yml:1: expected `version` and `nlu`; version is missing"),
        ('version: "2.0"\nnlu: []\n', r'a\.en\.yml:1: expected "3\.1"'),
        ('version: "3.1"\nnlu: []\nstories: []\n', r"a\.en\.yml:3: expected .* not 'stories'"),
        ('version: "3.1"\nversion: "3.1"\nnlu: []\n', r"a\.en\.yml:2: expected 'version' only once"),
        (HEAD + "  - intent: yes\n", r"a\.en\.yml:3: expected a section .*; examples is missing"),
        (HEAD + "  - entity: yes\n    examples: |\n      - a\n", r"a\.en\.yml:3: expected a section with one of"),
        (HEAD + "  - intent: Yes!\n    examples: |\n      - a\n", r"a\.en\.yml:3: expected a name of small letters"),
        (HEAD + "  - intent: yes\n    examples:\n      - a\n", r"a\.en\.yml:5: expected examples of yes"),
        (HEAD + "  - intent: yes\n    examples: - a\n", r"a\.en\.yml:4: expected YAML"),
        (HEAD + '  - intent: yes\n    examples: "- a"\n', r"a\.en\.yml:4: expected .*after `examples: \|`"),
        (HEAD + "  - intent: yes\n    examples: |\n      - a\n      b\n", r"a\.en\.yml:6: .*begins with `- `"),
        (HEAD + "  - intent: yes\n    examples: |\n      - 👍\n", r"a\.en\.yml:5: expected words"),
        (TWO + "  - intent: no\n    examples: |\n      - YES\n", r"a\.en\.yml:11: .*is at a\.en\.yml:5 as well"),
        (TWO + "  - regex: r\n    examples: |\n      - ((\n", r"a\.en\.yml:11: expected a regular expression"),
        (TWO + "  - intent: no\n    examples: |\n      - see [1](nr)\n", r"a\.en\.yml:11: .*`lookup` named 'nr'"),
        (TWO + '  - intent: no\n    examples: |\n      - see [1]{"role": "a"}\n', r"a\.en\.yml:11: expected a mark"),
        (
            TWO + "  - synonym: a\n    examples: |\n      - x\n  - synonym: b\n    examples: |\n      - X\n",
            r"a\.en\.yml:14: expected one meaning",
        ),
        (HEAD + "  - intent: yes\n    examples: |\n      - yes\n", "fewer than two intents"),
    ],
)
def test_errors_name_file_line_and_what_was_expected(folder: Callable[..., Path], text: str, message: str) -> None:
    """Each mistake has its own sentence."""
    with pytest.raises(Misconfigured, match=message):
        _load(folder, text)


def test_a_file_name_must_tell_its_language(folder: Callable[..., Path]) -> None:
    """`a.english.yml` is neither a topic nor a language."""
    with pytest.raises(Misconfigured, match=r"expected a file name such as support\.en\.yml"):
        _load(folder, TWO, "a.english.yml")


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    """Old encodings get a sentence, not a traceback."""
    (tmp_path / "a.ru.yml").write_bytes("привет".encode("cp1251"))
    with pytest.raises(Misconfigured, match=r"a\.ru\.yml:1: expected text in UTF-8"):
        load_training_data(tmp_path)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    """The error says which folder."""
    with pytest.raises(Misconfigured, match=r"none.*expected a readable folder"):
        load_training_data(tmp_path / "none")


@pytest.mark.parametrize("pattern", [r"\bvip\b", r"\bVIP\b", r"\bV\w\S\b"])
def test_a_concept_is_found_in_folded_texts_however_its_pattern_is_written(tmp_path: Path, pattern: str) -> None:
    """Texts are folded before concepts are looked for: a capital in a pattern must not make it useless."""
    (tmp_path / "a.en.yml").write_text(TWO + f"  - regex: concept_vip\n    examples: |\n      - {pattern}\n")
    [found] = load_training_data(tmp_path).concepts["concept_vip"]
    assert found.search(fold("a VIP client"))
