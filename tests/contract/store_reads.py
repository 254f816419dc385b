"""What lanes, the outbox and signing in can read."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from crm_store import MongoStore
from router.access import Account
from router.delivery import DeliveryState
from router.effects import ChangeClient, MoveChat
from router.errors import Conflict
from router.invitations import Invitation
from router.loads import Load
from router.media import Attachment
from router.model import State
from router.people import Client, Identity, OperatorState, Presence
from router.store import DeliveryChange
from router.tokens import Token
from tests.contract.store_samples import NOW, Batches, at, conversation, delivery, load, message


class LaneContract:
    """What lanes read."""

    async def test_a_line_waits_with_what_nobody_has_taken(self, store: MongoStore) -> None:
        each = [conversation(f"k{n}", state=state, created_at=at(-n)) for n, state in enumerate(State)]
        await store.commit(Batches().of(*each, conversation("other", line="support", state=State.QUEUED)))
        assert [found.state for found in await store.waiting_of("sales")] == [
            State.OFFERED,
            State.QUEUED,
            State.TRIAGE,
        ]

    async def test_what_operators_hold_is_open_or_waiting(self, store: MongoStore) -> None:
        each = [conversation(f"k{n}", state=state, operator="olga") for n, state in enumerate(State)]
        await store.commit(Batches().of(*each, conversation("ivans", state=State.OPEN, operator="ivan")))
        assert {found.state for found in await store.held_by("sales", ["olga"])} == {State.OPEN, State.WAITING}
        assert len(await store.held_by("sales", ["olga", "ivan"])) == 3
        assert await store.held_by("support", ["olga"]) == await store.held_by("sales", []) == []

    async def test_the_latest_conversation_of_each_chat(self, store: MongoStore) -> None:
        await store.commit(
            Batches().of(
                *(conversation(f"k{n}", created_at=at(n)) for n in range(3)),
                conversation("x", chat="v2", channel="help"),
                conversation("y", chat="v2", created_at=at(9)),
            )
        )
        asked = [("shop", "v1"), ("help", "v2"), ("help", "v1"), ("none", "\udc00")]
        found = await store.latest_of_chats(asked)
        assert {chat: each.id for chat, each in found.items()} == {("shop", "v1"): "k2", ("help", "v2"): "x"}
        assert await store.latest_of_chats([]) == {}

    async def test_our_messages_are_found_by_each_id_they_were_sent_under(self, store: MongoStore) -> None:
        """Asked for within their chat; what was never sent has none."""
        batches = Batches()
        await store.commit(batches.make(messages=[message("m1")], deliveries=[delivery("d1", "m1")]))
        assert await store.told([("shop", "v1", "12")]) == {}
        sent = DeliveryChange("d1", DeliveryState.SENT, (DeliveryState.QUEUED,), external_id="12 13")
        await store.commit(batches.make(changes=[sent]))
        keys = (("v1", "12"), ("v1", "13"), ("v1", "12 13"), ("v2", "12"), ("v1", ""))
        asked = [("shop", *key) for key in keys]
        assert await store.told(asked) == {("shop", "v1", "12"): "m1", ("shop", "v1", "13"): "m1"}
        assert await store.told([]) == {}

    async def test_what_waits_for_a_chat_goes_along_when_it_moves(self, store: MongoStore) -> None:
        """What was sent stays where it was sent."""
        batches = Batches()
        rows = [delivery("d1", "m1"), delivery("d2", "m1", state=DeliveryState.SENT), delivery("d3", "m1", chat="v2")]
        await store.commit(batches.make(messages=[message("m1")], deliveries=rows))
        await store.commit(batches.make(chats=[MoveChat("shop", "v1", "v9")]))
        found = await store.deliveries(["d1", "d2", "d3"])
        assert {key: it.chat for key, (it, _) in found.items()} == {"d1": "v9", "d2": "v1", "d3": "v2"}

    async def test_a_photo_is_put_on_a_card_that_others_write(self, store: MongoStore) -> None:
        """Whoever saves the client has not seen it, and takes nothing away."""
        batches, photo = Batches(), Attachment("f1", "photo.jpg", "image/jpeg", 3, kind="photo")
        ann = Client("c1", "Ann", NOW)
        await store.commit(batches.make(clients={"c1": ann}))
        await store.commit(batches.make(cards={"c1": ChangeClient("c1", photo=photo)}))
        await store.commit(batches.make(clients={"c1": replace(ann, name="Anna")}))
        assert await store.client("c1") == replace(ann, name="Anna", photo=photo)

    async def test_a_card_becomes_a_part_of_another(self, store: MongoStore) -> None:
        """Its addresses and conversations go along, it leads to the other, and writing it late changes nothing."""
        batches, here, there = Batches(), Identity("webchat", "shop", "a"), Identity("telegram", "bot", "1")
        ann, kim = Client("c1", "Ann", NOW, identities=(here.key,)), Client("c2", "Kim", NOW, identities=(there.key,))
        known = {here: "c1", there: "c2"}
        held = conversation("k2", client="c2")
        await store.commit(batches.make(clients={"c1": ann, "c2": kim}, identities=known, conversations={"k2": held}))
        whole = replace(ann, identities=(here.key, there.key))
        await store.commit(batches.make(clients={"c1": whole}, joined={"c2": "c1"}))
        assert await store.client("c2") == await store.client("c1") == whole
        assert await store.clients_of([there.key]) == {there.key: whole}
        assert (await store.conversations(["k2"]))["k2"] == replace(held, client="c1")
        await store.commit(batches.make(clients={"c1": replace(ann, name="Anna"), "c2": kim}))
        assert await store.client("c2") == replace(whole, name="Anna")

    async def test_an_invitation_is_followed_once(self, store: MongoStore) -> None:
        """Whoever is second finds that somebody was faster."""
        batches, kim = Batches(), Identity("telegram", "bot", "1")
        made = Invitation("d1", "c1", "k1", "olga", NOW + timedelta(days=10_000))
        await store.add_invitation(made)
        assert await store.invitations(["d1", "d2"]) == {"d1": made}
        await store.commit(batches.make(followed={"d1": kim}))
        assert await store.invitations(["d1"]) == {}
        with pytest.raises(Conflict):
            await store.commit(batches.make(followed={"d1": kim}, clients={"c1": Client("c1", "Ann", NOW)}))
        assert await store.client("c1") is None

    async def test_clients_are_found_by_any_of_their_addresses(self, store: MongoStore) -> None:
        phone, site = Identity("telegram", "bot", "1"), Identity("webchat", "shop", "a\0\ud800")
        ann = Client("c1", "Ann", NOW, identities=(phone.key,))
        await store.commit(Batches().make(clients={"c1": ann}, identities={phone: "c1", site: "c1"}))
        assert await store.clients_of([phone.key, site.key, "x:y:z"]) == {phone.key: ann, site.key: ann}
        assert await store.clients_of([]) == {}

    async def test_a_clients_last_operator_is_of_the_latest_conversation_that_had_one(self, store: MongoStore) -> None:
        await store.commit(
            Batches().of(
                conversation("k1", created_at=at(1), operator="olga"),
                conversation("k2", created_at=at(2), operator="ivan"),
                conversation("k3", created_at=at(3)),
                conversation("k4", client="c2"),
            )
        )
        assert await store.last_operators(["c1", "c2", "c3"]) == {"c1": "ivan"}
        assert await store.last_operators([]) == {}

    async def test_messages_are_found_by_their_ids(self, store: MongoStore) -> None:
        await store.commit(Batches().make(messages=[message("m1"), message("m2", conversation="k2")]))
        assert await store.messages_by_id(["m2", "m3"]) == {"m2": message("m2", conversation="k2")}
        assert await store.messages_by_id([]) == {}

    async def test_clients_messages_are_found_by_the_platforms_ids(self, store: MongoStore) -> None:
        said = [
            message("m1", external_id="7"),
            message("m2", external_id="7", at=at(1)),
            message("m3", external_id="7", chat="v2"),
            message("m4", external_id="a\0\ud800"),
            message("m5"),
        ]
        await store.commit(Batches().make(messages=said))
        asked = [("shop", "v1", "7"), ("shop", "v2", "7"), ("help", "v1", "7"), ("shop", "v1", "")]
        found = await store.client_messages([*asked, ("shop", "v1", "a\0\ud800")])
        assert {key: each.id for key, each in found.items()} == {
            ("shop", "v1", "7"): "m2",
            ("shop", "v2", "7"): "m3",
            ("shop", "v1", "a\0\ud800"): "m4",
        }
        assert await store.client_messages([]) == {}

    async def test_timers_come_due_earliest_first(self, store: MongoStore) -> None:
        batches = Batches()
        late = conversation("late", timers={"close": at(50), "offer": at(20)})
        soon, never = conversation("soon", timers={"offer": at(10)}), conversation("never")
        await store.commit(batches.of(late, soon, never, conversation("x", line="support", timers={"a": at(1)})))
        assert await store.due("sales", at(30), 10) == [(at(10), "soon"), (at(20), "late")]
        assert await store.due("sales", at(30), 1) == [(at(10), "soon")]
        assert await store.due("sales", at(10), 5) == [(at(10), "soon")]
        await store.commit(batches.of(conversation("soon")))
        assert await store.due("sales", at(99), 10) == [(at(20), "late")]

    async def test_chats_that_went_to_another_line_are_known(self, store: MongoStore) -> None:
        await store.commit(
            Batches().of(
                conversation("k1", chat="here", state=State.OPEN),
                conversation("k2", chat="away", line="support", state=State.QUEUED),
                conversation("k3", chat="done", line="support", state=State.CLOSED),
                conversation("k4", chat="else", line="support", channel="help"),
            )
        )
        assert await store.chats_away("shop", "sales") == {"away": "support"}

    async def test_loads_are_counted_again(self, store: MongoStore) -> None:
        batches = Batches()
        wrong = {"olga": load(5, 9), "petr": load(3, 9)}
        await store.commit(batches.make(loads=wrong, operators={"olga": OperatorState("olga", Presence.AVAILABLE)}))
        await store.commit(
            batches.of(
                conversation("k1", state=State.OPEN, operator="olga"),
                conversation("k2", state=State.OFFERED, offered=("olga", "ivan"), operator="petr"),
                conversation("k3", state=State.OFFERED, offered=("olga", "ivan"), broadcast=True),
                conversation("k4", state=State.CLOSED, operator="olga"),
                conversation("k5", state=State.WAITING, operator="ivan"),
            )
        )
        olga, ivan = Load(2, {"sales": 2}, 2), Load(2, {"sales": 2}, 1, 1)
        assert await store.count_loads() == {"olga": olga, "ivan": ivan, "petr": Load()}
        kept = await store.operators()
        assert {name: operator.load for name, operator in kept.items()} == {"olga": 2, "ivan": 2, "petr": 0}
        assert kept["olga"].presence is Presence.AVAILABLE
        assert (await store.count_loads({"sales"}))["ivan"] == Load(1, {"sales": 1}, 1, 1)
        assert (await store.operators())["ivan"].loads == {"sales": 1}

    async def test_the_feed_is_read_from_a_cursor(self, store: MongoStore) -> None:
        batches = Batches()
        assert await store.last_cursor() == 0
        batch = batches.make(messages=[message(f"m{n}") for n in range(1, 4)])
        event = batches.event("operator", "olga", line="sales", staff=("olga",), data={"a.b": {"$c": 1}, "d": [None]})
        batch.events.append(event)
        await store.commit(batch)
        assert await store.last_cursor() == 4
        assert [each.cursor for each in await store.events(1, 2)] == [2, 3]
        by_cursor = {each.cursor: each for each in await store.events(0, 100)}
        assert by_cursor[event.cursor] == event


class DeliveryContract:
    """What the outbox reads."""

    async def test_undelivered_come_in_the_order_they_were_made(self, store: MongoStore) -> None:
        batches = Batches()
        for n in (3, 1, 2):
            await store.commit(
                batches.make(
                    messages=[message(f"m{n}0"), message(f"m{n}1")],
                    deliveries=[delivery(f"b{n}", f"m{n}1"), delivery(f"a{n}", f"m{n}1")],
                )
            )
        first = await store.undelivered("shop", 0, 4)
        assert [found.id for found, _ in first] == ["b3", "a3", "b1", "a1"]
        rest = await store.undelivered("shop", first[-1][0].cursor, 4)
        assert [(found.id, said.id) for found, said in rest] == [("b2", "m21"), ("a2", "m21")]
        assert await store.undelivered("help", 0, 4) == []

    async def test_only_what_is_still_to_be_sent_is_undelivered(self, store: MongoStore) -> None:
        states = list(DeliveryState)
        await store.commit(
            Batches().make(
                messages=[message("m1")],
                deliveries=[delivery(f"d{n}", state=state) for n, state in enumerate(states)],
            )
        )
        found = [each.state for each, _ in await store.undelivered("shop", 0, 99)]
        assert await store.last_delivery("shop") == len(states)
        assert await store.last_delivery("help") == 0
        everything = [each.state for each, _ in await store.outgoing("shop", 0, 99)]
        assert everything == states
        assert found == [DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.RETRYING]

    async def test_reading_goes_on_behind_a_delivery_that_was_sent_meanwhile(self, store: MongoStore) -> None:
        batches = Batches()
        await store.commit(batches.make(messages=[message("m1")], deliveries=[delivery("d1"), delivery("d2")]))
        await store.commit(batches.make(changes=[DeliveryChange("d1", DeliveryState.SENT, (DeliveryState.QUEUED,))]))
        assert [each.id for each, _ in await store.undelivered("shop", 1, 9)] == ["d2"]
        assert [each.id for each, _ in await store.outgoing("shop", 1, 9)] == ["d2"]

    async def test_what_a_platform_has_fetched_is_sent(self, store: MongoStore) -> None:
        batches = Batches()
        made = batches.make(messages=[message("m1")], deliveries=[delivery(f"d{n}") for n in range(1, 5)])
        await store.commit(made)
        failed = DeliveryChange("d1", DeliveryState.FAILED, (DeliveryState.QUEUED,))
        await store.commit(batches.make(changes=[failed], fetched={"shop": 3}))
        await store.commit(batches.make(fetched={"shop": 2, "help": 9}))
        assert await store.fetched() == {"shop": 3, "help": 9}
        states = [each.state.value for each, _ in await store.outgoing("shop", 0, 9)]
        assert states == ["failed", "sent", "sent", "queued"]
        assert [each.id for each, _ in await store.undelivered("shop", 0, 9)] == ["d4"]
        assert [each.state.value for each in (await store.deliveries_of(["m1"]))["m1"]] == states
        again = DeliveryChange("d1", DeliveryState.QUEUED, (DeliveryState.FAILED,), cursor=7)
        await store.commit(batches.make(changes=[again]))
        assert [each.id for each, _ in await store.undelivered("shop", 0, 9)] == ["d4", "d1"]

    async def test_deliveries_of_messages(self, store: MongoStore) -> None:
        await store.commit(
            Batches().make(
                messages=[message("m1"), message("m2"), message("m3")],
                deliveries=[delivery("d2", "m2"), delivery("d9", "m1"), delivery("d1", "m1")],
            )
        )
        found = await store.deliveries_of(["m1", "m2", "m3"])
        assert {key: [each.id for each in made] for key, made in found.items()} == {"m1": ["d9", "d1"], "m2": ["d2"]}
        assert await store.deliveries_of([]) == await store.deliveries([]) == {}


class AccountContract:
    """Signing in."""

    async def test_an_account_is_replaced_by_a_newer_one(self, store: MongoStore) -> None:
        for account in (Account("olga", "old"), Account("olga", "new"), Account("ivan", "x")):
            await store.save_account(account)
        assert await store.accounts() == {"olga": Account("olga", "new"), "ivan": Account("ivan", "x")}

    async def test_a_session_lasts_until_it_expires_or_ends(self, store: MongoStore) -> None:
        hour = timedelta(hours=1)
        now = datetime.now(UTC)
        for token, operator, expires_at in (
            ("a", "olga", now + hour),
            ("b", "olga", now - hour),
            ("c", "o", now + hour),
        ):
            await store.open_session(token, operator, expires_at)
        assert [await store.session(token) for token in ("a", "b", "c", "\ud800")] == ["olga", None, "o", None]
        await store.end_session("c")
        assert await store.session("c") is None

    async def test_all_sessions_of_an_operator_end_together(self, store: MongoStore) -> None:
        later = datetime.now(UTC) + timedelta(hours=1)
        for token, operator in (("a", "olga"), ("b", "olga"), ("c", "ivan")):
            await store.open_session(token, operator, later)
        await store.end_sessions_of("olga")
        assert [await store.session(token) for token in ("a", "b", "c")] == [None, None, "ivan"]

    async def test_a_session_that_ended_is_not_extended(self, store: MongoStore) -> None:
        soon, later = datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC) + timedelta(hours=2)
        await store.open_session("a", "olga", soon)
        await store.extend_session("a", later)
        assert await store.session("a") == "olga"
        await store.end_session("a")
        await store.extend_session("a", later)
        assert await store.session("a") is None

    async def test_a_token_is_known_by_its_digest_until_it_is_revoked(self, store: MongoStore) -> None:
        site, crm = Token("site", "digest-1", "olga", NOW, at(9)), Token("crm", "digest-2", "ivan", NOW)
        for token in (site, crm):
            await store.add_token(token)
        assert await store.tokens() == [crm, site]
        assert [await store.token(digest) for digest in ("digest-1", "digest-3", "\ud800")] == [site, None, None]
        await store.revoke_token("site")
        assert await store.token("digest-1") is None

    async def test_no_two_tokens_have_one_name(self, store: MongoStore) -> None:
        await store.add_token(Token("site", "digest-1", "olga", NOW))
        with pytest.raises(Conflict, match="site"):
            await store.add_token(Token("site", "digest-2", "ivan", NOW))
        assert await store.tokens() == [Token("site", "digest-1", "olga", NOW)]

    async def test_the_use_of_a_token_is_noted_once_a_minute(self, store: MongoStore) -> None:
        await store.add_token(Token("site", "digest", "olga", NOW))
        noted = []
        for seconds in (0, 59, 60, 61):
            await store.use_token("digest", NOW + timedelta(seconds=seconds))
            (token,) = await store.tokens()
            noted.append(token.last_used_at)
        assert noted == [NOW, NOW, NOW + timedelta(minutes=1), NOW + timedelta(minutes=1)]

    async def test_a_secret_is_made_once(self, store: MongoStore) -> None:
        made = await asyncio.gather(*(store.secret("cookies") for _ in range(5)))
        assert len(set(made)) == 1
        assert len(made[0]) >= 43
        assert await store.secret("other") != made[0]

    async def test_a_database_that_works_answers(self, store: MongoStore) -> None:
        await store.ping()
