"""`hub why`: what the rules decided about a conversation, for a person at a terminal and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crm_store import MongoStore
from hub.commands.why import explanations, in_json, in_words
from hub.settings import Settings
from router.effects import Explain
from router.errors import Misconfigured
from router.model import State
from tests.contract.store_samples import Batches, conversation
from tests.integration.settings_file import written

pytestmark = pytest.mark.mongo
OPERATORS = "{ anna: { name: Anna }, boris: { name: Boris } }"


@pytest.fixture
def settings(tmp_path: Path, mongo_url: str, database: str) -> tuple[Settings, Path]:
    return written(tmp_path, mongo_url, database, OPERATORS)


async def test_each_decision_is_told_with_every_reason(store: MongoStore, settings: tuple[Settings, Path]) -> None:
    """In the order decided; an operator who has left the file is told by their id."""
    batches = Batches()
    waits = Explain("k1", "queue", (), (("anna", "leave_sick"), ("boris", "full")), "config.yaml:4")
    offer = Explain("k1", "offer", ("boris",), (("boris", "chosen_even"), ("zoe", "after_even")), "config.yaml:5")
    held = conversation(state=State.OPEN, operator="boris", client_name="Ann\x1b[31m")
    await store.commit(batches.make(conversations={"k1": held}, explanations=[waits, offer]))
    found, explained = await explanations(*settings, "k1")
    assert in_words(settings[0], found, explained).splitlines() == [
        "k1: Ann [31m on the line sales, open, held by Boris.",
        "",
        explained[0][0].strftime("%Y-%m-%d %H:%M:%S UTC")
        + "  Waits in the queue: nobody could take it (config.yaml:4).",
        "  Anna   on sick leave",
        "  Boris  holds as many conversations as they may",
        "",
        explained[1][0].strftime("%Y-%m-%d %H:%M:%S UTC") + "  Offered to Boris (config.yaml:5).",
        "  Boris  chosen: has been given the fewest",
        "  zoe    passed over: has been given more",
    ]
    told = json.loads(in_json(explained))
    assert told[1]["chosen"] == ["boris"]
    assert told[1]["considered"][1] == {"operator": "zoe", "reason": "after_even"}


async def test_nothing_decided_and_nobody_known_are_told(store: MongoStore, settings: tuple[Settings, Path]) -> None:
    await store.commit(Batches().of(conversation()))
    found, explained = await explanations(*settings, "k1")
    assert in_words(settings[0], found, explained).endswith("The rules have not decided anything about it yet.")
    with pytest.raises(Misconfigured, match="There is no conversation 'k2'"):
        await explanations(*settings, "k2")
