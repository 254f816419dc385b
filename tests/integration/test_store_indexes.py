"""Every query of the store uses an index."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

from crm_store import MongoStore
from router.access import Account, Accounts
from router.history import Progress
from router.invitations import Invitations
from router.model import State
from router.notebooks import Entry as Written
from router.notebooks import Notebooks
from router.overview import Overviews
from router.people import Client, Identity
from router.ports import Update
from router.store import Filter, Store
from router.tokens import Token
from tests.contract.store_files import put
from tests.contract.store_history import FIRST as VERSION
from tests.contract.store_samples import NOW, Batches, at, conversation, delivery, load, message

#: what only writes, or reads nothing of its own
WRITES = {"commit", "save_account", "open_session", "add_token", "files", "history", "recordings", "webhooks"} | {
    "unapplied",
    "close",
    "notebook",
    "add_invitation",
}


async def filled(store: MongoStore) -> str:
    """Put something into every collection and return the id of a file."""
    batches = Batches()
    numbers = range(1, 60)
    said = [message(f"m{n}", conversation=f"k{n % 9}", chat=f"v{n % 5}") for n in numbers]
    batch = batches.make(messages=said, deliveries=[delivery(f"d{n}", f"m{n}") for n in numbers])
    for n, state in enumerate(State):
        batch.conversations[f"k{n}"] = conversation(f"k{n}", state=state, operator="olga", timers={"close": at(n)})
    batch.clients["c1"] = Client("c1", "Ann", NOW)
    batch.identities[Identity("webchat", "shop", "v1")] = "c1"
    batch.loads["olga"] = load(1, 9)
    await store.commit(batch)
    await store.ledger.append("shop", [(Update(f"u{n}", "x"), n) for n in numbers], NOW)
    await store.save_account(Account("olga", "x"))
    await store.open_session("t", "olga", NOW + timedelta(days=9999))
    await store.add_token(Token("site", "digest", "olga", NOW))
    return (await put(store, b"hello")).id


def reads(store: MongoStore) -> dict[str, list[Awaitable[Any]]]:
    """Every method of `Store` that reads, with the arguments that make it ask in different ways."""
    both = Filter(lines=["sales", "support"], staff="olga", states=["open", "queued"])
    return {
        "waiting_of": [store.waiting_of("sales")],
        "conversations": [store.conversations(["k1", "k2"])],
        "latest_of_chats": [store.latest_of_chats([("shop", "v1"), ("help", "v2")])],
        "invitations": [store.invitations(["d1", "d2"])],
        "clients_of": [store.clients_of(["webchat:shop:v1", "x:y:z"])],
        "last_operators": [store.last_operators(["c1", "c2"])],
        "held_by": [store.held_by("sales", ["olga", "ivan"])],
        "due": [store.due("sales", at(5), 10)],
        "messages_by_id": [store.messages_by_id(["m1", "m2"])],
        "client_messages": [store.client_messages([("shop", "v1", "1"), ("shop", "v2", "2")])],
        "told": [store.told([("shop", "v1", "1"), ("shop", "v2", "2")])],
        "chats_away": [store.chats_away("shop", "support")],
        "operators": [store.operators()],
        "line_states": [store.line_states()],
        "count_loads": [store.count_loads()],
        "last_cursor": [store.last_cursor()],
        "undelivered": [store.undelivered("shop", 0, 5), store.undelivered("shop", 3, 5)],
        "outgoing": [store.outgoing("shop", 3, 5)],
        "fetched": [store.fetched()],
        "last_delivery": [store.last_delivery("shop")],
        "oldest_undelivered": [store.oldest_undelivered("shop")],
        "deliveries": [store.deliveries(["d1", "d2"])],
        "chat": [store.chat("shop", "v1", 3, 10)],
        "list_conversations": [
            *(store.list_conversations(wanted) for wanted in (Filter(), both, Filter(client="c1"))),
            *(store.list_conversations(wanted) for wanted in (Filter(lines=["sales"]), Filter(staff="olga"))),
            *(store.list_conversations(wanted) for wanted in (Filter(operator="olga"), Filter(states=["open"]))),
        ],
        "standings": [store.standings(["sales", "support"], NOW)],
        "queue_of": [store.queue_of("sales"), store.queue_of("sales", after="MDpr", limit=1)],
        "late_of": [store.late_of("sales", 5)],
        "messages": [store.messages("k1"), store.messages("k1", before=5)],
        "deliveries_of": [store.deliveries_of(["m1", "m2"])],
        "client": [store.client("c1")],
        "clients": [store.clients(["c1", "c2"])],
        "explanations": [store.explanations("k1")],
        "events": [store.events(3, 10)],
        "accounts": [store.accounts()],
        "session": [store.session("t")],
        "end_session": [store.end_session("t")],
        "end_sessions_of": [store.end_sessions_of("olga")],
        "extend_session": [store.extend_session("t", NOW + timedelta(days=9999))],
        "tokens": [store.tokens()],
        "token": [store.token("digest")],
        "use_token": [store.use_token("digest", NOW)],
        "revoke_token": [store.revoke_token("gone")],
        "secret": [store.secret("cookies")],
        "ping": [store.ping()],
        "beat": [store.beat()],
    }


async def test_no_query_scans_a_collection(store: MongoStore, database: str) -> None:
    file = await filled(store)
    raw = store._database.raw
    await raw.command("profile", 2)
    for calls in reads(store).values():
        for call in calls:
            await call
    _ = [entry async for entry in store.ledger.undecided()]
    await store.ledger.find("shop:u1")
    await store.ledger.poison("shop:u1", "bad")
    await store.ledger.poisoned(channel="shop")
    await store.ledger.replay("shop:u1")
    await store.ledger.replayed()
    await store.ledger.poison("shop:u1", "bad")
    await store.ledger.replay_all()
    await store.ledger.replay_all("shop")
    await store.ledger.repeated("shop", NOW.date(), 2)
    await store.figures.days(NOW)
    await store.figures.days(NOW, "shop")
    await store.figures.gaps(NOW)
    await store.history.add(VERSION)
    for begun in (True, False):
        await store.history.latest(begun=begun)
    await store.history.page(5, 5)
    await store.history.page(0, 5)
    await store.history.find(1)
    await store.history.advance(1, Progress.IN_FORCE)
    await store.history.withdraw(1)
    await store.catch_up()
    await store.log.refused()
    await store.files.find(file, channel="shop", chat="v1")
    await store.files.kept_under("key")
    _ = [chunk async for chunk in store.files.read(file)]
    notes = store.notebook("desk")
    await notes.write({"a:1": Written("one"), "a:2": Written("two"), "b": None})
    await notes.get("a:1")
    await notes.read("a:")
    await notes.take("a:1")
    await raw.command("profile", 0)
    asked = await raw["system.profile"].find({"ns": {"$ne": f"{database}.system.profile"}}).to_list()
    plans = {(each["ns"].removeprefix(f"{database}."), each.get("planSummary", "")) for each in asked}
    assert len(plans) > 20
    assert [plan for plan in sorted(plans) if "COLLSCAN" in plan[1]] == []


async def test_no_list_is_sorted_in_memory(store: MongoStore, database: str) -> None:
    await filled(store)
    raw = store._database.raw
    await raw.command("profile", 2)
    for wanted in (Filter(), Filter(lines=["sales", "help"], staff="olga"), Filter(staff="olga"), Filter(lines=["x"])):
        await store.list_conversations(wanted)
    await store.undelivered("shop", 3, 5)
    await store.outgoing("shop", 3, 5)
    await store.chat("shop", "v1", 3, 10)
    await store.messages("k1", before=5)
    await store.due("sales", at(5), 10)
    await store.queue_of("sales", after="MDpr")
    await store.late_of("sales", 5)
    await raw.command("profile", 0)
    asked = await raw["system.profile"].find({"hasSortStage": True}).to_list()
    assert [(each["ns"], each["command"]) for each in asked] == []


async def test_every_read_of_the_port_is_looked_at(store: MongoStore) -> None:
    looked_at = reads(store)
    for calls in looked_at.values():
        for call in calls:
            call.close()  # type: ignore[attr-defined]  # coroutines, which are only counted here
    ports = {**vars(Accounts), **vars(Overviews), **vars(Notebooks), **vars(Invitations), **vars(Store)}
    assert set(looked_at) | WRITES == {name for name in ports if not name.startswith("_")}
