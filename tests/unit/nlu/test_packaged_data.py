"""The training data that come with the package keep what the engines need."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from nlu.answers import load_answers
from nlu.cleaning import clean, fold
from nlu.entities import EntityFinder
from nlu.training_data import ASK_PERSON, TrainingData
from tests.contract.triage import everyday_questions, foreign_texts

INTENTS = {
    *("order_status", "delivery_time", "delivery_cost", "return_goods", "refund_status", "payment_methods"),
    *("payment_problem", "product_availability", "price_question", "warranty", "change_order", "cancel_order"),
    *("business_hours", "wholesale_offer", "complaint", "invoice_documents"),
    *("greet", "thanks", "goodbye", "ask_person"),
}
#: what a person has to look at: the bot must not answer these from a catalogue
FOR_PEOPLE = {
    *("order_status", "refund_status", "payment_problem", "change_order", "cancel_order", "price_question"),
    *("wholesale_offer", "complaint", "invoice_documents", "ask_person"),
}


def _key(text: str) -> str:
    """The text without what does not make it another example: case, punctuation and which number it holds."""
    return re.sub(r"\W+", " ", re.sub(r"[0-9]+", "0", fold(clean(text)))).strip()


def test_every_intent_has_examples_in_both_languages(packaged: TrainingData) -> None:
    """At least 25 that differ in more than punctuation or the order's number."""
    distinct = {(e.intent, e.language, _key(e.text)) for e in packaged.examples}
    counts = Counter((intent, language) for intent, language, _ in distinct)
    assert set(counts) == {(intent, language) for intent in INTENTS for language in ("en", "ru")}
    assert {pair: count for pair, count in counts.items() if count < 25} == {}


def test_no_example_belongs_to_two_intents(packaged: TrainingData) -> None:
    """Not even with other punctuation or another number."""
    intents: dict[str, set[str]] = {}
    for example in packaged.examples:
        intents.setdefault(_key(example.text), set()).add(example.intent)
    assert {text: found for text, found in intents.items() if len(found) > 1} == {}


def test_examples_are_in_the_language_of_their_file(packaged: TrainingData) -> None:
    """English examples hold no Cyrillic."""
    assert [
        e.where for e in packaged.examples if e.language == "en" and re.search("[а-яё]", e.text, re.IGNORECASE)
    ] == []


def test_every_answer_exists_in_both_languages() -> None:
    """What the bot may answer it answers in English and in Russian; the rest goes to people."""
    answers = load_answers()
    assert answers.intents == INTENTS - FOR_PEOPLE
    for intent in answers.intents:
        english, russian = answers.answer(intent, "en"), answers.answer(intent, "ru")
        assert not re.search("[а-яё]", english, re.IGNORECASE)
        assert re.search("[а-яё]", russian, re.IGNORECASE)


def test_marked_entities_are_found(packaged: TrainingData) -> None:
    """Whatever an example marks, the patterns and phrases find, and they find no order number elsewhere."""
    finder = EntityFinder(packaged)
    for example in packaged.examples:
        found = {(f.entity, f.start, f.end) for f in finder.find(example.text)}
        marked = {(a.entity, a.start, a.end) for a in example.annotations}
        assert marked <= found, example.where
        assert {f for f in found if f[0] == "order_number"} <= marked, example.where


def test_slots_are_asked_for_by_the_pattern_that_finds_them(packaged: TrainingData) -> None:
    """A slot the bot asks for is the entity of the same name."""
    answers = load_answers()
    for slot in answers.slots:
        assert [p.pattern for p in packaged.entity_regexes[slot]] == [answers.slot_pattern(slot)]


def test_the_person_patterns_agree_with_the_examples(packaged: TrainingData) -> None:
    """They match every example of asking for a person and no other example or foreign text."""
    patterns = packaged.regexes[ASK_PERSON]
    for text, wanted in [
        *((e.text, e.intent == ASK_PERSON) for e in packaged.examples),
        *((text, False) for text in foreign_texts()),
    ]:
        if "не робот" not in text:
            assert any(p.search(fold(clean(text))) for p in patterns) is wanted, text


@pytest.mark.parametrize("pool", ["everyday", "foreign"])
def test_texts_for_tests_are_not_trained_on(packaged: TrainingData, pool: str) -> None:
    """What engines are judged by they have not seen."""
    texts = foreign_texts() if pool == "foreign" else [text for _, _, text in everyday_questions()]
    trained = {fold(clean(e.text)) for e in packaged.examples}
    assert [text for text in texts if fold(clean(text)) in trained] == []


def test_no_pattern_takes_long_on_hostile_text(packaged: TrainingData) -> None:
    """Patterns nest no unbounded repeats, which is what makes them explode."""
    nested = re.compile(r"\([^()]*[+*][^()]*\)[+*]")
    for name, patterns in packaged.entity_regexes.items():
        assert not any(nested.search(pattern.pattern) for pattern in patterns), name
