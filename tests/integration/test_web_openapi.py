"""The API's documentation on a running hub: true, whole, and readable."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aiohttp import hdrs
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from bots.http import HttpChannel, HttpSettings
from crm_store import MongoStore
from hub.web.app import OPERATIONS, build_app
from hub.web.openapi import document
from tests.integration.web_stage import WebStage, web_stage

pytestmark = pytest.mark.mongo
#: what the console and integrators were promised
PROMISED = {
    "/session": {"post", "delete"},
    "/conversations": {"get"},
    "/conversations/{id}": {"get"},
    "/conversations/{id}/messages": {"get"},
    "/conversations/{id}/why": {"get"},
    **{
        f"/conversations/{{id}}/{what}": {"post"}
        for what in ("take", "skip", "replies", "notes", "transfer", "join", "leave", "close", "reopen", "files")
    },
    "/conversations/{id}/files/{file}": {"get"},
    "/clients/{id}": {"get"},
    "/operators": {"get"},
    "/operators/{id}/presence": {"put"},
    "/operators/{id}/leave": {"get", "post"},
    "/operators/{id}/leave/{leave}": {"delete"},
    "/presence": {"get", "put"},
    "/lines": {"get"},
    "/events": {"get"},
    "/events/socket": {"get"},
}
#: what people read, and what describes the rest
UNDOCUMENTED = {"/api/v1/openapi.json", "/api/v1/docs"}


def channel(name: str) -> HttpChannel:
    settings = {"kind": "http", "line": "sales", "tokens": ["crm-4f1d2c9a7b6e5f3d8c0a"]}
    return HttpChannel(name, HttpSettings.model_validate(settings))


@pytest.fixture
async def web(store: MongoStore) -> AsyncIterator[WebStage]:
    async with web_stage(store, others=[channel("crm"), channel("shop-app")]) as it:
        yield it


def every(made: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


async def test_the_document_is_valid_and_for_everybody(web: WebStage) -> None:
    """By the official meta-schema of OpenAPI 3.1, and without signing in."""
    answer = await web.desk().raw("GET", "/api/v1/openapi.json")
    assert answer.headers["Content-Type"].startswith("application/json")
    OPENAPI_31_VALIDATOR.validate(answer.json())


def test_everything_promised_is_documented() -> None:
    """Under the addresses that were promised."""
    paths = document(OPERATIONS)["paths"]
    assert {path: methods for path, methods in PROMISED.items() if not methods <= set(paths.get(path, ()))} == {}


async def test_what_is_served_and_what_is_documented_is_the_same(web: WebStage) -> None:
    """Neither holds an operation that the other lacks; a channel's is documented once, for all such channels."""
    made = (await web.desk().raw("GET", "/api/v1/openapi.json")).json()
    documented = set()
    for path, method, operation in every(made):
        names = [it["schema"]["enum"] for it in operation.get("parameters", ()) if it["name"] == "channel"] or [[""]]
        documented |= {(method.upper(), "/api/v1" + path.replace("{channel}", name)) for name in names[0]}
    routes = build_app(web.stage.hub).router.routes()
    served = {(it.method, it.resource.canonical) for it in routes if it.resource and it.method != hdrs.METH_HEAD}
    assert {it for it in served if it[1].startswith("/api/") and it[1] not in UNDOCUMENTED} == documented


def test_every_operation_says_what_a_client_needs() -> None:
    """A name of its own, a tag, a summary, described parts of its address, who may call it, and how it may fail."""
    made = document(OPERATIONS, [channel("crm")])
    names = Counter(operation["operationId"] for _, _, operation in every(made))
    assert [name for name, count in names.items() if count > 1] == []
    tags = {tag["name"] for tag in made["tags"]}
    for path, method, operation in every(made):
        assert set(operation["tags"]) <= tags
        assert operation["summary"]
        assert {"429", "503"} <= set(operation["responses"])
        assert bool(operation["security"]) == (path != "/session")
        assert "401" in operation["responses"] or path == "/session"
        assert "404" in operation["responses"] or "{" not in path
        keyed = method != "get" and path != "/session" and not path.startswith("/channels/")
        assert keyed == any(it["name"] == "Idempotency-Key" for it in operation.get("parameters", ()))
    assert all(tag["description"] for tag in made["tags"])


def test_fields_are_described_by_the_comments_beside_them() -> None:
    """So that there is one place for both readers."""
    made = document(OPERATIONS)
    assert made["components"]["schemas"]["FileView"]["properties"]["size"]["description"] == "bytes"
    (wait,) = (it for it in made["paths"]["/events"]["get"]["parameters"] if it["name"] == "wait")
    assert wait["description"] == "seconds; 0 answers at once"
    assert wait["schema"]["maximum"] == 60


def test_a_file_is_bytes_both_ways() -> None:
    """And a range of it has a status of its own."""
    paths = document(OPERATIONS)["paths"]
    assert list(paths["/conversations/{id}/files"]["post"]["requestBody"]["content"]) == ["application/octet-stream"]
    answers = paths["/conversations/{id}/files/{file}"]["get"]["responses"]
    assert "application/json" not in answers["200"]["content"]
    assert {"206", "416"} <= set(answers)


def test_the_public_address_is_the_server() -> None:
    """Where there is none, the document's own."""
    assert document(OPERATIONS, url="https://help.example")["servers"] == [{"url": "https://help.example/api/v1"}]
    assert document(OPERATIONS)["servers"] == [{"url": "/api/v1"}]


async def test_the_page_shows_every_operation_and_model(web: WebStage) -> None:
    """It is one page without scripts, and every link within it leads somewhere."""
    made = (await web.desk().raw("GET", "/api/v1/openapi.json")).json()
    answer = await web.desk().raw("GET", "/api/v1/docs")
    html = answer.body.decode()
    assert (answer.status, "<script" in html) == (200, False)
    for _, _, operation in every(made):
        assert f'id="{operation["operationId"]}"' in html
    for name in made["components"]["schemas"]:
        assert f'id="model-{name}"' in html
    links = {part.split('"')[0] for part in html.split('href="#')[1:]}
    assert [link for link in links if f'id="{link}"' not in html] == []


async def test_a_method_that_is_not_there_is_told_with_those_that_are(web: WebStage) -> None:
    """As RFC 9110 asks."""
    answer = await web.desk().raw("DELETE", "/api/v1/presence", headers={"X-Trunkline": "1"})
    assert (answer.status, answer.headers["Allow"]) == (405, "GET,HEAD,PUT")


async def test_a_body_packed_wrongly_is_the_callers_fault(web: WebStage) -> None:
    """400, not 500."""
    anna = await web.sign_in("anna")
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    answer = await anna.raw("PUT", "/api/v1/presence", data=b"not gzip", headers=headers)
    assert (answer.status, answer.json()["status"]) == (400, 400)
