"""The queue of a line: who waits, who is asked, and what happens when nobody answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec.structs import replace

from router import conversation as steps
from router.desk import Desk
from router.distribution import AT_ONCE, Choice, Search, choose, choose_supervisors, levelled
from router.effects import Explain, WakeLines
from router.model import Conversation, State
from router.people import Presence
from router.rulebook import Rulebook
from router.skills import Needs
from router.timekeeping import catch_up
from router.turn import Turn
from router.waiting import announced, hand_round, has_no_room, move, sent_on, turned_away, watched

#: rule of a choice → the line's setting that it comes from; the others from `distribution`
_WRITTEN_AS = {
    "previous": "previous_operator_first",
    "responsible": "responsible_first",
    "sticky": "sticky",
    "everyone": "escalate",
    "supervisors": "escalate",
}


def enqueue(turn: Turn, conversation: Conversation) -> None:
    """Let a conversation wait for an operator, tell the client so, and look for one at once."""
    fresh = ranked(turn.book, steps.queued(conversation, turn.now))
    if sent_on(turn, fresh):
        return
    if has_no_room(turn, fresh):
        fresh = turned_away(turn, fresh)
    turn.save(watched(turn, announced(turn, fresh)))
    drain(turn)
    waiting = turn.desk.get(conversation.id)
    if waiting is not None and waiting.state is State.QUEUED:
        _explain_waiting(turn, waiting)


def ranked(book: Rulebook, conversation: Conversation) -> Conversation:
    """Give a conversation the priority of its client, else of what the bot understood, else of its line."""
    intent = conversation.handoff.intent if conversation.handoff else ""
    wanted = book.rules.triage.intents.get(intent)
    name = conversation.priority or (wanted and wanted.priority) or book.line(conversation.line).priority or ""
    return raised(book, conversation, name)


def raised(book: Rulebook, conversation: Conversation, priority: str) -> Conversation:
    """Put a conversation into a priority class, which never takes back a head start it has."""
    head_start = max(conversation.head_start, book.head_start(priority))
    return replace(conversation, priority=priority, head_start=head_start)


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
    moves = turn.pool.moves
    if _offer_all(turn, desk.newly_queued() if desk.looked_at == moves else _waiting(desk)):
        desk.looked_at = moves
        desk.fresh.clear()


def _ask_supervisors(turn: Turn) -> None:
    """Offer what nobody answered to all supervisors who are at work and have room."""
    for conversation in map(turn.desk.get, list(turn.desk.escalated)):
        choice = choose_supervisors(conversation, turn.pool, turn.now) if conversation else None
        if conversation and choice and choice.chosen:
            offer(turn, conversation, choice)


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
            continue
        choice = search.choice()
        if choice.chosen:
            offer(turn, conversation, choice)
            continue
        if search.is_ordinary:
            hopeless.add(search.needs)
        if choice.retry_at is not None:
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


def _explain_waiting(turn: Turn, conversation: Conversation) -> None:
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


def _wait_for(turn: Turn, conversation: Conversation, at: datetime) -> None:
    waiting = steps.with_timer(conversation, steps.RETRY, at)
    if waiting is not conversation:
        turn.save(waiting)


def give_back(turn: Turn, conversation: Conversation, who: tuple[str, ...], what: str) -> None:
    """Return a conversation to the queue because `who` did not answer or let it go: they are not asked again soon."""
    until = turn.now + turn.book.line(conversation.line).ask_again_after
    _escalate(turn, _return(turn, steps.let_go(conversation, who, until, turn.now), who, what))


def _escalate(turn: Turn, conversation: Conversation) -> None:
    """Ask others than the rule does, once a conversation has come back often enough."""
    rules = turn.book.line(conversation.line).escalate
    if rules is None or conversation.returns < rules.after:
        return
    if rules.to is not None and conversation.escalated != rules.to:
        turn.save(turn.happened(replace(conversation, escalated=rules.to), f"escalated_{rules.to}"))
    elif rules.to_line is not None and rules.to_line not in {conversation.line, *conversation.overflowed}:
        step = replace(conversation, overflowed=(*conversation.overflowed, conversation.line))
        move(turn, turn.happened(step, "escalated_line", to=turn.book.line(rules.to_line).name), rules.to_line)


def take_back(turn: Turn, conversation: Conversation, who: tuple[str, ...]) -> Conversation:
    """Return a conversation to the queue because `who` left; back at work, they may be asked again at once."""
    return _return(turn, steps.let_go(conversation, (), turn.now, turn.now), who, "left")


def _return(turn: Turn, conversation: Conversation, who: tuple[str, ...], what: str) -> Conversation:
    names = ", ".join(turn.book.name(name) for name in who)
    return turn.save(watched(turn, turn.happened(conversation, what, name=names)))


def freed(turn: Turn, before: Conversation) -> None:
    """Use the room a change made: whoever holds less than `before` may be awaited, here and on their other lines."""
    after = turn.desk.get(before.id)
    free = set(before.holders) - set(after.holders if after else ())
    if free:
        for conversation in turn.desk.offered:
            if conversation.broadcast:
                _keep_offer(turn, conversation)
    lines = {line for name in free for line in turn.book.serves(name)} - {turn.desk.line}
    if lines:
        turn.effects.append(WakeLines(tuple(sorted(lines))))
    drain(turn)


def sweep(turn: Turn) -> None:
    """Look at the whole line: take back what the absent hold, tell who waits what to expect, and offer again."""
    _level(turn)
    catch_up(turn)
    for conversation in turn.desk.offered:
        _keep_offer(turn, conversation)
    absent = set(turn.roster.absent_with_load(turn.book, turn.now))
    for conversation in list(turn.desk.conversations.values()) if absent else ():
        if conversation.operator in absent:
            _left(turn, conversation)
    for conversation in turn.desk.queue:
        if hand_round(turn, conversation):
            continue
        if not conversation.said:
            turn.save(announced(turn, conversation))
    drain(turn)


def _left(turn: Turn, conversation: Conversation) -> None:
    """Return what somebody who left has not answered at once, and what they have answered when its time has come."""
    after = turn.book.line(conversation.line).return_held_after
    if conversation.state is State.OPEN:
        take_back(turn, conversation, (conversation.operator,))
    elif conversation.state is State.WAITING and after is not None and steps.LEFT not in conversation.timers:
        turn.save(steps.with_timer(conversation, steps.LEFT, turn.now + after))


def return_held(turn: Turn, conversation: Conversation) -> None:
    """Return to the queue what somebody holds who left, unless they are back."""
    if turn.roster.at_work(conversation.operator, turn.book, turn.now):
        turn.save(steps.with_timer(conversation, steps.LEFT, None))
    else:
        take_back(turn, conversation, (conversation.operator,))
        freed(turn, conversation)


def unanswered(turn: Turn, conversation: Conversation) -> None:
    """Return an offer that nobody took in time, or keep it until somebody acts, as the line's rules say."""
    if turn.book.line(conversation.line).unanswered == "stay":
        names = ", ".join(map(turn.book.name, conversation.offered))
        turn.save(turn.happened(steps.with_timer(conversation, steps.OFFER, None), "unanswered_stays", name=names))
    else:
        give_back(turn, conversation, conversation.offered, "unanswered")
        freed(turn, conversation)


def _level(turn: Turn) -> None:
    """Let those whose shift has begun join the pool level with the others, as if they had just come in."""
    line = turn.desk.line
    for name, count in levelled(line, turn.book, turn.roster, turn.now).items():
        state = turn.roster.get(name)
        if count != state.given.get(line, 0):
            turn.save_operator(replace(state, given={**state.given, line: count}))


def _keep_offer(turn: Turn, conversation: Conversation) -> None:
    """Let an offer stand only for those who can still take it; a broadcast also reaches those who are free since."""
    standing = tuple(name for name in conversation.offered if _may_answer(turn, name))
    if (
        conversation.broadcast
        and conversation.escalated != "supervisors"
        and turn.book.is_open(conversation.line, turn.now)
    ):
        free = choose(conversation, turn.pool, turn.now).free
        standing += tuple(name for name in free if name not in standing)
    if not standing:
        take_back(turn, conversation, conversation.offered)
    elif standing != conversation.offered:
        turn.save(replace(conversation, offered=standing))


def _may_answer(turn: Turn, operator: str) -> bool:
    state = turn.roster.get(operator)
    return state.presence is Presence.AVAILABLE and turn.book.on_shift(state, turn.now)
