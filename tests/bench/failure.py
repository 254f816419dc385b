"""Why a run ends without figures."""

from __future__ import annotations


class BenchFailed(Exception):
    """The hub did not do what it promises, or could not be measured; the text is one sentence or more."""
