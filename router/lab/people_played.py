"""How people act in a rehearsal: as they did in truth where the recording says it, else at the usual pace."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from router.lab.lives import Life
from router.lab.pace import Pace
from router.lab.recording import Response, Step, Visit


class Answer(NamedTuple):
    """What comes of an offer if it stands for long enough."""

    #: seconds from the offer
    after: float
    #: whoever answers; of several who were asked, empty for whoever holds the least then
    operator: str
    #: they let it go, instead of taking it
    lets_go: bool = False


@dataclass(slots=True)
class Play:
    """One visit while it is played."""

    visit: Visit
    life: Life
    #: its conversation, and the line that has it
    conversation: str
    line: str
    steps: tuple[Step, ...]
    #: how many of them were done
    done: int = 0
    #: grows whenever what was to happen next no longer does
    turn: int = 0
    #: when the next step is due
    next_at: datetime | None = None
    holder: str = ""
    #: what operators did in truth when they were asked, as far as they have not done it again
    left: list[Response] = field(default_factory=list)

    @classmethod
    def of(cls, visit: Visit, pace: Pace) -> Play:
        """Return a visit that is about to begin."""
        steps = visit.steps or (() if _was_taken(visit) else pace.talk(visit.line))
        return cls(visit, Life(visit.line, visit.at), visit.id, visit.line, steps, left=list(visit.responses))

    @property
    def is_over(self) -> bool:
        """Whether nobody has anything more to do."""
        return self.done == len(self.steps)

    def answer(self, offered: tuple[str, ...], pace: Pace) -> Answer | None:
        """Return what comes of an offer to these; None when nobody ever takes anything."""
        who = self._who(offered)
        known = next((response for response in self.left if response.operator == who), None)
        if known is not None:
            self.left.remove(known)
        taking = self._taking(who, pace)
        if known is not None and known.did != "nothing":
            return Answer(known.after, who, lets_go=known.did == "let_go")
        if taking is None:
            return None
        return Answer(taking + (known.after if known else 0), who)

    def _who(self, offered: tuple[str, ...]) -> str:
        if len(offered) == 1:
            return offered[0]
        return next((it.operator for it in self.visit.responses if it.did == "took" and it.operator in offered), "")

    def _taking(self, operator: str, pace: Pace) -> float | None:
        """Return how long they take to take it: as long as whoever took it in truth, else as long as usual."""
        took = [response for response in self.visit.responses if response.did == "took"]
        own = [response.after for response in took if response.operator == operator]
        if own or took:
            return own[-1] if own else took[-1].after
        return pace.take(operator, self.visit.line)


def _was_taken(visit: Visit) -> bool:
    return bool(visit.held_by) or any(response.did == "took" for response in visit.responses)
