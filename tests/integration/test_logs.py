"""The log: what happened, and never what people write."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime

import pytest
import structlog
from pydantic import SecretStr

from crm_store import MongoStore
from hub.logs import configure, secrets_in
from hub.settings.model import HubSettings, LogSettings, MetricsSettings
from router.client_events import ClientEvent
from router.delivery import Delivery
from router.errors import Rejected
from router.model import Message, Understanding
from router.ports import Sent, Update
from tests.integration.stage import ScriptedChannel, running, stage_of

pytestmark = pytest.mark.mongo
#: what a client writes in these tests
MARK = "my-card-number-is-4929"
TRIAGED = {
    "lines": {"sales": {"name": "Sales", "operators": ["anna"], "triage": True}},
    "operators": {"anna": {"name": "Anna"}},
}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the hub logs, as JSON at the default level."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure(LogSettings(), ["s3cret-token"], to=stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


class Failing(ScriptedChannel):
    """A channel in which everything fails, quoting what it was given."""

    def parse(self, update: str, raw: str, at: datetime) -> ClientEvent | None:
        if "worse" in raw:
            raise ValueError(f"cannot understand {raw}")
        return ScriptedChannel.parse(self, update, raw, at)

    async def send(self, delivery: Delivery, message: Message) -> Sent:
        if "reject" in message.text:
            raise Rejected(f"will not say {message.text}")
        raise ValueError(f"cannot say {message.text}")

    async def changed(self, chat: str) -> None:
        raise ValueError(f"cannot show {chat} {MARK}")


class FailingTriage:
    """An engine that fails, quoting what it was asked."""

    async def understand(self, text: str, language: str) -> Understanding:
        raise ValueError(f"cannot understand {text}")


async def test_what_people_write_is_in_no_line(store: MongoStore, log: io.StringIO) -> None:
    """Though everything fails that can: parsing, triage, sending, showing, deciding."""
    channel = Failing()
    async with running(stage_of(store, [channel], rules=TRIAGED, triage=FailingTriage())) as stage:
        await stage.command("anna", "presence", presence="available")
        await (await channel.host).receive([Update("bad", json.dumps({"chat": "eve", "text": f"worse {MARK}"}))])
        await channel.write("carl", MARK)
        await stage.settled()
        (conversation,) = await stage.conversations()
        await stage.command("anna", "take", conversation=conversation.id)
        await stage.command("anna", "reply", conversation=conversation.id, text=f"{MARK}?")
        await stage.command("anna", "reply", conversation=conversation.id, text=f"reject {MARK}")
        await stage.settled()
    events = {json.loads(line)["event"] for line in log.getvalue().splitlines()}
    assert {"update.poison", "triage.fault", "delivery.fault"} <= events
    assert MARK not in log.getvalue()
    assert 'raise ValueError(f\\"cannot say' in log.getvalue(), "the place of the failure is told"


def _fail() -> None:
    raise OSError("cannot reach https://api.example/bots3cret-token/send")


async def test_secrets_are_blotted_out(log: io.StringIO) -> None:
    """Wherever they turn up, as in the address of a request that failed, whoever logs it."""
    try:
        _fail()
    except OSError:
        structlog.get_logger("x").exception("it failed", address="https://api.example/bots3cret-token/send")
        logging.getLogger("some.library").warning("retrying %s", "s3cret-token")
    assert "s3cret-token" not in log.getvalue()
    first, second = map(json.loads, log.getvalue().splitlines())
    assert first["address"] == "https://api.example/bot[secret]/send"
    assert first["exception"].endswith("OSError: cannot reach https://api.example/bot[secret]/send")
    assert (second["event"], second["library"]) == ("retrying [secret]", "some.library")


def test_secrets_are_found_in_the_settings() -> None:
    """Those declared as such, and passwords in addresses, however deep."""
    hub = HubSettings(metrics=MetricsSettings(token=SecretStr("x" * 20)))
    found = {"a": [hub], "b": {"url": "mongodb://trunkline:pass%20word@db1/?replicaSet=rs0", "c": "no secret"}}
    assert set(secrets_in(found)) == {"x" * 20, "pass%20word"}


def test_words_of_errors_are_told_at_the_level_debug() -> None:
    """For whoever looks for a fault, and accepts that people's words may be among them."""
    stream = io.StringIO()
    configure(LogSettings(level="debug", format="text"), to=stream)
    try:
        int("twelve")
    except ValueError:
        structlog.get_logger("x").exception("it failed")
    finally:
        structlog.reset_defaults()
    assert "ValueError: invalid literal" in stream.getvalue()
