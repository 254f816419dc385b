"""The triage bot: it answers what it knows, asks for what a line needs, hands over, and never talks over a person."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from router import conversation as steps
from router.effects import AskTriage
from router.model import BotMemory, Conversation, Handoff, Message, State, Understanding
from router.queueing import enqueue
from router.rules import IntentRules
from router.turn import Turn
from router.waiting import move


def listen(turn: Turn, conversation: Conversation, message: Message) -> None:
    """Have the triage engine look at what the client wrote; a file without words goes to a person."""
    if message.album and message.album == conversation.bot.album:
        _hear_out(turn, conversation)
        return
    conversation = replace(conversation, bot=replace(conversation.bot, album=message.album))
    if not message.text.strip():
        hand_over(turn, conversation, "low_confidence")
        return
    due = conversation.timers.get(steps.TRIAGE, turn.now + turn.book.rules.triage.timeout)
    memory = replace(conversation.bot, pending=message.id)
    turn.save(steps.with_timer(replace(conversation, bot=memory), steps.TRIAGE, due))
    turn.effects.append(AskTriage(conversation.id, message.id, message.text, _tongue(turn, conversation)))


def _hear_out(turn: Turn, conversation: Conversation) -> None:
    """Take in one more part of an album that is, or was, answered already."""
    answered = not conversation.bot.pending
    turn.save(_silent(turn, conversation) if answered else conversation)


def hear(turn: Turn, conversation: Conversation, message: str, result: Understanding | None) -> None:
    """Act on what the engine made of `message`, unless something newer has overtaken it."""
    if conversation.state is State.QUEUED and conversation.bot.pending == message:
        _answer_meanwhile(turn, conversation, result)
    if conversation.state is not State.TRIAGE or conversation.bot.pending != message:
        return
    memory = replace(conversation.bot, pending="")
    conversation = steps.with_timer(replace(conversation, bot=memory), steps.TRIAGE, None)
    if result is None:
        hand_over(turn, conversation, "triage_failed")
        return
    slots = {**memory.slots, **result.slots}
    conversation = replace(conversation, bot=replace(memory, slots=slots))
    if result.wants_person:
        hand_over(turn, conversation, "asked_for_person", result)
    elif memory.asking in slots:
        _continue(turn, conversation, memory.intent, result)
    elif memory.asking and not (result.band == "sure" and result.intent != memory.intent):
        _ask_again(turn, conversation, result)
    else:
        _act(turn, conversation, result)


def listen_meanwhile(turn: Turn, conversation: Conversation, message: Message) -> None:
    """Have the engine look at what a client wrote who waits for a closed line to open; once for an album."""
    if message.album and message.album == conversation.bot.album:
        turn.save(conversation)
        return
    memory = replace(conversation.bot, pending=message.id, album=message.album)
    turn.save(replace(conversation, bot=memory))
    turn.effects.append(AskTriage(conversation.id, message.id, message.text, _tongue(turn, conversation)))


def _answer_meanwhile(turn: Turn, conversation: Conversation, result: Understanding | None) -> None:
    """Answer what the bot is sure about, and keep the client's place in the queue."""
    step = replace(conversation, bot=replace(conversation.bot, pending=""))
    rules = turn.book.rules.triage.intents.get(result.intent if result else "", IntentRules())
    if result and result.band == "sure" and not result.wants_person and rules.do != "handoff":
        step = turn.say(step, _own_answer(turn, step, rules) or result.answer)
    turn.save(step)


def _act(turn: Turn, conversation: Conversation, result: Understanding) -> None:
    if result.band == "sure":
        _continue(turn, conversation, result.intent, result)
    elif result.band == "unsure":
        hand_over(turn, conversation, "low_confidence", result)
    else:
        _miss(turn, conversation, _say(turn, conversation, "client.not_understood"), result)


def _ask_again(turn: Turn, conversation: Conversation, result: Understanding) -> None:
    again = turn.book.prompts.again(conversation.bot.asking, _tongue(turn, conversation))
    _miss(turn, conversation, again, result)


def _miss(turn: Turn, conversation: Conversation, text: str, result: Understanding) -> None:
    misses = conversation.bot.misses + 1
    conversation = replace(conversation, bot=replace(conversation.bot, misses=misses))
    if misses >= turn.book.rules.triage.misses:
        hand_over(turn, conversation, "misses", result)
    else:
        _answer(turn, conversation, text)


def _continue(turn: Turn, conversation: Conversation, intent: str, result: Understanding) -> None:
    """Do what the rules want for an intent: ask for what is missing, answer, or hand over."""
    rules = turn.book.rules.triage.intents.get(intent, IntentRules())
    memory = conversation.bot
    missing = next((slot for slot in rules.ask if slot not in memory.slots), "")
    tried = memory.tried if memory.tried[-1:] == (intent,) else (*memory.tried, intent)
    memory = replace(memory, asking=missing, intent=intent, tried=tried)
    conversation = replace(conversation, bot=memory)
    answer = _own_answer(turn, conversation, rules) or (result.answer if result.intent == intent else "")
    if missing:
        _answer(turn, conversation, turn.book.prompts.ask(missing, _tongue(turn, conversation)))
    elif answer and (rules.do == "answer" or (rules.do is None and not rules.ask)):
        _answer(turn, replace(conversation, bot=replace(memory, misses=0, intent="")), answer)
    else:
        hand_over(turn, conversation, "slots_filled" if rules.ask else "routed", result, line=rules.line)


def _own_answer(turn: Turn, conversation: Conversation, rules: IntentRules) -> str:
    answers: Mapping[str, str] = {str(key): text for key, text in rules.answer.items()}
    return answers.get(_tongue(turn, conversation)) or answers.get(turn.book.rules.language, "")


def _answer(turn: Turn, conversation: Conversation, text: str) -> None:
    """Say something and wait; a client who stays silent ends the conversation like with an operator."""
    turn.save(_silent(turn, turn.say(conversation, text)))


def _silent(turn: Turn, conversation: Conversation) -> Conversation:
    """Return a conversation that ends when its client says nothing for too long."""
    auto = turn.book.line(conversation.line).auto_close
    return steps.with_timer(conversation, steps.CLOSE, turn.now + auto.after if auto else None)


def hand_over(
    turn: Turn, conversation: Conversation, reason: str, result: Understanding | None = None, *, line: str | None = None
) -> None:
    """Give the floor away: queue the conversation with what the bot found out, on another line if the rules say so."""
    memory = conversation.bot
    packet = Handoff(
        reason=reason,
        intent=memory.intent or (result.intent if result else ""),
        confidence=result.confidence if result else 0.0,
        slots=memory.slots,
        tried=memory.tried,
    )
    handed = replace(conversation, handoff=packet, bot=BotMemory())
    handed = turn.happened(handed, f"handoff_{reason}")
    if line and line != conversation.line:
        move(turn, handed, line)
    else:
        enqueue(turn, handed)


def _say(turn: Turn, conversation: Conversation, key: str) -> str:
    return turn.book.catalog.say(_tongue(turn, conversation), key)


def _tongue(turn: Turn, conversation: Conversation) -> str:
    return turn.book.language(conversation.language)
