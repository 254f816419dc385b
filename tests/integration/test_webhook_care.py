"""What admins see of webhooks and do about them: over the API and on the command line."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar
from aiohttp.test_utils import TestServer

from crm_store import MongoStore
from hub.passwords import Passwords
from hub.web.app import build_app
from hub.web.keys import SIGN_IN
from hub.web.signin import SignInDesk
from router.access import Account
from router.delivery import Delivery, DeliveryState
from router.store import DeliveryChange
from router.webhooks import GONE, channel_of
from tests.contract.store_samples import NOW, Batches
from tests.integration.integrator import SECRET, Integrator, ended, listening, subscription, telling_stage
from tests.integration.stage import RULES, ScriptedChannel, running
from tests.integration.web_stage import PASSWORD, QUICK, Desk

pytestmark = pytest.mark.mongo
ROOT = Path(__file__).parents[2]
STAFF = {**RULES, "operators": {**RULES["operators"], "ada": {"name": "Ada", "role": "admin"}}}


@asynccontextmanager
async def signed_in(store: MongoStore, crm: Integrator, operator: str) -> AsyncIterator[tuple[Desk, ScriptedChannel]]:
    """Run a hub with one webhook, and yield its API as an operator has it."""
    channel = ScriptedChannel()
    wanted = subscription(crm, events=["message"])
    stage = telling_stage(store, {"crm": wanted}, [channel], rules=STAFF)
    await store.save_account(Account(operator, QUICK.hash(PASSWORD)))
    app = build_app(stage.hub)
    app[SIGN_IN] = SignInDesk(stage.hub, Passwords(QUICK))
    session = ClientSession(headers={"X-Trunkline": "1"}, cookie_jar=CookieJar(unsafe=True))
    async with running(stage), TestServer(app) as server, session:
        desk = Desk(session, str(server.make_url("")).rstrip("/"))
        await desk.do("/session", {"operator": operator, "password": PASSWORD})
        yield desk, channel


async def test_admins_see_what_is_dead_and_send_it_again(store: MongoStore) -> None:
    async with listening(answers=[410]) as crm, signed_in(store, crm, "ada") as (desk, channel):
        await channel.write("carl", "hello")
        await crm.until(lambda: bool(crm.posted))
        await ended(store, crm.posted[0], DeliveryState.FAILED)
        (webhook,) = (await desk.get("/webhooks"))["webhooks"]
        assert (webhook["status"], webhook["reason"], webhook["dead"]) == ("gone", GONE, 1)
        assert "secret" not in webhook
        (notice,) = (await desk.get("/webhooks/crm/deliveries", state="dead"))["notices"]
        assert (notice["id"], notice["type"], notice["state"]) == (crm.posted[0], "message", "failed")
        assert [attempt["reason"] for attempt in notice["attempts"]] == [GONE]
        await desk.do(f"/webhooks/crm/deliveries/{notice['id']}/resend")
        await ended(store, notice["id"], DeliveryState.SENT)
        assert crm.texts == ["hello"]
        status, problem = await desk.post(f"/webhooks/crm/deliveries/{notice['id']}/resend")
        assert (status, problem["detail"]) == (
            409,
            "The receiver has taken this notice: only dead ones are sent again.",
        )
        (webhook,) = (await desk.get("/webhooks"))["webhooks"]
        assert (webhook["status"], webhook["dead"], webhook["waiting"]) == ("ok", 0, 0)


async def test_all_dead_ones_are_sent_again_at_once(store: MongoStore) -> None:
    async with listening(answers=[410] * 3) as crm, signed_in(store, crm, "ada") as (desk, channel):
        for n in range(3):
            await channel.write("carl", f"{n}")
            await crm.until(lambda n=n: len(crm.posted) > n)  # type: ignore[misc]  # bound now
        await ended(store, crm.posted[-1], DeliveryState.FAILED)
        page = await desk.get("/webhooks/crm/deliveries", limit=2)
        rest = await desk.get("/webhooks/crm/deliveries", limit=2, after=page["next"])
        assert ([len(it["notices"]) for it in (page, rest)], rest["next"]) == ([2, 1], 0)
        assert await desk.post("/webhooks/crm/resend") == (200, {"resent": 3})
        await crm.until(lambda: crm.texts == ["0", "1", "2"])


async def test_only_admins_look_after_webhooks(store: MongoStore) -> None:
    async with listening() as crm, signed_in(store, crm, "anna") as (desk, _):
        for method, path in (
            ("GET", "/webhooks"),
            ("GET", "/webhooks/crm/deliveries"),
            ("POST", "/webhooks/crm/resend"),
            ("POST", "/webhooks/crm/deliveries/x/resend"),
        ):
            answer = await desk.raw(method, f"/api/v1{path}", json={} if method == "POST" else None)
            assert (answer.status, answer.json()["detail"]) == (403, "Only admins may look after webhooks.")


async def test_what_does_not_exist_is_not_found(store: MongoStore) -> None:
    async with listening() as crm, signed_in(store, crm, "ada") as (desk, _):
        for path in ("/webhooks/other/resend", "/webhooks/crm/deliveries/nothing/resend"):
            assert (await desk.post(path))[0] == 404


async def hub(file: Path, *arguments: str) -> tuple[int, str, str]:
    """Run `hub webhooks` on a settings file and return its exit code, its output and its errors."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from hub.cli import main; main()", "webhooks", *arguments, "--file", str(file),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "CRM_WEBHOOK_SECRET": SECRET},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, errors = await process.communicate()
    return process.returncode or 0, out.decode(), errors.decode()


def settings_file(folder: Path, crm: Integrator, store: str = "") -> Path:
    file = folder / "config.yaml"
    file.write_text(
        f"{store}lines: {{sales: {{name: Sales}}}}\n"
        f'webhooks: {{crm: {{url: "{crm.url}", secret: "${{CRM_WEBHOOK_SECRET}}"}}}}\n',
        "utf-8",
    )
    return file


async def test_a_sample_shows_what_the_receiver_answers(tmp_path: Path) -> None:
    async with listening(answers=[200, 401]) as crm:
        file = settings_file(tmp_path, crm)
        code, out, errors = await hub(file, "test", "crm")
        (sample,) = crm.taken
        assert (code, errors) == (0, "")
        assert out.startswith(f"{crm.url} has taken the signed sample {sample} after ")
        assert crm.told("test")[0]["text"] == "A sample, posted by hub webhooks test."
        code, out, errors = await hub(file, "test", "crm")
        assert (code, out) == (1, "")
        assert errors == "The sample was not taken. The webhook's receiver answered 401: as the test says\n"
        code, _, errors = await hub(file, "test", "shop")
        assert (code, errors) == (2, "There is no webhook named 'shop' in the settings; there are: crm.\n")


async def test_the_command_line_lists_and_resends_while_the_hub_runs(
    store: MongoStore, mongo_url: str, database: str, tmp_path: Path
) -> None:
    channel = ScriptedChannel()
    async with listening(answers=[410]) as crm:
        file = settings_file(tmp_path, crm, f"store: {{url: '{mongo_url}', database: {database}}}\n")
        async with running(telling_stage(store, {"crm": subscription(crm, events=["message"])}, [channel])):
            await channel.write("carl", "hello")
            await crm.until(lambda: bool(crm.posted))
            (notice,) = crm.posted
            await ended(store, notice, DeliveryState.FAILED)
            code, out, _ = await hub(file, "list")
            assert (code, out.splitlines()[1].split()[:4]) == (0, ["crm", "gone", "0", "1"])
            code, out, _ = await hub(file, "dead", "crm")
            assert (code, out.splitlines()[1].split()[:2]) == (0, [notice, "message"])
            code, out, _ = await hub(file, "resend", "crm", notice)
            assert (code, out[:25]) == (0, "1 notice waits to be post")
            await ended(store, notice, DeliveryState.SENT)
            assert (await hub(file, "resend", "crm", "--all"))[0] == 1
            code, out, _ = await hub(file, "attempts", notice)
            assert [line.split()[2] for line in out.splitlines()[3:6]] == ["failed", "queued", "sent"]


def notices(count: int) -> list[Delivery]:
    """Notices of a webhook, in order."""
    named: dict[str, Any] = {
        "message": "",
        "conversation": "k1",
        "line": "sales",
        "channel": channel_of("crm"),
        "chat": "k1",
    }
    return [Delivery(id=f"w{n}", cursor=n, body='{"type": "message"}', **named) for n in range(1, count + 1)]


async def test_notices_and_the_cursor_are_kept_together_and_once(store: MongoStore) -> None:
    """As after an answer of the database that was lost on its way."""
    assert await store.webhooks.cursor("crm", 7) == 7
    for _ in range(2):
        await store.webhooks.add("crm", 7, 9, notices(2), NOW)
    assert await store.webhooks.cursor("crm", 7) == 9
    waiting = await store.undelivered(channel_of("crm"), 0, 10)
    assert [(notice.id, message.text) for notice, message in waiting] == [
        ("w1", '{"type": "message"}'),
        ("w2", '{"type": "message"}'),
    ]


async def test_no_question_about_webhooks_scans_a_collection(store: MongoStore, database: str) -> None:
    await store.webhooks.cursor("crm", 0)
    await store.webhooks.add("crm", 0, 60, notices(60), NOW)
    failed = [DeliveryChange(f"w{n}", DeliveryState.FAILED, (DeliveryState.QUEUED,)) for n in range(1, 30)]
    await store.commit(Batches().make(changes=failed))
    raw = store._database.raw
    await raw.command("profile", 2)
    assert (await store.webhooks.standing("crm")).dead == 29
    assert len(await store.webhooks.dead("crm", 3, 10)) == 10
    assert await store.webhooks.find("w1") is not None
    assert await store.webhooks.resend("crm", ["w1", "w60"], NOW) == 1
    assert await store.webhooks.resend("crm", None, NOW + timedelta(1)) == 28
    assert await store.webhooks.rings("crm") == 2
    await raw.command("profile", 0)
    asked = await raw["system.profile"].find({"ns": {"$ne": f"{database}.system.profile"}}).to_list()
    plans = {(each["ns"], each.get("planSummary", "")) for each in asked}
    assert len(plans) > 4
    assert [plan for plan in plans if "COLLSCAN" in plan[1]] == []
    assert [each["command"] for each in asked if each.get("hasSortStage")] == []


async def test_only_notices_that_came_to_their_end_are_forgotten(store: MongoStore) -> None:
    """The index that forgets them looks at nothing else."""
    indexes: Any = await store._database.raw["deliveries"].index_information()
    index = indexes["expired"]
    assert index["expireAfterSeconds"] == 30 * 24 * 3600
    assert index["partialFilterExpression"] == {"state": {"$in": ["sent", "failed"]}}
    assert index["key"] == [("notice_at", 1)]
