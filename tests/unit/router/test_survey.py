"""The form after silence: it is asked question by question, answers are kept, and nobody is trapped in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from router.events import Close, Reopen
from router.forms import Answer
from router.media import Attachment
from router.model import Conversation, State
from tests.unit.router.shops import answered, ended, opened, scripted, shop, staffed
from tests.unit.router.world import World

HOUR = timedelta(hours=1)
HELPED = {"ask": {"en": "Did we help?", "ru": "Мы помогли?"}, "choices": {"en": ["Yes", "No"], "ru": ["Да", "Нет"]}}
BETTER = {"ask": "What could be better?"}
THANKS = "Thank you for your answers!"


def silent(*form: Any, language: str = "", **line: Any) -> World:
    """Return a world in which a client has been answered, fell silent, and is asked the first question."""
    auto = {"after": "1h", "text": {"en": "Bye.", "ru": "Пока."}, "form": form or (HELPED, BETTER)}
    world = staffed(shop(auto_close=auto, reopen_within="0s", **line))
    if language:
        world.says("привет", language=language)
    answered(world)
    world.advance(HOUR)
    return world


def given(conversation: Conversation) -> tuple[Answer, ...]:
    """Return what a client has answered."""
    assert conversation.survey is not None, "they were asked"
    return conversation.survey.given


def choices(world: World) -> tuple[str, ...]:
    """Return the quick answers of what the client was told last."""
    return [each for each in world.kept.messages.values() if each.visible][-1].choices


def test_questions_are_asked_one_after_the_other_and_answers_are_shown_to_staff() -> None:
    world = silent()
    assert world.heard()[-2:] == ["Bye.", "Did we help?"]
    assert world.says(" yes ").state is State.CLOSED
    assert world.heard()[-1] == "What could be better?"
    conversation = world.says("Faster parcels")
    assert (conversation.state, conversation.closed_by) == (State.CLOSED, "silence")
    assert given(conversation) == (Answer("Did we help?", "yes"), Answer("What could be better?", "Faster parcels"))
    assert world.heard()[-1] == THANKS
    assert world.happened(conversation)[-2:] == ["survey_answered", "survey_answered"]
    told = [m.data for m in world.kept.of(conversation.id) if m.text == "survey_answered"]
    assert told[0] == {"question": "Did we help?", "answer": "yes"}
    assert world.load("ann") == 0


def test_the_form_speaks_the_clients_language_with_its_quick_answers() -> None:
    world = silent(language="ru-RU")
    assert world.heard()[-2:] == ["Пока.", "Мы помогли?"]
    assert choices(world) == ("Да", "Нет")
    world.says("Да", language="ru-RU")
    assert choices(world) == ("Пропустить",)


@pytest.mark.parametrize("word", ["/skip", "Skip", " /SKIP "])
def test_a_question_can_be_left_out(word: str) -> None:
    """Who leaves all of them out is not thanked for answers, and is not asked again."""
    world = silent()
    world.says(word)
    assert world.heard()[-1] == "What could be better?"
    conversation = world.says(word)
    assert (given(conversation), conversation.state) == ((), State.CLOSED)
    assert THANKS not in world.heard()
    assert world.says("hello again").id != conversation.id


@pytest.mark.parametrize("text", ["Maybe", "Yes, but where is my order", "Yes?"])
def test_other_words_than_the_choices_continue_the_conversation(text: str) -> None:
    world = silent()
    first = world.conversation()
    conversation = world.says(text)
    assert (conversation.id, conversation.state) == (first.id, State.OFFERED)
    assert given(conversation) == ()


@pytest.mark.parametrize("text", ["Where is my order?", "/start"])
def test_a_question_in_return_is_no_answer(text: str) -> None:
    world = silent(BETTER)
    assert world.says(text).state is State.OFFERED


def test_a_file_is_no_answer() -> None:
    world = silent(BETTER)
    photo = Attachment("f1", "dent.png", "image/png", 10)
    assert world.says("Look at this", attachments=(photo,)).state is State.OFFERED


def test_a_question_stands_for_a_day_from_when_it_was_asked() -> None:
    """To the last moment before; each question has its own day."""
    world = silent()
    world.advance(24 * HOUR - timedelta(seconds=1))
    first = world.says("No")
    world.advance(24 * HOUR)
    later = world.says("Parcels")
    assert given(first) == (Answer("Did we help?", "No"),)
    assert (later.id != first.id, later.state) == (True, State.OFFERED)


def test_whoever_wrote_again_is_not_asked_again() -> None:
    """What they have answered stays, and the form does not come back when the next silence closes it."""
    world = silent()
    world.says("Yes")
    conversation = world.says("Wait, where is my order?")
    assert conversation.state is State.OFFERED
    opened_again = opened(world)
    assert given(opened_again) == (Answer("Did we help?", "Yes"),)
    assert world.does(Close, opened_again, "ann") == ""
    world.says("Faster parcels")
    assert given(world.now_of(opened_again)) == (Answer("Did we help?", "Yes"),)


def test_an_operator_who_reopens_it_ends_the_form() -> None:
    world = silent()
    assert world.does(Reopen, world.conversation(), "ann") == ""
    conversation = world.says("Yes")
    assert (conversation.state, given(conversation)) == (State.OPEN, ())


def test_who_was_answered_by_nobody_or_ended_it_otherwise_is_not_asked() -> None:
    """A conversation closed by hand asks for a rating; the bot's own conversations just end."""
    auto = {"after": "1h", "form": [BETTER]}
    world = staffed(shop(auto_close=auto))
    ended(world)
    assert BETTER["ask"] not in world.heard()
    alone = staffed(shop(triage={"intents": {}}, auto_close=auto), triage=scripted())
    alone.says("gibberish")
    alone.advance(HOUR)
    assert alone.conversation().closed_by == "silence"
    assert BETTER["ask"] not in alone.heard()


def test_a_form_that_is_shortened_meanwhile_ends_with_what_was_answered() -> None:
    world = silent()
    world.book = World(shop(auto_close={"after": "1h"}, reopen_within="0s")).book
    conversation = world.says("Yes")
    assert given(conversation) == (Answer("Did we help?", "Yes"),)
    assert world.heard()[-1] == THANKS
    assert world.says("Good day").id != conversation.id
