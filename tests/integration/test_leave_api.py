"""Leave over the API: entered once, shown with its source, kept over a restart, and over by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm_store import MongoStore
from router.model import State
from router.rulebook import Rulebook
from router.rules import Rules
from tests.clock import ManualClock
from tests.integration.stage import ScriptedChannel, running, stage_of
from tests.integration.web_stage import RULES, Desk, WebStage, web_stage

pytestmark = pytest.mark.mongo
#: later than today, or browsers forget their session
NOON = datetime(2030, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
async def web(store: MongoStore, clock: ManualClock) -> AsyncIterator[WebStage]:
    async with web_stage(store, clock=clock) as it:
        yield it


async def _enter(desk: Desk, operator: str, key: str = "", **body: Any) -> tuple[int, Any]:
    headers = {"Idempotency_Key": key} if key else {}
    return await desk.post(
        f"/operators/{operator}/leave", {"from": "2030-03-10", "to": "2030-03-12", **body}, **headers
    )


async def _leave(desk: Desk, operator: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await desk.get(f"/operators/{operator}/leave"))["leave"]
    return found


async def test_leave_is_entered_once_per_key_and_taken_away(web: WebStage) -> None:
    """The answer to a repetition is the first one's; taking it away leaves nothing."""
    sofia = await web.sign_in("sofia")
    first = await _enter(sofia, "anna", key="k", note="Alps")
    assert first[0] == 200
    assert await _enter(sofia, "anna", key="k", note="Alps") == first
    (it,) = await _leave(sofia, "anna")
    assert it == {
        "id": first[1]["id"],
        "from": "2030-03-10T00:00:00Z",
        "to": "2030-03-13T00:00:00Z",
        "reason": "vacation",
        "note": "Alps",
        "source": "api",
        "by": "sofia",
    }
    assert (await sofia.send("DELETE", f"/operators/anna/leave/{it['id']}"))[0] == 200
    assert await _leave(sofia, "anna") == []


async def test_all_sources_are_shown_by_their_beginning(web: WebStage) -> None:
    """What the settings say, as days of the operator's own, beside what was entered; what is over is not shown."""
    written = [{"from": "2030-03-05", "why": "other"}, {"from": "2030-03-01"}]
    hours = {"timezone": "Europe/Berlin", "week": {"mon-fri": "09:00-18:00"}}
    operators = {**RULES["operators"], "anna": {"name": "Anna", "leave": written, "hours": hours}}
    hub = web.stage.hub
    rules = Rules.model_validate({**RULES, "operators": operators})
    await hub.engine.use(Rulebook(rules, hub.book.catalog, hub.prompts, {}))
    anna = await web.sign_in("anna")
    assert (await _enter(anna, "anna"))[0] == 200
    assert [(it["source"], it["from"], it["to"]) for it in await _leave(anna, "anna")] == [
        ("settings", "2030-03-04T23:00:00Z", "2030-03-05T23:00:00Z"),
        ("api", "2030-03-09T23:00:00Z", "2030-03-12T23:00:00Z"),
    ]


async def test_leave_is_nobody_elses_business(web: WebStage) -> None:
    """Operators enter their own; a colleague's is neither seen nor changed."""
    anna, boris = await web.sign_in("anna"), await web.sign_in("boris")
    assert (await _enter(anna, "anna"))[0] == 200
    (it,) = await _leave(anna, "anna")
    assert (await _enter(boris, "anna"))[0] == 403
    assert (await boris.send("DELETE", f"/operators/anna/leave/{it['id']}"))[0] == 403
    assert (await boris.raw("GET", "/api/v1/operators/anna/leave")).status == 403
    assert (await boris.raw("GET", "/api/v1/operators/zoe/leave")).status == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"from": "soon"}, 422),
        ({"from": "2030-03-10T09:00"}, 422),
        ({"from": "2030-02-30"}, 422),
        ({"to": "2101-01-01"}, 422),
        ({"reason": "sulking"}, 422),
        ({"note": "x" * 201}, 422),
        ({"from": "2030-03-12", "to": "2030-03-10"}, 409),
        ({"from": "2030-02-01", "to": "2030-02-02"}, 409),
    ],
)
async def test_what_makes_no_sense_is_refused_with_a_sentence(web: WebStage, body: dict[str, str], status: int) -> None:
    """And with what was expected."""
    sofia = await web.sign_in("sofia")
    answer = await _enter(sofia, "anna", **body)
    assert (answer[0], bool(answer[1]["detail"])) == (status, True)
    assert await _leave(sofia, "anna") == []


async def test_colleagues_see_who_does_not_work(web: WebStage) -> None:
    """Without the reason."""
    anna, boris = await web.sign_in("anna"), await web.sign_in("boris")
    assert (await anna.post("/operators/anna/leave", {"reason": "sick"}))[0] == 200
    people = {it["id"]: it["on_shift"] for it in (await boris.get("/operators"))["operators"]}
    assert people == {"anna": False, "boris": True, "clara": True, "sofia": True}


async def test_the_hub_wakes_when_leave_begins_and_when_it_ends(web: WebStage, clock: ManualClock) -> None:
    """Nobody asks for it: what is offered goes back, and is offered again to who is back."""
    anna = await web.sign_in("anna")
    await anna.send("PUT", "/presence", {"presence": "available"})
    times = {"from": "2030-03-02T13:00Z", "to": "2030-03-02T15:00:00Z"}
    assert (await anna.post("/operators/anna/leave", times))[0] == 200
    await web.waiting()

    async def is_(state: State) -> bool:
        return [it.state for it in await web.stage.conversations()] == [state]

    assert await is_(State.OFFERED)
    clock.advance(timedelta(hours=1))
    await web.stage.until(lambda: is_(State.QUEUED))
    clock.advance(timedelta(hours=2))
    await web.stage.until(lambda: is_(State.OFFERED))


async def test_leave_survives_a_restart(store: MongoStore, clock: ManualClock) -> None:
    """The next hub knows who is away, and when they are back."""
    channel = ScriptedChannel()
    async with running(stage_of(store, [channel], clock=clock)) as stage:
        await stage.command("anna", "presence", presence="available")
        assert await stage.command("anna", "add_leave", whom="anna", until="2030-03-02T15:00Z") == ""
        kept = stage.hub.roster["anna"].leave
    channel = ScriptedChannel()
    async with running(stage_of(store, [channel], clock=clock)) as stage:
        assert stage.hub.roster["anna"].leave == kept
        await channel.write("carl", "hello")
        await stage.settled()
        assert [it.state for it in await stage.conversations()] == [State.QUEUED]
        clock.advance(timedelta(hours=3))

        async def offered() -> bool:
            return [it.state for it in await stage.conversations()] == [State.OFFERED]

        await stage.until(offered)
