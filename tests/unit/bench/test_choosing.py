"""Measuring how an operator is chosen measures choices that are right."""

from __future__ import annotations

import pytest

from router.distribution import Search
from tests.bench.choosing import choosing_round
from tests.bench.failure import BenchFailed
from tests.bench.hall import KINDS, hall
from tests.bench.samples import Samples


def test_a_round_measures_every_kind_of_choice_and_what_it_is_held_against() -> None:
    samples = Samples()
    choosing_round(samples, operators=30, waiting=60, times=10)
    figures = samples.figures()
    assert figures["choice_us"] == max(figures[f"choice_{kind}_us"] for kind in KINDS)
    assert set(figures) == {
        "choice_us",
        "sort_us",
        *(f"{what}_{kind}_us" for kind in KINDS for what in ("choice", "anew", "decision")),
    }
    assert all(figure > 0 for figure in figures.values())


@pytest.mark.parametrize("kind", KINDS)
def test_in_a_hall_very_many_wait_and_nobody_can_take_any_of_them(kind: str) -> None:
    scene = hall(kind, operators=40, waiting=90)
    assert scene.desk.waiting == 90
    assert len(scene.pool.order) == 40
    assert all(not Search.of(each, scene.pool, scene.now).choice().chosen for each in scene.desk.queue)
    assert len(scene.pool.free) == (20 if kind == "skills" else 0)


def test_a_hall_where_nobody_waits_cannot_be_measured() -> None:
    with pytest.raises(BenchFailed, match="Nobody waits"):
        choosing_round(Samples(), operators=4, waiting=0, times=1)
