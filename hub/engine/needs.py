"""What a batch of events speaks of: read from the store at once, so that deciding needs no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from hub.engine.inbox import Ring, Work
from router.client_events import (
    ClientDeleted,
    ClientEdited,
    ClientEvent,
    ClientMessage,
    ClientMoved,
    ClientRated,
    ClientReach,
    ClientReacted,
    ClientStarted,
    ColleagueMessage,
)
from router.clients import is_over
from router.desk import Desk
from router.events import (
    Amendment,
    Event,
    FilesFetched,
    React,
    Reopen,
    Reply,
    Resend,
    SetPaused,
    StaffEvent,
    Wake,
)
from router.invitations import CardsJoined, Invitation, digest_of, is_token
from router.model import Conversation, State
from router.people import Client
from router.rulebook import Rulebook
from router.rules import Rules
from router.store import Store

Chat = tuple[str, str]
#: channel, chat, and the platform's id of a message
Key = tuple[str, str, str]
#: work whose conversation is on another line, with that line
Elsewhere = list[tuple[Work, str]]


def chat_of(event: Event | Ring) -> Chat | None:
    """Return the chat that a client's event comes from."""
    if isinstance(event, ClientEvent):
        return event.channel, event.chat
    return None


def conversation_of(event: Event | Ring) -> str | None:
    """Return the conversation that an event names."""
    if isinstance(event, ClientEvent | StaffEvent | SetPaused | CardsJoined | Wake):
        return None
    return event.conversation


def line_of(event: Event, rules: Rules) -> str:
    """Return the line that decides an event that names no conversation; empty where any line may."""
    if isinstance(event, SetPaused):
        return event.line if event.line in rules.lines else ""
    serves = rules.lines_of(event.operator) if isinstance(event, StaffEvent) else ()
    return serves[0] if serves else ""


def is_about(conversation: Conversation, work: Work) -> bool:
    """Return whether work is an update that names a conversation or comes from its chat."""
    chat = chat_of(work.event) == (conversation.channel, conversation.chat)
    return bool(work.update) and (chat or conversation_of(work.event) == conversation.id)


async def gather(store: Store, desk: Desk, book: Rulebook, batch: Sequence[Work], now: datetime) -> Elsewhere:
    """Put on the desk what `batch` needs, and return the work that belongs to other lines' lanes."""
    await _messages(store, desk, batch)
    elsewhere = await _named(store, desk, batch)
    elsewhere |= await _chats(store, desk, book, batch, now)
    await _people(store, desk, batch)
    if any(isinstance(w.event, Wake) for w in batch):
        absent = desk.roster.absent_with_load(book, now)
        for conversation in await store.held_by(desk.line, absent) if absent else ():
            if desk.get(conversation.id) is None:
                desk.put(conversation)
    return [(work, line) for work in batch if (line := elsewhere.get(id(work)))]


async def _messages(store: Store, desk: Desk, batch: Sequence[Work]) -> None:
    """Load the messages and deliveries that are to be changed; those this batch makes itself join them later."""
    desk.forget_messages()
    asked = {w.event.message for w in batch if isinstance(w.event, Amendment | React | FilesFetched)}
    asked |= {w.event.reply_to for w in batch if isinstance(w.event, Reply) and w.event.reply_to}
    spoken = set(_spoken(w.event for w in batch))
    heard = {_key(w.event) for w in batch if isinstance(w.event, ClientEdited | ClientDeleted)} | spoken
    told = await store.told(spoken) if spoken else {}
    asked |= set(told.values()) | {external for *_, external in spoken}
    deliveries = {w.event.delivery for w in batch if isinstance(w.event, Resend)}
    found = await store.deliveries(deliveries) if deliveries else {}
    desk.deliveries = {key: delivery for key, (delivery, _) in found.items()}
    said = [message for _, message in found.values()]
    said += (await store.messages_by_id(asked)).values() if asked else ()
    said += (await store.client_messages(heard)).values() if heard else ()
    for message in said:
        desk.remember(message)
    desk.learn_told(told)


def _key(event: ClientEdited | ClientDeleted | ClientReacted) -> Key:
    return event.channel, event.chat, event.external_id


def _spoken(events: Iterable[Event | Ring]) -> Iterator[Key]:
    """Yield what is reacted to and answered, which may be the client's or ours."""
    for event in events:
        if isinstance(event, ClientReacted):
            yield _key(event)
        elif isinstance(event, ClientMessage | ColleagueMessage) and event.reply_to:
            yield event.channel, event.chat, event.reply_to


def _place(desk: Desk, event: Event | Ring) -> str | None:
    """Return the conversation that decides an event: the one it names, or the one whose message it changes."""
    if isinstance(event, ClientEdited | ClientDeleted):
        message = desk.heard(*_key(event))
        return message.conversation if message else None
    if isinstance(event, ClientReacted):
        message = desk.spoken(*_key(event))
        return message.conversation if message else None
    return conversation_of(event)


async def _named(store: Store, desk: Desk, batch: Sequence[Work]) -> dict[int, str]:
    """Load conversations that events name, each with the latest of its chat, so that `of_chat` stays true."""
    named = {key for w in batch if (key := _place(desk, w.event))}
    for reopened in (desk.get(w.event.conversation) for w in batch if isinstance(w.event, Reopen)):
        if reopened is not None:
            # Its client may have written elsewhere since: look again for the latest of the chat.
            desk.drop(reopened.id)
    missing = [key for key in named if desk.get(key) is None]
    found = await store.conversations(missing) if missing else {}
    here = [c for c in found.values() if c.line == desk.line]
    foreign = await _latest(store, desk, [(c.channel, c.chat) for c in here])
    for conversation in here:
        if desk.get(conversation.id) is None:
            desk.put(conversation)
    desk.chats |= {chat: conversation.id for chat, conversation in foreign.items()}
    lines = {key: c.line for key, c in found.items() if c.line != desk.line}
    return {id(w): lines[key] for w in batch if (key := _place(desk, w.event)) in lines and key is not None}


async def _latest(store: Store, desk: Desk, chats: Iterable[Chat]) -> dict[Chat, Conversation]:
    """Load the latest conversations of chats; return those that are on other lines, which are not loaded."""
    unknown = {chat for chat in chats if chat not in desk.chats}
    found = await store.latest_of_chats(unknown) if unknown else {}
    foreign = {chat: c for chat, c in found.items() if c.line != desk.line}
    for chat, conversation in found.items():
        if chat not in foreign:
            desk.put(conversation)
    return foreign


async def _chats(store: Store, desk: Desk, book: Rulebook, batch: Sequence[Work], now: datetime) -> dict[int, str]:
    """Load the conversations of chats that clients write in; send on what continues on another line."""
    chats = {chat for w in batch if (chat := chat_of(w.event))}
    chats |= {(w.event.channel, w.event.to) for w in batch if isinstance(w.event, ClientMoved)}
    for chat in chats:
        if desk.chats.get(chat, "") not in desk.conversations:
            desk.chats.pop(chat, None)
    foreign = await _latest(store, desk, chats)
    moved: dict[int, str] = {}
    for work in batch:
        other = foreign.get(chat_of(work.event) or ("", ""))
        if other is not None and _place(desk, work.event) is None and _continues(work.event, other, book, now):
            moved[id(work)] = other.line
    return moved


def _continues(event: Event | Ring, other: Conversation, book: Rulebook, now: datetime) -> bool:
    return isinstance(event, ClientRated | ClientReach | ClientMoved) or not is_over(book, other, now)


async def _people(store: Store, desk: Desk, batch: Sequence[Work]) -> None:
    """Load the clients who are about to begin a conversation, and who spoke with them last."""
    keys = set()
    for work in batch:
        if isinstance(work.event, ClientStarted):
            keys.add(work.event.sender.identity.key)
        elif isinstance(work.event, ClientMessage):
            latest = desk.of_chat(work.event.channel, work.event.chat)
            if latest is None or latest.state is State.CLOSED:
                keys.add(work.event.sender.identity.key)
    clients = await store.clients_of(keys) if keys else {}
    desk.invited = await _invited(store, batch)
    ids = {client.id for client in (*clients.values(), *(card for _, card in desk.invited.values()))}
    desk.learn(clients, await store.last_operators(ids) if ids else {})


async def _invited(store: Store, batch: Sequence[Work]) -> dict[str, tuple[Invitation, Client]]:
    """Load the invitations that clients have followed, with the cards they were made for."""
    payloads = {w.event.payload for w in batch if isinstance(w.event, ClientStarted)}
    digests = {digest_of(payload) for payload in payloads if is_token(payload)}
    found = await store.invitations(digests) if digests else {}
    cards = {digest: (it, await store.client(it.client)) for digest, it in found.items()}
    return {digest: (it, card) for digest, (it, card) in cards.items() if card is not None}
