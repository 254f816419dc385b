"""What pages, the API and a chat's client can read."""

from __future__ import annotations

import pytest

from crm_store import MongoStore
from router.delivery import DeliveryState
from router.effects import Explain
from router.errors import Rejected
from router.model import Author, AuthorKind, Floor, FloorHolder, JoinMode, MessageKind, Rating, State
from router.people import Client
from router.ports import Chat
from router.store import DeliveryChange, Filter
from tests.contract.store_samples import BOT, NOW, Batches, at, conversation, delivery, message


async def listed(store: MongoStore, **wanted: object) -> list[str]:
    """The ids of the first page."""
    page, _ = await store.list_conversations(Filter(**wanted))  # type: ignore[arg-type]  # spelled out by each test
    return [each.id for each in page]


class PageContract:
    """What pages and the API read."""

    async def test_lists_begin_with_the_latest_activity(self, store: MongoStore) -> None:
        await store.commit(
            Batches().of(
                conversation("old", created_at=at(1), last_client_at=at(2), last_reply_at=at(50)),
                conversation("new", created_at=at(40)),
                conversation("mid", created_at=at(0), closed_at=at(45), last_client_at=at(3)),
            )
        )
        assert await listed(store) == ["old", "mid", "new"]

    async def test_lists_are_of_lines_or_of_one_operator_anywhere(self, store: MongoStore) -> None:
        await store.commit(
            Batches().of(
                conversation("line"),
                conversation("held", line="x", operator="olga", state=State.OPEN),
                conversation("offered", line="x", offered=("olga",), state=State.OFFERED),
                conversation("joined", line="x", joined={"olga": JoinMode.HIDDEN}, state=State.OPEN),
                conversation("foreign", line="x", operator="ivan", state=State.OPEN),
            )
        )
        assert set(await listed(store, lines=["sales"])) == {"line"}
        assert set(await listed(store, staff="olga")) == {"held", "offered", "joined"}
        assert set(await listed(store, lines=["sales"], staff="olga")) == {"line", "held", "offered", "joined"}
        assert set(await listed(store, lines=[], staff="olga")) == {"held", "offered", "joined"}
        assert set(await listed(store, lines=["sales"], staff="olga", states=["open"])) == {"held", "joined"}
        assert set(await listed(store, operator="olga")) == {"held"}
        assert await listed(store, lines=[]) == await listed(store, states=[]) == []

    async def test_lists_of_one_client_show_all_their_conversations(self, store: MongoStore) -> None:
        await store.commit(
            Batches().of(conversation("k1"), conversation("k2", channel="help"), conversation("k3", client="c2"))
        )
        assert set(await listed(store, client="c1")) == {"k1", "k2"}

    async def test_pages_stay_the_same_while_new_ones_arrive(self, store: MongoStore) -> None:
        batches = Batches()
        # Many at the very same moment: the page must not depend on the time alone.
        await store.commit(batches.of(*(conversation(f"k{n}", created_at=at(n // 4)) for n in range(10))))
        seen: list[str] = []
        token = ""
        while True:
            page, token = await store.list_conversations(Filter(lines=["sales"], staff="o"), before=token, limit=3)
            seen += [each.id for each in page]
            await store.commit(batches.of(conversation(f"new{len(seen)}", created_at=at(100))))
            if not token:
                break
        assert sorted(seen) == [f"k{n}" for n in range(10)]

    async def test_the_last_page_has_no_token(self, store: MongoStore) -> None:
        await store.commit(Batches().of(conversation("k1"), conversation("k2")))
        assert (await store.list_conversations(Filter(), limit=2))[1] == ""

    @pytest.mark.parametrize("token", ["x", "!", "\ud800", "é", "bm9wZQ", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OmE"])
    async def test_a_page_that_is_not_ours_is_refused(self, store: MongoStore, token: str) -> None:
        with pytest.raises(Rejected, match="begin again"):
            await store.list_conversations(Filter(), before=token)

    async def test_messages_are_read_backwards_in_pages(self, store: MongoStore) -> None:
        said = [message(f"m{n}", kind=MessageKind.NOTE if n == 4 else MessageKind.TEXT) for n in range(1, 8)]
        await store.commit(Batches().make(messages=said))
        assert [each.n for each in await store.messages("k1", limit=3)] == [5, 6, 7]
        assert [each.n for each in await store.messages("k1", before=5, limit=3)] == [2, 3, 4]
        assert await store.messages("k2") == []

    async def test_explanations_come_oldest_first(self, store: MongoStore) -> None:
        batches = Batches()
        first, second = (Explain("k1", each, (), (), "config.yaml:1") for each in ("queue", "offer"))
        await store.commit(batches.make(messages=[message("m1")], explanations=[first, second]))
        assert [each for _, each in await store.explanations("k1")] == [first, second]

    async def test_a_client_nobody_knows_is_none(self, store: MongoStore) -> None:
        assert await store.client("\ud800") is None
        assert await store.clients(["\ud800", "c1"]) == await store.clients([]) == {}

    async def test_clients_are_read_together(self, store: MongoStore) -> None:
        ann, ben = (Client(id_, id_.upper(), NOW) for id_ in ("c1", "c2"))
        await store.commit(Batches().make(clients={"c1": ann, "c2": ben}))
        assert await store.clients(["c1", "c2", "c3"]) == {"c1": ann, "c2": ben}

    async def test_a_document_of_a_newer_hub_can_be_read(self, store: MongoStore) -> None:
        await store.commit(Batches().of(conversation("k1")))
        await store.database.settled()
        conversations = store.database.raw["conversations"]
        await conversations.update_one({"_id": "k1"}, {"$set": {"mood": {"new": 1}, "bot.tone": "calm"}})
        assert await store.conversations(["k1"]) == {"k1": conversation("k1")}

    async def test_a_document_nobody_understands_hides_no_other(self, store: MongoStore) -> None:
        await store.commit(Batches().of(conversation("k1"), conversation("k2")))
        await store.database.settled()
        await store.database.raw["conversations"].update_one({"_id": "k1"}, {"$set": {"n": "many"}})
        assert [each.id for each in await store.waiting_of("sales")] == ["k2"]


class ChatContract:
    """What a chat's client sees."""

    async def test_a_chat_nobody_wrote_in_is_empty(self, store: MongoStore) -> None:
        assert await store.chat("shop", "v1", 0, 10) == Chat()

    async def test_a_client_sees_only_what_is_meant_for_them(self, store: MongoStore) -> None:
        kinds = list(MessageKind)
        said = [message(f"m{n}", kind=kind, author=BOT) for n, kind in enumerate(kinds, start=1)]
        await store.commit(Batches().make(messages=[*said, message("m9", chat="v2")]))
        shown = await store.chat("shop", "v1", 0, 10)
        assert [entry.message.kind for entry in shown.entries] == [MessageKind.TEXT, MessageKind.RATING]

    async def test_a_page_is_the_latest_part_oldest_first_over_all_conversations(self, store: MongoStore) -> None:
        batches = Batches()
        await store.commit(batches.make(messages=[message(f"m{n}") for n in range(1, 4)]))
        await store.commit(batches.make(messages=[message(f"m{n}", conversation="k2") for n in range(4, 7)]))
        everything = await store.chat("shop", "v1", 0, 4)
        assert [entry.message.n for entry in everything.entries] == [3, 4, 5, 6]
        assert [entry.cursor for entry in everything.entries] == [3, 4, 5, 6]
        assert [entry.cursor for entry in (await store.chat("shop", "v1", 5, 4)).entries] == [6]

    async def test_each_message_tells_how_far_it_got(self, store: MongoStore) -> None:
        batches = Batches()
        said = [message("m1"), message("m2"), message("m3", author=BOT), message("m4", author=BOT)]
        batch = batches.make(
            messages=said, deliveries=[delivery("d3", "m3")], conversations={"k1": conversation(seen=1)}
        )
        await store.commit(batch)
        failed = DeliveryChange("d3", DeliveryState.FAILED, (DeliveryState.QUEUED,), reason="blocked")
        await store.commit(batches.make(changes=[failed]))
        shown = await store.chat("shop", "v1", 0, 10)
        assert [(entry.state, entry.delivery) for entry in shown.entries] == [
            (DeliveryState.READ, ""),
            (DeliveryState.SENT, ""),
            (DeliveryState.FAILED, "d3"),
            (DeliveryState.SENT, ""),
        ]

    async def test_the_chat_stands_where_its_latest_conversation_stands(self, store: MongoStore) -> None:
        olga = Author(AuthorKind.OPERATOR, "olga", "Olga")
        latest = conversation(
            "k2",
            created_at=at(5),
            state=State.WAITING,
            floor=Floor(FloorHolder.OPERATOR, "olga"),
            operator="olga",
            rating=Rating(4),
        )
        batch = Batches().make(messages=[message("m1", author=olga)])
        batch.conversations |= {"k1": conversation("k1", state=State.CLOSED), "k2": latest}
        await store.commit(batch)
        shown = await store.chat("shop", "v1", 0, 10)
        assert (shown.state, shown.operator, shown.rated) == ("waiting", "olga", 4)
