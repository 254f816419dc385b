"""The API under requests that schemathesis makes up from the document: no fault, and every answer as documented."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from schemathesis.engine import Status, from_schema
from schemathesis.engine.events import EngineEvent, FatalError, NonFatalError, ScenarioFinished

from bots.http import HttpChannel, HttpSettings
from crm_store import MongoStore
from hub.web.sessions import digest
from hub.web.tokens import make
from router.rulebook import Rulebook
from router.rules import Rules
from router.tokens import Token
from tests.integration.web_stage import RULES, WebStage, web_stage

# On a machine that is busy with other things these take minutes instead of seconds.
pytestmark = [pytest.mark.mongo, pytest.mark.timeout(600)]
CHANNEL_TOKEN = "crm-4f1d2c9a7b6e5f3d8c0a"
#: somebody who may do everything
ADMIN: dict[str, Any] = {**RULES, "operators": {**RULES["operators"], "sofia": {"name": "Sofia", "role": "admin"}}}
#: a document cannot say everything, such as which of the colleagues exist
UNFIT = ("positive_data_acceptance",)


@pytest.fixture
async def web(store: MongoStore) -> AsyncIterator[WebStage]:
    settings = HttpSettings.model_validate({"kind": "http", "line": "sales", "tokens": [CHANNEL_TOKEN]})
    async with web_stage(store, others=[HttpChannel("crm", settings)]) as it:
        hub = it.stage.hub
        await hub.engine.use(Rulebook(Rules.model_validate(ADMIN), hub.book.catalog, hub.prompts, {}))
        yield it


@dataclass(frozen=True)
class Fuzz:
    """What to try: every boundary the document names, then made-up requests; always the same ones."""

    #: a pattern of paths
    paths: str
    headers: dict[str, str]
    #: pattern of paths → values that parameters have there, so that not everything is about what does not exist
    real: dict[str, dict[str, Any]]
    examples: int = 5
    boundaries: bool = True
    #: further checks that do not fit
    without: tuple[str, ...] = ()
    #: pattern of paths → checks that do not fit there
    differs: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def config(self, url: str) -> schemathesis.Config:
        """Return it as schemathesis reads it."""
        operations: list[dict[str, Any]] = [
            {"include-path-regex": path, "parameters": values} for path, values in self.real.items()
        ]
        operations += [{"include-path-regex": path, "checks": _off(names)} for path, names in self.differs.items()]
        return schemathesis.Config.from_dict(
            {
                "seed": 7,
                "base-url": url,
                "headers": self.headers,
                "request-timeout": 20,
                "operations": operations,
                "generation": {"deterministic": True, "max-examples": self.examples, "no-shrink": True},
                "phases": {
                    "coverage": {"enabled": self.boundaries},
                    "examples": {"enabled": False},
                    "stateful": {"enabled": False},
                },
                "checks": _off((*UNFIT, *self.without)),
            }
        )


def _off(checks: tuple[str, ...]) -> dict[str, Any]:
    return {name: {"enabled": False} for name in checks}


async def problems(web: WebStage, fuzz: Fuzz) -> str:
    """Carry it out in a thread of its own; return what is wrong, in words."""
    document = (await web.desk().raw("GET", "/api/v1/openapi.json")).json()
    config = fuzz.config(f"{web.url}/api/v1")
    schema = schemathesis.openapi.from_dict(document, config=config).include(path_regex=fuzz.paths)
    events = await asyncio.to_thread(lambda: list(from_schema(schema).execute()))
    tried = [event for event in events if isinstance(event, ScenarioFinished) and event.status is not Status.SKIP]
    assert sum(len(event.recorder.cases) for event in tried) > fuzz.examples
    return "\n\n".join(problem for event in events for problem in _wrong(event))


def _wrong(event: EngineEvent) -> Iterator[str]:
    if isinstance(event, FatalError | NonFatalError):
        yield str(event)
    if isinstance(event, ScenarioFinished):
        infos = [check.failure_info for checks in event.recorder.checks.values() for check in checks]
        yield from (f"{event.label}: {info.failure}\n{info.code_sample}" for info in infos if info is not None)


async def _well(web: WebStage) -> None:
    """What was tried has harmed nothing: a client is heard, and the hub has no fault."""
    await web.channel.write("dora", "still there?")
    await web.stage.settled()
    assert "dora" in {it.chat for it in await web.stage.conversations()}
    assert web.stage.hub.health()["faults"] == {}


async def test_no_request_of_a_program_finds_a_fault(web: WebStage, store: MongoStore) -> None:
    """An admin's token, on conversations, files, colleagues and clients that exist."""
    token = make()
    await store.add_token(Token("fuzz", digest(token), "sofia", datetime.now(UTC)))
    held, passed = await web.waiting("carl"), await web.waiting("rosa")
    assert await web.stage.command("sofia", "presence", presence="available") == ""
    assert await web.stage.command("sofia", "take", conversation=held) == ""
    client = (await store.conversations([held]))[held].client
    real = {
        "^/conversations/": {"path.id": held},
        "/(close|skip|transfer|reopen)$": {"path.id": passed},
        "^/clients/": {"path.id": client},
        "^/operators/": {"path.id": "anna"},
        "^/events$": {"query.wait": 0},
    }
    # The socket is no request with an answer: its frames are tried in test_socket_fuzz.py.
    paths = "^/(?!channels|session|events/socket)"
    assert await problems(web, Fuzz(paths, {"Authorization": f"Bearer {token}"}, real)) == ""
    await _well(web)


async def test_no_request_of_a_browser_finds_a_fault(web: WebStage) -> None:
    """An operator's session, on things that mostly do not exist."""
    anna = await web.sign_in("anna")
    cookie = "; ".join(f"{it.key}={it.value}" for it in anna.session.cookie_jar)
    fuzz = Fuzz(
        "^/(?!channels|session|events/socket)",
        {"Cookie": cookie, "X-Trunkline": "1"},
        {"^/events$": {"query.wait": 0}},
        examples=3,
        boundaries=False,
        # A header of another scheme is a proxy's: the session behind it counts on.
        without=("ignored_auth",),
    )
    assert await problems(web, fuzz) == ""
    await _well(web)


async def test_signing_in_stands_anything(web: WebStage) -> None:
    """Whoever guesses is slowed down, and nothing breaks."""
    assert await problems(web, Fuzz("^/session$", {"X-Trunkline": "1"}, {})) == ""
    await _well(web)


async def test_no_request_of_a_channel_finds_a_fault(web: WebStage) -> None:
    """Messages, batches, receipts and files, and the fetching of answers."""
    fuzz = Fuzz(
        "^/channels/",
        {"Authorization": f"Bearer {CHANNEL_TOKEN}"},
        {"deliveries$": {"query.wait": 0}},
        # A batch is taken as a whole, and says of each message in it why it was refused.
        differs={"/batch$": ("negative_data_rejection",)},
    )
    assert await problems(web, fuzz) == ""
    await _well(web)
