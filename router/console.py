"""What an operator can do with a conversation, once, for all consoles. Consoles only draw it; `decide` enforces it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from router.conversation import reopened
from router.model import AuthorKind, Conversation, JoinMode, Message, MessageKind, State
from router.pool import NO_ROOM, obstacle
from router.roster import Roster
from router.rulebook import Rulebook

Refusal = tuple[str, Mapping[str, str]] | None
_HELD = {State.OPEN, State.WAITING}


def may_see(book: Rulebook, conversation: Conversation, operator: str) -> bool:
    """Return whether a conversation is any of an operator's business."""
    return (
        book.leads(operator) or operator in book.line(conversation.line).operators or is_staff(conversation, operator)
    )


def is_staff(conversation: Conversation, operator: str) -> bool:
    """Return whether an operator holds it, is offered it or has joined it."""
    return operator in {conversation.operator, *conversation.offered, *conversation.joined}


def holds_floor(conversation: Conversation, operator: str) -> bool:
    """Return whether an operator is the one who may speak to the client now."""
    return conversation.state in _HELD and conversation.floor.operator == operator


def refuses_take(book: Rulebook, roster: Roster, conversation: Conversation, operator: str, now: datetime) -> Refusal:
    """Return why an operator cannot take a conversation now, or None when they can."""
    if conversation.state is State.CLOSED:
        return "closed", {}
    if conversation.operator == operator and conversation.state in _HELD:
        return "already_yours", {}
    if conversation.state in _HELD and not (book.leads(operator) or conversation.joined.get(operator) is JoinMode.OPEN):
        return "taken", {"name": book.name(conversation.operator)}
    if conversation.state is State.OFFERED and operator not in conversation.offered and not book.leads(operator):
        return "offered_to", {"name": ", ".join(map(book.name, conversation.offered))}
    reason = obstacle(operator, conversation.line, book, roster, now)
    holds_it_already = operator in conversation.holders
    return None if not reason or (reason in NO_ROOM and holds_it_already) else (f"you_{reason}", {})


def refuses_reply(book: Rulebook, conversation: Conversation, operator: str) -> Refusal:
    """Return why an operator may not speak to the client now: the floor belongs to exactly one."""
    if holds_floor(conversation, operator):
        return None
    if conversation.state is State.CLOSED:
        return "closed", {}
    if conversation.floor.operator:
        return "floor", {"name": book.name(conversation.floor.operator)}
    return "take_first", {}


def refuses_lead(book: Rulebook, conversation: Conversation, operator: str) -> Refusal:
    """Return why an operator may not close or transfer a conversation: only its holder or a supervisor may."""
    if conversation.state is State.CLOSED:
        return "closed", {}
    if book.leads(operator) or conversation.operator == operator:
        return None
    return ("not_yours", {"name": book.name(conversation.operator)}) if conversation.operator else ("take_first", {})


def refuses_skip(conversation: Conversation, operator: str) -> Refusal:
    """Return why there is nothing an operator could let go."""
    held = conversation.state in _HELD and conversation.operator == operator
    return None if held or operator in conversation.offered else ("nothing_to_skip", {})


def refuses_snooze(book: Rulebook, conversation: Conversation, operator: str) -> Refusal:
    """Return why an operator may not promise the client anything now: only who may speak to them can."""
    return refuses_reply(book, conversation, operator)


def refuses_unsnooze(book: Rulebook, conversation: Conversation, operator: str) -> Refusal:
    """Return why an operator may not take a promise back: only the conversation's holder or a supervisor may."""
    if conversation.state is not State.CLOSED and conversation.promise is None:
        return "no_promise", {}
    return refuses_lead(book, conversation, operator)


def refuses_join(book: Rulebook, conversation: Conversation, operator: str, mode: JoinMode) -> Refusal:
    """Return why an operator may not join; only supervisors join unseen."""
    if conversation.state is State.CLOSED:
        return "closed", {}
    if conversation.operator == operator:
        return "already_yours", {}
    if conversation.joined.get(operator) is mode:
        return "already_joined", {}
    return ("hidden_is_for_supervisors", {}) if mode is JoinMode.HIDDEN and not book.leads(operator) else None


def refuses_reopen(book: Rulebook, roster: Roster, conversation: Conversation, operator: str, now: datetime) -> Refusal:
    """Return why an operator may not continue a closed conversation: it becomes theirs, so they need room for it."""
    if conversation.state is not State.CLOSED:
        return "not_closed", {}
    return refuses_take(book, roster, reopened(conversation, now), operator, now)


def refuses_amend(book: Rulebook, message: Message | None, operator: str) -> Refusal:
    """Return why an operator may not edit or take back a message: it is neither their own nor are they a supervisor.

    The floor and the conversation's state do not matter: they are about saying something new, and whoever has handed
    a conversation on or closed it can still mend what they had said.
    """
    if message is None:
        return "no_message", {}
    if message.kind is not MessageKind.TEXT or message.author.kind is not AuthorKind.OPERATOR:
        return "not_amendable", {}
    if message.author.id != operator and not book.leads(operator):
        return "not_your_message", {"name": message.author.name}
    if message.deleted_at is not None:
        return "already_deleted", {}
    return None if message.channel in book.amends else ("channel_cannot_amend", {"name": message.channel})


def refuses_react(book: Rulebook, conversation: Conversation, message: Message, operator: str) -> Refusal:
    """Return why an operator may not react to a message: only who may speak to the client, or leads, does."""
    if not message.visible:
        return "not_reactable", {}
    if message.deleted_at is not None:
        return "already_deleted", {}
    return _refuses_reactions(book, conversation, operator)


def _refuses_reactions(book: Rulebook, conversation: Conversation, operator: str) -> Refusal:
    if conversation.channel not in book.reacts:
        return "channel_cannot_react", {"name": conversation.channel}
    return None if book.leads(operator) else refuses_reply(book, conversation, operator)


def refuses_rank(book: Rulebook, conversation: Conversation, operator: str) -> Refusal:
    """Return why an operator may not change a conversation's place in the queue."""
    if not book.leads(operator):
        return "for_supervisors", {}
    return None if conversation.state is State.QUEUED else ("not_in_queue", {})


def refuses_client(book: Rulebook, conversation: Conversation, operator: str) -> Refusal:
    """Return why an operator may not say who a client is to us: only who holds the conversation or leads may."""
    return None if book.leads(operator) or operator == conversation.operator else ("not_theirs_to_say", {})


def allowed_of(book: Rulebook, message: Message, operator: str) -> frozenset[str]:
    """Return what an operator may do with a message of a conversation they see: any of `edit retract`."""
    return frozenset() if refuses_amend(book, message, operator) else frozenset({"edit", "retract"})


def allowed(book: Rulebook, roster: Roster, conversation: Conversation, operator: str, now: datetime) -> frozenset[str]:
    """Return what an operator may do with a conversation right now.

    Any of `take skip reply answer react note whisper transfer join_open join_hidden leave close reopen snooze unsnooze
    rank client`.
    """
    if not may_see(book, conversation, operator):
        return frozenset()
    lead = refuses_lead(book, conversation, operator)
    verdicts: dict[str, Refusal] = {
        "take": refuses_take(book, roster, conversation, operator, now),
        "skip": refuses_skip(conversation, operator),
        "reply": refuses_reply(book, conversation, operator),
        "react": _refuses_reactions(book, conversation, operator),
        "note": None,
        "whisper": None if conversation.state in _HELD else ("take_first", {}),
        "transfer": lead,
        "close": lead,
        "join_open": refuses_join(book, conversation, operator, JoinMode.OPEN),
        "join_hidden": refuses_join(book, conversation, operator, JoinMode.HIDDEN),
        "leave": None if operator in conversation.joined else ("not_joined", {}),
        "reopen": refuses_reopen(book, roster, conversation, operator, now),
        "snooze": refuses_snooze(book, conversation, operator),
        "unsnooze": refuses_unsnooze(book, conversation, operator),
        "rank": refuses_rank(book, conversation, operator),
        "client": refuses_client(book, conversation, operator),
    }
    able = frozenset(action for action, refusal in verdicts.items() if refusal is None)
    # One message in particular can be answered anywhere, but only here would the client see which.
    return able | {"answer"} if "reply" in able and conversation.channel in book.quotes else able
