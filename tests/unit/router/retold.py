"""What messages must read, told from the ledger alone: the plain model that edits and deletions are held against."""

from __future__ import annotations

from router.client_events import ClientDeleted, ClientEdited, ClientMessage
from router.events import Edit, Retract
from tests.unit.router.kept import Kept

#: text, and whether it was taken back
Told = tuple[str, bool]


def told_of(kept: Kept) -> dict[str, Told]:
    """Return id → what a message must read, for every message that anybody asked to change."""
    told: dict[str, Told] = {}
    written: set[str] = set()
    for update in kept.ledger.values():
        outcome = kept.done.get(update.id)
        match update:
            case ClientMessage():
                written.add(update.external_id)
            case ClientEdited() | ClientDeleted():
                message = kept.heard(update.channel, update.chat, update.external_id)
                if message is not None and update.external_id in written:
                    _apply(told, message.id, getattr(update, "text", ""), _first(kept, message.id))
            case Edit() | Retract() if outcome is not None and not outcome.refused:
                _apply(told, update.message, getattr(update, "text", ""), _first(kept, update.message))
    return told


def _first(kept: Kept, message: str) -> str:
    """Return the text a message was said with, as far back as it is remembered."""
    said = kept.messages[message]
    return said.versions[0].text if said.versions else said.text


def _apply(told: dict[str, Told], message: str, text: str, first: str) -> None:
    """Take a change in; an empty text takes the message back, after which nothing changes it."""
    former, gone = told.get(message, (first, False))
    if not gone:
        told[message] = (text, False) if text else (former, True)
