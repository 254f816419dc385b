"""Clients: where what they write goes, and how a conversation begins, goes on and ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from router.client_events import ClientEnded, ClientRated
from router.events import Close, Reply, Take
from router.media import Attachment
from router.model import AuthorKind, Conversation, MessageKind, Rating, State
from router.people import Presence
from tests.unit.router.shops import answered, ended, shop, staffed
from tests.unit.router.world import CHANNEL, World

HOUR = timedelta(hours=1)
QUESTION = "How did we do? Please rate this conversation from 1 to 5."


def rate(world: World, score: int, comment: str = "") -> Conversation:
    """Let the client press a rating."""
    world.receive(ClientRated(world.fresh_id(), CHANNEL, "c1", score, world.now, comment))
    world.settle()
    return world.conversation()


def test_the_first_message_begins_a_conversation_and_a_card() -> None:
    """What the platform tells about the sender is kept on the card."""
    world = staffed(shop())
    conversation = world.says("hello", name="Zed", language="ru-RU")
    client = world.kept.clients["webchat:site:c1"]
    assert (client.name, client.language, client.identities) == ("Zed", "ru-RU", ("webchat:site:c1",))
    assert (conversation.client, conversation.client_name, conversation.line) == (client.id, "Zed", "sales")
    first = world.kept.of(conversation.id)[0]
    assert (first.n, first.text, first.author.kind) == (1, "hello", AuthorKind.CLIENT)


def test_the_next_messages_continue_it() -> None:
    """One chat has one running conversation."""
    world = staffed(shop())
    conversation = world.says("hello")
    assert world.says("are you there?").id == conversation.id
    assert world.conversation().client_n == world.conversation().n


def test_two_chats_are_two_conversations() -> None:
    """Chats do not know of each other."""
    world = staffed(shop())
    assert world.says("hello", "c1").id != world.says("hello", "c2").id


def test_an_update_that_comes_twice_is_decided_once() -> None:
    """A platform that repeats itself makes no second message."""
    world = staffed(shop())
    message = world.client_message("hello")
    for _ in range(2):
        world.receive(message)
        world.settle()
    assert [m.text for m in world.kept.messages.values() if m.author.kind is AuthorKind.CLIENT] == ["hello"]


def test_an_answer_to_an_answer_waits_for_the_operator() -> None:
    """Who owes whom an answer is the difference between open and waiting."""
    world = staffed(shop())
    assert answered(world).state is State.WAITING
    assert world.says("thanks, and?").state is State.OPEN


def test_writing_soon_after_the_end_reopens_it_with_the_former_operator_first() -> None:
    """Bob comes first on this line, but Ann knows this client."""
    world = staffed(shop({"bob": {}, "ann": {}}, reopen_within="12h"), "bob")
    former = ended(world)
    world.presence(Presence.AVAILABLE, "bob")
    world.advance(12 * HOUR - timedelta(seconds=1))
    again = world.says("one more thing")
    assert (again.id, again.state, again.offered) == (former.id, State.OFFERED, ("ann",))
    assert "reopened" in world.happened(again)
    assert again.closed_at is None


def test_writing_long_after_the_end_begins_a_new_one_with_the_former_operator_first() -> None:
    """The client is known, and so is who spoke with them."""
    world = staffed(shop({"bob": {}, "ann": {}}, reopen_within="12h"), "bob")
    former = ended(world)
    world.presence(Presence.AVAILABLE, "bob")
    world.advance(12 * HOUR)
    fresh = world.says("a new question")
    assert fresh.id != former.id
    assert (fresh.client, fresh.offered) == (former.client, ("ann",))


def test_reopening_can_be_switched_off() -> None:
    """With 0s, whatever comes after the end is new."""
    world = staffed(shop(reopen_within="0s"))
    former = ended(world)
    assert world.says("one more thing").id != former.id


def test_what_nobody_answered_is_not_reopened() -> None:
    """A conversation the client ended before anybody spoke is over."""
    world = staffed(shop())
    conversation = world.says("hello")
    world.receive(ClientEnded(world.fresh_id(), CHANNEL, "c1", world.now))
    world.settle()
    assert world.says("hello again").id != conversation.id


def test_the_client_may_end_it() -> None:
    """Ending frees whoever held it, says goodbye and asks for a rating when a person had answered."""
    world = staffed(shop(texts={"closed": "Goodbye!"}))
    answered(world)
    world.receive(ClientEnded(world.fresh_id(), CHANNEL, "c1", world.now))
    world.settle()
    conversation = world.conversation()
    assert (conversation.state, conversation.closed_by, conversation.timers) == (State.CLOSED, "client", {})
    assert world.load("ann") == 0
    assert world.heard()[-2:] == ["Goodbye!", QUESTION]
    assert list(world.kept.messages.values())[-2].kind is MessageKind.RATING


def test_ending_twice_or_ending_nothing_is_harmless() -> None:
    """A button pressed again changes nothing."""
    world = staffed(shop())
    for _ in range(2):
        world.receive(ClientEnded(world.fresh_id(), CHANNEL, "c1", world.now))
        world.settle()
    assert world.kept.conversations == {}
    former = ended(world)
    world.receive(ClientEnded(world.fresh_id(), CHANNEL, "c1", world.now))
    world.settle()
    assert world.conversation() == former


def test_no_rating_is_asked_where_nobody_answered_or_nobody_wants_it() -> None:
    """There is nothing to rate in a conversation that no person answered."""
    for rules in (shop(), shop(rating=False)):
        world = staffed(rules)
        conversation = world.says("hello")
        world.does(Take, conversation, "ann")
        if rules["lines"]["sales"].get("rating") is False:
            world.does(Reply, conversation, "ann", text="Hello!")
        world.does(Close, conversation, "ann")
        assert not world.conversation().rating_asked
        assert QUESTION not in world.heard()


def test_a_rating_by_button_is_kept_and_thanked_for_once() -> None:
    """A second press corrects the score; a comment that came before stays."""
    world = staffed(shop())
    ended(world)
    assert rate(world, 4, "quick").rating == Rating(4, "quick")
    assert rate(world, 5).rating == Rating(5, "quick")
    assert world.heard().count("Thank you for your rating!") == 1


def test_a_comment_may_follow_the_score() -> None:
    """First the stars, then the words."""
    world = staffed(shop())
    ended(world)
    rate(world, 5)
    assert rate(world, 5, "very kind").rating == Rating(5, "very kind")
    assert world.conversation().state is State.CLOSED


@pytest.mark.parametrize("text", ["5", " 3 ", "1\n"])
def test_a_bare_digit_answers_the_question_for_a_rating(text: str) -> None:
    """Messengers without buttons rate by writing; the message is kept like any other."""
    world = staffed(shop())
    former = ended(world)
    rated = world.says(text)
    assert (rated.id, rated.state, rated.rating) == (former.id, State.CLOSED, Rating(int(text)))
    spoken = [m.text for m in world.kept.of(rated.id) if m.author.kind is AuthorKind.CLIENT]
    assert spoken == ["hello", text]


@pytest.mark.parametrize("text", ["0", "6", "55", "5!", "٥", ""])
def test_other_words_are_no_rating(text: str) -> None:
    """Whatever else is written continues the conversation."""
    world = staffed(shop())
    ended(world)
    conversation = world.says(text)
    assert (conversation.rating, conversation.state) == (None, State.OFFERED)


def test_a_digit_with_a_picture_is_no_rating() -> None:
    """A photo of item 5 is a question."""
    world = staffed(shop())
    ended(world)
    photo = Attachment("f1", "item.png", "image/png", 10)
    assert world.says("5", attachments=(photo,)).rating is None


def test_only_the_first_digit_rates() -> None:
    """Once rated, a digit is a message again."""
    world = staffed(shop())
    ended(world)
    world.says("5")
    assert world.says("2").state is State.OFFERED
    assert world.conversation().rating == Rating(5)


def test_a_rating_nobody_asked_for_is_ignored() -> None:
    """While people talk there is nothing to rate yet, and no conversation has no rating."""
    world = staffed(shop())
    world.receive(ClientRated(world.fresh_id(), CHANNEL, "c1", 5, world.now))
    world.settle()
    answered(world)
    assert rate(world, 5).rating is None


def test_a_digit_in_a_running_conversation_is_a_message() -> None:
    """Five what?"""
    world = staffed(shop())
    answered(world)
    assert world.says("5").rating is None


def test_silence_is_not_asked_for_a_rating() -> None:
    """Somebody who has gone is not bothered."""
    world = staffed(shop(auto_close={"after": "1h"}))
    answered(world)
    world.advance(HOUR)
    assert world.conversation().closed_by == "silence"
    assert QUESTION not in world.heard()


def test_the_texts_speak_the_clients_language() -> None:
    """And a stranger's language is the business's own."""
    world = staffed(shop())
    world.says("привет", "c1", language="ru")
    world.says("bonjour", "c2", language="fr")
    assert world.heard("c1")[0].startswith("Минуту")
    assert world.heard("c2")[0].startswith("One moment")
