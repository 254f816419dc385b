"""What happens when the time of a target runs short or out: staff are told, and the line's rules act."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from router.clocks import marks, reset
from router.model import Conversation, State
from router.pledges import BREACH, Clock, Target
from router.queueing import freed, give_back, raised
from router.turn import Turn


def ticked(turn: Turn, conversation: Conversation, target: Target) -> None:
    """Tell staff of the highest share of a target's time that has gone by, once, however late this is noticed."""
    rules, clock = turn.book.line(conversation.line).sla, conversation.sla.get(target)
    goal = rules.goals.get(target) if rules else None
    if goal is None or clock is None or clock.since is None:
        turn.save(conversation)
        return
    clock = reset(replace(clock, goal=goal), turn.book, conversation.line, turn.now)
    share = _reached(turn, conversation, clock)
    step = replace(conversation, sla={**conversation.sla, target: replace(clock, told=max(share, clock.told))})
    if share <= clock.told:
        turn.save(step)
    elif share < BREACH:
        due = clock.due_at.isoformat() if clock.due_at else ""
        what = {"what": "sla_warned", "target": target.value, "share": str(share), "due_at": due}
        turn.save(turn.alert(step, f"sla_warned_{target}", what, share=str(share)))
    else:
        _breach(turn, step, target)
        freed(turn, conversation)


def _reached(turn: Turn, conversation: Conversation, clock: Clock) -> int:
    reached = (share for share in marks(turn.book, conversation.line) if clock.spent >= clock.goal * share / 100)
    return max(reached, default=0)


def _breach(turn: Turn, conversation: Conversation, target: Target) -> None:
    """Note the breach and do what the line's rules want done; a late answer becomes somebody else's, once."""
    step = _raised(turn, turn.breached(conversation, target))
    rules = turn.book.line(step.line).sla
    late_answer = target is not Target.RESOLUTION and step.state is State.OPEN
    if rules and rules.on_breach.reassign and late_answer:
        give_back(turn, step, (step.operator,), "reassigned")
    else:
        turn.save(step)


def _raised(turn: Turn, conversation: Conversation) -> Conversation:
    """Return a conversation in the class a breach raises it to, unless its own has the greater head start."""
    rules = turn.book.line(conversation.line).sla
    to, known = rules.on_breach.raise_to if rules else None, turn.book.rules.priorities
    if to is None or to not in known or known[to] <= known.get(conversation.priority, timedelta(-1)):
        return conversation
    return raised(turn.book, conversation, to)
