"""Offering what waits: whom a line looks at again and when, who is asked, and what is kept of the reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec.structs import replace

from router import conversation as steps
from router.desk import Desk
from router.distribution import AT_ONCE, Choice, Search, choose, choose_supervisors, look_again
from router.effects import Explain
from router.model import Conversation, State
from router.skills import Needs
from router.turn import Turn

#: rule of a choice → the line's setting that it comes from; the others from `distribution`
_WRITTEN_AS = {
    "previous": "previous_operator_first",
    "responsible": "responsible_first",
    "sticky": "sticky",
    "everyone": "escalate",
    "supervisors": "escalate",
}


def drain(turn: Turn) -> None:
    """Offer waiting conversations, longest waiting first, while somebody can take one.

    What nobody could take is not looked at again before somebody has come or has room again, or its own time has come.
    """
    desk = turn.desk
    if desk.paused or not desk.has_queue or not turn.book.is_open(desk.line, turn.now):
        return
    _ask_supervisors(turn)
    if not turn.pool.free:
        return
    moves, came = turn.pool.moves, turn.pool.came_since(desk.looked_at)
    if came is None and _offer_all(turn, _waiting(desk)):
        desk.looked_at = moves
        desk.fresh.clear()
    elif came is not None:
        _offer_all(turn, _waiting_for(turn, came))
        desk.looked_at = moves
        if turn.pool.free and _offer_all(turn, desk.newly_queued()):
            desk.fresh.clear()


def _ask_supervisors(turn: Turn) -> None:
    """Offer what nobody answered to all supervisors who are at work and have room."""
    for conversation in map(turn.desk.get, list(turn.desk.escalated)):
        choice = choose_supervisors(conversation, turn.pool, turn.now) if conversation else None
        if conversation and choice and choice.chosen:
            offer(turn, conversation, choice)


def _waiting_for(turn: Turn, came: list[str]) -> Iterator[Conversation]:
    """Yield what waits, in order, while any of those who came has room: nobody else gives it new hope."""
    for conversation in _waiting(turn.desk):
        while came and turn.pool.obstacles[came[-1]]:
            came.pop()
        if not came:
            return
        yield conversation


def _waiting(desk: Desk) -> Iterator[Conversation]:
    """Yield what waits, in order, while what has been yielded may leave the queue."""
    place = 0
    while conversation := desk.in_queue(place):
        yield conversation
        now = desk.get(conversation.id)
        place += now is not None and now.state is State.QUEUED


def _offer_all(turn: Turn, waiting: Iterable[Conversation]) -> bool:
    """Offer these while somebody has room; return whether all have been looked at."""
    hopeless: set[Needs] = set()
    for conversation in waiting:
        if not turn.pool.free:
            return False
        search = Search.of(conversation, turn.pool, turn.now)
        if search.is_ordinary and search.needs in hopeless:
            _wait_for(turn, conversation, look_again(search))
            continue
        choice = search.choice()
        if choice.chosen:
            offer(turn, conversation, choice)
            continue
        if search.is_ordinary:
            hopeless.add(search.needs)
        _wait_for(turn, conversation, choice.retry_at)
    return True


def offer(turn: Turn, conversation: Conversation, choice: Choice) -> None:
    """Ask the chosen operators, and keep the reasons."""
    rules = turn.book.line(conversation.line)
    broadcast = choice.rule in AT_ONCE
    due = turn.now + rules.offer_timeout
    if not conversation.returns:
        turn.desk.served.append(turn.now)
    turn.save(steps.offered(conversation, choice.chosen, turn.now, due, broadcast=broadcast))
    for operator in () if broadcast else choice.chosen:
        _count(turn, operator, conversation.line)
    turn.effects.append(
        Explain(
            conversation.id,
            "offer",
            choice.chosen,
            choice.considered,
            _place(turn, conversation.line, choice.rule),
            choice.others,
            conversation.line,
        )
    )


def offer_to(turn: Turn, conversation: Conversation, operator: str) -> None:
    """Ask one operator whom a colleague chose; unanswered, it returns to the queue like any other."""
    due = turn.now + turn.book.line(conversation.line).offer_timeout
    turn.save(replace(steps.offered(conversation, (operator,), turn.now, due), passed={}))
    _count(turn, operator, conversation.line)
    it = conversation
    turn.effects.append(Explain(it.id, "transfer", (operator,), ((operator, "chosen_transfer"),), "", line=it.line))


def _count(turn: Turn, operator: str, line: str) -> None:
    state = turn.roster.get(operator)
    given = {**state.given, line: state.given.get(line, 0) + 1}
    turn.save_operator(replace(state, given=given, given_at={**state.given_at, line: turn.now}))


def explain_waiting(turn: Turn, conversation: Conversation) -> None:
    """Keep why nobody could be asked: everybody's obstacle, or that the line itself is closed."""
    line = conversation.line
    if turn.book.is_open(line, turn.now):
        choice = choose(conversation, turn.pool, turn.now)
        place = _place(turn, line, choice.rule)
        turn.effects.append(Explain(conversation.id, "queue", (), choice.considered, place, choice.others, line))
    else:
        turn.effects.append(Explain(conversation.id, "queue", (), (), _written(turn, line, "hours"), line=line))


def _place(turn: Turn, line: str, rule: str) -> str:
    return _written(turn, line, _WRITTEN_AS.get(rule, "distribution"))


def _written(turn: Turn, line: str, key: str) -> str:
    where = turn.book.where
    return where.get(f"lines.{line}.{key}") or where.get(f"lines.{line}", "")


def _wait_for(turn: Turn, conversation: Conversation, at: datetime | None) -> None:
    waiting = conversation if at is None else steps.with_timer(conversation, steps.RETRY, at)
    if waiting is not conversation:
        turn.save(waiting)
