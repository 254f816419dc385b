"""Promises to clients: "I'll write tomorrow at 10" becomes a timer that outlives the shift of whoever promised."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from router import conversation as steps
from router.console import Refusal, refuses_snooze, refuses_unsnooze
from router.events import Snooze, Unsnooze
from router.model import Conversation, State
from router.pledges import Promise
from router.queueing import freed, take_back
from router.spoken_promises import promised
from router.turn import Turn

#: how far ahead a promise may lie
FARTHEST = timedelta(days=366)
_HELD = {State.OPEN, State.WAITING}


def snooze(turn: Turn, conversation: Conversation, command: Snooze) -> Refusal:
    """Set the promise, in place of any other."""
    refusal = refuses_snooze(turn.book, conversation, command.operator)
    if refusal is None and not turn.now < command.until <= turn.now + FARTHEST:
        refusal = ("not_in_time", {})
    if refusal is None:
        step = replace(conversation, promise=Promise(command.until, command.operator, command.text.strip()))
        turn.save(_told(turn, step, "snoozed"))
    return refusal


def unsnooze(turn: Turn, conversation: Conversation, command: Unsnooze) -> Refusal:
    """Take the promise back; a silent client's conversation may close by itself again."""
    refusal = refuses_unsnooze(turn.book, conversation, command.operator)
    if refusal is None:
        step = replace(conversation, promise=None)
        if step.state is State.WAITING:
            auto = turn.book.line(step.line).auto_close
            step = steps.with_timer(step, steps.CLOSE, turn.now + auto.after if auto else None)
        turn.save(turn.happened(step, "unsnoozed", name=turn.book.name(command.operator)))
    return refusal


def heard(turn: Turn, conversation: Conversation, operator: str, text: str) -> Conversation:
    """Return a conversation with what the operator has just promised in a reply; not saved yet."""
    zone = turn.book.zone(operator, conversation.line)
    found = promised(text, turn.now, zone) if turn.book.line(conversation.line).promises else None
    if found is None or found.until > turn.now + FARTHEST:
        return conversation
    step = replace(conversation, promise=Promise(found.until, operator, found.words))
    return _told(turn, step, "promise_heard")


def due(turn: Turn, conversation: Conversation) -> None:
    """Say that a promise is to be kept now; from now on the client waits for us, and never for somebody who left."""
    promise = conversation.promise
    if promise is None:
        turn.save(conversation)
        return
    state = State.OPEN if conversation.state is State.WAITING else conversation.state
    what = {"what": "promise_due", "operator": promise.operator, "due_at": promise.until.isoformat()}
    name = turn.book.name(promise.operator)
    step = replace(conversation, promise=None, state=state)
    step = turn.alert(step, "promise_due", what, name=name, text=promise.text)
    if state in _HELD and not turn.roster.at_work(step.operator, turn.book, turn.now):
        take_back(turn, step, (step.operator,))
        freed(turn, conversation)
    else:
        turn.save(step)


def _told(turn: Turn, conversation: Conversation, what: str) -> Conversation:
    promise = conversation.promise
    if promise is None:
        return conversation
    # Readable in every language, on the clock of whoever promised.
    zone = turn.book.zone(promise.operator, conversation.line)
    until = f"{promise.until.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"
    return turn.happened(conversation, what, name=turn.book.name(promise.operator), until=until, text=promise.text)
