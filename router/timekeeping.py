"""What becomes of those who wait when the machine's clock is set back."""

from __future__ import annotations

from router import conversation as steps
from router.model import State
from router.turn import Turn
from router.waiting import watched


def catch_up(turn: Turn) -> None:
    """Let nobody wait for moments that the clock has gone back from, since the last look or before the start."""
    desk, rules = turn.desk, turn.book.line(turn.desk.line)
    if desk.swept_at is not None and desk.swept_at <= turn.now:
        desk.swept_at = turn.now
        return
    desk.swept_at = turn.now
    retry = max(rules.ask_again_after, rules.sticky, rules.relax_after or rules.sticky)
    latest = {steps.OFFER: turn.now + rules.offer_timeout, steps.RETRY: turn.now + retry}
    for conversation in (*desk.queue, *desk.offered):
        step = steps.no_later(conversation, turn.now, latest)
        if step is not conversation:
            turn.save(watched(turn, step) if step.state is State.QUEUED else step)
