"""`hub doctor`: what is right is told, and what is wrong is told with what to do about it."""

from __future__ import annotations

import socket
from contextlib import aclosing
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from crm_store import MongoStore
from hub.doctor import examine
from hub.settings import load
from router.doctoring import Finding
from tests.contract.store_samples import Batches, conversation
from tests.emulators.telegram import TelegramEmulator
from tests.integration.stage import ScriptedChannel, running, stage_of
from tests.integration.test_lifecycle import home, trained
from tests.unit.calendars.test_reading import WEEK, calendar

__all__ = ["home", "trained"]
pytestmark = pytest.mark.mongo
SETTINGS = """
hub: {{data: data, port: {port}}}
store: {{{store}}}
channels: {{site: {{kind: webchat, line: sales}}}}
lines: {{sales: {{name: Sales}}}}
"""


@pytest.fixture
def port() -> int:
    """A port that is free."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


async def _examined(home: Path, port: int, store: str = "", more: str = "") -> list[Finding]:
    file = home / "config.yaml"
    file.write_text(SETTINGS.format(port=port, store=store) + more, "utf-8")
    async with aclosing(examine(file, load(file, {}))) as findings:  # type: ignore[type-var]  # it is a generator
        return [finding async for finding in findings]


def _wrong(findings: list[Finding], *, besides: str = "A durable write takes") -> list[str]:
    return [it.sentence for it in findings if not it.well and not it.sentence.startswith(besides)]


async def test_a_new_hub_is_well(home: Path, port: int) -> None:
    """With nothing but the settings: its own MongoDB is tried out."""
    findings = await _examined(home, port)
    assert _wrong(findings) == []
    said = "\n".join(it.sentence for it in findings)
    for words in ("data folder", "GB are free", "memory", "files and connections", "is free for it", "site (webchat"):
        assert words in said
    assert "the replica set trunkline with MongoDB" in said
    assert "understands a question" in said
    assert "The database is new" in said


async def test_what_is_wrong_is_told_with_what_to_do(
    home: Path, store: MongoStore, mongo_url: str, database: str
) -> None:
    """A port that somebody else has, and an index that somebody has dropped."""
    await store.database.raw["updates"].drop_index("in_order")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        taken.settimeout(0)
        busy = taken.getsockname()[1]
        findings = await _examined(home, busy, f'url: "{mongo_url}", database: {database}')
    assert _wrong(findings) == [
        f"127.0.0.1:{busy} cannot be had (Address already in use): stop what uses it, or set hub.port to another one.",
        "These indexes are missing: updates.in_order. Restart the hub, which makes them.",
    ]


async def test_calendars_are_tried(home: Path, port: int) -> None:
    """One that can be read, and one that is not there."""
    (home / "anna.ics").write_text(calendar(f"{WEEK}|SUMMARY:Vacation"), "utf-8")
    people = "{anna: {name: Anna, calendar: anna.ics}, boris: {name: Boris, calendar: boris.ics}}"
    findings = await _examined(home, port, more=f"operators: {people}")
    assert "The calendar of anna can be read: 0 leaves within three months." in [it.sentence for it in findings]
    assert _wrong(findings) == [
        "The calendar of boris cannot be used: its file cannot be read (No such file or directory)."
    ]


async def test_a_store_that_does_not_answer_is_told(home: Path, port: int) -> None:
    """In one sentence, with the setting's name, and everything else is still looked at."""
    findings = await _examined(home, port, f'url: "mongodb://127.0.0.1:{port}/?replicaSet=rs0"')
    (told,) = _wrong(findings)
    assert told.startswith("The database cannot be reached")
    assert [it for it in findings if it.well]


async def test_a_running_hub_is_asked(home: Path, store: MongoStore, mongo_url: str, database: str) -> None:
    """A hub that is not ready says why."""

    async def not_ready(request: web.Request) -> web.Response:
        return web.json_response({"status": "not ready", "problems": ["It is tired."]}, status=503)

    app = web.Application()
    app.add_routes([web.get("/readyz", not_ready)])
    async with TestServer(app) as server, running(stage_of(store, [ScriptedChannel()])):
        busy = server.port or 0
        findings = await _examined(home, busy, f'url: "{mongo_url}", database: {database}')
    assert _wrong(findings) == [f"A hub runs at http://127.0.0.1:{busy} and is not ready: It is tired."]


async def test_telegram_is_asked(home: Path, store: MongoStore, port: int, mongo_url: str, database: str) -> None:
    """For its channels and consoles, with the chats that the store knows; what one stumbles over stops no other."""
    token, old = "4711:emulated-token-of-the-shops-bot", "4712:emulated-token-that-was-revoked"
    staff = "4713:emulated-token-of-the-operators-bot"
    async with TelegramEmulator() as telegram:
        bot = telegram.add_bot(token, "shop_bot", "Shop", can_connect_to_business=True)
        telegram.add_bot(old, "old_bot").revoke()
        telegram.add_bot(staff, "staff_bot", supports_inline_queries=True)
        boss = telegram.add_user("Olga Bossova").connects(bot, rights=frozenset({"can_reply", "can_read_messages"}))
        batch = Batches().of(conversation("k1", channel="shop", chat=f"b:{boss.id}:7"))
        await store.commit(batch)
        file = home / "config.yaml"
        channels = "".join(
            f"\n  {name}: {{kind: telegram, line: sales, api: '{telegram.url}', token: '${{{name.upper()}}}'}}"
            for name in ("old", "shop")
        )
        channels += f"\nconsoles: {{desk: {{kind: telegram, api: '{telegram.url}', token: '${{STAFF}}'}}}}"
        text = SETTINGS.format(port=port, store=f'url: "{mongo_url}", database: {database}')
        file.write_text(text.replace("channels: {site: {kind: webchat, line: sales}}", f"channels:{channels}"), "utf-8")
        settings = load(file, {"OLD": old, "SHOP": token, "STAFF": staff})
        async with aclosing(examine(file, settings)) as found:  # type: ignore[type-var]  # see above
            findings = [finding async for finding in found]
    assert _wrong(findings) == [
        "The channel old is not well: Telegram does not accept the bot's token: get a valid one from @BotFather.",
        (
            "The business account of Olga Bossova (shop) does not let @shop_bot take back what was answered: allow "
            "that in its Telegram, under Settings, Telegram Business, Chatbots."
        ),
        (
            "The chats with @staff_bot have no topics, so that conversations stand there one below the other: turn "
            "topics on in the bot's settings in @BotFather, or set consoles.desk.topics to false."
        ),
    ]
    assert Finding(True, "Telegram accepts the token of shop: it is @shop_bot's.") in findings
