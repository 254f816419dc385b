"""What supervisors decide beside the rules: the order of a queue, who a client is to us, and whether a line pauses."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from router.console import Refusal, refuses_client, refuses_rank
from router.effects import ChangeClient, SaveLine
from router.events import Rank, SetClient, SetPaused
from router.model import Conversation, State
from router.offering import drain
from router.people import LineState
from router.turn import Turn

#: as finely as times are kept
_JUST = timedelta(milliseconds=1)


def rank(turn: Turn, conversation: Conversation, command: Rank) -> Refusal:
    """Put a waiting conversation before another one, or first."""
    refusal = refuses_rank(turn.book, conversation, command.operator)
    if refusal is not None:
        return refusal
    before = turn.desk.get(command.before) if command.before else turn.desk.in_queue(0)
    if before is None or before.state is not State.QUEUED:
        return "not_in_queue", {}
    if before.id != conversation.id:
        since = conversation.queued_at or conversation.created_at
        moved = replace(conversation, head_start=since - _place_before(turn, conversation, before))
        turn.save(turn.happened(moved, "ranked", name=turn.book.name(command.operator)))
    return None


def _place_before(turn: Turn, conversation: Conversation, target: Conversation) -> datetime:
    """Return a place between a waiting conversation and the one in front of it."""
    front = [it for it in turn.desk.queue[: turn.desk.ahead_of(target)] if it.id != conversation.id]
    gap = target.place - front[-1].place if front else 2 * _JUST
    return target.place - min(gap / 2, _JUST)


def set_client(turn: Turn, conversation: Conversation, command: SetClient) -> Refusal:
    """Say who looks after a client and how important they are, on their card and in this conversation."""
    refusal = refuses_client(turn.book, conversation, command.operator)
    if refusal is not None:
        return refusal
    responsible = conversation.responsible if command.responsible is None else command.responsible
    priority = conversation.priority if command.priority is None else command.priority
    if responsible and turn.book.operator(responsible) is None:
        return "unknown_operator", {}
    if priority and priority not in turn.book.rules.priorities:
        return "unknown_priority", {"name": priority}
    if (responsible, priority) == (conversation.responsible, conversation.priority):
        return None
    step = replace(conversation, responsible=responsible, priority=priority)
    if priority != conversation.priority:
        step = replace(step, head_start=turn.book.head_start(priority))
    turn.effects.append(
        ChangeClient(conversation.client, command.responsible, command.priority, conversation=conversation.id)
    )
    names = {"responsible": turn.book.name(responsible) or "–", "priority": priority or "–"}
    turn.save(turn.happened(step, "client_set", name=turn.book.name(command.operator), **names))
    return None


def set_paused(turn: Turn, command: SetPaused) -> None:
    """Let a line offer nothing to anybody until it is resumed; what is offered or held goes on."""
    if not turn.book.leads(command.operator):
        turn.refuse("for_supervisors")
    elif command.line not in turn.book.rules.lines:
        turn.refuse("unknown_line", name=command.line)
    else:
        turn.desk.paused = command.paused
        turn.effects.append(SaveLine(LineState(command.line, command.paused, command.operator, turn.now)))
        turn.accept()
        drain(turn)
