"""Following an invitation: two cards become one person's."""

from __future__ import annotations

from datetime import timedelta

from router.client_events import ClientStarted
from router.events import Reply, SetClient, Take
from router.invitations import LASTS, Invitation, digest_of, is_token, new_token
from router.model import Conversation
from router.people import Client, Identity, Sender
from tests.unit.router.shops import shop, staffed
from tests.unit.router.world import CHANNEL, World

#: another chat of the same person
THERE = "there"


def invited(world: World, conversation: Conversation) -> str:
    """Return a new invitation's token."""
    token = new_token()
    made = Invitation(digest_of(token), conversation.client, conversation.id, "ann", world.now + LASTS)
    world.kept.invitations[made.digest] = made
    return token


def follows(world: World, token: str, chat: str = THERE, name: str = "Kim") -> Client:
    """Let somebody open an address, and return the card of whoever that is now."""
    sender = Sender(Identity("webchat", "site", chat), name)
    world.receive(ClientStarted(world.fresh_id(), CHANNEL, chat, sender, world.now, token))
    world.settle()
    return card(world, chat)


def card(world: World, chat: str) -> Client:
    """Return the card of a chat's client."""
    return world.kept.clients[f"webchat:site:{chat}"]


def test_nobody_guesses_a_token_and_none_is_taken_for_a_campaign() -> None:
    """They pass where messengers allow only letters, digits, `_` and `-`, 64 of them."""
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(is_token(token) and len(token) <= 64 for token in tokens)
    assert not any(map(is_token, ("", "spring", "card-", "card-spring", f"x{new_token()}", f"{new_token()}x")))


def test_somebody_new_is_the_client_who_was_invited() -> None:
    """What they say there is on the same card, and staff read where it was made that the address was opened."""
    world = staffed(shop())
    it = world.says("hello")
    whole = follows(world, invited(world, it))
    assert whole.id == it.client
    assert whole.identities == ("webchat:site:c1", f"webchat:site:{THERE}")
    assert "campaign" not in whole.facts
    assert world.says("me again", THERE).client == it.client
    assert world.happened(it)[-1] == "client_linked"


def test_two_cards_become_one() -> None:
    """All conversations are on it, those that nobody has in hand too; what only one said holds."""
    world = staffed(shop())
    here, there = world.says("hello"), world.says("hello", THERE, language="ru")
    world.does(Take, there, "ann")
    assert world.does(SetClient, there, "ann", responsible="ann", priority=None) == ""
    world.forget_idle()
    whole = follows(world, invited(world, here), name="")
    assert (whole.id, whole.name, whole.language, whole.responsible) == (here.client, "Client c1", "ru", "ann")
    assert card(world, "c1") == whole
    assert {each.client for each in world.kept.conversations.values()} == {here.client}
    assert world.kept.card(there.client) == whole
    assert world.does(Reply, world.now_of(there), "ann", text="Hello!") == ""


def test_an_invitation_is_good_once() -> None:
    """Whoever opens it later is somebody of their own."""
    world = staffed(shop())
    it = world.says("hello")
    token = invited(world, it)
    follows(world, token)
    assert follows(world, token, "stranger").id != it.client
    assert card(world, "stranger").identities == ("webchat:site:stranger",)


def test_an_invitation_that_is_over_does_nothing() -> None:
    """A day later nobody becomes anybody."""
    world = staffed(shop())
    it = world.says("hello")
    token = invited(world, it)
    world.advance(LASTS + timedelta(seconds=1))
    assert follows(world, token).id != it.client
    assert "client_linked" not in world.happened(it)


def test_whoever_is_the_client_already_stays_so() -> None:
    """It is used up all the same."""
    world = staffed(shop())
    it = world.says("hello")
    before = card(world, "c1")
    assert follows(world, invited(world, it), "c1", name=before.name) == before
    assert world.kept.invitations == {}
