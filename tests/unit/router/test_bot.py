"""The bot: it answers, asks, hands over, and is silent once a person is there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from router.effects import AskTriage
from router.events import Take, TriageAnswered
from router.media import Attachment
from router.model import AuthorKind, Conversation, State, Understanding
from router.people import Presence
from tests.unit.router.engine import SLOW
from tests.unit.router.shops import PERSON, scripted, shop, slots_only, staffed, sure, two_lines, unsure
from tests.unit.router.world import World

INTENTS: Mapping[str, Any] = {
    "status": {"ask": ["order", "email"]},
    "refund": {"do": "handoff"},
    "greeting": {"answer": {"en": "Good day!", "ru": "Добрый день!"}},
    "silent": {"do": "answer"},
}
NOT_UNDERSTOOD = "Sorry, I did not quite get that."


def bot(**answers: Understanding | str | None) -> World:
    """Return a staffed shop whose bot understands these texts."""
    return staffed(shop(triage={"intents": INTENTS}), triage=scripted(**answers))


def handed(world: World) -> str:
    """Return why the bot handed over."""
    conversation = world.conversation()
    assert conversation.state is State.OFFERED
    assert conversation.handoff is not None
    assert f"handoff_{conversation.handoff.reason}" in world.happened(conversation)
    return conversation.handoff.reason


def test_it_answers_what_the_catalogue_knows() -> None:
    """An answer keeps the floor with the bot, and the client may go on."""
    world = bot(hours=sure("hours", "From nine to six."))
    conversation = world.says("hours")
    assert world.heard() == ["From nine to six."]
    assert (conversation.state, conversation.offered, conversation.timers) == (State.TRIAGE, (), {})


def test_an_answer_in_the_rules_comes_before_the_catalogues() -> None:
    """In the client's language, or else in the business's."""
    world = bot(hi=sure("greeting", "Hello from the catalogue."))
    world.says("hi", "c1", language="ru")
    world.says("hi", "c2", language="de")
    assert (world.heard("c1"), world.heard("c2")) == (["Добрый день!"], ["Good day!"])


def test_it_asks_for_everything_a_line_needs_and_hands_over_with_it() -> None:
    """One question at a time; what the client already said is not asked again."""
    world = bot(where=sure("status"), number=slots_only(order="48213"), mail=slots_only(email="z@example.org"))
    world.says("where")
    assert world.heard() == ["en: your order?"]
    world.says("number")
    assert world.heard()[-1] == "en: your email?"
    world.says("mail")
    assert handed(world) == "slots_filled"
    packet = world.conversation().handoff
    assert packet is not None
    assert packet.slots == {"order": "48213", "email": "z@example.org"}
    assert (packet.intent, packet.tried) == ("status", ("status",))


def test_what_was_said_at_once_is_not_asked() -> None:
    """All slots in the first message leave nothing to ask."""
    world = bot(where=sure("status", order="48213", email="z@example.org"))
    world.says("where")
    assert handed(world) == "slots_filled"


def test_an_answer_without_the_slot_is_asked_again_and_then_handed_over() -> None:
    """Two misses are enough."""
    world = bot(where=sure("status"))
    world.says("where")
    world.says("no idea")
    assert world.heard()[-1] == "en: I need your order."
    world.says("really")
    assert handed(world) == "misses"


def test_another_clear_wish_interrupts_the_question() -> None:
    """Whoever asks something else while a number is asked for gets that."""
    world = bot(where=sure("status"), hours=sure("hours", "From nine to six."), number=slots_only(order="1"))
    world.says("where")
    world.says("hours")
    assert world.heard()[-1] == "From nine to six."
    assert world.conversation().bot.asking == ""


def test_it_hands_over_on_request() -> None:
    """Even in the middle of a question."""
    world = bot(where=sure("status"), please=PERSON)
    world.says("where")
    world.says("please")
    assert handed(world) == "asked_for_person"


def test_it_hands_over_when_unsure_with_what_it_thought() -> None:
    """The packet names what the doubt was about, not what had been answered before."""
    world = bot(hours=sure("hours", "From nine to six."), hm=unsure("refund"))
    world.says("hours")
    world.says("hm")
    assert handed(world) == "low_confidence"
    packet = world.conversation().handoff
    assert packet is not None
    assert (packet.intent, packet.confidence, packet.tried) == ("refund", 0.4, ("hours",))


def test_it_asks_once_to_put_it_another_way_and_then_hands_over() -> None:
    """Two misses in a row; an answer in between begins anew."""
    world = bot(hours=sure("hours", "From nine to six."))
    world.says("blah")
    assert world.heard()[0].startswith(NOT_UNDERSTOOD)
    world.says("hours")
    world.says("blah")
    assert world.conversation().state is State.TRIAGE
    world.says("blah blah")
    assert handed(world) == "misses"


def test_the_number_of_misses_is_a_rule() -> None:
    """One miss, if the admin wants so."""
    world = staffed(shop(triage={"misses": 1}), triage=scripted())
    world.says("blah")
    assert handed(world) == "misses"


def test_a_failing_engine_hands_over_at_once() -> None:
    """The client is never left with a broken bot."""
    world = bot(boom=None)
    world.says("boom")
    assert handed(world) == "triage_failed"


def test_a_slow_engine_hands_over_after_its_time_and_its_answer_comes_too_late() -> None:
    """Two seconds, then a person; what the engine says afterwards is not said to the client."""
    world = bot(slow=SLOW)
    conversation = world.says("slow")
    message = world.kept.of(conversation.id)[0]
    world.advance(timedelta(seconds=1.9))
    assert world.conversation().state is State.TRIAGE
    world.advance(timedelta(seconds=0.1))
    assert handed(world) == "triage_failed"
    before = world.conversation()
    world.post(TriageAnswered("hub:late", conversation.id, message.id, sure("hours", "From nine to six.")))
    world.settle()
    assert world.conversation() == before


def test_the_time_runs_from_the_first_unanswered_message() -> None:
    """Whoever keeps writing does not keep waiting."""
    world = bot(slow=SLOW)
    world.says("slow")
    world.advance(timedelta(seconds=1.5))
    world.says("slow")
    world.advance(timedelta(seconds=0.5))
    assert handed(world) == "triage_failed"


def test_an_answer_to_an_overtaken_message_is_dropped() -> None:
    """Only the newest message is answered."""
    world = bot(slow=SLOW, hours=sure("hours", "From nine to six."))
    conversation = world.says("slow")
    first = world.kept.of(conversation.id)[0]
    world.receive(world.client_message("slow"))
    world.settle()
    world.post(TriageAnswered("hub:late", conversation.id, first.id, sure("hours", "Too late.")))
    world.settle()
    assert world.heard() == []


@pytest.mark.parametrize("text", ["", "   \n"])
def test_a_file_without_words_goes_to_a_person(text: str) -> None:
    """The bot reads texts only."""
    world = bot()
    world.says(text, attachments=(Attachment("f1", "photo.png", "image/png", 10),))
    assert handed(world) == "low_confidence"


def test_an_intent_for_people_goes_to_people() -> None:
    """Some wishes are not for bots, even when the catalogue has an answer; others have none to give."""
    for understood in (sure("refund", "Sorry."), sure("silent"), sure("unheard_of")):
        world = bot(wish=understood)
        world.says("wish")
        assert handed(world) == "routed"
        assert "Sorry." not in world.heard()


def test_an_intent_may_belong_to_another_line() -> None:
    """The other line gets the conversation with the packet, and the client hears what to expect there."""
    rules = two_lines({"triage": True}) | {"triage": {"intents": {"broken": {"line": "support"}}}}
    world = staffed(rules, "ann", triage=scripted(broken=sure("broken", order="1")))
    conversation = world.says("broken")
    assert (conversation.line, conversation.offered) == ("support", ("bob",))
    assert conversation.handoff is not None
    assert (conversation.handoff.reason, conversation.handoff.slots) == ("routed", {"order": "1"})
    assert [text.split(",")[0] for text in world.heard()] == ["One moment please"]


def test_it_never_speaks_once_a_person_holds_the_floor() -> None:
    """An operator may step in while the engine thinks; what it finds then is kept to itself."""
    world = bot(slow=SLOW)
    conversation = world.says("slow")
    message = world.kept.of(conversation.id)[0]
    assert world.does(Take, conversation, "ann") == ""
    world.post(TriageAnswered("hub:late", conversation.id, message.id, sure("hours", "From nine to six.")))
    world.settle()
    world.says("hello?")
    world.advance(timedelta(minutes=1))
    assert world.heard() == []
    assert world.conversation().operator == "ann"


def test_a_crash_while_the_engine_thinks_ends_with_a_person() -> None:
    """The question to the engine died with the process; the timer did not."""
    world = bot(hours=sure("hours", "From nine to six."))
    world.receive(world.client_message("hours"))
    world.decide_all()
    world.commit()
    world.start()
    world.settle()
    assert world.conversation().state is State.TRIAGE
    world.advance(timedelta(seconds=2))
    assert handed(world) == "triage_failed"


def test_a_client_who_falls_silent_before_the_bot_is_closed_like_any_other() -> None:
    """Auto-close counts from the bot's last words, and stops when the client writes."""
    rules = shop(triage={"intents": INTENTS}, auto_close={"after": "1h"})
    world = staffed(rules, triage=scripted(hours=sure("hours", "From nine to six.")))
    world.says("hours")
    world.advance(timedelta(minutes=59))
    world.says("hours")
    world.advance(timedelta(minutes=59))
    assert world.conversation().state is State.TRIAGE
    world.advance(timedelta(minutes=1))
    assert world.conversation().closed_by == "silence"


def test_it_asks_the_engine_in_the_clients_language() -> None:
    """What is not spoken falls back to the business's language."""
    asked: list[AskTriage] = []

    def listening(question: AskTriage) -> Understanding:
        asked.append(question)
        return Understanding("", 0.0)

    world = staffed(shop(triage={"intents": INTENTS}), triage=listening)
    world.says("привет", "c1", language="ru-RU")
    world.says("hallo", "c2", language="de")
    assert [(question.text, question.language) for question in asked] == [("привет", "ru"), ("hallo", "en")]


def test_the_bots_words_are_the_assistants() -> None:
    """The client is not made to believe that a person wrote them."""
    world = bot(hours=sure("hours", "From nine to six."))
    conversation: Conversation = world.says("hours")
    said = world.kept.of(conversation.id)[-1]
    assert (said.author.kind, said.author.name) == (AuthorKind.BOT, "Assistant")
    assert [delivery.message for delivery in world.kept.deliveries.values()] == [said.id]


def test_with_nobody_there_the_bot_still_answers() -> None:
    """The bot has no hours."""
    world = bot(hours=sure("hours", "From nine to six."))
    world.presence(Presence.AWAY, "ann", "bob", "eve")
    world.says("hours")
    assert world.heard() == ["From nine to six."]
