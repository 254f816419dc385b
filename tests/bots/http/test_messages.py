"""What a system hands over: kept, told apart from repeats, and refused where it makes no sense."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from yarl import URL

from router.client_events import (
    ClientDeleted,
    ClientEdited,
    ClientEnded,
    ClientMessage,
    ClientRated,
    ClientReacted,
)
from router.media import Entity
from tests.bots.http.shop import NAME, Shop, new_id

NEW = (202, {"duplicate": False})
REPEATED = (202, {"duplicate": True})


def said(**changes: Any) -> dict[str, Any]:
    return {"id": new_id(), "from": {"id": "carl"}, "text": "hello", **changes}


async def test_all_that_is_known_of_a_client_comes_along(shop: Shop) -> None:
    """A name, a phone number, an address, a language and facts reach the card; line breaks and nonsense do not."""
    person = {
        "id": "c-7",
        "name": "Carl\n  Müller",
        "phone": "+49 30 1234",
        "email": "carl@example.com",
        "language": "de-DE",
        "timezone": "Europe/Berlin",
        "facts": {"plan": "gold"},
    }
    at = "2026-02-01T12:00:00+03:00"
    assert await shop.post("messages", said(**{"from": person}, id="m-1", chat="room 5", at=at)) == NEW
    nonsense = {"id": "c-8", "language": "Klingon, mostly", "timezone": "noon"}
    assert await shop.post("messages", said(**{"from": nonsense})) == NEW
    first, second = shop.host.events
    assert isinstance(first, ClientMessage)
    assert isinstance(second, ClientMessage)
    assert (first.id, first.external_id, first.chat) == (f"{NAME}:m-1", "m-1", "room 5")
    assert first.at == datetime(2026, 2, 1, 9, tzinfo=UTC)
    sender = first.sender
    assert (sender.identity.key, sender.name) == (f"http:{NAME}:c-7", "Carl   Müller")
    assert (sender.phone, sender.email, sender.language) == ("+49 30 1234", "carl@example.com", "de-DE")
    assert (sender.facts, sender.timezone) == ({"plan": "gold"}, "Europe/Berlin")
    assert (second.chat, second.sender.language, second.sender.timezone) == ("c-8", "", "")


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1969-01-01T00:00:00Z"])
async def test_impossible_times_stop_no_message(shop: Shop, at: str) -> None:
    """A clock that is centuries off is not believed, and the message arrives all the same."""
    assert await shop.tell(at=at) == NEW
    (event,) = shop.host.events
    assert isinstance(event, ClientMessage)
    assert datetime(1970, 1, 1, tzinfo=UTC) <= event.at <= shop.host.clock.now()


async def test_a_repeated_id_is_a_duplicate_whatever_else_it_says(shop: Shop) -> None:
    """The id alone tells messages apart."""
    assert await shop.tell("hello", "m-1") == NEW
    assert await shop.tell("something else", "m-1") == REPEATED
    assert shop.host.texts(shop.chat) == ["hello"]


async def test_messages_and_what_follows_them_are_numbered_apart(shop: Shop) -> None:
    """An edit, a deletion, a rating and an end may each have the id that a message has, and are no duplicates of it."""
    step = {"id": "1", "from": {"id": "carl"}}
    assert await shop.tell("hello", "1") == NEW
    assert await shop.post("messages/1/edit", {**step, "text": "hullo", "at": "2026-02-01T12:00:00Z"}) == NEW
    assert await shop.post("messages/1/delete", step) == NEW
    assert await shop.post("ratings", {**step, "score": 4, "comment": "quick"}) == NEW
    assert await shop.post("ends", step) == NEW
    assert await shop.post("messages/1/edit", {**step, "text": "again"}) == REPEATED
    _, edited, deleted, rated, ended = shop.host.events
    assert isinstance(edited, ClientEdited)
    assert (edited.external_id, edited.chat, edited.text, edited.at.month) == ("1", "carl", "hullo", 2)
    assert isinstance(deleted, ClientDeleted)
    assert (deleted.external_id, deleted.chat) == ("1", "carl")
    assert isinstance(rated, ClientRated)
    assert (rated.score, rated.comment) == (4, "quick")
    assert isinstance(ended, ClientEnded)
    assert not shop.host.poison


async def test_answers_formatting_albums_and_reactions_are_understood(shop: Shop) -> None:
    """With the ids that the system knows messages by, its own and the hub's."""
    bold = {"kind": "bold", "start": 0, "length": 5}
    assert await shop.tell("hello", "m-2", reply_to="m-1", album="a1", entities=[bold]) == NEW
    step = {"id": "1", "from": {"id": "carl"}}
    link = {"kind": "link", "start": 0, "length": 5, "url": "https://shop.example/"}
    assert await shop.post("messages/m-2/edit", {**step, "text": "hullo", "entities": [link]}) == NEW
    assert await shop.post("messages/m-1/reaction", {**step, "emoji": "👍"}) == NEW
    assert await shop.post("messages/m-1/reaction", {**step, "id": "2", "emoji": ""}) == NEW
    said, edited, liked, taken_back = shop.host.events
    assert isinstance(said, ClientMessage)
    assert (said.reply_to, said.album, said.entities) == ("m-1", "a1", (Entity("bold", 0, 5),))
    assert isinstance(edited, ClientEdited)
    assert edited.entities == (Entity("link", 0, 5, "https://shop.example/"),)
    assert isinstance(liked, ClientReacted)
    assert (liked.external_id, liked.emoji, liked.chat) == ("m-1", "👍", "carl")
    assert isinstance(taken_back, ClientReacted)
    assert taken_back.emoji == ""


async def test_ids_in_addresses_may_hold_anything_printable(shop: Shop) -> None:
    """A slash, a question mark or another alphabet in an id arrives as it is."""
    id_ = 'заказ/7?x="%2F"'
    assert await shop.tell("hello", id_) == NEW
    path = "messages/%D0%B7%D0%B0%D0%BA%D0%B0%D0%B7%2F7%3Fx%3D%22%252F%22/delete"
    url = URL(shop.url(path), encoded=True)
    async with shop.http.post(url, json={"id": "d", "from": {"id": "carl"}}) as answer:
        assert answer.status == 202
    (_, event) = shop.host.events
    assert isinstance(event, ClientDeleted)
    assert event.external_id == id_


async def test_typing_is_shown_and_not_kept(shop: Shop) -> None:
    """Operators see it at once, and the ledger never hears of it."""
    assert await shop.post("typing", {"from": {"id": "carl"}, "text": "I wou"}) == (202, {})
    assert shop.host.typed == ["carl"]
    assert not shop.host.ledger


async def test_half_an_emoji_does_not_lose_the_message(shop: Shop) -> None:
    """Programs cut texts in the middle of a surrogate pair; what is whole beside it arrives."""
    body = rb'{"id":"h","from":{"id":"carl"},"text":"a\ud83d b\ud83d\ude00 \\ud83d \u0000"}'
    assert await shop.post("messages", body) == NEW
    again = body.replace(b'"h"', b'"i"')
    assert (await shop.post("messages/batch", b'{"messages":[' + again + b"]}"))[1]["results"][0]["id"] == "i"
    assert shop.host.texts(shop.chat) == ["a\ufffd b😀 \\ud83d \ufffd"] * 2


async def test_a_batch_takes_what_is_right_and_says_what_is_not(shop: Shop) -> None:
    """Each message of a batch has a result of its own, in order, and a wrong one spoils nothing beside it."""
    await shop.tell("known", "k")
    messages = [
        said(id="a", text="one"),
        said(id="k"),
        said(id="b", text=""),
        said(id="a", text="again"),
        {"id": 7},
        "not a message",
        said(id="c", text="two", attachments=["nowhere"]),
        said(id="d", text="three"),
    ]
    status, answer = await shop.post("messages/batch", {"messages": messages})
    assert status == 202
    results = answer["results"]
    assert [it["id"] for it in results] == ["a", "k", "b", "a", "", "", "c", "d"]
    assert [it["duplicate"] for it in results] == [False, True, False, True, False, False, False, False]
    assert ["problem" in it for it in results] == [False, False, True, False, True, True, True, False]
    assert "expected a text or attachments" in results[2]["problem"]
    assert "attachments.0" in results[6]["problem"]
    assert shop.host.texts(shop.chat) == ["known", "one", "three"]


async def test_a_batch_of_nothing_but_mistakes_is_answered(shop: Shop) -> None:
    """It is no error of the batch when every message in it is wrong."""
    status, answer = await shop.post("messages/batch", {"messages": [{}, {}]})
    assert (status, len(answer["results"])) == (202, 2)
    assert not shop.host.ledger


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("messages", b"", "body"),
        ("messages", b"\xff", "body"),
        ("messages", b"[" * 100_000, "body"),
        ("messages", b"[]", "body"),
        ("messages", {"from": {"id": "a"}, "text": "x"}, "id"),
        ("messages", said(id=""), "id"),
        ("messages", said(id="a b"), "id"),
        ("messages", said(id="a\n"), "id"),
        ("messages", said(id="x" * 201), "id"),
        ("messages", said(id=5), "id"),
        ("messages", said(**{"from": {"id": "a\x00"}}), "from.id"),
        ("messages", said(**{"from": {"id": "a", "nick": "b"}}), "from.nick"),
        ("messages", said(**{"from": {"id": "a", "facts": {"a": 1}}}), "from.facts.a"),
        ("messages", said(text=" "), "body"),
        ("messages", said(text="x" * 20_001), "text"),
        ("messages", said(at="2026-02-01T12:00:00"), "at"),
        ("messages", said(attachments=["f"]), "attachments.0"),
        ("messages", said(attachments=["f"] * 11), "attachments"),
        ("messages", said(entities=[{"kind": "loud", "start": 0, "length": 1}]), "entities.0.kind"),
        ("messages", said(entities=[{"kind": "bold", "start": 0, "length": 9}]), "body"),
        ("messages", said(entities=[{"kind": "link", "start": 0, "length": 5, "url": "javascript:x"}]), "body"),
        ("messages/1/reaction", {"id": "r", "from": {"id": "a"}, "emoji": "two words"}, "emoji"),
        ("messages/batch", b"", "body"),
        ("messages/batch", b"[" * 100_000, "body"),
        ("messages/batch", b'{"messages":[{"a":\xff}]}', "body"),
        ("messages/batch", {"messages": []}, "messages"),
        ("messages/batch", {"messages": [said()] * 501}, "messages"),
        ("messages/batch", {"messages": [said()], "more": 1}, "body"),
        ("messages/1/edit", {"id": "e", "from": {"id": "a"}, "text": " "}, "text"),
        ("messages/a%20b/edit", {"id": "e", "from": {"id": "a"}, "text": "x"}, "id"),
        ("messages/1/delete", {"id": "e"}, "from"),
        ("ratings", {"id": "r", "from": {"id": "a"}, "score": 6}, "score"),
        ("ends", {"id": "r", "from": {"id": "a"}, "text": "?"}, "text"),
        ("typing", {"from": {}}, "from.id"),
        ("receipts", {"receipts": []}, "receipts"),
        ("receipts", {"receipts": [{"delivery": "d", "state": "sent"}]}, "receipts.0.state"),
        ("deliveries/d/receipt", {"state": "lost"}, "state"),
    ],
)
async def test_what_makes_no_sense_is_refused_field_by_field(shop: Shop, path: str, body: Any, field: str) -> None:
    """Problem details name the field and what was expected of it, and nothing is kept."""
    status, problem = await shop.post(path, body)
    assert (status, problem["status"], problem["type"]) == (422, 422, "about:blank")
    assert problem["title"]
    assert problem["detail"].endswith(".")
    assert [it["field"] for it in problem["errors"]] == [field]
    assert not shop.host.ledger


async def test_a_problem_is_no_longer_than_it_is_useful(shop: Shop) -> None:
    """Whoever sends a thousand mistakes, or one with a giant name, is not sent all of them back."""
    wrong = {"x" * 100_000: 1, **{f"f{i}": 1 for i in range(1000)}}
    status, problem = await shop.post("messages", wrong)
    assert status == 422
    assert len(problem["errors"]) == 20
    assert len(problem["detail"]) < 5_000
