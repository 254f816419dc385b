"""Signing in, and what keeps others out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from crm_store import MongoStore
from hub.settings.problems import Problem, SettingsErrors
from tests.integration.web_stage import PASSWORD, WebStage, web_stage

pytestmark = pytest.mark.mongo
PAGES = ("/", "/demo", "/console", "/static/icon.svg", "/static/console/main.js", "/api/v1/me", "/healthz")


@pytest.fixture
async def web(store: MongoStore) -> AsyncIterator[WebStage]:
    async with web_stage(store) as it:
        yield it


def _credentials(operator: str = "anna") -> dict[str, str]:
    return {"operator": operator, "password": PASSWORD}


async def test_the_cookie_is_for_the_browser_alone(web: WebStage) -> None:
    """No script reads it, no other site sends it, and the store only knows its digest."""
    desk = web.desk()
    answer = await desk.raw("POST", "/api/v1/session", json=_credentials())
    cookie = answer.cookies["trunkline_session"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
    assert await web.stage.hub.store.session(cookie.value) is None
    assert (await desk.get("/me"))["operator"]["id"] == "anna"


async def test_signing_in_makes_a_new_session_and_ends_the_old_one(web: WebStage) -> None:
    """A token that somebody planted before is worth nothing afterwards."""
    desk = await web.sign_in("anna")
    before = {cookie.key: cookie.value for cookie in desk.session.cookie_jar}
    await desk.post("/session", _credentials())
    after = {cookie.key: cookie.value for cookie in desk.session.cookie_jar}
    assert before != after
    stranger = web.desk()
    stranger.session.cookie_jar.update_cookies(before)
    assert (await stranger.raw("GET", "/api/v1/me")).status == 401


async def test_signing_out_ends_the_session_for_good(web: WebStage) -> None:
    """Even for whoever kept the cookie."""
    desk = await web.sign_in("anna")
    kept = {cookie.key: cookie.value for cookie in desk.session.cookie_jar}
    assert (await desk.send("DELETE", "/session"))[0] == 200
    desk.session.cookie_jar.update_cookies(kept)
    assert (await desk.raw("GET", "/api/v1/me")).status == 401


async def test_wrong_names_and_wrong_passwords_look_alike(web: WebStage) -> None:
    """The answer does not say which of the two was wrong."""
    for operator in ("anna", "nobody"):
        status, problem = await web.desk().post("/session", {"operator": operator, "password": "guess"})
        assert (status, problem["detail"]) == (401, "The name or the password is not right.")


async def test_whoever_guesses_must_wait(web: WebStage) -> None:
    """Even with the right password at last, and even when all guesses come at once."""
    desk = web.desk()
    guess = {"operator": "anna", "password": "guess"}
    statuses = [status for status, _ in await asyncio.gather(*(desk.post("/session", guess) for _ in range(8)))]
    assert sorted(statuses) == [401] * 5 + [429] * 3
    answer = await desk.raw("POST", "/api/v1/session", json=_credentials())
    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert (await desk.post("/session", _credentials("boris")))[0] == 200


FOREIGN = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
)


async def test_other_sites_can_change_nothing(web: WebStage) -> None:
    """Not with a request and not over a socket, although the browser would send the cookie."""
    desk = await web.sign_in("anna")
    for headers in FOREIGN:
        assert (await desk.send("PUT", "/presence", {"presence": "available"}, **headers))[0] == 403
        assert (await desk.raw("GET", "/api/v1/events/socket?after=0", headers=headers)).status == 403
    assert (await desk.get("/presence"))["presence"] == "away"


async def test_a_request_that_says_nothing_of_where_it_comes_from_is_refused(web: WebStage) -> None:
    """A program says that it is one."""
    desk = await web.sign_in("anna")
    del desk.session.headers["X-Trunkline"]
    assert (await desk.send("PUT", "/presence", {"presence": "available"}))[0] == 403
    own = {"Origin": web.url, "Sec-Fetch-Site": "same-origin"}
    assert (await desk.send("PUT", "/presence", {"presence": "available"}, **own))[0] == 200


async def test_every_answer_carries_the_security_headers(web: WebStage) -> None:
    """No inline script, no frames, no guessing of types."""
    for path in PAGES:
        headers = (await web.desk().raw("GET", path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]


async def test_only_static_files_are_served(web: WebStage) -> None:
    """No way leads out of their folder."""
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static//etc/passwd"):
        assert (await web.desk().raw("GET", path)).status in {403, 404}


async def test_everything_but_signing_in_needs_a_session(web: WebStage) -> None:
    """Reading and changing alike."""
    desk = web.desk()
    for path in (
        "/me",
        "/conversations",
        "/conversations/x",
        "/operators",
        "/events?after=0",
        "/events/socket?after=0",
    ):
        assert (await desk.raw("GET", f"/api/v1{path}")).status == 401
    assert (await desk.post("/conversations/x/take"))[0] == 401


async def test_a_broken_settings_file_is_shown(web: WebStage) -> None:
    """To those who are there, to those who come later, and in /healthz; the hub works on."""
    anna = await web.sign_in("anna")
    async with anna.feed(web.stage.hub.feed.cursor) as feed:
        await feed.until("current")
        await web.stage.hub.edited(SettingsErrors([Problem("config.yaml", 3, 5, "lines", "expected a line")]))
        told = await feed.until("rules")
    assert told["problems"] == (await anna.get("/me"))["settings_problems"]
    assert "expected a line" in told["problems"][0]
    health = (await anna.raw("GET", "/healthz")).json()
    assert health["status"] == "degraded"
    assert (await anna.raw("GET", "/readyz")).status == 200


async def test_the_pages_speak_the_language_that_was_chosen(web: WebStage) -> None:
    """By the address, then by the cookie it leaves, then by the browser."""
    desk = web.desk()
    russian = await desk.raw("GET", "/demo", headers={"Accept-Language": "fr, ru-RU;q=0.8, en;q=0.5"})
    assert '<html lang="ru">' in russian.body.decode()
    assert '<html lang="en">' in (await desk.raw("GET", "/demo?lang=en")).body.decode()
    again = await desk.raw("GET", "/console", headers={"Accept-Language": "ru"})
    assert '<html lang="en">' in again.body.decode()
