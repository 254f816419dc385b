"""A hub without I/O: desks, timers and wake-ups around `decide`, on a clock that goes from event to event."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from heapq import heappop, heappush
from typing import Protocol

from router.decide import decide
from router.desk import Desk
from router.effects import AddMessage, Effect, Explain, Move, Outcome, SaveConversation, WakeLines
from router.events import Arrived, Event, TimerFired, Wake
from router.lab.people_played import Play
from router.lab.stand_in import muted
from router.loads import load_changes
from router.model import Conversation, MessageKind, State
from router.roster import Roster
from router.rulebook import Rulebook

HELD = frozenset({State.OPEN, State.WAITING})
#: of what happens at the same moment: who comes to work and goes, then time, then what people do, then new clients
PRESENCE, TIME, PEOPLE, CLIENTS = range(4)
Act = Callable[[], None]


class Cast(Protocol):
    """Those who act on what was decided."""

    def held(self, play: Play, holder: str) -> None:
        """Take note of who holds a conversation now; empty for nobody. Called after each step of it."""

    def closed(self, play: Play) -> None:
        """Take note that a conversation has just ended, and that its people had more to do."""

    def offered(self, play: Play, offered: tuple[str, ...]) -> None:
        """Take note of who has just been asked to take it."""


class Engine:
    """Decides until nothing is due any more. The same calls have the same outcome."""

    def __init__(self, book: Rulebook, now: datetime, cast: Cast) -> None:
        self.book = muted(book)
        self.now = now
        self.roster = Roster()
        #: the client's chat, which is the visit's id → the visit
        self.plays: dict[str, Play] = {}
        self._cast = cast
        self._desks: dict[str, Desk] = {line: Desk(line, self.roster) for line in book.rules.lines}
        self._agenda: list[tuple[datetime, int, int, Act]] = []
        self._inbox: deque[tuple[str, Event]] = deque()
        self._waking: set[str] = set()
        self._numbers = 0

    def new_id(self) -> str:
        """Return an id for an event."""
        self._numbers += 1
        return f"lab:{self._numbers}"

    def at(self, at: datetime, rank: int, act: Act) -> None:
        """Let something happen at a time."""
        self._numbers += 1
        heappush(self._agenda, (max(at, self.now), rank, self._numbers, act))

    def open(self) -> None:
        """Look at every line, now and whenever somebody's hours begin or end."""
        for line in self._desks:
            self._changes(line)
        self._settle()

    def run_until(self, until: datetime) -> None:
        """Let everything happen that is due before a time."""
        while self._agenda and self._agenda[0][0] < until:
            self.now, _, _, act = heappop(self._agenda)
            act()
            self._settle()

    def _changes(self, line: str) -> None:
        self._wake(line)
        change = self.book.next_shift_change(line, self.roster.states, self.now)
        if change is not None:
            self.at(change, TIME, lambda: self._changes(line))

    def _wake(self, line: str) -> None:
        if line not in self._waking:
            self._waking.add(line)
            self._inbox.append((line, Wake(self.new_id(), line)))

    def _settle(self) -> None:
        """Decide what follows from what was decided."""
        while self._inbox:
            line, event = self._inbox.popleft()
            if isinstance(event, Wake):
                self._waking.discard(line)
            self.decide(line, event)

    def standing(self, play: Play) -> Conversation | None:
        """Return a visit's conversation as it stands; None when nothing can happen to it any more."""
        return self._desk(play.line).get(play.conversation)

    def put(self, play: Play, conversation: Conversation) -> None:
        """Put a conversation on its desk, with what its operators hold of it."""
        for change in load_changes(None, conversation, self.book):
            self.roster.change(change)
        self.plays[conversation.chat] = play
        play.line = conversation.line
        self._desk(play.line).put(conversation)

    def _desk(self, line: str) -> Desk:
        if line not in self._desks:
            self._desks[line] = Desk(line, self.roster)
        return self._desks[line]

    def decide(self, line: str, event: Event) -> str:
        """Decide one event; return why it was refused, empty when it was not."""
        desk, refused = self._desk(line), ""
        for effect in decide(desk, event, self.book, self.now):
            if isinstance(effect, Outcome):
                refused = effect.refused
            else:
                self._follow(desk, effect)
        desk.forget_messages()
        return refused

    def decide_anywhere(self, event: Event) -> None:
        """Decide what concerns no line."""
        self.decide(next(iter(self._desks), ""), event)

    def _follow(self, desk: Desk, effect: Effect) -> None:
        match effect:
            case SaveConversation(conversation, before):
                self._saved(desk, conversation, before)
            case AddMessage(message) if message.kind is MessageKind.EVENT and message.chat in self.plays:
                self.plays[message.chat].life.happened(message.text)
            case Explain(conversation=asked, chosen=chosen) if chosen:
                found = desk.get(asked)
                if found is not None and found.chat in self.plays:
                    self.plays[found.chat].life.asked(self.now)
            case WakeLines(lines):
                for line in lines:
                    self._wake(line)
            case Move(conversation):
                self._desk(conversation.line).put(conversation)
                self.plays[conversation.chat].line = conversation.line
                self._inbox.append((conversation.line, Arrived(self.new_id(), conversation.id)))
            case _:
                pass

    def _saved(self, desk: Desk, it: Conversation, before: Conversation | None) -> None:
        play = self.plays[it.chat]
        if play.conversation != it.id:
            desk.drop(play.conversation)
            play.conversation = it.id
        for kind, due in it.timers.items():
            if before is None or before.timers.get(kind) != due:
                self._ring(play, kind, due)
        self._cast.held(play, it.operator if it.state in HELD else "")
        if it.state is State.OFFERED and (before is None or before.state is not State.OFFERED):
            self._cast.offered(play, it.offered)
        if it.state is not State.CLOSED:
            play.life.ended_at = None
        elif play.life.ended_at is None:
            play.life.ended(self.now)
            if play.is_over:
                desk.drop(it.id)
            else:
                self._cast.closed(play)

    def _ring(self, play: Play, kind: str, due: datetime) -> None:
        self.at(due, TIME, lambda: self._rings(play, kind, due))

    def _rings(self, play: Play, kind: str, due: datetime) -> None:
        it = self.standing(play)
        if it is not None and it.timers.get(kind) == due:
            self.decide(play.line, TimerFired(self.new_id(), it.id, kind, due))
