"""The embedded triage engine: no server, no download, trained at first start within seconds.

Its work runs on one thread of its own. Requests that come while the thread is busy wait together and are understood
together, so that a crowd costs little more than one client, and the event loop is never held up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from nlu.answers import Answers, load_answers
from nlu.classifier import Classifier, Guess
from nlu.cleaning import MAX_TEXT, answer_language, clean, fold, has_words
from nlu.entities import EntityFinder
from nlu.learning import ENGINE, learned_from
from nlu.training_data import ASK_PERSON, TrainingData, load_training_data
from router.errors import Misconfigured
from router.model import Understanding

#: requests understood together at most, so that nobody waits long for a large batch
MAX_BATCH = 64

_log = structlog.get_logger(__name__)


class Model(Protocol):
    """What the engine runs on its thread."""

    def understand_all(self, requests: Sequence[tuple[str, str]]) -> list[Understanding]:
        """Return what each (text, language) means."""


@dataclass(frozen=True, slots=True)
class EmbeddedModel:
    """Patterns for entities and for who wants a person, and a classifier for the rest."""

    data: TrainingData
    answers: Answers
    classifier: Classifier
    finder: EntityFinder

    def understand_all(self, requests: Sequence[tuple[str, str]]) -> list[Understanding]:
        """Return what each (text, language) means."""
        texts = [clean(text) for text, _ in requests]
        plain = [self._without_guess(text) for text in texts]
        guesses = iter(self.classifier.guess([text for text, it in zip(texts, plain, strict=True) if it is None]))
        return [
            it or self._understand(text, answer_language(language, text), next(guesses))
            for text, (_, language), it in zip(texts, requests, plain, strict=True)
        ]

    def _without_guess(self, text: str) -> Understanding | None:
        """Return what patterns alone tell for sure."""
        if not has_words(text):
            return Understanding("", 0.0, engine=ENGINE)
        if self._asks_for_person(text):
            return Understanding(ASK_PERSON, 1.0, self.finder.slots(text), "sure", wants_person=True, engine=ENGINE)
        return None

    def _understand(self, text: str, language: str, guess: Guess) -> Understanding:
        slots = self.finder.slots(text)
        if guess.band == "unknown":
            return Understanding("", 0.0, slots, engine=ENGINE)
        answer = self.answers.answer(guess.intent, language)
        # "I am a person" resembles asking for one: only the patterns are sure of that.
        band = "unsure" if guess.intent == ASK_PERSON else guess.band
        return Understanding(guess.intent, guess.confidence, slots, band, answer=answer, engine=ENGINE)

    def _asks_for_person(self, text: str) -> bool:
        folded = fold(text)
        return any(pattern.search(folded) for pattern in self.data.regexes.get(ASK_PERSON, ()))


@dataclass(frozen=True, slots=True)
class _Request:
    text: str
    language: str
    answer: asyncio.Future[Understanding]


class EmbeddedTriage:
    """The triage port over a model that computes on a thread of its own. Made by `load_embedded`."""

    def __init__(self, model: Model, thread: ThreadPoolExecutor) -> None:
        self._model = model
        self._thread = thread
        self._waiting: list[_Request] = []
        self._work: asyncio.Task[None] | None = None
        self._closed = False

    async def understand(self, text: str, language: str) -> Understanding:
        """Return what `text` means, answering in `language`.

        Only the first 1,000 characters count. Raises `RuntimeError` after `close`.
        """
        if self._closed:
            raise RuntimeError("The triage engine has been closed: start another one with load_embedded.")
        request = _Request(text[:MAX_TEXT], language, asyncio.get_running_loop().create_future())
        self._waiting.append(request)
        if self._work is None:
            self._work = asyncio.create_task(self._drain())
        return await request.answer

    async def close(self) -> None:
        """Answer what is waiting, then let go of the thread. May be called again."""
        self._closed = True
        if self._work is not None:
            await self._work
        await asyncio.to_thread(self._thread.shutdown)

    async def _drain(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            # Whoever ran out of patience has handed over already.
            await self._answer([request for request in batch if not request.answer.done()])
        self._work = None

    async def _answer(self, batch: list[_Request]) -> None:
        if not batch:
            return
        texts = [(request.text, request.language) for request in batch]
        try:
            results = await asyncio.get_running_loop().run_in_executor(self._thread, self._model.understand_all, texts)
        except Exception as error:
            _log.exception("triage_failed", texts=len(texts))
            for request in batch:
                if not request.answer.done():
                    request.answer.set_exception(error)
            return
        for request, result in zip(batch, results, strict=True):
            if not request.answer.done():
                request.answer.set_result(result)


async def load_embedded(data: Path | None, cache: Path) -> EmbeddedTriage:
    """Start the engine on a folder of training data (None: those that come with the package).

    What training learns is kept in the folder `cache`, made when missing; the next start with the same data and
    versions reads it. Raises `Misconfigured` with file, line and what was expected, or with why training failed.
    """
    model = await build_model(data, cache)
    return EmbeddedTriage(model, ThreadPoolExecutor(max_workers=1, thread_name_prefix="triage"))


async def build_model(data: Path | None, cache: Path) -> EmbeddedModel:
    """Read the data, and have them learned unless an earlier training has left what they teach. See `load_embedded`."""
    training, answers = await asyncio.to_thread(_read, data)
    learned = await learned_from(data, training, cache)
    return await asyncio.to_thread(
        lambda: EmbeddedModel(training, answers, Classifier(training, learned), EntityFinder(training))
    )


def _read(data: Path | None) -> tuple[TrainingData, Answers]:
    training, answers = load_training_data(data), load_answers(data)
    if strangers := answers.intents - set(training.intents):
        raise Misconfigured(
            f"answers.yml: expected intents of the training data, but found {', '.join(sorted(strangers))}."
        )
    return training, answers
