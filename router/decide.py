"""`decide`: the one place where an event becomes effects. Synchronous, without I/O, the same for the same input."""

from __future__ import annotations

from datetime import datetime

from router import (
    amending,
    arriving,
    bot,
    clients,
    commands,
    fetching,
    joining,
    leading,
    leave,
    offering,
    promises,
    queueing,
    reacting,
    sla,
    waiting,
)
from router import conversation as steps
from router.client_events import (
    ClientDeleted,
    ClientEdited,
    ClientEnded,
    ClientEvent,
    ClientMessage,
    ClientMoved,
    ClientRated,
    ClientReach,
    ClientReacted,
    ClientStarted,
    ColleagueMessage,
)
from router.desk import Desk
from router.effects import Effect
from router.events import (
    Arrived,
    Event,
    FilesFetched,
    Seen,
    SetPaused,
    SetPresence,
    TimerFired,
    TriageAnswered,
    Wake,
)
from router.invitations import CardsJoined, InvitationFollowed
from router.model import State
from router.pledges import PROMISE, Target
from router.rulebook import Rulebook
from router.staff_events import AddLeave, CalendarRead, RemoveLeave
from router.turn import Turn

_TARGETS = frozenset(Target)


def decide(desk: Desk, event: Event, book: Rulebook, now: datetime) -> list[Effect]:
    """Decide one event on a line's desk: change the desk, and return what must be written and done.

    The desk must hold what the event speaks of (see `needs` in the engine); what it does not hold does not exist.
    """
    turn = Turn(desk, book, now, event.id)
    match event:
        case ClientMessage() | ClientEdited() | ClientDeleted() | ClientRated() | ClientReacted() | ClientEnded():
            _heard(turn, event)
        case ClientStarted() | ClientReach() | ClientMoved() | ColleagueMessage():
            _came(turn, event)
        case SetPaused():
            leading.set_paused(turn, event)
        case SetPresence():
            commands.set_presence(turn, event)
        case AddLeave() | RemoveLeave() | CalendarRead():
            _planned(turn, event)
        case Seen():
            commands.seen(turn, event)
        case TriageAnswered() | FilesFetched() | TimerFired() | Arrived() | CardsJoined() | InvitationFollowed():
            _followed(turn, event)
        case Wake():
            queueing.sweep(turn)
            leave.forget(turn)
        case _:
            commands.carry_out(turn, event)
    return turn.effects


def _planned(turn: Turn, event: AddLeave | RemoveLeave | CalendarRead) -> None:
    match event:
        case AddLeave():
            leave.add(turn, event)
        case RemoveLeave():
            leave.remove(turn, event)
        case CalendarRead():
            leave.read(turn, event)


def _heard(turn: Turn, event: ClientEvent) -> None:
    match event:
        case ClientMessage():
            clients.wrote(turn, event)
        case ClientEdited():
            amending.edited(turn, event)
        case ClientDeleted():
            amending.deleted(turn, event)
        case ClientRated():
            clients.rated(turn, event)
        case ClientReacted():
            reacting.reacted(turn, event)
        case ClientEnded():
            clients.ended(turn, event)


def _came(turn: Turn, event: ClientStarted | ClientReach | ClientMoved | ColleagueMessage) -> None:
    match event:
        case ClientStarted():
            arriving.started(turn, event)
        case ClientReach():
            arriving.reach(turn, event)
        case ClientMoved():
            arriving.moved(turn, event)
        case ColleagueMessage():
            clients.written_elsewhere(turn, event)


def _followed(
    turn: Turn, event: TriageAnswered | FilesFetched | TimerFired | Arrived | CardsJoined | InvitationFollowed
) -> None:
    """Go on with what an earlier decision had asked for."""
    match event:
        case TriageAnswered():
            _triaged(turn, event)
        case FilesFetched():
            fetching.fetched(turn, event)
        case TimerFired():
            _timer(turn, event)
        case Arrived():
            _arrived(turn, event)
        case CardsJoined():
            joining.joined(turn, event)
        case InvitationFollowed():
            joining.followed(turn, event)


def _triaged(turn: Turn, event: TriageAnswered) -> None:
    conversation = turn.desk.get(event.conversation)
    if conversation is not None:
        bot.hear(turn, conversation, event.message, event.result)


def _arrived(turn: Turn, event: Arrived) -> None:
    conversation = turn.desk.get(event.conversation)
    if conversation is not None and conversation.state is State.QUEUED:
        queueing.enqueue(turn, conversation)


def _timer(turn: Turn, event: TimerFired) -> None:
    """Let a timer act, unless the conversation has moved on and no longer has it."""
    conversation = turn.desk.get(event.conversation)
    if conversation is None or conversation.timers.get(event.kind) != event.due_at:
        return
    if event.kind == steps.OFFER:
        queueing.unanswered(turn, conversation)
    elif event.kind == steps.QUEUE:
        waiting.waits_on(turn, conversation)
    elif event.kind == steps.LEFT:
        queueing.return_held(turn, conversation)
    elif event.kind == steps.RETRY:
        turn.save(steps.with_timer(conversation, steps.RETRY, None))
        offering.drain(turn)
    elif event.kind == steps.TRIAGE:
        bot.hear(turn, conversation, conversation.bot.pending, None)
    elif event.kind == steps.FILES:
        fetching.ask_again(turn, conversation)
    elif event.kind == PROMISE:
        promises.due(turn, conversation)
    elif event.kind in _TARGETS:
        sla.ticked(turn, conversation, Target(event.kind))
    else:
        clients.close(turn, conversation, "silence")
        queueing.freed(turn, conversation)
