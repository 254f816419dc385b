"""The form that a client is asked, question by question, after silence has closed their conversation.

Nobody is trapped in it. An answer is taken until `Survey.until`. Of a question with choices only these are answers; of
one without, any words that do not themselves ask something. `/skip`, or its quick answer, leaves a question out.
Whatever else the client writes ends the form and continues the conversation.
"""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from router.client_events import ClientMessage
from router.forms import Answer, Survey
from router.lines import Question, worded
from router.model import Conversation, State
from router.turn import Turn

_SKIP = "/skip"
#: characters of an answer that are kept with the conversation; the message has them all
_KEPT = 500
_ASKING = ("?", "\N{FULLWIDTH QUESTION MARK}", "\N{ARABIC QUESTION MARK}")


def stands(conversation: Conversation, now: datetime) -> bool:
    """Return whether a closed conversation's client has been asked something, and it is not too late to answer."""
    it = conversation.survey
    return conversation.state is State.CLOSED and it is not None and it.until is not None and now < it.until


def ask_first(turn: Turn, conversation: Conversation) -> Conversation:
    """Ask the line's first question, unless there is none, no person had answered, or the client has been asked."""
    if conversation.answered_at is None or conversation.survey is not None:
        return conversation
    return _ask(turn, conversation, Survey())


def answers(turn: Turn, conversation: Conversation, event: ClientMessage) -> bool:
    """Return whether a message answers the question that stands, or leaves it out."""
    it, said = conversation.survey, _plain(event.text)
    if it is None or not stands(conversation, turn.now) or event.attachments or not said:
        return False
    if _skips(turn, conversation, said):
        return True
    if it.choices:
        return said in map(_plain, it.choices)
    return not said.endswith(_ASKING) and not said.startswith("/")


def take(turn: Turn, conversation: Conversation, text: str) -> None:
    """Keep what `answers` has found to be an answer, and ask the next question or thank."""
    it = conversation.survey or Survey()
    step = conversation
    if not _skips(turn, conversation, text):
        answer = Answer(it.asking, text.strip()[:_KEPT])
        it = replace(it, given=(*it.given, answer))
        step = turn.happened(step, "survey_answered", question=answer.question, answer=answer.text)
    turn.save(_ask(turn, step, it))


def ended(conversation: Conversation) -> Conversation:
    """Return a conversation that goes on, whose client is asked no more; what they answered stays."""
    it = conversation.survey
    return replace(conversation, survey=replace(it, until=None, asking="", choices=())) if it else conversation


def _ask(turn: Turn, conversation: Conversation, it: Survey) -> Conversation:
    """Ask the question after those that were asked; after the last one, thank whoever answered any."""
    auto = turn.book.line(conversation.line).auto_close
    if auto is None or it.asked >= len(auto.form):
        step = ended(replace(conversation, survey=it)) if it.asked else conversation
        return turn.say(step, _own(turn, step, "survey_thanks")) if it.given else step
    text, choices = _worded(turn, conversation, auto.form[it.asked])
    until = turn.now + auto.answer_within
    asked = replace(conversation, survey=Survey(it.given, it.asked + 1, text, choices, until))
    return turn.say(asked, text, choices=choices or (_own(turn, conversation, "survey_skip"),))


def _worded(turn: Turn, conversation: Conversation, question: Question) -> tuple[str, tuple[str, ...]]:
    tag, default = conversation.language, turn.book.rules.language
    return worded(question.ask, tag, default), worded(question.choices, tag, default)


def _skips(turn: Turn, conversation: Conversation, text: str) -> bool:
    """Return whether a text leaves a question out: as a command, or as the quick answer that offers it."""
    return _plain(text) in {_SKIP, _plain(_own(turn, conversation, "survey_skip"))}


def _own(turn: Turn, conversation: Conversation, key: str) -> str:
    return turn.book.catalog.say(turn.book.language(conversation.language), f"client.{key}")


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
