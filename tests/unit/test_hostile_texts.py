"""No text that strangers write may take long to look at: time grows with its length, not with its square."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from bots.webchat import mapping
from crm_store.codec import clean
from crm_store.media_type import file_name, media_type
from nlu.answers import load_answers
from nlu.cleaning import clean as tidied
from nlu.entities import EntityFinder
from nlu.training_data import load_training_data
from router.addresses import client_address

DATA = load_training_data()
ASKING = [pattern for patterns in DATA.concepts.values() for pattern in patterns]
SLOTS = [re.compile(slot.pattern) for slot in load_answers().prompts.values()]
FINDER = EntityFinder(DATA)
#: seeds that make a naive pattern try everything it can: each is repeated to a text
SEEDS = (
    "a",
    "1",
    " ",
    "+7 ",
    "1-",
    "9 (",
    "a.",
    "a@",
    "а ",
    "\u0301",
    "как ",
    "деньги слово ",
    "ship ",
    "сколько слово ",
    "https://a/",
    "\ud800",
    "\x00",
    "%",
    ".",
    ", ",
    "оператор не ",
)
READERS: dict[str, Callable[[str], object]] = {
    "entities": FINDER.slots,
    "asking for a person": lambda text: [pattern.search(text) for pattern in ASKING],
    "slots": lambda text: [pattern.search(text) for pattern in SLOTS],
    "tidied": tidied,
    "webchat texts": mapping.clean,
    "webchat names": lambda text: mapping.one_line(text, 100),
    "webchat pages": lambda text: mapping._PAGE.fullmatch(text),
    "stored texts": clean,
    "file names": file_name,
    "media types": lambda text: media_type(text.encode("utf-8", "replace")),
    "forwarded addresses": lambda text: client_address("192.0.2.1", [text], ()),
}
#: characters; the grown text is twice as long as the longest a client may write
SHORT, GROWTH = 2_000, 8
#: time may grow with the length, and half as much again for the memory it takes; with its square it would be 64
MOST = 3 * GROWTH


def _fastest(read: Callable[[str], object], text: str) -> float:
    """Return seconds of this process's own time, the least of several tries."""
    took = []
    for _ in range(3):
        began = time.process_time()
        read(text)
        took.append(time.process_time() - began)
    return min(took)


@pytest.mark.parametrize("reader", READERS)
def test_a_hostile_text_takes_no_longer_than_its_length(reader: str) -> None:
    """Eight times the text takes about eight times as long, whatever it is made of."""
    read = READERS[reader]
    for seed in SEEDS:
        short = _fastest(read, (seed * SHORT)[:SHORT] + "~")
        if short < 0.0002:
            # Too short to be compared: a text this much longer must not have become slow either.
            short = 0.0002
        grown = _fastest(read, (seed * SHORT * GROWTH)[: SHORT * GROWTH] + "~")
        assert grown <= MOST * short, f"{seed!r} takes {grown / short:.0f} times as long at {GROWTH} times the length"
