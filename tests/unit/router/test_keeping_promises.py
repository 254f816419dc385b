"""Promises to clients: set, heard, kept, taken back, and kept by somebody else when a shift has ended."""

from __future__ import annotations

from datetime import timedelta

import pytest

from router.events import Close, Edit, Reply, SetPresence, Skip, Snooze, Take, Transfer, Unsnooze
from router.model import Conversation, State
from router.people import Presence
from router.pledges import PROMISE, Promise
from tests.unit.router.engine import NOON
from tests.unit.router.shops import OFFICE, answered, opened, shop, staffed, two_lines
from tests.unit.router.world import World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BERLIN = {**OFFICE, "timezone": "Europe/Berlin"}


@pytest.fixture
def world() -> World:
    """A shop whose silent clients' conversations close after an hour."""
    return staffed(shop(auto_close={"after": "1h"}))


def promise(world: World, conversation: Conversation, by: timedelta = 3 * HOUR, who: str = "ann") -> str:
    return world.does(Snooze, conversation, who, until=world.now + by, text="ask the warehouse")


def test_its_time_comes_and_the_holder_is_told(world: World) -> None:
    """Until then the conversation does not close by itself; from then on the client waits for us."""
    conversation = answered(world)
    assert promise(world, conversation) == ""
    now = world.now_of(conversation)
    assert (now.promise, set(now.timers)) == (Promise(world.now + 3 * HOUR, "ann", "ask the warehouse"), {PROMISE})
    world.advance(3 * HOUR)
    now = world.now_of(conversation)
    assert (now.state, now.operator, now.promise, now.timers) == (State.OPEN, "ann", None, {})
    said = world.kept.of(conversation.id)[-1]
    assert (said.text, said.data) == ("promise_due", {"name": "Ann", "text": "ask the warehouse"})
    due = {"what": "promise_due", "operator": "ann", "due_at": world.now.isoformat()}
    assert [dict(alert.what) for alert in world.kept.alerts] == [due]


def test_the_client_may_write_and_be_answered_in_between(world: World) -> None:
    """Neither cancels it; a new one takes its place."""
    conversation = answered(world)
    promise(world, conversation)
    world.says("thank you")
    world.does(Reply, conversation, "ann", text="You are welcome")
    promise(world, conversation, 5 * HOUR)
    world.advance(4 * HOUR)
    assert "promise_due" not in world.happened(conversation)
    world.advance(HOUR)
    assert world.happened(conversation).count("promise_due") == 1


def test_it_survives_the_shift() -> None:
    """Who promised has gone home: the conversation goes to whoever is there."""
    world = staffed(shop())
    conversation = answered(world)
    promise(world, conversation)
    world.presence(Presence.AWAY, "ann")
    assert world.now_of(conversation).operator == "ann"
    world.advance(3 * HOUR)
    now = world.now_of(conversation)
    assert (now.state, now.offered) == (State.OFFERED, ("bob",))
    assert world.happened(conversation)[-2:] == ["promise_due", "left"]


def test_it_outlives_the_hub_and_goes_with_the_conversation() -> None:
    """Skipped, transferred, restarted: whoever has it then is told, once."""
    world = staffed(two_lines())
    conversation = answered(world)
    promise(world, conversation)
    world.does(Transfer, conversation, "ann", to_line="support")
    taker = world.now_of(conversation).offered[0]
    world.does(Skip, conversation, taker)
    world.start()
    world.jump(DAY)
    world.start()
    world.jump(DAY)
    assert world.happened(conversation).count("promise_due") == 1


def test_closing_cancels_it(world: World) -> None:
    """What is over needs no reminder."""
    conversation = answered(world)
    promise(world, conversation)
    world.does(Close, conversation, "ann")
    world.advance(DAY)
    assert "promise_due" not in world.happened(conversation)
    assert world.now_of(conversation).promise is None


def test_it_can_be_taken_back(world: World) -> None:
    """Then the silent client's conversation closes by itself again."""
    conversation = answered(world)
    promise(world, conversation)
    assert world.does(Unsnooze, conversation, "ann") == ""
    assert world.does(Unsnooze, conversation, "ann") == "no_promise"
    world.advance(HOUR)
    assert world.now_of(conversation).state is State.CLOSED


def test_only_who_speaks_to_the_client_promises(world: World) -> None:
    """Anything else is refused with the reason; a supervisor may take a promise back."""
    conversation = world.says("hello")
    assert promise(world, conversation) == "take_first"
    world.does(Take, conversation, "ann")
    assert promise(world, conversation, who="bob") == "floor"
    assert promise(world, conversation, timedelta()) == "not_in_time"
    assert promise(world, conversation, 367 * DAY) == "not_in_time"
    assert promise(world, conversation) == ""
    assert world.does(Unsnooze, conversation, "bob") == "not_yours"
    assert world.does(Unsnooze, conversation, "eve") == ""
    world.does(Close, conversation, "ann")
    assert promise(world, conversation) == "closed"
    assert world.does(Unsnooze, conversation, "ann") == "closed"


# Heard in a reply


@pytest.mark.parametrize(
    ("operator", "line", "hours_ahead", "shown"),
    [
        ({}, {}, 22, "2026-03-03 10:00 (UTC)"),
        ({}, {"hours": BERLIN}, 21, "2026-03-03 10:00 (Europe/Berlin)"),
        ({"hours": {**OFFICE, "timezone": "Asia/Yekaterinburg"}}, {"hours": BERLIN}, 17,
         "2026-03-03 10:00 (Asia/Yekaterinburg)"),
    ],
)  # fmt: skip
def test_what_is_promised_in_a_reply_is_set(
    operator: dict[str, object], line: dict[str, object], hours_ahead: int, shown: str
) -> None:
    """On the operator's clock, or else the line's, or else UTC; and they are told."""
    world = staffed(shop({"ann": operator, "bob": {}}, **line))
    conversation = opened(world)
    assert world.does(Reply, conversation, "ann", text="Sure. I'll write tomorrow at 10!") == ""
    found = world.now_of(conversation).promise
    assert found == Promise(NOON + timedelta(hours=hours_ahead), "ann", "I'll write tomorrow at 10!")
    said = world.kept.of(conversation.id)[-1]
    assert (said.text, said.data["until"]) == ("promise_heard", shown)


def test_what_was_no_promise_can_be_taken_back(world: World) -> None:
    """The same way as any other."""
    conversation = opened(world)
    world.does(Reply, conversation, "ann", text="перезвоню через час")
    assert world.now_of(conversation).promise is not None
    assert world.does(Unsnooze, conversation, "ann") == ""
    world.advance(2 * HOUR)
    assert "promise_due" not in world.happened(conversation)


def test_a_line_may_not_listen(world: World) -> None:
    """Then only what is set by hand counts; notes and edits never do."""
    deaf = staffed(shop(promises=False))
    conversation = opened(deaf)
    deaf.does(Reply, conversation, "ann", text="I'll write tomorrow at 10")
    assert deaf.now_of(conversation).promise is None
    conversation = opened(world)
    world.does(Reply, conversation, "ann", text="Hello")
    message = next(m for m in world.kept.of(conversation.id) if m.text == "Hello")
    world.does(Edit, conversation, "ann", message=message.id, text="I'll write tomorrow at 10")
    assert world.now_of(conversation).promise is None


def test_who_comes_back_keeps_it_themselves(world: World) -> None:
    """Away in between, there at its time: it stays with them."""
    conversation = answered(world)
    promise(world, conversation)
    for presence in (Presence.AWAY, Presence.AVAILABLE):
        world.perform(SetPresence(world.fresh_id(), "ann", presence))
    world.advance(3 * HOUR)
    assert world.now_of(conversation).operator == "ann"
