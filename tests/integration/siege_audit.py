"""What the hub holds in the end, read over its API, and held against what it had said while it was killed."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.integration.siege_caller import Caller, of_channel
from tests.integration.siege_clients import Client
from tests.integration.siege_operators import Operator
from tests.integration.siege_readers import ARRIVED, Follower, Reader

_PAGE = 200
_HELD = {"open", "waiting"}
#: what the conversation says when somebody gets the floor; everything else that happens takes it away
_TAKEN = re.compile(r"(?P<name>.+) (?:took|reopened) the conversation")


@dataclass(slots=True)
class Kept:
    """Everything that is kept: conversations, oldest first, and what was said in each."""

    conversations: list[dict[str, Any]] = field(default_factory=list)
    #: conversation → its messages in order
    messages: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def of_client(self, chat: str) -> Iterator[dict[str, Any]]:
        """Yield what was said with one client, over all their conversations."""
        for conversation in self.conversations:
            if conversation["client_name"] == chat:
                yield from self.messages[conversation["id"]]

    def deliveries(self) -> Iterator[dict[str, Any]]:
        """Yield the deliveries of all messages."""
        for messages in self.messages.values():
            for message in messages:
                yield from message["deliveries"]


def same(what: str, found: Sequence[object], wanted: Sequence[object]) -> None:
    """Raise `AssertionError` with what is too much and what is missing, unless two lists are the same."""
    if list(found) != list(wanted):
        there, due = Counter(map(str, found)), Counter(map(str, wanted))
        more, less = list((there - due).elements()), list((due - there).elements())
        place = next((n for n, (one, other) in enumerate(zip(found, wanted, strict=False)) if one != other), "the end")
        raise AssertionError(f"{what}: too much {more}, missing {less}, the first difference at {place}: {found}")


async def kept(caller: Caller) -> Kept:
    """Read everything, as a supervisor's program would."""
    found = Kept()
    for view in ("all", "closed"):
        page = {"next": ""}
        while page := await caller.get(f"/conversations?view={view}&limit={_PAGE}&cursor={page['next']}"):
            found.conversations += page["conversations"]
            if not page["next"]:
                break
    found.conversations.sort(key=lambda it: str(it["created_at"]))
    said = await asyncio.gather(*(_messages(caller, it["id"]) for it in found.conversations))
    found.messages = {it["id"]: messages for it, messages in zip(found.conversations, said, strict=True)}
    return found


async def _messages(caller: Caller, conversation: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    before = 0
    while True:
        page = await caller.get(f"/conversations/{conversation}/messages?limit={_PAGE}&before={before}")
        messages = [*page["messages"], *messages]
        if not page["more"]:
            return messages
        before = messages[0]["n"]


def clients_are_heard(found: Kept, clients: Sequence[Client]) -> None:
    """Every acknowledged message is there exactly once, in its client's order, and nothing besides."""
    for client in clients:
        said = [it["text"] for it in found.of_client(client.chat) if it["author"]["kind"] == "client"]
        same(f"what {client.chat} said", said, client.said)


def messages_are_numbered(found: Kept) -> None:
    """A conversation's messages are numbered from 1 without gaps."""
    for conversation, messages in found.messages.items():
        same(f"the numbers in {conversation}", [it["n"] for it in messages], range(1, len(messages) + 1))


def replies_are_there(found: Kept, operators: Sequence[Operator]) -> None:
    """Every acknowledged reply is in its conversation exactly once, in its operator's order; refused ones are not."""
    for operator in operators:
        for conversation, messages in found.messages.items():
            said = [it["text"] for it in messages if it["author"]["id"] == operator.name]
            same(f"what {operator.name} said in {conversation}", said, operator.said[conversation])


def floor_was_kept(found: Kept) -> None:
    """Nobody speaks to a client but who holds the floor: whoever took or reopened the conversation, until that ends."""
    for messages in found.messages.values():
        holder = ""
        for message in messages:
            if message["kind"] == "event":
                taken = _TAKEN.fullmatch(message["text"])
                holder = taken["name"] if taken else ""
            elif message["author"]["kind"] == "operator":
                assert message["author"]["name"] == holder, f"{message['text']!r} against the floor of {holder!r}"


def deliveries_are_true(found: Kept, reader: Reader) -> None:
    """All deliveries have arrived and are called so, those reported as delivered are; each chat had them in order."""
    states = {it["id"]: it["state"] for it in found.deliveries()}
    same("what arrived", sorted(reader.seen), sorted(states))
    same("what is not called so", [f"{id_}: {state}" for id_, state in states.items() if state not in ARRIVED], [])
    delivered = [id_ for id_, state in states.items() if state == "delivered"]
    same("what is called delivered", sorted(delivered), sorted(reader.reported))
    shown = defaultdict(list)
    for delivery in reader.seen.values():
        shown[delivery["conversation"]].append(delivery["message"]["n"])
    for conversation, messages in found.messages.items():
        same(f"what was shown of {conversation}", shown[conversation], [it["n"] for it in messages if it["deliveries"]])


async def second_reader_sees_all(reader: Reader) -> None:
    """A reader who begins before the first delivery is given each once, in the same order; from 0 there is none."""
    cursor, seen = 1, list[str]()
    while page := (await reader.caller.get(of_channel(f"deliveries?after={cursor}&limit=500"))):
        if not page["deliveries"]:
            break
        seen += [it["id"] for it in page["deliveries"]]
        cursor = page["cursor"]
    same("what a second reader is given", seen, list(reader.seen))
    same("what nobody has fetched", (await reader.caller.get(of_channel("deliveries?after=0")))["deliveries"], [])


def follower_missed_nothing(found: Kept, follower: Follower) -> None:
    """Whoever followed over all deaths was told every message, in the order of its conversation."""
    same("what a follower was told wrongly", follower.wrong, [])
    for conversation, messages in found.messages.items():
        same(f"what was told of {conversation}", follower.told[conversation], [it["n"] for it in messages])


async def loads_are_right(caller: Caller) -> bool:
    """Whether each operator's load is what they hold or are offered."""
    held: Counter[str] = Counter()
    page = await caller.get(f"/conversations?view=all&limit={_PAGE}")
    assert not page["next"]
    for it in page["conversations"]:
        held.update(it["offered"] if it["state"] == "offered" else [it["operator"]] if it["state"] in _HELD else [])
    loads = {it["id"]: it["load"] for it in (await caller.get("/operators"))["operators"]}
    return {name: load for name, load in loads.items() if load} == dict(held)


async def sums_close(caller: Caller, clients: Sequence[Client]) -> dict[str, Any]:
    """`hub ledger` finds every sum closed and nothing undecided; return its figures of the channel."""
    code, printed = await caller.siege.command("ledger", "--json")
    days = json.loads(printed)["days"]
    same("sums that do not close", [day["unclosed"] for day in days if day["unclosed"]], [])
    assert code == 0, f"hub ledger ended with {code}"
    total: Counter[str] = Counter()
    for day in days:
        total.update({name: day[name] for name in ("undecided", "poison", "waiting", "unknown", "failed")})
    same("what did not end well", [f"{name}: {count}" for name, count in total.items() if count], [])
    came = sum(day["received"] for day in days if day["channel"] == "shop")
    handed = sum(len(client.said) + client.ends for client in clients)
    assert came == handed, f"the ledger has {came} updates of the clients, who handed {handed} over"
    return {"repeats dropped": sum(day["duplicates"] for day in days)}
