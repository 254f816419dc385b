"""What the API tells of why conversations went where they went."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from hub.web.moment import Moment


class ConsideredView(Struct, frozen=True):
    """One operator the rules looked at."""

    operator: str
    name: str
    #: a sentence in the reader's language
    reason: str
    chosen: bool


class ExplanationView(Struct, frozen=True, kw_only=True):
    """Why the rules decided as they did, once."""

    at: Moment
    decision: str
    #: a sentence in the reader's language
    sentence: str
    chosen: Sequence[str]
    considered: Sequence[ConsideredView]
    rule: str


class Explanations(Struct, frozen=True):
    """Why the conversation went where it went, oldest first."""

    explanations: Sequence[ExplanationView]
    #: on whose clock the line's hours are read, such as `Europe/Berlin`; UTC for a line that has none
    zone: str
