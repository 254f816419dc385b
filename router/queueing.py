"""The queue of a line: what comes to wait, what happens when nobody answers, and what comes back."""

from __future__ import annotations

from msgspec.structs import replace

from router import conversation as steps
from router.distribution import choose, levelled
from router.effects import WakeLines
from router.model import Conversation, State
from router.offering import drain, explain_waiting
from router.people import Presence
from router.rulebook import Rulebook
from router.timekeeping import catch_up
from router.turn import Turn
from router.waiting import announced, hand_round, has_no_room, move, sent_on, turned_away, watched


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
        explain_waiting(turn, waiting)


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
