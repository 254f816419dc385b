"""How an account on a messenger becomes an operator's: by the web console, the command line, and the bot itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar

from crm_store import MongoStore
from hub.commands.operator import every_link, new_link_code, take_link
from hub.settings import Settings, load
from router.access import Account
from router.errors import Misconfigured
from tests.clock import FastClock
from tests.integration.telegram_desk import RULES, TOKEN, Front, TelegramDesk, Worker, operators_bot, telegram_desk
from tests.integration.web_stage import PASSWORD, QUICK, Desk

pytestmark = pytest.mark.mongo
WRONG = "This code is not right"
STRANGER = "for the operators of this business only"
_RULES: dict[str, Any] = {**RULES, "operators": {**RULES["operators"], "ada": {"name": "Ada", "role": "admin"}}}
SETTINGS = """
hub: {{ data: {folder} }}
store: {{ url: "{url}", database: {database} }}
lines: {{ sales: {{ name: Sales, operators: [anna] }} }}
operators: {{ anna: {{ name: Anna }} }}
consoles: {{ team: {{ kind: telegram, token: "${{TEAM}}" }} }}
"""


@pytest.fixture
async def front() -> AsyncIterator[Front]:
    front = Front()
    yield front
    await front.close()


@pytest.fixture
async def desk(store: MongoStore, front: Front) -> AsyncIterator[TelegramDesk]:
    clock = FastClock()
    async with (
        operators_bot(topics=False, clock=clock) as telegram,
        telegram_desk(store, telegram, rules=_RULES, clock=clock, front=front) as desk,
    ):
        yield desk


@asynccontextmanager
async def _web(desk: TelegramDesk, front: Front, operator: str) -> AsyncIterator[Desk]:
    """A browser in which an operator is signed in."""
    await desk.stage.hub.store.save_account(Account(operator, QUICK.hash(PASSWORD)))
    async with ClientSession(headers={"X-Trunkline": "1"}, cookie_jar=CookieJar(unsafe=True)) as session:
        web = Desk(session, front.url)
        assert (await web.post("/session", {"operator": operator, "password": PASSWORD}))[0] == 200
        yield web


def _somebody(desk: TelegramDesk, name: str = "Anna on her phone") -> Worker:
    return Worker(desk.telegram.add_user(name, language_code="en"), desk.bot)


async def _code(web: Desk) -> str:
    status, made = await web.post("/operators/me/link-codes")
    assert (status, made["consoles"]) == (200, ["team"])
    return str(made["code"])


async def test_a_code_of_the_web_console_links_an_account_once(desk: TelegramDesk, front: Front) -> None:
    """However it is typed; a second account gets nowhere with it."""
    anna, eve = _somebody(desk), _somebody(desk, "Eve")
    async with _web(desk, front, "anna") as web:
        code = await _code(web)
        anna.says(f"/link {code[:4].lower()}-{code[4:].lower()}")
        await anna.sees("👋 Welcome, Anna!")
        eve.says(f"/link {code}")
        await eve.sees(WRONG)
        (link,) = (await web.get("/operators/links"))["links"]
    shown = (link["console"], link["account"], link["operator"], link["name"])
    assert shown == ("team", str(anna.user.id), "anna", "Anna on her phone")
    asked = anna.says("/available")
    assert "🟢" in (await anna.answered(asked)).text
    assert desk.stage.hub.roster["anna"].presence == "available"


async def test_a_link_is_taken_away_by_its_operator_and_by_admins(desk: TelegramDesk, front: Front) -> None:
    """At once, and colleagues neither see it nor take it away."""
    anna = _somebody(desk)
    async with _web(desk, front, "anna") as hers, _web(desk, front, "boris") as his, _web(desk, front, "ada") as admin:
        anna.user.starts(desk.bot, await _code(hers))
        await anna.sees("👋")
        path = f"/operators/links/team/{anna.user.id}"
        assert (await his.get("/operators/links"))["links"] == []
        assert (await his.send("DELETE", path))[0] == 403
        assert [it["operator"] for it in (await admin.get("/operators/links"))["links"]] == ["anna"]
        assert (await admin.send("DELETE", path))[0] == 200
        assert (await admin.send("DELETE", path))[0] == 404
        anna.says("/available")
        await anna.sees(STRANGER)
        anna.says(f"/link {await _code(hers)}")
        await anna.chat.until(lambda: sum("👋" in it.text for it in anna.chat.messages) == 2)
        assert (await hers.send("DELETE", path))[0] == 200
    assert "anna" not in desk.stage.hub.roster or desk.stage.hub.roster["anna"].presence != "available"


async def test_an_operator_has_one_account_at_a_time(desk: TelegramDesk) -> None:
    """The latest one takes the former's place, and gives it up with /unlink."""
    old, new = _somebody(desk, "Old phone"), _somebody(desk, "New phone")
    for worker in (old, new):
        await worker.link(desk.stage, "anna")
    old.says("/available")
    await old.sees(STRANGER)
    assert [it.account for it in await desk.stage.hub.consoles.links()] == [str(new.user.id)]
    await new.answered(new.says("/unlink"))
    assert await desk.stage.hub.consoles.links() == []


async def test_who_guesses_codes_is_slowed_down(desk: TelegramDesk) -> None:
    """After five wrong ones even a right one is refused to that account, and serves another."""
    eve, anna = _somebody(desk, "Eve"), _somebody(desk)
    code, _ = await desk.stage.hub.consoles.codes.make("anna")
    for n in range(6):
        eve.says(f"/link {code if n == 5 else f'WRNGCDE{n}'}")
    await eve.chat.until(lambda: sum(WRONG in it.text for it in eve.chat.messages) == 6)
    anna.says(f"/link {code}")
    await anna.sees("👋")


async def _settings(folder: Path, url: str, database: str) -> tuple[Settings, Path]:
    file = folder / "config.yaml"
    file.write_text(SETTINGS.format(folder=folder, url=url, database=database), encoding="utf-8")
    return load(file, {"TEAM": TOKEN}), file


async def test_the_command_line_links_and_unlinks(
    desk: TelegramDesk, mongo_url: str, database: str, tmp_path: Path
) -> None:
    """`hub operator link`, `links` and `unlink` work beside the running hub, and count at once."""
    settings, file = await _settings(tmp_path, mongo_url, database)
    anna = _somebody(desk)
    anna.user.starts(desk.bot, await new_link_code(settings, file, "anna"))
    await anna.sees("👋")
    (link,) = await every_link(settings, file)
    assert (link.console, link.account, link.link.operator) == ("team", str(anna.user.id), "anna")
    await take_link(settings, file, "team", link.account)
    assert await every_link(settings, file) == []
    anna.says("/mine")
    await anna.sees(STRANGER)
    with pytest.raises(Misconfigured, match="no account '7' is linked"):
        await take_link(settings, file, "team", "7")
    with pytest.raises(Misconfigured, match="no operator named 'eve'"):
        await new_link_code(settings, file, "eve")
