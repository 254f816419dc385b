"""The catalogue of what the bot says: answers to intents, and the questions for slots, in English and Russian."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nlu.cleaning import answer_language
from nlu.marked_yaml import Marked, read_marked
from nlu.training_data import ANSWERS_FILE, data_folder
from router.errors import Misconfigured

LANGUAGES = frozenset({"en", "ru"})
_SLOT = "a slot with pattern, ask and again"


@dataclass(frozen=True, slots=True)
class SlotPrompts:
    """How the bot asks for one slot. Texts by language."""

    #: finds the slot's value in a text, with `re.search`
    pattern: str
    ask: Mapping[str, str]
    #: asked after an answer that held no value
    again: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answers:
    """What the bot can say. `language` is a BCP 47 tag; all but Russian are answered in English."""

    answers: Mapping[str, Mapping[str, str]]
    prompts: Mapping[str, SlotPrompts]

    @property
    def intents(self) -> frozenset[str]:
        """The intents that have an answer."""
        return frozenset(self.answers)

    @property
    def slots(self) -> frozenset[str]:
        """The slots the bot can ask for."""
        return frozenset(self.prompts)

    def answer(self, intent: str, language: str) -> str:
        """Return the answer to an intent; empty when there is none."""
        texts = self.answers.get(intent)
        return texts[answer_language(language, "")] if texts else ""

    def ask(self, slot: str, language: str) -> str:
        """Return the question for a slot. Raises `Misconfigured` for a slot that is not in the catalogue."""
        return self._prompts(slot).ask[answer_language(language, "")]

    def again(self, slot: str, language: str) -> str:
        """Return the question after an answer without a value. Raises `Misconfigured` like `ask`."""
        return self._prompts(slot).again[answer_language(language, "")]

    def slot_pattern(self, slot: str) -> str:
        """Return the regular expression that finds a slot's value. Raises `Misconfigured` like `ask`."""
        return self._prompts(slot).pattern

    def _prompts(self, slot: str) -> SlotPrompts:
        if slot not in self.prompts:
            known = ", ".join(sorted(self.prompts)) or "none"
            raise Misconfigured(f"The bot cannot ask for {slot!r}: {ANSWERS_FILE} knows these slots: {known}.")
        return self.prompts[slot]


def load_answers(data: Path | None = None) -> Answers:
    """Read `answers.yml` of a training data folder, or the one that comes with the package.

    Raises `Misconfigured` with file, line and what was expected.
    """
    root = read_marked(data_folder(data).joinpath(ANSWERS_FILE))
    parts = root.record("`answers` and `slots`", frozenset({"answers", "slots"}))
    answers = parts["answers"].fields("answers by intent")
    slots = parts["slots"].fields("slots by name")
    return Answers(
        answers={intent: _texts(texts) for intent, texts in answers.items()},
        prompts={slot: _slot(prompts) for slot, prompts in slots.items()},
    )


def _texts(node: Marked) -> Mapping[str, str]:
    languages = node.record("a text in en and in ru", LANGUAGES)
    return {language: text.text("a text").strip() for language, text in languages.items()}


def _slot(node: Marked) -> SlotPrompts:
    parts = node.record(_SLOT, frozenset({"pattern", "ask", "again"}))
    pattern = parts["pattern"].text("a regular expression")
    try:
        re.compile(pattern)
    except re.error as error:
        raise parts["pattern"].wrong(f"a regular expression, but {error}") from error
    return SlotPrompts(pattern, _texts(parts["ask"]), _texts(parts["again"]))
