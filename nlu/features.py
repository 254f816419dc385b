"""Turns texts into numbers: words, parts of words, and the concepts the training data describe."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion

from nlu.cleaning import fold

_DIGIT = re.compile(r"[0-9]")
#: unlike scikit-learn's own, words of one letter too: Russian prepositions tell from where to where
_WORD = r"\w+"


@dataclass(frozen=True, slots=True)
class Document:
    """A text as the features see it."""

    #: folded, every digit a 0: which order it is says nothing about what is wanted
    text: str
    #: names of the concepts found in it, separated by spaces
    concepts: str


def document(cleaned: str, concepts: Mapping[str, tuple[re.Pattern[str], ...]]) -> Document:
    """Prepare a cleaned text."""
    folded = fold(cleaned)
    found = [name for name, patterns in concepts.items() if any(pattern.search(folded) for pattern in patterns)]
    # A text without any concept resembles other such texts: that is a feature as well.
    return Document(_DIGIT.sub("0", folded), " ".join(found) or "no_concept")


def _text(document: Document) -> str:
    return document.text


def _concepts(document: Document) -> str:
    return document.concepts


#: how many unit vectors the features of a document are made of, which bounds the dot product of two documents
BLOCKS = 3


def make_vectorizer() -> Any:
    """Return an unfitted scikit-learn transformer: documents → sparse rows of `BLOCKS` unit vectors each."""
    words = TfidfVectorizer(preprocessor=_text, token_pattern=_WORD, ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    parts = TfidfVectorizer(preprocessor=_text, analyzer="char_wb", ngram_range=(2, 4), min_df=2, sublinear_tf=True)
    concepts = TfidfVectorizer(preprocessor=_concepts, token_pattern=_WORD, binary=True)
    return FeatureUnion([("words", words), ("parts", parts), ("concepts", concepts)])
