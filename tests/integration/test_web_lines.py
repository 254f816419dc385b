"""Lines as they are now over the API: how each stands, its queue in pages, its operators, and what is late."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm_store import MongoStore
from tests.clock import ManualClock
from tests.integration import web_stage as stages
from tests.integration.web_stage import UNHURRIED, WebStage, web_stage

pytestmark = pytest.mark.mongo
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> ManualClock:
    """A clock that begins now, since sessions end by the real one."""
    return ManualClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
async def web(store: MongoStore, clock: ManualClock) -> AsyncIterator[WebStage]:
    """Two lines: sales, with a target and a capacity of its own, and support, open for an hour or two from now."""
    began = clock.now()
    until = began.replace(minute=0, second=0) + timedelta(hours=2)
    hours = {"timezone": "UTC", "week": {"mon-sun": f"{began:%H}:00-{until:%H}:00"}}
    sla = {"first_response": "10m", "warn_at": ["50%"]}
    own: dict[str, Any] = {"sla": sla, "capacity": 3, "offer_timeout": "12h", "unanswered": "stay"}
    lines = {
        "sales": {**stages.RULES["lines"]["sales"], **own},
        "support": {**stages.RULES["lines"]["support"], "hours": hours},
    }
    async with web_stage(store, UNHURRIED, clock, rules={**stages.RULES, "lines": lines}) as it:
        yield it


async def test_only_those_who_lead_watch_lines(web: WebStage) -> None:
    """Operators are told that it is not for them; a line that does not exist is not found."""
    anna, sofia = await web.sign_in("anna"), await web.sign_in("sofia")
    for path in ("/lines/live", "/lines/sales/live", "/lines/none/live"):
        answer = await anna.raw("GET", f"/api/v1{path}")
        assert (answer.status, answer.json()["detail"]) == (403, "Only supervisors and admins may watch the lines.")
    assert (await sofia.raw("GET", "/api/v1/lines/none/live")).status == 404
    assert (await sofia.raw("GET", "/api/v1/lines/sales/live?limit=201")).status == 422
    assert (await sofia.raw("GET", "/api/v1/lines/sales/live?cursor=x")).status == 422
    assert (await web.desk().raw("GET", "/api/v1/lines/live")).status == 401


async def test_every_line_tells_how_it_stands(web: WebStage, clock: ManualClock) -> None:
    """Counts by state, the longest wait, what is late, and until when a line is open as it is."""
    sofia, anna, began = await web.sign_in("sofia"), await web.sign_in("anna"), clock.now()
    await web.waiting("first")
    clock.advance(MINUTE)
    await web.waiting("second")
    await anna.send("PUT", "/presence", {"presence": "available"})
    await anna.do(f"/conversations/{await web.waiting('third')}/take")
    await web.stage.settled()
    answer = await sofia.get("/lines/live")
    sales, support = answer["lines"]
    assert {name: sales[name] for name in ("triage", "queued", "offered", "open", "waiting")} == {
        "triage": 0,
        "queued": 0,
        "offered": 2,
        "open": 1,
        "waiting": 0,
    }
    assert datetime.fromisoformat(sales["waits_since"]) == began
    assert (sales["line"]["name"], sales["line"]["open"], sales["until"], sales["at_risk"]) == ("Sales", True, None, 0)
    assert datetime.fromisoformat(support["until"]) == began.replace(minute=0, second=0) + timedelta(hours=2)
    assert (support["line"]["open"], support["waits_since"], support["queued"]) == (True, None, 0)
    assert answer["cursor"] == web.stage.hub.feed.cursor


async def test_a_line_shows_its_queue_in_pages_and_its_operators(web: WebStage, clock: ManualClock) -> None:
    """The queue is in the order in which it is offered; operators come with their load, here and in all."""
    sofia, anna = await web.sign_in("sofia"), await web.sign_in("anna")
    held = await web.waiting("held")
    await anna.send("PUT", "/presence", {"presence": "available"})
    await anna.do(f"/conversations/{held}/take")
    await anna.send("PUT", "/presence", {"presence": "break"})
    ids = []
    for n in range(5):
        clock.advance(MINUTE)
        ids.append(await web.waiting(f"chat{n}"))
    first = await sofia.get("/lines/sales/live", limit=3)
    rest = await sofia.get("/lines/sales/live", limit=3, cursor=first["next"])
    assert [it["id"] for it in first["queue"] + rest["queue"]] == ids
    assert (first["line"]["queued"], rest["next"]) == (5, "")
    assert (first["queue"][0]["state"], first["queue"][0]["call_back"]) == ("queued", "")
    assert "take" not in first["queue"][0]["actions"]  # Sofia is away
    assert "transfer" in first["queue"][0]["actions"]
    anna_, boris = first["operators"]
    assert (anna_["operator"]["id"], anna_["operator"]["presence"], anna_["load"], anna_["capacity"]) == (
        "anna",
        "break",
        1,
        3,
    )
    assert (boris["operator"]["presence"], boris["load"]) == ("away", 0)


async def test_what_is_late_is_shown_also_when_somebody_holds_it(web: WebStage, clock: ManualClock) -> None:
    """Warned of, then missed, then answered: no longer late."""
    sofia, anna = await web.sign_in("sofia"), await web.sign_in("anna")
    conversation = await web.waiting()
    await anna.send("PUT", "/presence", {"presence": "available"})
    await anna.do(f"/conversations/{conversation}/take")
    assert (await sofia.get("/lines/sales/live"))["late"] == []
    async with sofia.feed(1) as feed:
        clock.advance(5 * MINUTE)
        await feed.until("alert")
        risk = await sofia.get("/lines/sales/live")
        clock.advance(5 * MINUTE)
        assert (await feed.until("alert"))["alert"]["what"] == "sla_breached"
    missed = await sofia.get("/lines/sales/live")
    assert [(it["id"], it["sla"][0]["state"]) for it in risk["late"]] == [(conversation, "warned")]
    assert (risk["line"]["at_risk"], risk["line"]["missed"]) == (1, 0)
    assert (missed["line"]["at_risk"], missed["line"]["missed"]) == (0, 1)
    await anna.do(f"/conversations/{conversation}/replies", {"text": "Sorry for the wait"})
    assert (await sofia.get("/lines/sales/live"))["late"] == []


async def test_an_explanation_names_the_clock_it_is_read_by(web: WebStage) -> None:
    """The line's own zone, which for a line without hours is UTC."""
    anna = await web.sign_in("anna")
    kept = await anna.get(f"/conversations/{await web.waiting()}/why")
    assert (kept["zone"], kept["explanations"][0]["decision"]) == ("UTC", "queue")
