"""That a conversation is closed, as a system is told of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bots.http.mapping import fetched_view
from router.delivery import Delivery
from router.model import Author, AuthorKind, Message, MessageKind
from router.ports import Outgoing
from tests.bots.http.shop import make_channel


def test_a_system_is_told_only_when_it_wants_to_be() -> None:
    assert not make_channel().capabilities.closings
    assert make_channel(closings=True).capabilities.closings


@pytest.mark.parametrize(
    ("what", "name", "kind"),
    [
        ("closed_by_operator", "Olga", "operator"),
        ("closed_by_client", "", "client"),
        ("closed_by_silence", "", "bot"),
    ],
)
def test_it_says_who_closed_it_and_nothing_that_is_for_staff(what: str, name: str, kind: str) -> None:
    at, author = datetime(2026, 3, 2, 12, tzinfo=UTC), Author(AuthorKind.SYSTEM)
    said = Message("m", "c", 7, author, MessageKind.EVENT, what, at, "shop", "carl", data={"name": name})
    shown = fetched_view(Outgoing(1, Delivery("d", "m", "c", "sales", "shop", "carl"), said)).message
    assert (shown.kind, shown.text, shown.author.kind, shown.author.name) == ("closed", "", kind, name)
