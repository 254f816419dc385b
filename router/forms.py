"""What the form asked at the end has come to: frozen values that a conversation holds."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Answer(Struct, frozen=True):
    """What the client answered to one question of the form."""

    #: as it was asked, in the client's language
    question: str
    text: str


class Survey(Struct, frozen=True):
    """The form a client is asked after silence has closed their conversation; see `survey`."""

    given: tuple[Answer, ...] = ()
    #: how many questions have been asked
    asked: int = 0
    #: the last of them while it stands; empty when none does
    asking: str = ""
    #: its quick answers; empty for any words
    choices: tuple[str, ...] = ()
    #: until when it stands
    until: datetime | None = None
