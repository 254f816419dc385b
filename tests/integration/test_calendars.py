"""Operators' calendars in a running hub: fetched from a real server, told to the lines, and never in anybody's way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs

from crm_store import MongoStore
from hub.calendars.fetching import MAX_CALENDAR, Version, fetch
from hub.calendars.process import CalendarTrouble, Question, understood
from hub.settings.model import Settings
from router.model import State
from router.rules import Rules
from router.timetable import CalendarRules
from tests.clock import ManualClock
from tests.integration.stage import RULES, ScriptedChannel, Stage, running, stage_of
from tests.unit.calendars.test_reading import NOW, WEEK, calendar

TODAY = calendar("DTSTART;VALUE=DATE:20260302|SUMMARY:Vacation")
NEVER = calendar()


@dataclass(slots=True)
class Feed:
    """A server with one calendar at a secret address."""

    url: str = ""
    body: bytes = TODAY.encode()
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    #: what each request asked for: its conditions
    asked: list[tuple[str, str]] = field(default_factory=list)
    #: bytes that were taken of a body without an end
    taken: int = 0

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.headers.get("If-None-Match", ""), request.headers.get("If-Modified-Since", "")))
        if self.headers.get("ETag") and self.asked[-1][0] == self.headers["ETag"]:
            return web.Response(status=304)
        return web.Response(status=self.status, body=self.body, headers=self.headers)

    async def pour(self, request: web.Request) -> web.StreamResponse:
        """Send 50 MB without saying beforehand how many there are."""
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            await answer.write(b"BEGIN:VCALENDAR\r\n")
            for _ in range(50):
                await answer.write(b"X-A:b\r\n" * 142_858)
                self.taken += 1_000_000
        except ConnectionError:
            pass
        return answer

    async def around(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(request.path)


@pytest.fixture
async def feed() -> AsyncIterator[Feed]:
    it, app = Feed(), web.Application()
    app.add_routes(
        [web.get("/s3cret/feed.ics", it.serve), web.get("/s3cret/50mb", it.pour), web.get("/s3cret/around", it.around)]
    )
    async with TestServer(app) as server:
        it.url = str(server.make_url("/s3cret/feed.ics"))
        yield it


def at(url: str) -> CalendarRules:
    return CalendarRules.model_validate({"url": url})


async def test_only_what_has_changed_is_fetched_again(feed: Feed) -> None:
    """By what the server calls its version."""
    feed.headers = {"ETag": '"v1"', "Last-Modified": "Mon, 02 Mar 2026 12:00:00 GMT"}
    first = await fetch(at(feed.url), Path())
    assert first is not None
    assert (first.text, first.version) == (TODAY, Version('"v1"', "Mon, 02 Mar 2026 12:00:00 GMT"))
    assert await fetch(at(feed.url), Path(), first.version) is None
    assert feed.asked == [("", ""), ('"v1"', "Mon, 02 Mar 2026 12:00:00 GMT")]


async def test_a_file_is_read_where_the_settings_are(tmp_path: Path) -> None:
    """And again when it was written anew."""
    rules = CalendarRules.model_validate({"file": "anna.ics"})
    (tmp_path / "anna.ics").write_text("\ufeff" + TODAY, "utf-8")
    first = await fetch(rules, tmp_path)
    assert first is not None
    assert first.text.startswith("BEGIN:VCALENDAR")
    assert await fetch(rules, tmp_path, first.version) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": 404}, "answered 404"),
        ({"status": 500}, "answered 500"),
        ({"body": b"<html>Sign in</html>"}, "no iCalendar file"),
        ({"body": b"\xff\xfe\x00\x01" * 100}, "no text in UTF-8"),
        ({"body": b""}, "no iCalendar file"),
        ({"body": b"BEGIN:VCALENDAR\r\n" + b"x" * MAX_CALENDAR}, "larger than 5 MB"),
        ({"headers": {"Content-Encoding": "gzip"}}, "packed"),
    ],
)
async def test_what_is_no_calendar_is_refused(feed: Feed, change: Mapping[str, Any], said: str) -> None:
    """With a reason that does not name the address."""
    for name, value in change.items():
        setattr(feed, name, value)
    with pytest.raises(CalendarTrouble, match=said) as refused:
        await fetch(at(feed.url), Path())
    assert "s3cret" not in str(refused.value)
    assert refused.value.__cause__ is None


async def test_of_fifty_megabytes_only_five_are_taken(feed: Feed, tmp_path: Path) -> None:
    """Over the network it is cut off; of a file no more is read."""
    with pytest.raises(CalendarTrouble, match="larger than 5 MB"):
        await fetch(at(feed.url.replace("feed.ics", "50mb")), Path())
    assert feed.taken < 20_000_000
    with (tmp_path / "large.ics").open("wb") as file:
        file.write(TODAY.encode())
        file.truncate(50_000_000)
    with pytest.raises(CalendarTrouble, match="larger than 5 MB"):
        await fetch(CalendarRules.model_validate({"file": "large.ics"}), tmp_path)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("around", "redirects more than 5 times"),
        ("nothing", "answered 404"),
    ],
)
async def test_addresses_that_lead_nowhere(feed: Feed, where: str, said: str) -> None:
    """In a circle, or to nothing."""
    with pytest.raises(CalendarTrouble, match=said):
        await fetch(at(feed.url.replace("feed.ics", where)), Path())


async def test_a_server_that_is_not_there(feed: Feed, tmp_path: Path) -> None:
    """And a file that is not there, or a folder."""
    with pytest.raises(CalendarTrouble, match="cannot be reached"):
        await fetch(at("http://127.0.0.1:1/s3cret"), Path())
    with pytest.raises(CalendarTrouble, match="No such file"):
        await fetch(CalendarRules.model_validate({"file": "none.ics"}), tmp_path)
    with pytest.raises(CalendarTrouble, match="no file"):
        await fetch(CalendarRules.model_validate({"file": "."}), tmp_path)


async def test_it_is_understood_in_a_process_of_its_own() -> None:
    """Which answers, says what is wrong, and is ended when it takes too long."""
    found = await understood(Question(calendar(f"{WEEK}|SUMMARY:Vacation"), NOW, "UTC"))
    assert [(since.day, until.day, why) for since, until, why in found.spans] == [(9, 14, "vacation")]
    with pytest.raises(CalendarTrouble, match="broken or cut off"):
        await understood(Question(TODAY[:-30], NOW, "UTC"))
    # A day has 86,400 seconds, and three months have eight million.
    every_second = ",".join(map(str, range(60)))
    hostile = (
        "DTSTART:20200101T000000Z|DURATION:PT1S|SUMMARY:Vacation|RRULE:FREQ=DAILY"
        f";BYHOUR={','.join(map(str, range(24)))};BYMINUTE={every_second};BYSECOND={every_second}"
    )
    with pytest.raises(CalendarTrouble, match="takes longer than 3 s"):
        await understood(Question(calendar(hostile), NOW, "UTC"), within=3)


# In a running hub


def rules_with(calendar: object, **more: object) -> dict[str, Any]:
    anna = {"name": "Anna", **({"calendar": calendar} if calendar else {})}
    return {**RULES, "operators": {"anna": anna, **more}}


async def looked(stage: Stage, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Return how Anna's calendar is, once it is as wanted and the lines have heard of it.

    It is understood in another process, and nothing tells when that is done and nothing has changed.
    """
    async with asyncio.timeout(60):
        while True:
            found: Any = stage.hub.health()["calendars"]
            if "anna" in found and wanted(found["anna"]):
                await stage.settled()
                return dict(found["anna"])
            await asyncio.sleep(0.01)


def ok(health: dict[str, Any]) -> bool:
    return bool(health["status"] == "ok")


def failing(health: dict[str, Any]) -> bool:
    return bool(health["status"] == "failing")


@asynccontextmanager
async def hub(store: MongoStore, calendar: object, clock: ManualClock) -> AsyncIterator[tuple[Stage, ScriptedChannel]]:
    channel = ScriptedChannel()
    async with running(stage_of(store, [channel], rules=rules_with(calendar), clock=clock)) as stage:
        await stage.command("anna", "presence", presence="available")
        yield stage, channel


async def _state(stage: Stage) -> State:
    (conversation,) = await stage.conversations()
    return conversation.state


async def _becomes(stage: Stage, state: State) -> None:
    async def holds() -> bool:
        return await _state(stage) is state

    await stage.until(holds)


@pytest.mark.mongo
async def test_whoever_is_on_leave_by_their_calendar_gets_nothing(store: MongoStore, feed: Feed) -> None:
    """Until it ends, or the calendar says otherwise."""
    clock = ManualClock(NOW)
    async with hub(store, feed.url, clock) as (stage, channel):
        await looked(stage, ok)
        await channel.write("carl", "hello")
        await stage.settled()
        assert await _state(stage) is State.QUEUED
        feed.body = NEVER.encode()
        clock.advance(timedelta(minutes=15))
        await _becomes(stage, State.OFFERED)
        assert stage.hub.roster["anna"].leave == ()


@pytest.mark.mongo
async def test_the_last_good_calendar_stays_in_force(store: MongoStore, feed: Feed) -> None:
    """While its server is broken, and over a restart; that is visible, without the address."""
    clock = ManualClock(NOW)
    async with hub(store, feed.url, clock) as (stage, channel):
        await looked(stage, ok)
        with capture_logs() as logs:
            feed.status = 503
            clock.advance(timedelta(minutes=15))
            health = await looked(stage, failing)
        assert (health["reason"][:25], health["read_at"]) == ("its server answered 503: ", NOW.isoformat())
        assert stage.hub.health()["status"] == "degraded"
        assert b'trunkline_calendar_fault{operator="anna"} 1.0' in await stage.hub.metrics()
        assert [it["event"] for it in logs if it["event"].startswith("calendar")] == ["calendar.unreadable"]
        assert "s3cret" not in json.dumps([stage.hub.health(), logs], default=str)
    async with hub(store, feed.url, clock) as (stage, channel):
        await looked(stage, failing)
        await channel.write("carl", "hello")
        await stage.settled()
        assert await _state(stage) is State.QUEUED
        # The leave of that day ends although nobody could ask the calendar again.
        clock.advance(timedelta(hours=12))
        await _becomes(stage, State.OFFERED)
        feed.status = 200
        clock.advance(timedelta(minutes=15))
        await looked(stage, ok)
        assert stage.hub.health()["status"] == "ok"


@pytest.mark.mongo
async def test_a_broken_calendar_touches_nobody_else(store: MongoStore, feed: Feed) -> None:
    """Neither the other calendars nor the lines."""
    feed.body = TODAY[:-30].encode()
    async with hub(store, {"url": feed.url, "every": "1h"}, ManualClock(NOW)) as (stage, channel):
        assert "broken or cut off" in (await looked(stage, failing))["reason"]
        await channel.write("carl", "hello")
        await stage.settled()
        assert await _state(stage) is State.OFFERED


@pytest.mark.mongo
async def test_a_calendar_that_is_no_longer_named_is_forgotten(store: MongoStore, feed: Feed) -> None:
    """With the edit of the rules, or at the start after it."""
    clock = ManualClock(NOW)
    async with hub(store, feed.url, clock) as (stage, channel):
        await looked(stage, ok)
        await channel.write("carl", "hello")
        await stage.settled()
        assert await _state(stage) is State.QUEUED
        await stage.hub.edited(_edited(stage, rules_with(None)))
        await _becomes(stage, State.OFFERED)
        assert stage.hub.health()["calendars"] == {}
        await stage.hub.edited(_edited(stage, rules_with(feed.url)))
        await looked(stage, ok)
        await _becomes(stage, State.QUEUED)
    channel = ScriptedChannel()
    async with running(stage_of(store, [channel], rules=rules_with(None), clock=clock)) as stage:
        await _becomes(stage, State.OFFERED)


def _edited(stage: Stage, rules: dict[str, Any]) -> Settings:
    return replace(stage.hub.settings, rules=Rules.model_validate(rules))


@pytest.mark.mongo
async def test_what_repeats_comes_nearer_although_nothing_changes(store: MongoStore, feed: Feed) -> None:
    """An unchanged calendar is fetched again once a day."""
    clock = ManualClock(datetime(2026, 3, 2, 12, tzinfo=UTC))
    feed.headers = {"ETag": '"v1"'}
    async with hub(store, {"url": feed.url, "every": "12h"}, clock) as (stage, _):
        for asked in (1, 2, 3):
            await looked(stage, lambda it: it["looked_at"] == clock.now().isoformat())
            assert len(feed.asked) == asked
            clock.advance(timedelta(hours=12))
        assert [etag for etag, _ in feed.asked[:3]] == ["", '"v1"', ""]


def test_rules_never_show_the_address() -> None:
    """Wherever settings are shown, as in an error or a plan."""
    rules = Rules.model_validate(rules_with("https://example.com/s3cret.ics"))
    assert "s3cret" not in repr(rules)
    assert "s3cret" not in rules.model_dump_json()
