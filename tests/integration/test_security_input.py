"""Hostile ids, queries, paths and texts: they are looked up, refused or written down, and never obeyed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import structlog
from structlog.testing import capture_logs

from crm_store import MongoStore
from hub.web.app import OPERATIONS
from hub.web.bodies import Nothing
from router.access import Account
from tests.integration.web_stage import PASSWORD, WebStage, web_stage

pytestmark = pytest.mark.mongo
#: what MongoDB would obey if it came where a text is expected
OPERATORS = ({"$ne": None}, {"$gt": ""}, {"$regex": ".*"}, {"$where": "sleep(5000)"}, ["anna"], 5, True, None)
HOSTILE_IDS = (
    "%24ne",
    "%7B%22%24ne%22%3Anull%7D",
    "%00",
    "a%00b",
    "%0d%0aX-Injected:%201",
    "..%2f..%2fetc%2fpasswd",
    "%ed%a0%80",
    "%ff%fe",
    "%F0%9F%92%A9",
    "a" * 2000,
    "'%20OR%201=1",
    "%E2%80%AE",
)
OUTSIDE = (
    "/static/../app.py",
    "/static/%2e%2e/app.py",
    "/static/..%2fapp.py",
    "/static/..%5capp.py",
    "/static/%2e%2e%2f%2e%2e%2f%2e%2e%2fconfig.yaml",
    "/static//etc/passwd",
    "/static/%2fetc%2fpasswd",
    "/static/console/../../security.py",
    "/static/console/..%252f..%252fsecurity.py",
    "/static/%00",
    "/static/",
    "/static/console",
    "/templates/console.html",
    "/api/v1/../../config.yaml",
)


@pytest.fixture
async def web(store: MongoStore) -> AsyncIterator[WebStage]:
    async with web_stage(store) as it:
        yield it


async def test_nobody_signs_in_with_an_operator_of_the_database(web: WebStage) -> None:
    """A name and a password are texts; anything else is refused before the store is asked."""
    desk = web.desk()
    for value in OPERATORS:
        for body in ({"operator": value, "password": PASSWORD}, {"operator": "anna", "password": value}):
            assert (await desk.post("/session", body))[0] == 422, body


async def test_an_operator_of_the_database_is_no_value_of_any_field(web: WebStage) -> None:
    """In no body of any operation."""
    anna = await web.sign_in("anna")
    conversation = await web.waiting()
    asked = 0
    for it in OPERATIONS:
        if it.body is Nothing:
            continue
        path = it.path.replace("{id}", conversation)
        for field in it.body.model_fields:
            asked += 1
            status, _ = await anna.send(it.method, path, {field: {"$ne": None}})
            assert status in {404, 422}, (it.path, field)
    assert asked >= 10
    assert (await anna.get("/conversations", view="queue"))["conversations"][0]["id"] == conversation


async def test_an_operator_of_the_database_is_no_part_of_a_query(web: WebStage) -> None:
    """Brackets make no objects of parameters here, and repeating one makes no list."""
    anna = await web.sign_in("anna")
    for query in ("line[$ne]=x", "cursor[$gt]=", "view[$ne]=mine", "line=sales&line=support", "limit[$gt]=1"):
        assert (await anna.raw("GET", f"/api/v1/conversations?{query}")).status == 422, query
    for wait in ("nan", "inf", "-inf", "1e999", "-1"):
        assert (await anna.raw("GET", f"/api/v1/events?after=0&wait={wait}")).status == 422, wait


async def test_a_hostile_id_names_nothing(web: WebStage) -> None:
    """It is looked up as the text it is, and no answer is an error of the hub's or carries a header of the asker's."""
    sofia = await web.sign_in("sofia")
    conversation = await web.waiting()
    for hostile in HOSTILE_IDS:
        for path in (
            f"conversations/{hostile}",
            f"conversations/{hostile}/messages",
            f"clients/{hostile}",
            f"conversations/{conversation}/files/{hostile}",
            f"conversations?view=all&line={hostile}",
            f"conversations?cursor={hostile}",
        ):
            answer = await sofia.raw("GET", f"/api/v1/{path}")
            assert answer.status in {400, 404, 422}, (path, answer.status)
            assert "X-Injected" not in answer.headers


async def test_only_static_files_are_served(web: WebStage) -> None:
    """No way leads out of their folder, and no folder is listed."""
    for path in OUTSIDE:
        answer = await web.desk().raw("GET", path)
        assert answer.status in {400, 403, 404}, path
        assert b"import" not in answer.body
        assert b"lines:" not in answer.body


async def test_a_line_of_the_log_cannot_be_forged(web: WebStage) -> None:
    """What strangers send stands in a log line as a value; line ends and colours in it are spelled out."""
    with capture_logs() as logs:
        forged = "anna\n2026-01-01 [info] all is well \x1b[2J"
        await web.desk().post("/session", {"operator": forged, "password": "x"})
        assert (await web.desk().raw("GET", "/api/v1/%0aforged%1b[2J")).status == 404
    assert logs
    event = {"event": "an API request failed", "path": "/api/\nforged \x1b[2J", "operator": forged}
    for renderer in (structlog.dev.ConsoleRenderer(colors=False), structlog.processors.JSONRenderer()):
        drawn = str(renderer(None, "info", dict(event)))
        assert not set(drawn) & {"\n", "\x1b"}


async def test_a_password_is_nowhere_but_in_its_hash(web: WebStage, store: MongoStore) -> None:
    """Neither it nor a session's token can be read from the database."""
    desk = await web.sign_in("anna")
    (token,) = [cookie.value for cookie in desk.session.cookie_jar]
    kept: dict[str, Account] = await store.accounts()
    assert kept["anna"].password_hash.startswith("$argon2id$")
    for name in await store._database.raw.list_collection_names():
        documents = await store._database.raw[name].find({}).to_list(length=None)
        dumped = json.dumps(documents, default=str)
        assert PASSWORD not in dumped, name
        assert token not in dumped, name
