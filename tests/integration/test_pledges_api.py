"""Targets and promises over the API: shown, told through the feed, set and taken back."""

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
    sla = {"first_response": "10m", "resolution": "2h", "warn_at": ["50%"]}
    sales = {**stages.RULES["lines"]["sales"], "sla": sla, "offer_timeout": "12h", "unanswered": "stay"}
    rules: dict[str, Any] = {**stages.RULES, "lines": {**stages.RULES["lines"], "sales": sales}}
    async with web_stage(store, UNHURRIED, clock, rules=rules) as it:
        yield it


async def test_targets_are_shown_and_their_alerts_are_told(web: WebStage, clock: ManualClock) -> None:
    """A supervisor sees what is at risk, now and as it happens, in their own language."""
    sofia, began = await web.sign_in("sofia"), clock.now()
    boris = await web.sign_in("boris")
    conversation = await web.waiting()
    (queued,) = (await sofia.get("/conversations", view="queue"))["conversations"]
    assert [(it["target"], it["state"], it["paused"]) for it in queued["sla"]] == [
        ("first_response", "ok", False),
        ("resolution", "ok", False),
    ]
    assert datetime.fromisoformat(queued["sla"][0]["due_at"]) == began + 10 * MINUTE
    async with sofia.feed(1) as feed, boris.feed(1) as his:
        clock.advance(5 * MINUTE)
        warned = await feed.until("alert")
        assert warned["conversation"] == conversation
        assert warned["alert"] == {
            "what": "sla_warned",
            "text": "50% of the time for the first answer is over",
            "target": "first_response",
            "share": 50,
            "operator": "",
        }
        assert (await his.until("alert"))["alert"]["text"] == "Прошло 50% времени на первый ответ"
        clock.advance(5 * MINUTE)
        assert (await feed.until("alert"))["alert"]["what"] == "sla_breached"
    late = (await sofia.get(f"/conversations/{conversation}"))["conversation"]
    assert (late["sla"][0]["state"], late["breached"]) == ("breached", ["first_response"])


async def test_a_promise_is_set_and_taken_back(web: WebStage, clock: ManualClock) -> None:
    """It is shown with the conversation, and times that make no sense are refused."""
    anna = await web.sign_in("anna")
    await anna.send("PUT", "/presence", {"presence": "available"})
    conversation = await web.waiting()
    path, until = f"/conversations/{conversation}", clock.now() + 60 * MINUTE
    assert (await anna.post(f"{path}/snooze", {"until": until.isoformat()}))[0] == 409
    await anna.do(f"{path}/take")
    await anna.do(f"{path}/snooze", {"until": until.isoformat(), "text": "ask the warehouse"})
    shown = (await anna.get(path))["conversation"]
    assert datetime.fromisoformat(shown["promise"].pop("until")) == until
    assert shown["promise"] == {"operator": "anna", "text": "ask the warehouse"}
    assert {"snooze", "unsnooze"} <= set(shown["actions"])
    await anna.do(f"{path}/unsnooze")
    status, problem = await anna.post(f"{path}/unsnooze")
    assert (status, problem["type"]) == (409, "/problems/refused/no_promise")
    status, problem = await anna.post(f"{path}/snooze", {"until": clock.now().isoformat()})
    assert (status, problem["type"]) == (409, "/problems/refused/not_in_time")
    for wrong in ("tomorrow", "2030-01-01T10:00:00", None):
        assert (await anna.post(f"{path}/snooze", {"until": wrong}))[0] == 422
