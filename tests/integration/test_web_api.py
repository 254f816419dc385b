"""The API on a running hub: everything the console does, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO

import pytest

from crm_store import MongoStore
from router.errors import Rejected
from tests.integration.web_stage import Desk, WebStage, web_stage

pytestmark = pytest.mark.mongo


@pytest.fixture
async def web(store: MongoStore) -> AsyncIterator[WebStage]:
    async with web_stage(store) as it:
        yield it


async def _held(web: WebStage, desk: Desk) -> str:
    """Have the desk's operator hold a conversation; return its id."""
    assert (await desk.send("PUT", "/presence", {"presence": "available"}))[0] == 200
    conversation = await web.waiting()
    await desk.do(f"/conversations/{conversation}/take")
    return conversation


async def test_a_conversation_from_queue_to_reopening(web: WebStage) -> None:
    """Each step changes what may be done next, and the lists follow."""
    anna = await web.sign_in("anna")
    conversation = await web.waiting(text="is the fig tree in stock?")
    (queued,) = (await anna.get("/conversations", view="queue"))["conversations"]
    assert (queued["id"], queued["state"], queued["unread"]) == (conversation, "queued", True)
    assert "reply" not in queued["actions"]

    await anna.send("PUT", "/presence", {"presence": "available"})
    await anna.do(f"/conversations/{conversation}/take")
    async with anna.feed(web.stage.hub.feed.cursor) as feed:
        await anna.do(f"/conversations/{conversation}/replies", {"text": "it is"})
        await feed.delivery("sent")
    detail = await anna.get(f"/conversations/{conversation}")
    assert web.channel.taken["carl"] == ["it is"]
    assert [m["text"] for m in detail["messages"] if m["kind"] == "text"] == ["is the fig tree in stock?", "it is"]
    assert detail["messages"][-1]["deliveries"][0]["state"] == "sent"
    assert detail["client"]["identities"] == [{"kind": "scripted", "account": "shop", "user": "carl"}]
    assert {"close", "transfer", "reply"} <= set(detail["conversation"]["actions"])

    await anna.do(f"/conversations/{conversation}/close")
    assert (await anna.get("/conversations", view="mine"))["conversations"] == []
    (closed,) = (await anna.get("/conversations", view="closed"))["conversations"]
    assert "reopen" in closed["actions"]
    await anna.do(f"/conversations/{conversation}/reopen")
    (mine,) = (await anna.get("/conversations", view="mine"))["conversations"]
    assert mine["operator"] == "anna"


async def test_the_same_key_replies_once(web: WebStage) -> None:
    """A repeated request is answered alike and sends nothing again; another body under the key is refused."""
    anna = await web.sign_in("anna")
    path = f"/conversations/{await _held(web, anna)}/replies"
    for _ in range(3):
        assert (await anna.post(path, {"text": "once"}, Idempotency_Key="key-1"))[0] == 200
    assert (await anna.post(path, {"text": "else"}, Idempotency_Key="key-1"))[0] == 422
    async with anna.feed(1) as feed:
        await feed.delivery("sent")
    assert web.channel.taken["carl"] == ["once"]


async def test_notes_and_whispers_never_reach_the_client(web: WebStage) -> None:
    """They are messages for staff without a delivery."""
    anna = await web.sign_in("anna")
    conversation = await _held(web, anna)
    for kind in ("note", "whisper"):
        await anna.do(f"/conversations/{conversation}/notes", {"text": f"a {kind}", "kind": kind})
    await web.stage.settled()
    messages = (await anna.get(f"/conversations/{conversation}/messages"))["messages"]
    assert [(m["kind"], m["deliveries"]) for m in messages if m["kind"] in {"note", "whisper"}] == [
        ("note", []),
        ("whisper", []),
    ]
    assert web.channel.attempts == []


async def test_a_refusal_is_a_sentence_in_the_operators_language(web: WebStage) -> None:
    """409 with what to do; the same reason in English and Russian."""
    anna, boris = await web.sign_in("anna"), await web.sign_in("boris")
    conversation = await _held(web, anna)
    status, problem = await boris.post(f"/conversations/{conversation}/replies", {"text": "me too"})
    assert (status, problem["type"]) == (409, "/problems/refused/floor")
    assert "Anna" in problem["detail"]
    assert any("а" <= letter <= "я" for letter in problem["detail"])
    boris.session.cookie_jar.update_cookies({"trunkline_language": "en"})
    _, problem = await boris.post(f"/conversations/{conversation}/replies", {"text": "me too"})
    assert problem["detail"] == "Anna is speaking with this client. Only one person answers at a time."


async def test_operators_of_another_line_see_nothing_of_it(web: WebStage) -> None:
    """Lists, conversations, cards, files, commands and the feed all keep it from them."""
    anna, clara = await web.sign_in("anna"), await web.sign_in("clara")
    conversation = await _held(web, anna)
    detail = await anna.get(f"/conversations/{conversation}")
    for view in ("mine", "queue", "all", "closed"):
        assert (await clara.get("/conversations", view=view))["conversations"] == []
    own = f"/conversations/{conversation}"
    hidden = [own, f"{own}/messages", f"{own}/why", f"{own}/files/any", f"/clients/{detail['client']['id']}"]
    for path in [*hidden, "/conversations?view=all&line=sales"]:
        assert (await clara.raw("GET", f"/api/v1{path}")).status == 404
    for action in ("take", "replies", "notes", "seen", "typing", "resend"):
        body = {"replies": {"text": "x"}, "notes": {"text": "x"}, "seen": {"n": 1}, "resend": {"delivery": "d"}}
        assert (await clara.post(f"{own}/{action}", body.get(action)))[0] == 404
    assert (await clara.post(f"{own}/files?name=a.txt"))[0] == 404
    told = (await clara.get("/events", after=0, wait=0.3))["events"]
    assert {item["type"] for item in told} <= {"operator"}


async def test_a_supervisor_sees_every_line(web: WebStage) -> None:
    """And may narrow the list to one."""
    sofia = await web.sign_in("sofia")
    conversation = await web.waiting()
    for query in ({"view": "queue"}, {"view": "queue", "line": "sales"}):
        assert [it["id"] for it in (await sofia.get("/conversations", **query))["conversations"]] == [conversation]
    assert (await sofia.get("/conversations", view="queue", line="support"))["conversations"] == []


async def test_the_socket_tells_what_happens_and_resumes(web: WebStage) -> None:
    """What happened while it was closed is told before `current`."""
    anna = await web.sign_in("anna")
    start = (await anna.get("/me"))["cursor"]
    async with anna.feed(start) as feed:
        await feed.until("current", cursor=start)
        conversation = await web.waiting(text="first")
        said = await feed.until("message", conversation=conversation)
        assert said["message"]["text"] == "first"
        assert said["cursor"] > start
    await web.channel.write("carl", "second")
    await web.stage.settled()
    async with anna.feed(said["cursor"]) as feed:
        again = await feed.until("message", conversation=conversation)
        assert again["message"]["text"] == "second"
        assert (await feed.until("current"))["cursor"] >= again["cursor"]


async def test_the_socket_says_when_a_watched_conversation_goes_out_of_sight(web: WebStage) -> None:
    """A transfer to a line that is not theirs."""
    anna, boris = await web.sign_in("anna"), await web.sign_in("boris")
    conversation = await _held(web, anna)
    async with boris.feed(web.stage.hub.feed.cursor) as feed:
        await feed.until("current")
        await feed.socket.send_json({"watch": [conversation]})
        await anna.do(f"/conversations/{conversation}/notes", {"text": "for Clara"})
        await feed.until("message", conversation=conversation)
        await anna.do(f"/conversations/{conversation}/transfer", {"to_line": "support"})
        await feed.until("gone", conversation=conversation)
    assert (await boris.raw("GET", f"/api/v1/conversations/{conversation}")).status == 404


async def test_a_malformed_frame_closes_the_socket_and_nothing_else(web: WebStage) -> None:
    """With a policy violation that says what was expected."""
    anna = await web.sign_in("anna")
    for frame in ("{", "[]", '{"watch": 5}', '{"watch": [], "else": 1}', "[" * 5000):
        async with anna.feed(0) as feed, anna.feed(0) as other:
            await feed.socket.send_str(frame)
            while not feed.socket.closed:
                await feed.socket.receive()
            assert feed.socket.close_code == 1008
            assert not other.socket.closed


async def test_whoever_is_too_far_behind_starts_over(web: WebStage) -> None:
    """As does one whose cursor is from another life of the store."""
    anna = await web.sign_in("anna")
    async with anna.feed(10**9) as feed:
        reset = await feed.until("reset")
        assert reset["cursor"] == web.stage.hub.feed.cursor
        await feed.until("current")


async def test_a_long_poll_waits_for_news(web: WebStage) -> None:
    """And answers with nothing when its patience ends."""
    anna = await web.sign_in("anna")
    start = (await anna.get("/me"))["cursor"]
    assert await anna.get("/events", after=start, wait=0) == {"events": [], "cursor": start}
    await web.waiting()
    news = await anna.get("/events", after=start, wait=20)
    assert news["cursor"] > start
    assert "conversation" in {item["type"] for item in news["events"]}


async def test_a_failed_delivery_is_shown_and_sent_again(web: WebStage) -> None:
    """With the platform's own reason; sending again really sends."""
    anna = await web.sign_in("anna")
    conversation = await _held(web, anna)
    web.channel.answers.append(Rejected("the client has blocked us"))
    async with anna.feed(web.stage.hub.feed.cursor) as feed:
        await anna.do(f"/conversations/{conversation}/replies", {"text": "hello?"})
        failed = await feed.delivery("failed")
        assert failed["reason"] == "the client has blocked us"
        await anna.do(f"/conversations/{conversation}/resend", {"delivery": failed["id"]})
        await feed.delivery("sent")
    assert web.channel.taken["carl"] == ["hello?"]


async def test_files_are_kept_for_their_conversation(web: WebStage) -> None:
    """Judged by content, read whole or in part, attached to replies, and unknown elsewhere."""
    anna = await web.sign_in("anna")
    conversation = await _held(web, anna)
    other = await web.waiting("dora")
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 16
    upload = await anna.raw("POST", f"/api/v1/conversations/{conversation}/files?name=a.txt", data=picture)
    kept = upload.json()
    assert (upload.status, kept["media_type"], kept["size"], kept["picture"]) == (200, "image/png", len(picture), True)
    whole = await anna.raw("GET", kept["url"])
    assert (whole.body, whole.headers["Content-Type"]) == (picture, "image/png")
    assert "sandbox" in whole.headers["Content-Security-Policy"]
    part = await anna.raw("GET", kept["url"], headers={"Range": "bytes=8-17"})
    assert (part.status, part.body) == (206, picture[8:18])
    assert (await anna.raw("GET", f"/api/v1/conversations/{other}/files/{kept['id']}")).status == 404
    reply = {"attachments": [kept["id"]]}
    assert (await anna.post(f"/conversations/{other}/notes", reply))[0] == 422
    await anna.do(f"/conversations/{conversation}/replies", reply)
    messages = (await anna.get(f"/conversations/{conversation}/messages"))["messages"]
    assert messages[-1]["attachments"] == [kept]


async def test_a_file_that_is_no_picture_is_only_ever_saved(web: WebStage) -> None:
    """A page dressed up as a picture runs nothing."""
    anna = await web.sign_in("anna")
    conversation = await _held(web, anna)
    page = b"<!doctype html><script>alert(1)</script>"
    upload = await anna.raw("POST", f"/api/v1/conversations/{conversation}/files?name=cat.png", data=page)
    saved = await anna.raw("GET", (upload.json())["url"])
    assert saved.headers["Content-Type"] == "application/octet-stream"
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert saved.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_client_card_holds_every_conversation_newest_first(web: WebStage) -> None:
    """With who was considered for each of them."""
    anna = await web.sign_in("anna")
    conversation = await _held(web, anna)
    detail = await anna.get(f"/conversations/{conversation}")
    card = await anna.get(f"/clients/{detail['client']['id']}")
    assert [it["id"] for it in card["conversations"]] == [conversation]
    why = (await anna.get(f"/conversations/{conversation}/why"))["explanations"]
    assert why[0]["sentence"]
    assert {row["name"] for row in why[0]["considered"]} == {"Anna", "Борис"}


async def test_colleagues_lines_and_texts(web: WebStage) -> None:
    """Presence, load and queues as they are now."""
    anna = await web.sign_in("anna")
    await _held(web, anna)
    operators = {it["id"]: it for it in (await anna.get("/operators"))["operators"]}
    assert (operators["anna"]["presence"], operators["anna"]["load"], operators["anna"]["lines"]) == (
        "available",
        1,
        ["sales"],
    )
    lines = {it["id"]: it for it in (await anna.get("/lines"))["lines"]}
    assert (lines["sales"]["available"], lines["sales"]["mine"], lines["support"]["mine"]) == (1, True, False)
    assert lines["sales"]["close_reasons"] == []
    assert await anna.get("/canned") == {"canned": {"hello": "Hello!"}}
    assert await anna.get("/presence") == {"presence": "available"}


MALFORMED = (
    (b"{", 400),
    (b"\xff\xfe", 400),
    (b"[" * 20_000, 400),
    (b"[]", 422),
    (b'{"text": "\\ud800"}', 400),
    (b'{"text": "\\u0000"}', 422),
    (b'{"text": "x", "more": 1}', 422),
    (b'{"text": "' + b"a" * 10_000_000 + b'"}', 413),
)


async def test_a_malformed_body_gets_a_clear_answer(web: WebStage) -> None:
    """Problem details with a sentence; nothing is said to the client."""
    anna = await web.sign_in("anna")
    path = f"/api/v1/conversations/{await _held(web, anna)}/replies"
    for body, status in MALFORMED:
        answer = await anna.raw("POST", path, data=BytesIO(body))
        assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json; charset=utf-8")
        assert answer.json()["detail"].endswith(".")
    assert web.channel.attempts == []


async def test_unknown_addresses_and_methods_are_problems_too(web: WebStage) -> None:
    """As are pages of lists that do not exist, and keys that are none."""
    anna = await web.sign_in("anna")
    assert (await anna.raw("GET", "/api/v1/nothing")).headers["Content-Type"].startswith("application/problem+json")
    assert (await anna.raw("DELETE", "/api/v1/me")).status == 405
    assert (await anna.raw("GET", "/api/v1/conversations?cursor=%00")).status == 422
    assert (await anna.raw("GET", "/api/v1/conversations?view=other")).status == 422
    assert (await anna.post("/conversations/x/take", Idempotency_Key="a b"))[0] == 400
