"""Entities are found by pattern and phrase, and the longer find wins."""

from __future__ import annotations

import pytest

from nlu.entities import EntityFinder
from nlu.training_data import TrainingData


@pytest.fixture(scope="module")
def finder(packaged: TrainingData) -> EntityFinder:
    return EntityFinder(packaged)


@pytest.mark.parametrize(
    "text",
    ["48213", "order 48213", "#48213", "№48213", "ORD-48213", "заказ 48213, где он?", "N48213.", "(48213)", "48213-й"],
)
def test_finds_order_numbers(finder: EntityFinder, text: str) -> None:
    """With any prefix and punctuation."""
    assert finder.slots(text) == {"order_number": "48213"}


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("+7 (912) 345-67-89", "phone_number"),
        ("8 912 345 67 89", "phone_number"),
        ("89123456789", "phone_number"),
        ("+4915112345678", "phone_number"),
        ("555-123-4567", "phone_number"),
        ("9123456789", "phone_number"),
        ("RA123456789RU", "tracking_number"),
        ("80123456789012", "tracking_number"),
        ("$12500", "amount"),
        ("15000 рублей", "amount"),
        ("15 000 руб", "amount"),
        ("20000₽", "amount"),
        ("anna.48213@example.org", "email"),
    ],
)
def test_other_numbers_are_no_orders(finder: EntityFinder, text: str, entity: str) -> None:
    """Phones, amounts, tracking numbers and addresses are read as what they are."""
    assert finder.slots(f"here: {text} thanks") == {entity: text}


@pytest.mark.parametrize("text", ["1234", "123456789", "12.05.2024", "2024", "size 42", "10:30", "12345.67", "1/23456"])
def test_dates_sizes_and_short_numbers_are_nothing(finder: EntityFinder, text: str) -> None:
    """Only five to eight digits standing alone are an order's number."""
    assert "order_number" not in finder.slots(text)


def test_finds_both_in_one_text(finder: EntityFinder) -> None:
    """A phone beside an order's number hides neither."""
    slots = finder.slots("мой телефон +7 (912) 345-67-89, заказ 48213")
    assert slots == {"phone_number": "+7 (912) 345-67-89", "order_number": "48213"}


def test_of_several_the_first_counts(finder: EntityFinder) -> None:
    """Two order numbers give the one written first."""
    assert finder.slots("48214 and 48213") == {"order_number": "48214"}


@pytest.mark.parametrize(
    ("text", "value"),
    [("can I pay with Visa", "card"), ("оплата КАРТОЙ", "card"), ("cash on delivery", "cash"), ("PayPal", "PayPal")],
)
def test_synonyms_have_one_value(finder: EntityFinder, text: str, value: str) -> None:
    """Phrases mean their value in any case; one without synonym means itself."""
    assert finder.slots(text)["payment_method"] == value


def test_phrases_are_whole_words(finder: EntityFinder) -> None:
    """`мир` is not found in a longer word, nor `cash` in `cashmere`."""
    assert finder.slots("мирная посуда и cashmere sweater") == {}
