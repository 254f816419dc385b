"""Bearer tokens on a running hub: programs that act as an operator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientSession, WSServerHandshakeError

from crm_store import MongoStore
from hub.web.sessions import digest
from hub.web.tokens import make
from router.rulebook import Rulebook
from router.rules import Rules
from router.tokens import Token
from tests.clock import ManualClock
from tests.integration.web_stage import RULES, Answer, Desk, WebStage, web_stage

pytestmark = pytest.mark.mongo
#: to the second, because the store keeps milliseconds; the server itself forgets what has expired by its own clock
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
async def web(store: MongoStore, clock: ManualClock) -> AsyncIterator[WebStage]:
    async with web_stage(store, clock=clock) as it:
        yield it


async def token_of(store: MongoStore, operator: str, *, name: str = "site", expires_at: datetime | None = None) -> str:
    """Return a token that acts as an operator."""
    made = make()
    await store.add_token(Token(name, digest(made), operator, NOW, expires_at))
    return made


@asynccontextmanager
async def program(web: WebStage, token: str) -> AsyncIterator[Desk]:
    """Yield what a program says that has nothing but a token: no cookies, no further headers."""
    async with ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        yield Desk(session, web.url)


async def status(desk: Desk, path: str = "/api/v1/me", **options: Any) -> int:
    answer: Answer = await desk.raw("GET", path, **options)
    return answer.status


async def test_a_program_does_what_its_operator_may(web: WebStage, store: MongoStore) -> None:
    """It reads, takes, replies, uploads, downloads and follows the feed both ways, without a session."""
    conversation = await web.waiting()
    path = f"/conversations/{conversation}"
    async with program(web, await token_of(store, "anna")) as desk:
        me = await desk.get("/me")
        assert me["operator"]["id"] == "anna"
        assert (await desk.send("PUT", "/presence", {"presence": "available"}))[0] == 200
        await desk.do(f"{path}/take")
        async with desk.feed(me["cursor"]) as feed:
            await desk.do(f"{path}/replies", {"text": "good day"})
            await feed.delivery("sent")
        kept = (await desk.raw("POST", f"/api/v1{path}/files?name=a.txt", data=b"hello")).json()
        assert (await desk.raw("GET", kept["url"])).body == b"hello"
        assert (await desk.get("/events", after=me["cursor"], wait=0))["events"]
    assert web.channel.taken["carl"] == ["good day"]


async def test_a_token_opens_no_more_than_its_operator_may_see(web: WebStage, store: MongoStore) -> None:
    """Another line's conversation looks like one that does not exist."""
    conversation = await web.waiting()
    async with program(web, await token_of(store, "clara")) as desk:
        assert await status(desk, f"/api/v1/conversations/{conversation}") == 404


@pytest.mark.parametrize("token", ["", "tl_", "tl_unknown", "anything", "tl_\x80"])
async def test_what_is_no_token_is_refused_even_with_a_session(web: WebStage, token: str) -> None:
    """Whoever sends a token is judged by it alone; the answer says which scheme is expected."""
    anna = await web.sign_in("anna")
    for path in ("/api/v1/me", "/api/v1/events?after=0", "/api/v1/events/socket?after=0"):
        answer = await anna.raw("GET", path, headers={"Authorization": f"Bearer {token}"})
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert "hub token create" in answer.json()["detail"]


async def test_a_proxys_own_authorization_does_not_hide_the_session(web: WebStage) -> None:
    """A console behind a password of the proxy's works as without it."""
    anna = await web.sign_in("anna")
    assert await status(anna, headers={"Authorization": "Basic cHJveHk6cHJveHk="}) == 200


async def test_a_revoked_token_stops_working_within_five_seconds(
    web: WebStage, store: MongoStore, clock: ManualClock
) -> None:
    """Wherever it was revoked."""
    async with program(web, await token_of(store, "anna")) as desk:
        assert await status(desk) == 200
        await store.revoke_token("site")
        clock.advance(timedelta(seconds=5))
        assert await status(desk) == 401


async def test_a_token_that_ends_ends_on_time(web: WebStage, store: MongoStore, clock: ManualClock) -> None:
    """To the second, although it was used a moment ago."""
    async with program(web, await token_of(store, "anna", expires_at=NOW + timedelta(seconds=3))) as desk:
        assert await status(desk) == 200
        clock.advance(timedelta(seconds=3))
        assert await status(desk) == 401


async def test_a_token_of_somebody_taken_out_of_the_rules_is_refused_at_once(web: WebStage, store: MongoStore) -> None:
    """The hub need not be restarted."""
    book = web.stage.hub.book
    async with program(web, await token_of(store, "boris")) as desk:
        assert await status(desk) == 200
        rules = {**RULES, "operators": {name: it for name, it in RULES["operators"].items() if name != "boris"}}
        rules["lines"] = {**RULES["lines"], "sales": {**RULES["lines"]["sales"], "operators": ["anna"]}}
        await web.stage.hub.engine.use(Rulebook(Rules.model_validate(rules), book.catalog, web.stage.hub.prompts, {}))
        assert await status(desk) == 401


async def test_the_last_use_is_noted_once_a_minute(web: WebStage, store: MongoStore, clock: ManualClock) -> None:
    """Which is exact enough to see what is still in use, and spares the store."""

    async def last_used() -> datetime | None:
        (token,) = await store.tokens()
        return token.last_used_at

    async with program(web, await token_of(store, "anna")) as desk:
        assert await last_used() is None
        for seconds, noted in ((0, 0), (40, 0), (25, 65)):
            clock.advance(timedelta(seconds=seconds))
            assert await status(desk) == 200
            assert await last_used() == NOW + timedelta(seconds=noted)


async def test_a_socket_of_a_revoked_token_is_refused(web: WebStage, store: MongoStore, clock: ManualClock) -> None:
    """As is every other way in."""
    async with program(web, await token_of(store, "anna")) as desk:
        async with desk.feed(web.stage.hub.feed.cursor) as feed:
            await feed.until("current")
        await store.revoke_token("site")
        clock.advance(timedelta(seconds=5))
        with pytest.raises(WSServerHandshakeError, match="401"):
            async with desk.feed(0):
                pass


async def test_a_session_ended_elsewhere_ends_here_within_five_seconds(
    web: WebStage, store: MongoStore, clock: ManualClock
) -> None:
    """As when an admin gives the operator a new password on the command line."""
    anna = await web.sign_in("anna")
    assert await status(anna) == 200
    await store.end_sessions_of("anna")
    clock.advance(timedelta(seconds=5))
    assert await status(anna) == 401


async def test_the_same_upload_is_kept_once(web: WebStage, store: MongoStore) -> None:
    """A repetition is answered with the same file; other bytes under its key are refused, and nothing of them stays."""
    path = f"/api/v1/conversations/{await web.waiting()}/files?name=a.txt"
    key = {"Idempotency-Key": "upload-1"}
    async with program(web, await token_of(store, "anna")) as desk:
        first, again = [await desk.raw("POST", path, data=b"hello", headers=key) for _ in range(2)]
        assert (first.status, again.status, first.json()) == (200, 200, again.json())
        other = await desk.raw("POST", path, data=b"hullo", headers=key)
        assert (other.status, "different file" in other.json()["detail"]) == (422, True)
        assert (await desk.raw("GET", first.json()["url"])).body == b"hello"
        fresh = await desk.raw("POST", path, data=b"hello")
        assert fresh.json()["id"] != first.json()["id"]
    assert await store._database.raw["files.files"].count_documents({}) == 2
    assert await store._database.raw["files.chunks"].count_documents({}) == 2


async def test_leads_set_a_colleagues_presence(web: WebStage, store: MongoStore) -> None:
    """Others may set only their own; nobody that of a stranger."""
    body = {"presence": "available"}
    async with (
        program(web, await token_of(store, "sofia", name="lead")) as sofia,
        program(web, await token_of(store, "anna", name="other")) as anna,
    ):
        assert (await anna.send("PUT", "/operators/boris/presence", body))[0] == 403
        assert (await sofia.send("PUT", "/operators/nobody/presence", body))[0] == 404
        for desk, operator in ((sofia, "boris"), (anna, "anna")):
            assert await desk.send("PUT", f"/operators/{operator}/presence", body) == (200, {"done": True})
        presences = {it["id"]: it["presence"] for it in (await anna.get("/operators"))["operators"]}
    assert presences == {"anna": "available", "boris": "available", "clara": "away", "sofia": "away"}
