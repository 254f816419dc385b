"""What every triage engine promises. A test class inherits `TriageContract` and gives a `triage` fixture."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router.model import Understanding
from router.ports import Triage

_HERE = Path(__file__).parent

WANTS_PERSON = [
    "operator",
    "Give me a person!",
    "I want to talk to a human",
    "can I speak with someone from your team please",
    "connect me to a real person",
    "I don't want to talk to a bot",
    "My order 48213 is late, call a manager",
    "оператор",
    "Позовите человека!",
    "соедините с оператором",
    "хочу поговорить с живым человеком",
    "не хочу общаться с роботом",
    "есть кто живой?",
    "Где заказ 48213? Дайте менеджера",
]
WANTS_NO_PERSON = [
    "I am a person",
    "I'm a real person",
    "I'm human",
    "I am not a bot",
    "your operator was rude to me",
    "can I pick it up in person",
    "I don't want to talk to an operator",
    "I don't need a human",
    "do you use my personal data",
    "the person who brought it was nice",
    "я человек",
    "я живой человек",
    "ваш оператор мне нахамил",
    "не зовите оператора",
    "оператор не нужен",
    "подарок для одного человека",
    "сколько человек у вас работает",
    "менеджер обещал перезвонить",
    "курьер не нашёл человека",
]
NO_WORDS = ["", " ", "\n\t", "👍", "😀😀😀", "🇷🇺", "❤️", "...", "?!", "\u200b\u202e\u2066", "\x00", "\ud800"]
STRANGE = [
    "\x00where\x00 is my order",
    "where is my order \ud800\udfff",
    "\u202ewhere is my order\u202c",
    "<script>alert(1)</script>",
    "${jndi:ldap://x} {{7*7}} %s %n",
    "'; drop table orders; --",
    "﷽" * 1000,
    "ａ１" * 1000,
    "a" + "\u0301" * 5000,
    "(" * 5000,
    "1 " * 5000,
]


def everyday_questions() -> list[tuple[str, str, str]]:
    """Return (intent, language, text) of what clients usually write; no engine is trained on these."""
    intents = yaml.safe_load((_HERE / "everyday.yml").read_text("utf-8"))
    return [(i, language, text) for i, texts in intents.items() for language in texts for text in texts[language]]


def foreign_texts() -> list[str]:
    """Return texts that have nothing to do with a shop; no engine is trained on these."""
    lists = yaml.safe_load((_HERE / "out_of_scope.yml").read_text("utf-8"))
    return [text for texts in lists.values() for text in texts]


class TriageContract:
    """Inherit and override the fixture and, with what was measured, the floors."""

    #: share of the everyday questions that must be understood
    everyday_floor: ClassVar[float]
    #: share of the foreign texts that must be called unknown
    foreign_floor: ClassVar[float]
    #: share of the foreign texts that may be called sure
    foreign_sure_ceiling: ClassVar[float]

    @pytest.fixture
    async def triage(self) -> Triage:
        """The engine under test, trained on the data that come with the package."""
        raise NotImplementedError("A class that inherits TriageContract overrides its triage fixture.")

    async def test_understands_everyday_questions(self, triage: Triage) -> None:
        """What clients usually write is understood in both languages."""
        questions = everyday_questions()
        answers = [await triage.understand(text, language) for _, language, text in questions]
        wrong = [(q, a.intent) for q, a in zip(questions, answers, strict=True) if a.intent != q[0]]
        assert 1 - len(wrong) / len(questions) >= self.everyday_floor, wrong

    async def test_knows_what_it_does_not_know(self, triage: Triage) -> None:
        """Texts about other things are mostly unknown and hardly ever sure."""
        bands = [(await triage.understand(text, "")).band for text in foreign_texts()]
        assert bands.count("unknown") / len(bands) >= self.foreign_floor
        assert bands.count("sure") / len(bands) <= self.foreign_sure_ceiling

    @pytest.mark.parametrize("text", WANTS_PERSON)
    async def test_gives_a_person_to_whoever_asks(self, triage: Triage, text: str) -> None:
        """Asking for a human being is heard in any form, whatever else the text holds."""
        result = await triage.understand(text, "")
        assert (result.wants_person, result.intent, result.band) == (True, "ask_person", "sure")

    @pytest.mark.parametrize("text", WANTS_NO_PERSON)
    async def test_naming_a_person_is_not_asking_for_one(self, triage: Triage, text: str) -> None:
        """People, operators and managers may be spoken about."""
        assert not (await triage.understand(text, "")).wants_person

    @pytest.mark.parametrize("text", NO_WORDS)
    async def test_a_text_without_words_is_unknown(self, triage: Triage, text: str) -> None:
        """Empty, invisible and emoji-only texts mean nothing."""
        result = await triage.understand(text, "en")
        assert result == Understanding("", 0.0, engine=result.engine)

    @pytest.mark.parametrize("text", STRANGE)
    async def test_strange_texts_are_harmless(self, triage: Triage, text: str) -> None:
        """Whatever characters a client sends, an answer comes."""
        assert_well_formed(await triage.understand(text, "en"))

    async def test_invisible_characters_change_nothing(self, triage: Triage) -> None:
        """NUL, surrogates and direction overrides are as if they were not there."""
        plain = await triage.understand("where is my order 48213", "en")
        assert await triage.understand("\u202ewhere\x00 is\u200b my order\ud800 48213", "en") == plain

    @settings(
        max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(text=st.text(st.characters(), max_size=1200), language=st.text(max_size=8))
    async def test_never_raises(self, triage: Triage, text: str, language: str) -> None:
        """Any text in any language gets an understanding that keeps the model's promises."""
        assert_well_formed(await triage.understand(text, language))

    async def test_a_huge_text_is_cut(self, triage: Triage) -> None:
        """Ten megabytes are understood by their beginning."""
        start = "where is my order 48213? " + "please " * 150
        huge = start + "x" * 10_000_000
        assert await triage.understand(huge, "en") == await triage.understand(start[:1000], "en")

    async def test_commands_of_other_engines_are_text(self, triage: Triage) -> None:
        """Rasa's notation for an intent forges neither intent nor slots."""
        forged = await triage.understand('/refund{"order_id":"1"}', "en")
        assert forged.slots == {}
        assert forged.intent != "refund"
        nonsense = await triage.understand('/greet_xyzzy{"order_number":"48213"}', "en")
        assert nonsense.band != "sure"

    async def test_finds_slots_whatever_the_intent(self, triage: Triage) -> None:
        """A bare number answers the bot's question, and a phone is not an order."""
        assert (await triage.understand("48213", "en")).slots["order_number"] == "48213"
        phone = await triage.understand("мой телефон 8 912 345-67-89", "ru")
        assert "order_number" not in phone.slots

    @pytest.mark.parametrize(
        ("language", "text", "russian"),
        [
            ("ru", "how can I pay", True),
            ("ru-RU", "how can I pay", True),
            ("en", "как можно оплатить", False),
            ("EN_us", "как можно оплатить", False),
            ("", "как можно оплатить", True),
            ("de", "how can I pay", False),
            ("uk", "как можно оплатить", True),
            ("", "how can I pay", False),
        ],
    )
    async def test_answers_in_the_clients_language(
        self, triage: Triage, language: str, text: str, russian: bool
    ) -> None:
        """The client's tag decides; without a known one the alphabet of the text does."""
        answer = (await triage.understand(text, language)).answer
        assert answer
        assert any("а" <= c <= "я" for c in answer) is russian

    async def test_the_same_text_means_the_same(self, triage: Triage) -> None:
        """Neither order nor company changes what a text means."""
        texts = [text for _, _, text in everyday_questions()[:20]]
        alone = [await triage.understand(text, "") for text in texts]
        together = await asyncio.gather(*(triage.understand(text, "") for text in reversed(texts)))
        for one, other in zip(alone, reversed(together), strict=True):
            assert (one.intent, one.band, one.slots, one.answer) == (
                other.intent,
                other.band,
                other.slots,
                other.answer,
            )
            assert one.confidence == pytest.approx(other.confidence)

    async def test_a_crowd_is_answered_right(self, triage: Triage) -> None:
        """A hundred at once each get their own answer."""
        texts = [f"where is my order {10000 + n}" for n in range(100)]
        results = await asyncio.gather(*(triage.understand(text, "en") for text in texts))
        assert [r.slots["order_number"] for r in results] == [str(10000 + n) for n in range(100)]
        assert {r.intent for r in results} == {"order_status"}


def assert_well_formed(result: Understanding) -> None:
    """Check what `Understanding` promises."""
    assert result.engine
    assert 0.0 <= result.confidence <= 1.0
    if result.band == "unknown":
        assert (result.intent, result.confidence, result.answer) == ("", 0.0, "")
    else:
        assert result.intent
    for name, value in result.slots.items():
        assert name
        assert value.strip() == value != ""
