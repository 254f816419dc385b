"""What becomes of clients who wait for a person: their place, what they are told, and when they need not wait here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from router import conversation as steps
from router.catalog import filled
from router.effects import Move
from router.model import Conversation
from router.opening import in_words, zone_named
from router.rulebook import Rulebook
from router.turn import Turn

#: what is told about how long it takes comes from so many who were served, or more
_ENOUGH = 3
_MINUTE = timedelta(minutes=1)


def expectation(turn: Turn, line: str) -> str:
    """Return which text tells a client of a line what to expect: a person soon, nobody now, or the line's hours."""
    if not turn.book.is_open(line, turn.now):
        return "out_of_hours"
    if line == turn.desk.line and turn.desk.paused:
        return "nobody"
    operators = turn.book.line(line).operators
    at_work = any(turn.roster.at_work(name, turn.book, turn.now) for name in operators)
    return "queued" if at_work else "nobody"


def announced(turn: Turn, conversation: Conversation) -> Conversation:
    """Tell the client, once, what to expect."""
    key = expectation(turn, conversation.line)
    if key in conversation.said:
        return conversation
    step = replace(conversation, said=(*conversation.said, key))
    if key == "queued" and turn.book.line(conversation.line).queue.tell_position:
        if conversation.line != turn.desk.line:
            return conversation  # the line that it goes to knows its place
        if not turn.pool.free:
            return _told_place(turn, step)
    if key == "out_of_hours":
        return turn.say(step, _closed(turn.book, step, turn.now))
    return turn.say(step, turn.book.text(step.line, key, step.language))


def _closed(book: Rulebook, conversation: Conversation, now: datetime) -> str:
    """Return what a client of a line that is closed is told: with when it opens, on their own clock if we know it."""
    line, tag = conversation.line, conversation.language
    opens, own = book.opens(line, now), book.line(line).texts.out_of_hours
    if opens is None or own == "":
        return book.text(line, "out_of_hours", tag)
    # Nobody knows which language a text of the line's own is in: the business's is the best guess.
    language = book.language(tag if own is None else "")
    hours, theirs = book.line(line).hours, zone_named(conversation.timezone)
    zone = theirs or (hours.zone if hours else UTC)
    when = in_words(book.catalog, language, opens, now, zone, named=theirs is None)
    if own is not None:
        return filled(own, {"opens": when})
    return book.catalog.say(language, "client.out_of_hours_until", opens=when)


def _told_place(turn: Turn, conversation: Conversation) -> Conversation:
    """Tell the client their place, and how long it takes when that is known, unless they know it."""
    place = turn.desk.ahead_of(conversation) + 1
    if place == conversation.told_place:
        return conversation
    wait = expected_wait(turn, place)
    values = {"place": str(place)} | ({} if wait is None else {"minutes": str(max(1, round(wait / _MINUTE)))})
    key = "position" if wait is None else "position_and_wait"
    text = turn.book.text(conversation.line, key, conversation.language, **values)
    return turn.say(replace(conversation, told_place=place), text)


def expected_wait(turn: Turn, place: int) -> timedelta | None:
    """Return how long whoever is at a place of the queue waits, as the latest were served; None when not known."""
    served = turn.desk.served
    if len(served) < _ENOUGH:
        return None
    return (turn.now - served[0]) / len(served) * place


def watched(turn: Turn, conversation: Conversation) -> Conversation:
    """Set the timer at which a conversation in the queue is looked at again because of how long it waits."""
    return steps.with_timer(conversation, steps.QUEUE, _look_at(turn, conversation))


def _look_at(turn: Turn, conversation: Conversation) -> datetime | None:
    """Return when that is; while the line is closed, when it opens."""
    rules, since, times = turn.book.line(conversation.line).queue, conversation.queued_at or turn.now, []
    if rules.max_wait is not None and conversation.line not in conversation.overflowed:
        times.append(since + rules.max_wait)
    if rules.call_back_after is not None and not conversation.call_back:
        times.append(since + rules.call_back_after)
    if rules.tell_position and rules.tell_every is not None and conversation.call_back != "wanted":
        times.append(turn.now + rules.tell_every)
    if times and not turn.book.is_open(conversation.line, turn.now):
        return turn.book.opens(conversation.line, turn.now)
    return min(times, default=None)


def waits_on(turn: Turn, conversation: Conversation) -> None:
    """Do what is due for a conversation because of how long it has been in the queue."""
    rules = turn.book.line(conversation.line).queue
    if not turn.book.is_open(conversation.line, turn.now):
        turn.save(watched(turn, conversation))
        return
    waited = turn.now - (conversation.queued_at or turn.now)
    if rules.max_wait is not None and waited >= rules.max_wait and conversation.line not in conversation.overflowed:
        if overflow(turn, conversation):
            return
        conversation = turned_away(turn, conversation)
    if rules.call_back_after is not None and waited >= rules.call_back_after and not conversation.call_back:
        conversation = _offer_call_back(turn, conversation)
    elif rules.tell_position and conversation.call_back != "wanted":
        conversation = _told_place(turn, conversation)
    turn.save(watched(turn, conversation))


def has_no_room(turn: Turn, conversation: Conversation) -> bool:
    """Return whether the queue is full and nobody is free either; a line that is closed has room for everybody."""
    limit = turn.book.line(conversation.line).queue.limit
    full = limit is not None and turn.desk.waiting >= limit and conversation.line not in conversation.overflowed
    return full and turn.book.is_open(conversation.line, turn.now) and not turn.pool.free


def turned_away(turn: Turn, conversation: Conversation) -> Conversation:
    """Tell the client that it will take long: here, and nowhere else, they wait."""
    step = replace(conversation, overflowed=(*conversation.overflowed, conversation.line))
    return turn.say(step, turn.book.text(step.line, "busy", step.language))


def sent_on(turn: Turn, conversation: Conversation) -> bool:
    """Let a conversation that has come to this line wait on another one where that is due; return whether it does."""
    return hand_round(turn, conversation) or (has_no_room(turn, conversation) and overflow(turn, conversation))


def overflow(turn: Turn, conversation: Conversation) -> bool:
    """Move a conversation to the line that takes over, once; return whether there is one that it has not left so."""
    target = turn.book.line(conversation.line).queue.overflow
    if target is None or target in conversation.overflowed or target not in turn.book.rules.lines:
        return False
    step = replace(conversation, overflowed=(*conversation.overflowed, conversation.line))
    move(turn, turn.happened(step, "overflowed", to=turn.book.line(target).name), target)
    return True


def open_line(turn: Turn, line: str) -> str:
    """Return the line that is at work while `line` is closed; empty when there is none, or it is open itself."""
    if turn.book.is_open(line, turn.now):
        return ""
    others = turn.book.line(line).out_of_hours.hand_to
    return next((name for name in others if name != line and turn.book.is_open(name, turn.now)), "")


def hand_round(turn: Turn, conversation: Conversation) -> bool:
    """Move a conversation that waits on a closed line to the one that is at work; return whether there is one."""
    target = open_line(turn, conversation.line)
    if target:
        move(turn, turn.happened(conversation, "handed_round", to=turn.book.line(target).name), target)
    return bool(target)


def move(turn: Turn, conversation: Conversation, line: str) -> None:
    """Give a conversation to another line's lane, and tell the client what to expect there."""
    fresh = replace(steps.queued(conversation, turn.now), line=line, passed={}, said=(), told_place=0)
    turn.effects.append(Move(turn.save(announced(turn, fresh))))
    turn.desk.drop(conversation.id)


def _offer_call_back(turn: Turn, conversation: Conversation) -> Conversation:
    question = turn.book.text(conversation.line, "call_back", conversation.language)
    choices = (_own(turn, conversation, "call_back_yes"), _own(turn, conversation, "call_back_no"))
    return turn.say(replace(conversation, call_back="asked"), question, choices=choices)


def answers_call_back(turn: Turn, conversation: Conversation, text: str) -> Conversation:
    """Note that a client who was asked wants to be called back; their place in the queue is kept."""
    yes = _own(turn, conversation, "call_back_yes").casefold()
    if conversation.call_back != "asked" or text.strip().casefold() != yes:
        return conversation
    wanted = replace(conversation, call_back="wanted")
    step = turn.happened(wanted, "call_back_wanted")
    return turn.say(step, turn.book.text(step.line, "called_back", step.language))


def _own(turn: Turn, conversation: Conversation, key: str) -> str:
    return turn.book.catalog.say(turn.book.language(conversation.language), f"client.{key}")
