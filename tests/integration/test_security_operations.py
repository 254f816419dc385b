"""Every operation of the API there is: who may use it, from where, and with how much.

The tests walk `OPERATIONS`: an operation that is added later is tested with them.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from crm_store import MongoStore
from hub.web.api_files import MAX_FILE
from hub.web.app import OPERATIONS
from hub.web.bodies import Nothing
from hub.web.operations import Operation
from router.errors import Rejected
from tests.integration.web_stage import Desk, WebStage, web_stage

pytestmark = pytest.mark.mongo
#: bytes; more than any JSON body may have
TOO_MUCH = 600_000
#: what operations cannot do without, by their name
QUERIES = {"events": {"after": "0"}, "socket": {"after": "0"}, "upload": {"name": "a.txt"}}
BODIES: dict[str, dict[str, object]] = {
    "reply": {"text": "x"},
    "note": {"text": "x"},
    "edit": {"text": "x"},
    "react": {"emoji": "👍"},
    "invite": {"channel": "shop"},
    "set_presence": {"presence": "away"},
    "set_colleagues_presence": {"presence": "away"},
    "transfer": {"to_line": "support"},
    "join": {},
    "resend": {"delivery": "d"},
    "seen": {"n": 1},
    "snooze": {"until": "2099-01-01T00:00:00Z"},
    "rank": {"before": None},
    "set_client": {"priority": ""},
}
#: not a matter of lines: for supervisors or admins alone
FOR_LEADERS = (
    "/operators/{id}/presence",
    "/operators/{id}/leave",
    "/operators/links/",
    "/lines/{line}/",
    "/webhooks",
    "/ledger",
)
CHANGING = [it for it in OPERATIONS if it.method not in {"GET", "HEAD"}]
PRIVATE = [it for it in OPERATIONS if not it.public]
OF_A_CONVERSATION = [it for it in OPERATIONS if it.path.startswith(("/conversations/{", "/clients/{"))]
FOREIGN = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://["},
)


def _name(it: Operation) -> str:
    return f"{it.method} {it.path}"


@dataclass(frozen=True, slots=True)
class Shop:
    """A hub where Anna, who serves sales, holds a conversation with a file. Clara serves support."""

    web: WebStage
    anna: Desk
    clara: Desk
    conversation: str
    client: str
    file: str

    def address(self, it: Operation) -> str:
        """Return where an operation on Anna's conversation is."""
        ids = {"clients": self.client, "operators": "anna"}
        named = {"{id}": ids.get(it.path.split("/")[1], self.conversation), "{file}": self.file}
        return "/api/v1" + re.sub(r"\{\w+\}", lambda match: named.get(match[0], "any"), it.path)

    async def ask(self, desk: Desk, it: Operation, **headers: str) -> int:
        """Return the status of an operation that a desk asks for."""
        options: dict[str, Any] = {"params": QUERIES.get(it.name, {}), "headers": headers}
        if it.upload:
            options["data"] = b"text"
        elif it.body is not Nothing:
            options["json"] = BODIES.get(it.name, {})
        return (await desk.raw(it.method, self.address(it), **options)).status


async def _open(stack: AsyncExitStack, store: MongoStore) -> Shop:
    web = await stack.enter_async_context(web_stage(store))
    anna, clara = await web.sign_in("anna"), await web.sign_in("clara")
    assert (await anna.send("PUT", "/presence", {"presence": "available"}))[0] == 200
    conversation = await web.waiting()
    await anna.do(f"/conversations/{conversation}/take")
    client = (await anna.get(f"/conversations/{conversation}"))["client"]["id"]
    upload = await anna.raw("POST", f"/api/v1/conversations/{conversation}/files?name=a.txt", data=b"secret plans")
    return Shop(web, anna, clara, conversation, client, upload.json()["id"])


@pytest.fixture
async def shop(store: MongoStore) -> AsyncIterator[Shop]:
    async with AsyncExitStack() as stack:
        yield await _open(stack, store)


def test_every_id_in_an_address_is_one_whose_readers_are_known() -> None:
    """Whoever adds an operation on a new kind of id says here who may see it, or is told."""
    named = [it for it in OPERATIONS if "{" in it.path]
    assert [_name(it) for it in named if it not in OF_A_CONVERSATION and not it.path.startswith(FOR_LEADERS)] == []
    assert len(OF_A_CONVERSATION) >= 17


async def test_without_a_session_nothing_is_answered(shop: Shop) -> None:
    """Neither without a cookie, nor with one that was made up, nor with a token that was."""
    stranger, forger, bearer = shop.web.desk(), shop.web.desk(), shop.web.desk()
    forger.session.cookie_jar.update_cookies({"trunkline_session": "1900000000.forged"})
    bearer.session.headers["Authorization"] = "Bearer tl_forged"
    for it in PRIVATE:
        for desk in (stranger, forger, bearer):
            assert (_name(it), await shop.ask(desk, it)) == (_name(it), 401)


async def test_a_made_up_token_is_not_helped_by_a_session(shop: Shop) -> None:
    """A token takes the place of the cookie: a page cannot add one to get around the check of where it comes from."""
    for it in PRIVATE:
        assert (_name(it), await shop.ask(shop.anna, it, Authorization="Bearer tl_forged")) == (_name(it), 401)


async def test_an_operator_of_another_line_reaches_nothing_of_a_conversation(shop: Shop) -> None:
    """Conversation, client and files look as if they did not exist, to read and to change; and nothing has changed."""
    before = await shop.anna.get(f"/conversations/{shop.conversation}")
    for it in OF_A_CONVERSATION:
        assert (_name(it), await shop.ask(shop.clara, it)) == (_name(it), 404)
    await shop.web.stage.settled()
    after = await shop.anna.get(f"/conversations/{shop.conversation}")
    assert {**after, "cursor": 0} == {**before, "cursor": 0}


async def test_what_is_not_ones_own_looks_like_what_does_not_exist(shop: Shop) -> None:
    """The very same answer, so that ids cannot be tried out."""
    for path in ("/conversations/{}", "/clients/{}"):
        known = shop.client if "clients" in path else shop.conversation
        theirs = await shop.clara.raw("GET", "/api/v1" + path.format(known))
        nobodys = await shop.clara.raw("GET", "/api/v1" + path.format("a" * len(known)))
        assert theirs.body == nobodys.body


async def test_an_operator_of_another_line_finds_nothing_in_lists_feed_and_socket(shop: Shop) -> None:
    """Not what happened before, nor what happens while they look."""
    for view in ("mine", "queue", "all", "closed"):
        assert (await shop.clara.get("/conversations", view=view))["conversations"] == []
    assert (await shop.clara.raw("GET", "/api/v1/conversations?view=all&line=sales")).status == 404
    async with shop.clara.feed(0) as feed:
        await shop.anna.do(f"/conversations/{shop.conversation}/notes", {"text": "for sales alone"})
        await shop.web.stage.settled()
        end = (await shop.anna.get("/me"))["cursor"]
        await shop.clara.send("PUT", "/presence", {"presence": "available"})
        told = []
        while not (told and told[-1].get("cursor", 0) > end):
            frame = await feed.socket.receive_json()
            told += frame.get("events", [])
    assert {it["type"] for it in told} <= {"operator", "rules"}
    polled = (await shop.clara.get("/events", after=0, wait=0.3))["events"]
    assert {it["type"] for it in polled} <= {"operator", "rules"}


async def test_a_file_is_not_reached_through_a_conversation_of_ones_own(shop: Shop) -> None:
    """Neither to read it nor to pass it on to a client of one's own."""
    own = await _of_support(shop)
    assert (await shop.clara.raw("GET", f"/api/v1/conversations/{own}/files/{shop.file}")).status == 404
    assert (await shop.clara.post(f"/conversations/{own}/notes", {"attachments": [shop.file]}))[0] == 422


async def test_a_delivery_is_not_sent_again_through_a_conversation_of_ones_own(shop: Shop) -> None:
    """It belongs to another conversation."""
    own = await _of_support(shop)
    shop.web.channel.answers.append(Rejected("the client has blocked us"))
    async with shop.anna.feed(shop.web.stage.hub.feed.cursor) as feed:
        await shop.anna.do(f"/conversations/{shop.conversation}/replies", {"text": "hello"})
        failed = await feed.delivery("failed")
    assert (await shop.clara.post(f"/conversations/{own}/resend", {"delivery": failed["id"]}))[0] == 409
    await shop.web.stage.settled()
    assert shop.web.channel.attempts == ["hello"]


async def test_a_message_is_not_changed_through_a_conversation_of_ones_own(shop: Shop) -> None:
    """Neither its words, nor whether it is there."""
    own = await _of_support(shop)
    assert (await shop.clara.send("PUT", "/presence", {"presence": "available"}))[0] == 200
    await shop.anna.do(f"/conversations/{shop.conversation}/replies", {"text": "hello"})
    await shop.web.stage.settled()
    said = (await shop.anna.get(f"/conversations/{shop.conversation}/messages"))["messages"][-1]
    for change in ("edit", "retract"):
        path = f"/conversations/{own}/messages/{said['id']}/{change}"
        assert (await shop.clara.post(path, BODIES.get(change)))[0] in {404, 409}
    await shop.web.stage.settled()
    now = (await shop.anna.get(f"/conversations/{shop.conversation}/messages"))["messages"][-1]
    assert (now["text"], now["edited_at"], now["deleted_at"]) == ("hello", None, None)


async def test_what_is_for_leaders_is_refused_to_operators(shop: Shop) -> None:
    """Subscriptions tell of every line, and a colleague's presence and leave are not one's own business."""
    led = [it for it in OPERATIONS if it.path.startswith(FOR_LEADERS)]
    assert len(led) >= 2
    for it in led:
        assert (_name(it), await shop.ask(shop.clara, it)) == (_name(it), 403)


async def test_the_same_key_of_another_operator_is_another_command(shop: Shop) -> None:
    """Nobody learns what became of a colleague's command, or stops it by using its key first."""
    boris = await shop.web.sign_in("boris")
    path = f"/conversations/{shop.conversation}/notes"
    assert (await boris.post(path, {"text": "his"}, Idempotency_Key="same"))[0] == 200
    assert (await shop.anna.post(path, {"text": "hers"}, Idempotency_Key="same"))[0] == 200
    await shop.web.stage.settled()
    messages = (await shop.anna.get(f"/conversations/{shop.conversation}/messages"))["messages"]
    assert [it["text"] for it in messages if it["kind"] == "note"] == ["his", "hers"]


async def test_other_sites_can_change_nothing(shop: Shop) -> None:
    """Whatever changes state is refused from a foreign page, although the browser might send the cookie; also signing
    in and out."""
    assert {it.name for it in CHANGING} >= {"sign_in", "sign_out", "reply", "set_presence", "upload"}
    for it in CHANGING:
        for headers in FOREIGN:
            assert (_name(it), headers, await shop.ask(shop.anna, it, **headers)) == (_name(it), headers, 403)


async def test_a_foreign_page_cannot_hide_where_it_changes_something(shop: Shop) -> None:
    """An address written in another way is checked like the plain one."""
    for path in ("/%61pi/v1/presence", "/api/v1/%70resence"):
        answer = await shop.anna.raw("PUT", path, json={"presence": "away"}, headers={"Origin": "https://evil.example"})
        assert answer.status in {403, 404}


async def test_bodies_that_are_too_large_are_refused_unread(shop: Shop) -> None:
    """By their announced length, and by what comes when nothing was announced."""
    with_body = [it for it in CHANGING if it.body is not Nothing or it.upload]
    assert len(with_body) >= 8
    for it in with_body:
        announced = MAX_FILE + 1 if it.upload else TOO_MUCH
        assert (_name(it), await _status(shop, it, announced)) == (_name(it), 413)


async def test_a_file_that_does_not_say_how_large_it_is_ends_at_the_limit(shop: Shop) -> None:
    """And nothing of it is kept."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MAX_FILE // 1_000_000 + 1):
            yield b"x" * 1_000_000

    address = f"/api/v1/conversations/{shop.conversation}/files?name=a.txt"
    assert (await shop.anna.raw("POST", address, data=endless())).status == 413
    kept = shop.web.stage.hub.store.files._kept  # type: ignore[attr-defined]  # what the store really holds
    assert len(await kept.find({}, sort=[("_id", 1)])) == 1


async def _of_support(shop: Shop) -> str:
    """Have Anna hand a second conversation to Clara's line; return its id."""
    other = await shop.web.waiting("dora")
    await shop.anna.do(f"/conversations/{other}/take")
    await shop.anna.do(f"/conversations/{other}/transfer", {"to_line": "support"})
    return other


async def _status(shop: Shop, it: Operation, length: int) -> int:
    """Return what a request is answered that announces `length` bytes; those of a JSON body are sent, too."""
    host, port = shop.web.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    (cookie,) = [f"{it.key}={it.value}" for it in shop.anna.session.cookie_jar]
    query = "&".join(f"{name}={value}" for name, value in QUERIES.get(it.name, {}).items())
    writer.write(
        f"{it.method} {shop.address(it)}?{query} HTTP/1.1\r\nHost: {host}:{port}\r\nX-Trunkline: 1\r\n"
        f"Cookie: {cookie}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n".encode()
    )
    if not it.upload:
        writer.write(b'{"text": "' + b"x" * (length - 12) + b'"}')
    status = int((await reader.readline()).split()[1])
    writer.close()
    await writer.wait_closed()
    return status
