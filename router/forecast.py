"""What would become of a client who wrote at some time: the core itself decides it, on an empty desk."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from router.desk import Desk
from router.effects import AddMessage, Explain
from router.hours import next_change, next_opening
from router.model import AuthorKind, Conversation
from router.people import OperatorState, Presence
from router.queueing import enqueue
from router.roster import Roster
from router.rulebook import Rulebook
from router.turn import Turn


@dataclass(frozen=True, slots=True)
class Forecast:
    """What would happen."""

    is_open: bool
    #: when that changes; None when it never does
    changes_at: datetime | None
    #: when the line opens next, if it is closed and ever does
    opens_at: datetime | None
    #: what the client would be told, in order
    told: tuple[str, ...]
    #: who would be offered the conversation
    chosen: tuple[str, ...]
    #: (operator, catalogue key of the reason) in the order considered
    considered: tuple[tuple[str, str], ...]
    #: where in the rules that is written
    rule: str


def forecast(
    book: Rulebook, line: str, at: datetime, language: str = "", timezone: str = "", away: Collection[str] = ()
) -> Forecast:
    """Return what would become of a client of `language`, in `timezone`, who wants a person of `line` at a time.

    Whoever works then is taken to be available and free, unless they are among those `away`.
    """
    present = {name: OperatorState(name, Presence.AVAILABLE) for name in book.line(line).operators if name not in away}
    turn = Turn(Desk(line, Roster(present)), book, at, "forecast")
    enqueue(turn, _newcomer(line, at, language, timezone))
    explained = [effect for effect in turn.effects if isinstance(effect, Explain)][-1]
    said = [effect.message for effect in turn.effects if isinstance(effect, AddMessage)]
    hours, is_open = book.line(line).hours, book.is_open(line, at)
    return Forecast(
        is_open=is_open,
        changes_at=next_change(hours, at),
        opens_at=None if is_open else next_opening(hours, at),
        told=tuple(message.text for message in said if message.author.kind is AuthorKind.BOT),
        chosen=explained.chosen,
        considered=explained.considered,
        rule=explained.rule,
    )


def _newcomer(line: str, at: datetime, language: str, timezone: str) -> Conversation:
    return Conversation(
        id="newcomer",
        line=line,
        channel="",
        kind="",
        chat="",
        client="",
        client_name="",
        created_at=at,
        language=language,
        timezone=timezone,
    )
