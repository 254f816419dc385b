"""What the API tells those who lead of their lines as they are now."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from hub.web.moment import Moment
from hub.web.views import ConversationView, LineView, OperatorView


class LiveLine(Struct, frozen=True, kw_only=True):
    """How one line stands."""

    line: LineView
    #: when it opens or closes next; null when it never does
    until: Moment | None
    #: the bot is answering
    triage: int
    queued: int
    offered: int
    open: int
    #: wait for the client
    waiting: int
    #: since when the client waits who has waited longest for a person; null when nobody does
    waits_since: Moment | None
    #: conversations with a target of the SLA that staff were warned of and that is not missed yet
    at_risk: int
    #: conversations with a target that is missed, and whose client still waits for us
    missed: int


class LiveLines(Struct, frozen=True):
    """How every line stands."""

    lines: Sequence[LiveLine]
    #: of the feed: everything up to here is in the answer
    cursor: int


class LineOperator(Struct, frozen=True):
    """One who serves the line."""

    operator: OperatorView
    #: of their load, what is of this line
    load: int
    #: how many of this line they may have at a time; null for as many as in all
    capacity: int | None


class LiveLineDetail(Struct, frozen=True, kw_only=True):
    """One line with all that those who lead it watch."""

    line: LiveLine
    #: in the order in which its rules ask them
    operators: Sequence[LineOperator]
    #: a page of what is queued or offered, in the queue's order
    queue: Sequence[ConversationView]
    #: names the next page of the queue; empty at the end
    next: str
    #: what staff were warned of, the first to be missed first; at most 100
    late: Sequence[ConversationView]
    cursor: int
