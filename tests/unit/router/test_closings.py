"""Channels that want it are told when a conversation is closed, after all that was said in it."""

from __future__ import annotations

import dataclasses

import pytest

from router.effects import AddDelivery
from router.events import Close
from tests.unit.router.shops import opened, shop, staffed
from tests.unit.router.world import CHANNEL


@pytest.mark.parametrize("told", [True, False])
def test_the_end_is_the_last_delivery_where_the_channel_wants_it(told: bool) -> None:
    world = staffed(shop(texts={"queued": "", "nobody": "", "closed": "Goodbye!"}))
    world.book = dataclasses.replace(world.book, closings=frozenset({CHANNEL} if told else ()))
    conversation = opened(world)
    world.receive(Close(world.fresh_id(), conversation.id, "ann"))
    world.settle()
    effects = [effect for decision in world.decisions for effect in decision.effects]
    sent = [effect.message.text for effect in effects if isinstance(effect, AddDelivery)]
    assert sent[-2:] == (["Goodbye!", "closed_by_operator"] if told else sent[-2:])
    assert ("closed_by_operator" in sent) is told
