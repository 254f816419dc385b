"""What a hub is filled with."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from hub.settings import load
from tests.bench.scale import FULL, QUICK, Scale
from tests.bench.world import CAPACITY, FRONT, TOKEN_NAME, World

WORLDS = [*FULL.larger.values(), *QUICK.larger.values(), FULL.desk, FULL.front]


@pytest.mark.parametrize("world", WORLDS)
def test_nobody_holds_more_than_they_may(world: World) -> None:
    """The first operator holds the talks, the others share the rest, and there is room for all of them."""
    held = Counter(world.holders())
    assert held.total() == world.conversations
    assert held[world.operators[0]] == world.talks
    assert max(held.values()) <= CAPACITY


@pytest.mark.parametrize("world", WORLDS)
def test_the_hub_accepts_the_settings(world: World, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(world.settings(tmp_path), encoding="utf-8")
    settings = load(file, {TOKEN_NAME: "a-token-of-at-least-twenty-signs"})
    assert settings.hub.port == 0
    assert settings.hub.api_rate is None


@pytest.mark.parametrize("scale", [FULL, QUICK])
def test_the_line_for_new_clients_has_room_for_all_that_are_brought(scale: Scale) -> None:
    brought = scale.newcomers // 2 + scale.rounds * scale.newcomers
    assert brought <= scale.open_conversations <= len(scale.front.operators_of(FRONT)) * CAPACITY


def test_a_larger_world_differs_from_the_base_in_what_it_is_named_for() -> None:
    assert FULL.larger["conversations"].conversations == 100 * FULL.desk.conversations
    assert len(FULL.larger["operators"].operators) == 100 * len(FULL.desk.operators)
    assert FULL.larger["messages"].messages == 100 * FULL.desk.messages
