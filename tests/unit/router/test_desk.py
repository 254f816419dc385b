"""The desk: what a lane has in its hands stays in step with itself."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from router.desk import Desk
from router.ids import derive
from router.model import BotMemory, Conversation, State
from router.roster import Roster
from tests.unit.router.engine import NOON


def conversation(key: str, state: State = State.TRIAGE, *, chat: str = "", minute: int = 0) -> Conversation:
    """Return a conversation that began, and was queued, in this minute."""
    began = NOON + timedelta(minutes=minute)
    return Conversation(key, "sales", "shop", "webchat", chat or key, "k1", "Zed", began, state, queued_at=began)


def desk(*held: Conversation) -> Desk:
    """Return a desk that took these in, in this order."""
    fresh = Desk("sales", Roster())
    for each in held:
        fresh.put(each)
    return fresh


_any = st.builds(conversation, st.sampled_from("abcde"), st.sampled_from(State), minute=st.integers(0, 3))


@given(st.lists(st.tuples(_any, st.booleans()), max_size=30))
def test_the_queue_and_the_offers_are_always_those_of_the_conversations(steps: list[tuple[Conversation, bool]]) -> None:
    """Whatever is put, replaced and dropped: longest waiting first, nothing twice, nothing forgotten."""
    held = desk()
    for each, drops in steps:
        held.put(each)
        if drops:
            held.drop(each.id)
    every = held.conversations.values()
    waiting = sorted((c for c in every if c.state is State.QUEUED), key=lambda c: (c.queued_at, c.id))
    assert list(held.queue) == waiting
    assert {c.id for c in held.offered} == {c.id for c in every if c.state is State.OFFERED}


def test_the_latest_of_a_chat_is_the_one_that_began_last() -> None:
    """In whatever order they were read, and however often an older one is replaced."""
    old, new = conversation("a", chat="c"), conversation("b", chat="c", minute=5)
    for held in (desk(old, new), desk(new, old), desk(old, new, replace(old, n=7))):
        assert held.of_chat("shop", "c") == new
    assert desk().of_chat("shop", "c") is None


def test_a_dropped_latest_does_not_make_an_older_one_the_latest() -> None:
    """Not even when the older one is replaced: what is the latest must then be read again."""
    old, new = conversation("a", chat="c"), conversation("b", chat="c", minute=5)
    held = desk(old, new)
    held.drop("b")
    held.put(replace(old, n=7))
    assert held.of_chat("shop", "c") is None
    assert held.latest("shop", "c") == ""


def test_only_what_waits_for_nobody_may_leave_memory_longest_untouched_first() -> None:
    """The queue, offers and what the bot is at stay; using one again puts it behind the others."""
    states = (State.OPEN, State.TRIAGE, State.WAITING, State.QUEUED, State.CLOSED, State.OFFERED)
    held = desk(*(conversation(key, state) for key, state in zip("abcdef", states, strict=True)))
    held.put(replace(held.conversations["b"], bot=BotMemory(pending="m1")))
    held.put(replace(held.conversations["a"], n=7))
    assert list(held.idle(4)) == ["c", "e"]
    assert list(held.idle(0)) == ["c", "e", "a"]
    assert list(held.idle(6)) == []


def test_ids_depend_on_all_their_parts_and_nothing_else() -> None:
    """The same cause makes the same id, also where a platform's id is not even valid text."""
    assert derive("message", "u1", "v1") == derive("message", "u1", "v1")
    assert len({derive("a", "bc"), derive("ab", "c"), derive("a", "b", "c"), derive("\ud800")}) == 4
