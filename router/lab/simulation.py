"""Plays a recording: recorded people come, wait, take and answer, and the rules decide who gets whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from router.client_events import ClientEnded, ClientMessage
from router.events import Close, Reply, SetPresence, Skip, Take, Transfer
from router.lab.engine import CLIENTS, HELD, PEOPLE, PRESENCE, Act, Engine
from router.lab.lives import Life
from router.lab.pace import Pace
from router.lab.people_played import Answer, Play
from router.lab.recording import PresenceChange, Recording, Step, Visit
from router.model import Conversation, Handoff, State
from router.people import Identity, OperatorState, Sender
from router.pool import obstacle
from router.rulebook import Rulebook

#: seconds after which those who all had no room look at an offer again
_LATER = 60.0


def played(
    recording: Recording,
    book: Rulebook,
    line_of: Callable[[Visit], str] = lambda visit: visit.line,
    came: Callable[[], None] = lambda: None,
) -> list[Life]:
    """Return what becomes of a recording's visits under these rules, in their order.

    `line_of` says on which line a visit begins; `came` is called for each that comes.
    """
    return Simulation(recording, book, line_of, came).run()


class Simulation:
    """One book of rules, and those who live by it."""

    def __init__(
        self, recording: Recording, book: Rulebook, line_of: Callable[[Visit], str], came: Callable[[], None]
    ) -> None:
        self._recording, self._line_of, self._came = recording, line_of, came
        self._pace = Pace.of((*recording.before, *recording.visits))
        self._engine = Engine(book, recording.since, self)
        #: client → who held them last
        self._last: dict[str, str] = {}
        self._lives: list[Life] = []

    def run(self) -> list[Life]:
        """Play the recording to its end."""
        engine, recording = self._engine, self._recording
        for operator, presence in recording.present.items():
            engine.roster.put(OperatorState(operator, presence))
        for visit in recording.before:
            self._was_there(visit)
        engine.open()
        self._one_by_one(recording.changes, PRESENCE, self._changes)
        self._one_by_one(recording.visits, CLIENTS, self._comes)
        engine.run_until(recording.until)
        return self._lives

    def _one_by_one(self, things: Iterable[Any], rank: int, happens: Callable[[Any], None]) -> None:
        """Let recorded things happen at their times, with one of them at a time in the engine's hands."""
        left = iter(things)

        def expect() -> None:
            thing = next(left, None)
            if thing is not None:
                self._engine.at(thing.at, rank, partial(take_place, thing))

        def take_place(thing: Any) -> None:
            expect()
            happens(thing)

        expect()

    def _changes(self, change: PresenceChange) -> None:
        self._engine.decide_anywhere(SetPresence(self._engine.new_id(), change.operator, change.presence))

    # Clients

    def _begun(self, visit: Visit, state: State, **more: Any) -> Play:
        """Put a visit's conversation on the desk of the line it comes to."""
        play, line = Play.of(visit, self._pace), self._line_of(visit)
        play.life.line = line
        conversation = Conversation(
            id=visit.id,
            line=line,
            channel=visit.channel,
            kind="",
            chat=visit.id,
            client=visit.client,
            client_name="",
            created_at=visit.at,
            state=state,
            previous_operator=self._last.get(visit.client, visit.previous),
            responsible=visit.responsible,
            priority=visit.priority,
            language=visit.language,
            handoff=Handoff("routed", visit.intent) if visit.intent else None,
            **more,
        )
        self._engine.put(play, conversation)
        if visit.gave_up is not None:
            self._engine.at(visit.at + timedelta(seconds=visit.gave_up), PEOPLE, partial(self._gives_up, play))
        return play

    def _comes(self, visit: Visit) -> None:
        play = self._begun(visit, State.TRIAGE)
        self._lives.append(play.life)
        self._writes(play)
        self._came()

    def _was_there(self, visit: Visit) -> None:
        """Let a visit be there that had come before the period."""
        replied = visit.at if visit.answered else None
        held = State.WAITING if visit.answered else State.OPEN
        play = self._begun(
            visit,
            held if visit.held_by else State.QUEUED,
            operator=visit.held_by,
            queued_at=visit.at,
            last_client_at=visit.at,
            answered_at=replied,
            last_reply_at=replied,
        )
        self.held(play, visit.held_by)

    def _writes(self, play: Play) -> None:
        visit, engine = play.visit, self._engine
        sender = Sender(Identity("", "", visit.client), language=visit.language)
        engine.decide(play.line, ClientMessage(engine.new_id(), visit.channel, visit.id, sender, "…", engine.now))

    def _gives_up(self, play: Play) -> None:
        if play.life.taken_at is None:
            play.done = len(play.steps)
            self._ends(play)

    def _ends(self, play: Play) -> None:
        visit, engine = play.visit, self._engine
        engine.decide(play.line, ClientEnded(engine.new_id(), visit.channel, visit.id, engine.now))

    # Operators

    def offered(self, play: Play, offered: tuple[str, ...]) -> None:
        """Let whoever was asked answer in their time."""
        play.turn += 1
        answer = play.answer(offered, self._pace)
        if answer is not None:
            self._after(play, answer.after, partial(self._answers, play, answer))

    def _after(self, play: Play, seconds: float, act: Act) -> None:
        """Let something happen later, unless something else comes between."""
        turn = play.turn

        def happens() -> None:
            if play.turn == turn:
                act()

        self._engine.at(self._engine.now + timedelta(seconds=seconds), PEOPLE, happens)

    def _answers(self, play: Play, answer: Answer) -> None:
        engine, it = self._engine, self._engine.standing(play)
        if it is None or it.state is not State.OFFERED:
            return
        who = self._who(it, answer.operator)
        if not who:
            self._after(play, _LATER, partial(self._answers, play, answer))
        elif answer.lets_go:
            engine.decide(play.line, Skip(engine.new_id(), it.id, who))
        else:
            engine.decide(play.line, Take(engine.new_id(), it.id, who))

    def _who(self, it: Conversation, wanted: str) -> str:
        """Return who answers an offer: of many, whoever is meant or holds the least; nobody while all are full."""
        if not it.broadcast:
            return it.offered[0]
        engine = self._engine
        free = [one for one in it.offered if not obstacle(one, it.line, engine.book, engine.roster, engine.now)]
        if wanted in free:
            return wanted
        return min(free, key=lambda one: engine.roster.get(one).load, default="")

    def held(self, play: Play, holder: str) -> None:
        """Let whoever just got a conversation go on with it."""
        if holder == play.holder:
            return
        play.holder = holder
        play.turn += 1
        play.life.held(holder, self._engine.now)
        if holder:
            self._last[play.visit.client] = holder
            self._go_on(play)

    def closed(self, play: Play) -> None:
        """Let what was still to be said be said at its time: the client may come back."""
        self._go_on(play, play.next_at)

    def _go_on(self, play: Play, at: datetime | None = None) -> None:
        if play.is_over:
            return
        now, seconds = self._engine.now, play.steps[play.done].after
        if at is not None and at > now:
            seconds = (at - now).total_seconds()
        play.turn += 1
        play.next_at = now + timedelta(seconds=seconds)
        self._after(play, seconds, partial(self._does, play))

    def _does(self, play: Play) -> None:
        """Do the next step, and see to the one after it, unless the conversation waits for somebody to take it."""
        step, it, turn = play.steps[play.done], self._engine.standing(play), play.turn
        play.done += 1
        if it is not None and (it.state in HELD or step.kind == "client"):
            self._step(play, it, step)
        now = self._engine.standing(play)
        if play.turn == turn and now is not None and (now.state in HELD or now.state is State.CLOSED):
            self._go_on(play)

    def _step(self, play: Play, it: Conversation, step: Step) -> None:
        engine = self._engine
        key = (engine.new_id(), it.id, it.operator)
        match step.kind:
            case "client":
                self._writes(play)
            case "ends":
                self._ends(play)
            case "reply":
                engine.decide(play.line, Reply(*key, "…"))
            case "close":
                engine.decide(play.line, Close(*key))
            case "let_go":
                engine.decide(play.line, Skip(*key))
            case "to_operator":
                engine.decide(play.line, Transfer(*key, to_operator=step.to))
            case "to_line":
                engine.decide(play.line, Transfer(*key, to_line=step.to))
