"""Signing in and what comes of it: the cookie, its life, and how guessing is slowed down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from structlog.testing import capture_logs

from crm_store import MongoStore
from hub.accounts import reset
from hub.settings.model import HubSettings
from hub.web.lately import TRUSTED
from hub.web.sessions import IDLE, LONGEST
from router.people import Role
from tests.contract.host import TestClock
from tests.integration.web_stage import PASSWORD, UNHURRIED, Desk, WebStage, web_stage

pytestmark = pytest.mark.mongo
COOKIE = "trunkline_session"


class Clock(TestClock):
    """A clock of the whole hub; nothing here waits by it."""

    async def sleep_until(self, at: Any) -> None:
        await asyncio.Event().wait()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def web(store: MongoStore, clock: Clock) -> AsyncIterator[WebStage]:
    async with web_stage(store, clock=clock) as it:
        yield it


def _credentials(operator: str = "anna", password: str = PASSWORD) -> dict[str, str]:
    return {"operator": operator, "password": password}


def _cookies(desk: Desk) -> dict[str, str]:
    return {cookie.key: cookie.value for cookie in desk.session.cookie_jar}


async def _is_let_in(web: WebStage, cookies: dict[str, str]) -> bool:
    somebody = web.desk()
    somebody.session.cookie_jar.update_cookies(cookies)
    return (await somebody.raw("GET", "/api/v1/me")).status == 200


async def test_no_script_reads_the_cookie_and_no_other_site_sends_it(web: WebStage) -> None:
    """HttpOnly and SameSite=Strict; and who reads the database cannot sign in with what stands there."""
    desk = web.desk()
    answer = await desk.raw("POST", "/api/v1/session", json=_credentials())
    cookie = answer.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
    assert not cookie["domain"]
    assert await web.stage.hub.store.session(cookie.value) is None
    assert (await desk.get("/me"))["operator"]["id"] == "anna"


SECURE = (
    (UNHURRIED.model_copy(update={"public_url": "https://chat.example"}), {}),
    (UNHURRIED.model_copy(update={"trusted_proxies": (ip_network("127.0.0.0/8"),)}), {"X-Forwarded-Proto": "https"}),
)


@pytest.mark.parametrize(("settings", "headers"), SECURE, ids=["public_url", "trusted_proxies"])
async def test_over_tls_the_cookie_never_travels_without_it(
    store: MongoStore, settings: HubSettings, headers: dict[str, str]
) -> None:
    """Secure, and with the prefix that keeps sibling hosts from planting one; signing out takes the same one away."""
    async with web_stage(store, settings) as web:
        answer = await web.desk().raw("POST", "/api/v1/session", json=_credentials(), headers=headers)
        cookie = answer.cookies[f"__Host-{COOKIE}"]
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
        own = {"Cookie": f"__Host-{COOKIE}={cookie.value}", **headers}
        planted = {"Cookie": f"{COOKIE}={cookie.value}", **headers}
        assert (await web.desk().raw("GET", "/api/v1/me", headers=own)).status == 200
        assert (await web.desk().raw("GET", "/api/v1/me", headers=planted)).status == 401
        gone = (await web.desk().raw("DELETE", "/api/v1/session", headers=own)).cookies[f"__Host-{COOKIE}"]
        assert (gone.value, gone["secure"]) == ("", True)


async def test_a_stranger_who_says_that_tls_was_spoken_is_not_believed(web: WebStage) -> None:
    """Only trusted proxies are."""
    said = {"X-Forwarded-Proto": "https"}
    answer = await web.desk().raw("POST", "/api/v1/session", json=_credentials(), headers=said)
    assert COOKIE in answer.cookies
    assert "Strict-Transport-Security" not in answer.headers


async def test_signing_in_makes_a_new_session_and_ends_the_old_one(web: WebStage) -> None:
    """A token that somebody planted before is worth nothing afterwards."""
    desk = await web.sign_in("anna")
    before = _cookies(desk)
    await desk.post("/session", _credentials())
    assert before != _cookies(desk)
    assert not await _is_let_in(web, before)
    assert await _is_let_in(web, _cookies(desk))


async def test_a_planted_token_does_not_become_a_session(web: WebStage) -> None:
    """Whoever made the victim's browser send a token of their own choice does not share the session."""
    planted = {COOKIE: "1900000000.chosen-by-somebody-else"}
    desk = web.desk()
    desk.session.cookie_jar.update_cookies(planted)
    assert (await desk.post("/session", _credentials()))[0] == 200
    assert not await _is_let_in(web, planted)


async def test_signing_out_ends_the_session_for_good(web: WebStage) -> None:
    """Even for whoever kept the cookie; other sessions go on."""
    desk, other = await web.sign_in("anna"), await web.sign_in("anna")
    kept = _cookies(desk)
    assert (await desk.send("DELETE", "/session"))[0] == 200
    assert not await _is_let_in(web, kept)
    assert await _is_let_in(web, _cookies(other))


async def test_a_new_password_ends_every_session(web: WebStage, clock: Clock) -> None:
    """Those that this very moment are in use as well, and the old password opens no new one."""
    desks = [await web.sign_in("anna"), await web.sign_in("anna")]
    made = await reset(web.stage.hub.store, web.stage.hub.rules, "anna")  # type: ignore[arg-type]  # the store is one
    clock.advance(TRUSTED)
    for desk in desks:
        assert not await _is_let_in(web, _cookies(desk))
    assert (await web.desk().post("/session", _credentials()))[0] == 401
    assert (await web.desk().post("/session", _credentials(password=made)))[0] == 200


async def test_a_session_nobody_uses_ends(web: WebStage, clock: Clock) -> None:
    """Twelve hours later, and no sooner."""
    clock.advance(-IDLE - timedelta(minutes=1))
    forgotten = await web.sign_in("anna")
    clock.advance(timedelta(minutes=11))
    later = await web.sign_in("anna")
    clock.advance(IDLE - timedelta(minutes=10))
    assert not await _is_let_in(web, _cookies(forgotten))
    assert await _is_let_in(web, _cookies(later))


async def test_a_session_ends_after_a_week_however_busy(web: WebStage, clock: Clock) -> None:
    """A token that was stolen does not last for ever."""
    desk = await web.sign_in("anna")
    for _ in range(20):
        assert await _is_let_in(web, _cookies(desk))
        clock.advance(LONGEST / 20)
    assert not await _is_let_in(web, _cookies(desk))


async def test_whoever_is_no_operator_any_more_is_out_at_once(web: WebStage) -> None:
    """A session does not outlive its operator; a role that is taken away does not linger either."""
    anna, sofia = await web.sign_in("anna"), await web.sign_in("sofia")
    conversation = await web.waiting()
    assert (await sofia.raw("GET", f"/api/v1/conversations/{conversation}")).status == 200
    book = web.stage.hub.engine.book
    operators = {name: it for name, it in book.rules.operators.items() if name != "anna"}
    operators["sofia"] = operators["sofia"].model_copy(update={"role": Role.OPERATOR})
    lines = {name: it.model_copy(update={"operators": ("boris",)}) for name, it in book.rules.lines.items()}
    rules = book.rules.model_copy(update={"operators": operators, "lines": lines})
    await web.stage.hub.engine.use(replace(book, rules=rules))
    assert (await anna.raw("GET", "/api/v1/me")).status == 401
    assert (await sofia.raw("GET", f"/api/v1/conversations/{conversation}")).status == 404


async def test_wrong_names_and_wrong_passwords_look_alike(web: WebStage) -> None:
    """The answer does not say which of the two was wrong, not even to a program that compares every header."""
    answers = []
    for operator in ("anna", "nobody"):
        answer = await web.desk().raw("POST", "/api/v1/session", json=_credentials(operator, "guess"))
        answers.append((answer.status, answer.body, {k: v for k, v in answer.headers.items() if k != "Date"}))
    assert answers[0] == answers[1]
    assert answers[0][0] == 401


async def test_a_name_that_nobody_has_is_not_written_to_the_log(web: WebStage) -> None:
    """It may be somebody's password, typed into the wrong field."""
    with capture_logs() as logs:
        for operator in ("hunter2", "anna"):
            await web.desk().post("/session", _credentials(operator, "guess"))
    failed = [it["operator"] for it in logs if it["event"] == "a sign-in failed"]
    assert failed == [None, "anna"]
    assert "hunter2" not in str(logs)
    assert "guess" not in str(logs)


async def test_whoever_guesses_must_wait(web: WebStage) -> None:
    """Even with the right password at last, and even when all guesses come at once."""
    desk = web.desk()
    guesses = await asyncio.gather(*(desk.post("/session", _credentials(password="guess")) for _ in range(8)))
    assert sorted(status for status, _ in guesses) == [401] * 5 + [429] * 3
    answer = await desk.raw("POST", "/api/v1/session", json=_credentials())
    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert (await desk.post("/session", _credentials("boris")))[0] == 200


async def test_whoever_waited_may_try_again(web: WebStage, clock: Clock) -> None:
    """Nobody is locked out for longer than the window."""
    desk = web.desk()
    for _ in range(5):
        await desk.post("/session", _credentials(password="guess"))
    assert (await desk.post("/session", _credentials()))[0] == 429
    clock.advance(timedelta(minutes=5))
    assert (await desk.post("/session", _credentials()))[0] == 200


async def test_an_office_behind_one_address_signs_in_at_once(web: WebStage) -> None:
    """What succeeds is no guess; what was guessed in between stays counted."""
    for _ in range(25):
        assert (await web.desk().post("/session", _credentials()))[0] == 200
    guesses = [(await web.desk().post("/session", _credentials(f"nobody-{n}", "x")))[0] for n in range(21)]
    assert guesses == [401] * 20 + [429]


async def test_a_guesser_has_one_address_whatever_they_write_into_headers(web: WebStage) -> None:
    """X-Forwarded-For is nobody's word but a trusted proxy's."""
    statuses = []
    for number in range(21):
        said = {"X-Forwarded-For": f"192.0.2.{number}"}
        body = _credentials(f"nobody-{number}", "x")
        statuses.append((await web.desk().raw("POST", "/api/v1/session", json=body, headers=said)).status)
    assert statuses == [401] * 20 + [429]


async def test_behind_a_trusted_proxy_each_client_has_an_address(store: MongoStore) -> None:
    """The one the proxy wrote, not the one the client had written before, in one header or in two."""
    settings = UNHURRIED.model_copy(update={"trusted_proxies": (ip_network("127.0.0.1/32"),)})
    async with web_stage(store, settings) as web:

        async def guess(number: int, *forwarded: str) -> int:
            headers = [("X-Trunkline", "1"), *(("X-Forwarded-For", it) for it in forwarded)]
            body = _credentials(f"nobody-{number}", "x")
            return (await web.desk().raw("POST", "/api/v1/session", json=body, headers=headers)).status

        ones = [await guess(n, f"10.9.9.{n}, 192.0.2.1") for n in range(10)]
        ones += [await guess(n, f"10.9.9.{n}", "192.0.2.1") for n in range(10, 21)]
        assert ones == [401] * 20 + [429]
        assert await guess(30, "10.9.9.9, 192.0.2.2") == 401
