"""The bookkeeping that lets no figure stand when a message was lost or doubled."""

from __future__ import annotations

import pytest

from tests.bench.failure import BenchFailed
from tests.bench.tally import Tally


async def test_what_was_shown_once_is_settled_and_its_delay_is_known() -> None:
    tally = Tally("A message")
    number = tally.send()
    tally.show(number, tally.began(number) + 0.5)
    await tally.at_most(0, patience=1)
    assert tally.forget_delays() == pytest.approx([0.5])
    assert tally.forget_delays() == []


async def test_a_message_shown_twice_fails_the_run() -> None:
    tally = Tally("A message")
    number = tally.send()
    tally.show(number, 1.0)
    tally.show(number, 2.0)
    with pytest.raises(BenchFailed, match="A message, number 0, was shown more than once"):
        await tally.at_most(0, patience=1)


async def test_a_message_that_nobody_sent_fails_the_run() -> None:
    tally = Tally("A message")
    tally.show(7, 1.0)
    with pytest.raises(BenchFailed, match="number 7, was shown without having been sent"):
        await tally.at_most(0, patience=1)


async def test_a_message_that_is_never_shown_fails_the_run() -> None:
    tally = Tally("A message")
    tally.send()
    tally.send()
    with pytest.raises(BenchFailed, match="number 0, and 1 more were not shown, and nothing else was within 0 s"):
        await tally.at_most(0, patience=0.001)
