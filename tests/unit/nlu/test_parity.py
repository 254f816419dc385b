"""What is computed without scikit-learn is what scikit-learn computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion

from nlu.classifier import Classifier, Learned, probabilities
from nlu.cleaning import clean
from nlu.features import BLOCKS, Document, document
from nlu.training_data import TrainingData
from tests.contract.triage import NO_WORDS, STRANGE, everyday_questions, foreign_texts

_LONG = ["где мой заказ 48213, " * 200, "where is my order, " * 200, "x" * 5000, "a b " * 2000, "оч" * 700]
#: words of both languages, and anything at all
_TEXTS = st.one_of(
    st.text(st.sampled_from("where is my order delivery refund где мой заказ доставка возврат ёЁ’`'-0123456789!?👍 ")),
    st.text(st.characters(), max_size=1200),
)


class Reference:
    """The engine's classifier as it is written with nothing but scikit-learn."""

    def __init__(self, data: TrainingData, learned: Learned) -> None:
        self.data = data
        self.bands = learned.bands
        words = TfidfVectorizer(preprocessor=_text, token_pattern=r"\w+", ngram_range=(1, 2), min_df=2)
        parts = TfidfVectorizer(preprocessor=_text, analyzer="char_wb", ngram_range=(2, 4), min_df=2)
        concepts = TfidfVectorizer(preprocessor=_concepts, token_pattern=r"\w+", binary=True)
        self.vectorizer = FeatureUnion(
            [("w", words.set_params(sublinear_tf=True)), ("p", parts.set_params(sublinear_tf=True)), ("c", concepts)]
        )
        self.examples = self.vectorizer.fit_transform([self._document(e.text) for e in data.examples])
        self.models = [self._model(intent) for intent in data.intents]

    def _document(self, text: str) -> Document:
        return document(clean(text), self.data.concepts)

    def _model(self, intent: str) -> Any:
        model = LogisticRegression(C=10.0, solver="liblinear", dual=True, tol=1e-3, max_iter=1000, random_state=42)
        return model.fit(self.examples, [e.intent == intent for e in self.data.examples])

    def guess(self, texts: list[str]) -> list[tuple[str, str, float, float]]:
        """Return intent, band, confidence and likeness of each text."""
        rows = self.vectorizer.transform([self._document(text) for text in texts])
        scores = np.column_stack([model.decision_function(rows) for model in self.models])
        chances = probabilities(scores, self.bands.temperature)
        likeness = (rows @ self.examples.T).toarray().max(axis=1) / BLOCKS
        return [
            (self.data.intents[row.argmax()], self.bands.band(row.max(), near), row.max(), near)
            for row, near in zip(chances, likeness, strict=True)
        ]


def _text(document: Document) -> str:
    return document.text


def _concepts(document: Document) -> str:
    return " ".join(document.concepts)


@pytest.fixture(scope="module")
def reference(packaged: TrainingData, learned: Learned) -> Reference:
    return Reference(packaged, learned)


@pytest.fixture(scope="module")
def classifier(packaged: TrainingData, learned: Learned) -> Classifier:
    return Classifier(packaged, learned)


def _assert_same(reference: Reference, classifier: Classifier, texts: list[str]) -> None:
    for text, wanted, guess in zip(texts, reference.guess(texts), classifier.guess(texts), strict=True):
        assert (guess.intent, guess.band) == wanted[:2], text
        assert guess.confidence == pytest.approx(wanted[2], abs=1e-9), text
        assert guess.likeness == pytest.approx(wanted[3], abs=1e-9), text


def test_learns_the_same(reference: Reference, learned: Learned) -> None:
    """The features are scikit-learn's own, in its order, and so are the weights."""
    named = [block.get_feature_names_out().tolist() for _, block in reference.vectorizer.transformer_list]
    assert [list(block) for block in learned.terms] == named
    weights = np.column_stack([model.coef_[0] for model in reference.models])
    assert np.allclose(learned.weights, weights, rtol=0, atol=1e-9)


def test_takes_every_example_for_the_same(reference: Reference, classifier: Classifier) -> None:
    """Intent, band, confidence and likeness of all training examples."""
    _assert_same(reference, classifier, [example.text for example in reference.data.examples])


def test_takes_other_texts_for_the_same(reference: Reference, classifier: Classifier) -> None:
    """Everyday and foreign ones, empty, strange and long ones."""
    everyday = [text for _, _, text in everyday_questions()]
    _assert_same(reference, classifier, [*everyday, *foreign_texts(), *NO_WORDS, *STRANGE, *_LONG])


@settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts=st.lists(_TEXTS, min_size=1, max_size=8))
def test_takes_anything_for_the_same(reference: Reference, classifier: Classifier, texts: list[str]) -> None:
    """Whatever a client may send, alone or with others."""
    _assert_same(reference, classifier, texts)


def test_the_company_of_others_changes_nothing(classifier: Classifier) -> None:
    """Not even in the last bit, and nothing asked is nothing answered."""
    texts = [text for _, _, text in everyday_questions()[:40]] + NO_WORDS
    assert classifier.guess(texts) == [classifier.guess([text])[0] for text in texts]
    assert classifier.guess([]) == []
