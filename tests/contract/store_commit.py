"""What every commit does."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from crm_store import MongoStore
from router.absence import Absence
from router.delivery import Attempt, DeliveryState
from router.effects import ChangeClient, ChangeLoad, Explain
from router.errors import Conflict
from router.forms import Answer, Survey
from router.model import BotMemory, Handoff, JoinMode, Rating, State, Version
from router.people import Client, Identity, LineState, OperatorState, Presence
from router.pledges import Clock, Promise, Target
from router.ports import Update
from router.store import Batch, DeliveryChange
from tests.contract.store_samples import BOT, NOW, Batches, at, conversation, delivery, load, message

ANN = Client("c1", "Ann", NOW, identities=("webchat:shop:v1",), facts={"page.url": "/a", "$ref": "x", "50%": "y"})

OLGA = OperatorState(
    "olga",
    Presence.AVAILABLE,
    given={"sales": 1},
    given_at={"sales": NOW},
    leave=(Absence("a1", NOW, at(60), "sick", "flu", "sofia"),),
    calendar="4f1d",
)


async def full_batch(store: MongoStore) -> Batch:
    """A batch that touches every collection; the update it decides waits in the ledger."""
    await store.ledger.append("shop", [(Update("u1", "x"), 1)], NOW)
    batches = Batches()
    return batches.make(
        messages=[message("m1"), message("m2", author=BOT)],
        done={"shop:u1": None},
        conversations={"k1": conversation(n=2)},
        deliveries=[delivery("d1", "m2")],
        clients={"c1": ANN},
        identities={Identity("webchat", "shop", "v1"): "c1"},
        operators={"olga": OLGA},
        loads={"olga": load(1, 2)},
        explanations=[Explain("k1", "offer", ("olga",), (("olga", "chosen"), ("ivan", "away")), "config.yaml:4")],
    )


class CommitContract:
    """Behaviour of `Store.commit`; a subclass provides the fixture `store`."""

    async def test_everything_in_a_batch_can_be_read_again(self, store: MongoStore) -> None:
        batch = await full_batch(store)
        await store.commit(batch)
        assert await store.conversations(["k1"]) == batch.conversations
        assert await store.messages("k1") == batch.messages
        assert await store.deliveries(["d1"]) == {"d1": (batch.deliveries[0], batch.messages[1])}
        assert await store.client("c1") == ANN
        assert await store.clients_of(["webchat:shop:v1", "webchat:shop:v2"]) == {"webchat:shop:v1": ANN}
        assert await store.operators() == {"olga": replace(batch.operators["olga"], load=1, loads={"sales": 1})}
        assert await store.explanations("k1") == [(NOW, batch.explanations[0])]
        assert await store.events(0, 10) == batch.events
        assert [entry async for entry in store.ledger.undecided()] == []

    async def test_the_same_batch_twice_is_written_once(self, store: MongoStore) -> None:
        batch = await full_batch(store)
        await store.commit(batch)
        await store.commit(batch)
        assert len(await store.messages("k1")) == 2
        assert (await store.operators())["olga"].load == 1
        assert len(await store.explanations("k1")) == 1

    async def test_the_same_batch_at_the_same_moment_is_written_once(self, store: MongoStore) -> None:
        batch = await full_batch(store)
        await asyncio.gather(*(store.commit(batch) for _ in range(4)))
        assert (await store.operators())["olga"].load == 1

    async def test_a_batch_without_events_is_written_once_too(self, store: MongoStore) -> None:
        batches = Batches()
        await store.commit(batches.make(messages=[message("m1")], deliveries=[delivery("d1")]))
        attempt = Attempt(NOW, DeliveryState.SENT)
        change = DeliveryChange("d1", DeliveryState.SENT, (DeliveryState.QUEUED, DeliveryState.SENT), attempt)
        batch = batches.make(changes=[change], loads={"olga": load(1, 5)})
        await store.commit(batch)
        await store.commit(batch)
        [(sent, _)] = (await store.deliveries(["d1"])).values()
        assert sent.attempts == (attempt,)
        assert (await store.operators())["olga"].load == 1

    async def test_another_batch_with_a_cursor_that_is_taken_is_refused_whole(self, store: MongoStore) -> None:
        await store.commit(Batches().make(messages=[message("m1")]))
        other = Batches().make(messages=[message("m2")], conversations={"k2": conversation("k2")})
        other.id = "other"
        with pytest.raises(Conflict):
            await store.commit(other)
        assert await store.conversations(["k2"]) == {}

    async def test_an_update_that_somebody_else_decided_is_not_decided_again(self, store: MongoStore) -> None:
        batch = await full_batch(store)
        await store.commit(Batch("theirs", 99, done={"shop:u1": None}))
        with pytest.raises(Conflict):
            await store.commit(batch)
        assert await store.messages("k1") == []
        assert await store.operators() == {}

    async def test_an_empty_batch_writes_nothing(self, store: MongoStore) -> None:
        await store.commit(Batch("nothing", 1))

    async def test_an_identity_belongs_to_whom_it_was_given_first(self, store: MongoStore) -> None:
        batches = Batches()
        address = Identity("webchat", "shop", "v1")
        await store.commit(batches.make(clients={"c1": ANN}, identities={address: "c1"}))
        with pytest.raises(Conflict):
            await store.commit(batches.make(clients={"c2": replace(ANN, id="c2")}, identities={address: "c2"}))
        assert await store.client("c2") is None
        assert (await store.clients_of([address.key]))[address.key].id == "c1"

    async def test_what_a_card_says_is_not_undone_by_what_a_client_says(self, store: MongoStore) -> None:
        """Another line's batch may hold the client as they were before."""
        batches = Batches()
        await store.commit(batches.make(clients={"c1": ANN}))
        await store.commit(batches.make(cards={"c1": ChangeClient("c1", responsible="olga", priority="vip")}))
        await store.commit(batches.make(clients={"c1": replace(ANN, phone="+7 1")}))
        await store.commit(batches.make(cards={"c1": ChangeClient("c1", priority="")}))
        assert await store.client("c1") == replace(ANN, phone="+7 1", responsible="olga", priority="")

    async def test_a_line_is_as_it_was_left(self, store: MongoStore) -> None:
        batches = Batches()
        for paused in (True, False, True):
            await store.commit(batches.make(lines={"sales": LineState("sales", paused, "olga", NOW)}))
        assert await store.line_states() == {"sales": LineState("sales", True, "olga", NOW)}

    async def test_nobody_gets_more_than_their_capacity(self, store: MongoStore) -> None:
        batches = Batches()
        await store.commit(batches.make(loads={"olga": load(2, 2)}))
        with pytest.raises(Conflict):
            await store.commit(batches.make(loads={"olga": load(1, 2)}, conversations={"k1": conversation()}))
        assert (await store.operators())["olga"].load == 2
        assert await store.conversations(["k1"]) == {}

    async def test_nobody_gets_more_of_a_line_than_their_capacity_there(self, store: MongoStore) -> None:
        batches = Batches()
        await store.commit(batches.make(loads={"olga": load(1, 5, of_line=1)}))
        with pytest.raises(Conflict):
            await store.commit(batches.make(loads={"olga": load(1, 5, of_line=1)}))
        await store.commit(batches.make(loads={"olga": load(1, 5, "support", of_line=1)}))
        kept = (await store.operators())["olga"]
        assert (kept.load, kept.loads) == (2, {"sales": 1, "support": 1})

    async def test_room_that_a_batch_makes_before_it_is_used_is_room(self, store: MongoStore) -> None:
        """One is closed and two are given: never more than there is room for at any step."""
        batches = Batches()
        await store.commit(batches.make(loads={"olga": load(2, 2)}))
        change = load(-1, 3)
        change.add(ChangeLoad("olga", "sales", 1, 1, 0, capacity=2))
        change.add(ChangeLoad("olga", "sales", 1, 1, 0, capacity=2))
        with pytest.raises(Conflict):
            await store.commit(batches.make(loads={"olga": change}))
        change = load(-1, 3)
        change.add(ChangeLoad("olga", "sales", -1, 0, -1))
        change.add(ChangeLoad("olga", "sales", 1, 1, 0, capacity=2))
        await store.commit(batches.make(loads={"olga": change}))
        assert (await store.operators())["olga"].load == 1

    async def test_of_many_at_once_only_as_many_win_as_there_is_room(self, store: MongoStore) -> None:
        batches = Batches()
        offers = [batches.make(loads={"olga": load(1, 3)}, messages=[message(f"m{n}")]) for n in range(1, 9)]
        results = await asyncio.gather(*map(store.commit, offers), return_exceptions=True)
        assert [type(result) for result in results if result is not None] == [Conflict] * 5, results
        assert (await store.operators())["olga"].load == 3

    async def test_an_operator_nobody_has_seen_yet_has_no_load(self, store: MongoStore) -> None:
        batches = Batches()
        with pytest.raises(Conflict):
            await store.commit(batches.make(loads={"new": load(2, 1)}))
        await store.commit(batches.make(loads={"new": load(-1, 5)}))
        assert (await store.operators())["new"].load == 0

    async def test_saving_an_operator_never_touches_their_load(self, store: MongoStore) -> None:
        batches = Batches()
        away = OperatorState("olga", Presence.AWAY, load=99)
        await store.commit(batches.make(operators={"olga": away}, loads={"olga": load(1, 5)}))
        await store.commit(batches.make(operators={"olga": away}))
        assert (await store.operators())["olga"].load == 1

    async def test_late_news_about_a_delivery_change_nothing(self, store: MongoStore) -> None:
        batches = Batches()
        await store.commit(batches.make(messages=[message("m1")], deliveries=[delivery("d1")]))
        read = DeliveryChange("d1", DeliveryState.READ, (DeliveryState.QUEUED,), external_id="77")
        late = DeliveryChange("d1", DeliveryState.SENDING, (DeliveryState.QUEUED,), Attempt(NOW, DeliveryState.SENDING))
        await store.commit(batches.make(changes=[read]))
        await store.commit(batches.make(changes=[late]))
        [(kept, _)] = (await store.deliveries(["d1"])).values()
        assert kept == delivery("d1", state=DeliveryState.READ, external_id="77", cursor=1)

    async def test_a_delivery_remembers_every_attempt(self, store: MongoStore) -> None:
        batches = Batches()
        await store.commit(batches.make(messages=[message("m1")], deliveries=[delivery("d1")]))
        first = Attempt(at(1), DeliveryState.RETRYING, "429")
        retry = DeliveryChange(
            "d1", DeliveryState.RETRYING, (DeliveryState.QUEUED,), first, next_at=at(5), reason="too fast"
        )
        second = Attempt(at(6), DeliveryState.SENT)
        sent = DeliveryChange("d1", DeliveryState.SENT, (DeliveryState.RETRYING,), second, external_id="9")
        await store.commit(batches.make(changes=[retry]))
        [(kept, _)] = (await store.deliveries(["d1"])).values()
        assert (kept.state, kept.next_at, kept.reason) == (DeliveryState.RETRYING, at(5), "too fast")
        await store.commit(batches.make(changes=[sent]))
        [(kept, _)] = (await store.deliveries(["d1"])).values()
        assert kept == delivery("d1", state=DeliveryState.SENT, attempts=(first, second), external_id="9", cursor=1)

    async def test_several_changes_of_one_delivery_apply_in_order(self, store: MongoStore) -> None:
        batches = Batches()
        await store.commit(batches.make(messages=[message("m1")], deliveries=[delivery("d1")]))
        sending = DeliveryChange("d1", DeliveryState.SENDING, (DeliveryState.QUEUED,))
        sent = DeliveryChange("d1", DeliveryState.SENT, (DeliveryState.SENDING,))
        await store.commit(batches.make(changes=[sending, sent]))
        [(kept, _)] = (await store.deliveries(["d1"])).values()
        assert kept.state is DeliveryState.SENT

    async def test_a_conversation_comes_back_whole(self, store: MongoStore) -> None:
        full = conversation(
            state=State.OPEN,
            operator="olga",
            offered=("ivan",),
            passed={"petr": at(9)},
            joined={"anna": JoinMode.HIDDEN},
            timers={"close": at(60), "offer": at(30)},
            sla={Target.RESOLUTION: Clock(timedelta(hours=8), timedelta(seconds=90.5), at(3), at(90), told=50)},
            breached=(Target.FIRST_RESPONSE,),
            promise=Promise(at(60), "olga", "ask the warehouse"),
            handoff=Handoff("misses", "refund", 0.4, {"order.number": "48213", "$x": ""}, ("greet",)),
            bot=BotMemory(2, "order.number", "refund", {"a%2Eb": "c"}, ("greet",), "m1"),
            rating=Rating(5, "thanks"),
            survey=Survey((Answer("Did we help?", "Yes"),), 2, "What else?", (), NOW),
            said=("queued",),
        )
        await store.commit(Batches().of(full))
        assert await store.conversations(["k1"]) == {"k1": full}

    async def test_text_that_a_database_cannot_hold_is_mended(self, store: MongoStore) -> None:
        odd = message("m1", text="a\0b \ud800 c", data={"k\0.\udfff": "\0"})
        await store.commit(Batches().make(messages=[odd], clients={"c1": replace(ANN, name="\udc00\0Ann")}))
        [kept] = await store.messages("k1")
        assert (kept.text, kept.data) == ("ab � c", {"k.�": ""})
        client = await store.client("c1")
        assert client is not None
        assert client.name == "�Ann"

    async def test_a_message_for_the_client_without_a_cursor_is_an_error(self, store: MongoStore) -> None:
        with pytest.raises(ValueError, match="m1"):
            await store.commit(Batch("b1", 1, messages=[message("m1")]))

    async def test_a_changed_message_keeps_its_place(self, store: MongoStore) -> None:
        batches = Batches()
        await store.commit(batches.make(messages=[message("m1"), message("m2")]))
        changed = message(
            "m1", text="b\0tter", edited_at=at(2), deleted_at=at(3), versions=(Version("text of m1", at(2)),)
        )
        batch = batches.make(changed={"m1": changed})
        batch.events = [batches.event("message", "m1", conversation="k1")]
        await store.commit(batch)
        await store.commit(batch)
        kept = replace(changed, text="btter")
        assert await store.messages("k1") == [kept, message("m2")]
        first = (await store.chat("shop", "v1", 0, 9)).entries[0]
        assert (first.message, first.cursor) == (kept, 1)

    async def test_a_message_can_change_in_the_batch_that_brings_it(self, store: MongoStore) -> None:
        changed = message("m1", text="better", edited_at=at(1))
        await store.commit(Batches().make(messages=[message("m1")], changed={"m1": changed}))
        assert await store.messages("k1") == [changed]
