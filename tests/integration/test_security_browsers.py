"""What browsers are told and asked: headers, who may read answers, who may open sockets, what files may do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from crm_store import MongoStore
from hub.web import pages
from tests.integration.web_stage import PASSWORD, UNHURRIED, Desk, WebStage, web_stage

pytestmark = pytest.mark.mongo
#: pages, files, the API, and every kind of answer that is none
ANYWHERE = (
    "/",
    "/demo",
    "/console",
    "/static/icon.svg",
    "/static/console/main.js",
    "/api/v1/me",
    "/healthz",
    "/readyz",
    "/nothing",
    "/static/nothing",
    "/api/v1/nothing",
)
PUBLIC = UNHURRIED.model_copy(update={"public_url": "https://chat.example"})
EVIL = "https://evil.example"


@pytest.fixture
async def web(store: MongoStore) -> AsyncIterator[WebStage]:
    async with web_stage(store) as it:
        yield it


def _policy(headers: Mapping[str, str]) -> dict[str, str]:
    directives = (part.split(maxsplit=1) for part in headers["Content-Security-Policy"].split(";"))
    return {directive[0]: directive[1] for directive in directives}


async def test_every_answer_carries_the_security_headers(web: WebStage) -> None:
    """Pages, files, the API and errors: no guessing of types, no frames, nothing told to other sites."""
    for path in ANYWHERE:
        for method in ("GET", "PATCH"):
            headers = (await web.desk().raw(method, path)).headers
            assert headers["X-Content-Type-Options"] == "nosniff", path
            assert headers["X-Frame-Options"] == "DENY", path
            assert headers["Referrer-Policy"] == "same-origin", path
            assert headers["Cross-Origin-Resource-Policy"] == "same-origin", path
            assert headers["Cross-Origin-Opener-Policy"] == "same-origin", path
            assert "Cache-Control" in headers, path


async def test_no_answer_names_the_software_and_its_version(web: WebStage) -> None:
    """Whoever looks for hubs with a known hole learns nothing from the headers."""
    for path in ANYWHERE:
        assert (await web.desk().raw("GET", path)).headers["Server"] == "Trunkline"


async def test_the_content_policy_lets_nothing_run_but_our_own_files(web: WebStage) -> None:
    """No inline script or style, no other host, no plugin, no frame around it, no foreign form or base."""
    for path in ANYWHERE:
        policy = _policy((await web.desk().raw("GET", path)).headers)
        assert policy["default-src"] == "'self'"
        assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
        assert policy["form-action"] == "'self'"
        assert not {"script-src", "style-src", "connect-src"} & set(policy)
        assert "unsafe" not in str(policy)


async def test_pages_need_nothing_that_the_policy_forbids(web: WebStage) -> None:
    """Neither inline scripts, nor handlers or styles in attributes: nobody has a reason to loosen it."""
    anna = await web.sign_in("anna")
    for path in ("/", "/demo", "/console"):
        for desk in (anna, web.desk()):
            page = (await desk.raw("GET", path)).body.decode()
            for forbidden in (" onclick", " onload", " onerror", " style=", "<style", "javascript:"):
                assert forbidden not in page
            assert page.count("<script") == page.count("<script src=") + page.count('type="application/json"') + (
                page.count('<script type="module" src=')
            )


async def test_our_scripts_never_make_markup_of_text(web: WebStage) -> None:
    """What clients write goes into pages as text; nothing in the console or the widget can read it otherwise."""
    folders = (pages.HERE / "static", Path(pages.HERE).parents[1] / "bots/webchat/static")
    scripts = [path for folder in folders for path in folder.rglob("*.js")]
    assert len(scripts) > 20
    for path in scripts:
        source = path.read_text("utf-8")
        for dangerous in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
            assert dangerous not in source, f"{path.name} uses {dangerous}"


async def test_a_name_cannot_break_out_of_the_page(web: WebStage) -> None:
    """Neither an operator's name nor a text in the page's data ends the element it stands in."""
    desk = await web.sign_in("anna")
    hostile = "'\"><script>alert(1)</script>"
    book = web.stage.hub.engine.book
    operators = {**book.rules.operators, "anna": book.rules.operators["anna"].model_copy(update={"name": hostile})}
    await web.stage.hub.engine.use(replace(book, rules=book.rules.model_copy(update={"operators": operators})))
    page = (await desk.raw("GET", "/console")).body.decode()
    assert "alert(1)" in page
    assert "<script>" not in page
    data = page.split('type="application/json"')[1].split(">", 1)[1].split("</script>")[0]
    assert json.loads(data)
    assert "<" not in data


async def test_no_other_site_may_read_an_answer(web: WebStage) -> None:
    """There is no cross-origin sharing: no answer names a site that may read it, whatever one asks with."""
    anna = await web.sign_in("anna")
    for path in ANYWHERE:
        for origin in (EVIL, "null", web.url):
            asked = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
            asked["Access-Control-Request-Headers"] = "authorization, x-trunkline"
            for method in ("GET", "OPTIONS"):
                answer = await anna.raw(method, path, headers=asked)
                shared = [name for name in answer.headers if name.lower().startswith("access-control-")]
                assert shared == [], (method, path, origin)
                assert method == "GET" or answer.status in {403, 404, 405}


async def test_browsers_are_told_to_use_tls_where_there_is_tls(store: MongoStore) -> None:
    """With every answer, so that nobody on the way can talk them out of it."""
    async with web_stage(store, PUBLIC) as web:
        for path in ANYWHERE:
            told = (await web.desk().raw("GET", path)).headers["Strict-Transport-Security"]
            assert int(told.removeprefix("max-age=")) >= 180 * 24 * 3600


async def test_browsers_are_not_told_to_use_tls_where_there_is_none(web: WebStage) -> None:
    """It would lock them out."""
    for path in ANYWHERE:
        assert "Strict-Transport-Security" not in (await web.desk().raw("GET", path)).headers


async def test_a_socket_is_only_opened_by_our_own_pages(web: WebStage) -> None:
    """A foreign page cannot listen in although the browser might send the cookie."""
    anna = await web.sign_in("anna")
    for headers in ({"Origin": EVIL}, {"Origin": "null"}, {"Origin": "http://["}, {"Sec-Fetch-Site": "cross-site"}):
        answer = await anna.raw("GET", "/api/v1/events/socket?after=0", headers=headers)
        assert answer.status == 403
    async with anna.session.ws_connect(f"{web.url}/api/v1/events/socket?after=0", headers={"Origin": web.url}) as own:
        assert not own.closed


async def _changes(desk: Desk, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = {"operator": "anna", "password": PASSWORD}
    return (await desk.raw("POST", "/api/v1/session", json=body, headers=named)).status


async def test_a_request_that_says_nothing_of_where_it_comes_from_is_refused(web: WebStage) -> None:
    """A program says that it is one; our own pages are known by what browsers say of them."""
    desk = web.desk()
    del desk.session.headers["X-Trunkline"]
    assert await _changes(desk) == 403
    assert await _changes(desk, Origin=web.url, Sec_Fetch_Site="same-origin") == 200
    assert await _changes(desk, Origin=EVIL, X_Trunkline="1") == 403


async def test_a_foreign_name_that_leads_to_the_hub_is_not_the_hub(store: MongoStore) -> None:
    """Once the hub knows its public address: a site may have its own name lead to the hub's network address."""
    async with web_stage(store, PUBLIC) as web:
        desk, port = web.desk(), web.url.rpartition(":")[2]
        rebound = f"evil.example:{port}"
        assert await _changes(desk, Host=rebound, Origin=f"http://{rebound}", Sec_Fetch_Site="same-origin") == 403
        assert await _changes(desk, Host="chat.example", Origin="http://chat.example") == 403
        assert await _changes(desk, Host="internal", Origin="https://chat.example") == 200
        assert await _changes(desk, Origin=web.url) == 200


async def test_no_answer_repeats_the_name_by_which_the_hub_was_asked(web: WebStage) -> None:
    """So that no cache and no mail can be made to hold links to a foreign host; and nothing redirects anywhere."""
    anna = await web.sign_in("anna")
    odd = ("//evil.example", "//evil.example/..", "/console/", "/\\evil.example", "/?next=https://evil.example")
    for path in (*ANYWHERE, *odd):
        for headers in ({"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}):
            answer = await anna.raw("GET", path, headers=headers, allow_redirects=False)
            assert not 300 <= answer.status < 400
            assert "Location" not in answer.headers
            assert b"evil.example" not in answer.body


HOSTILE_FILES = {
    "page.html": b"<!doctype html><script>alert(1)</script>",
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "drawing.png": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "cat.gif": b"<script>alert(1)</script>",
    "paper.pdf": b"%PDF-1.7\n1 0 obj << /S /JavaScript /JS (app.alert(1)) >>",
    "page.xhtml": b'<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>',
}


async def test_files_are_saved_and_never_run(web: WebStage) -> None:
    """Whatever they are called: only what is a picture by its content is shown, and even that can load nothing."""
    anna = await web.sign_in("anna")
    conversation = await web.waiting()
    for name, content in HOSTILE_FILES.items():
        upload = await anna.raw("POST", f"/api/v1/conversations/{conversation}/files?name={name}", data=content)
        for headers in ({}, {"Range": "bytes=1-"}):
            saved = await anna.raw("GET", upload.json()["url"], headers=headers)
            assert saved.headers["Content-Type"] == "application/octet-stream", name
            assert saved.headers["Content-Disposition"].startswith("attachment;"), name
            assert saved.headers["X-Content-Type-Options"] == "nosniff"
            assert saved.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


NAMES = (
    'a"; filename="b.html',
    "a\r\nSet-Cookie: x=1",
    "../../etc/passwd",
    "c:\\windows\\win.ini",
    "\u202egnp.exe",
    "a;b",
)


async def test_a_files_name_cannot_write_headers_or_paths(web: WebStage) -> None:
    """Quotes, line ends, folders and marks that turn the reading around do not survive."""
    anna = await web.sign_in("anna")
    conversation = await web.waiting()
    for name in NAMES:
        address = f"/api/v1/conversations/{conversation}/files"
        kept = (await anna.raw("POST", address, params={"name": name}, data=b"text")).json()
        assert not set(kept["name"]) & set("/\\\r\n\u202e")
        saved = await anna.raw("GET", kept["url"])
        disposition = saved.headers["Content-Disposition"].removeprefix("attachment; filename*=UTF-8''")
        assert not set(disposition) & set('"; /\\')
        assert "Set-Cookie" not in saved.headers
