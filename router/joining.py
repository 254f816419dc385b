"""Two cards that are one person's: whoever follows an invitation is the client that it was made for."""

from __future__ import annotations

from msgspec.structs import replace

from router.client_events import ClientStarted
from router.effects import ChangeClient, JoinCards, SaveClient, UseInvitation
from router.invitations import CardsJoined, InvitationFollowed, digest_of
from router.people import Client
from router.turn import Turn


def accept(turn: Turn, event: ClientStarted) -> str:
    """Let whoever opened the chat be the client whom they were invited as; return where that was.

    What is over or was used does nothing, and has no place.
    """
    invitation, card = turn.desk.invited.pop(digest_of(event.payload), (None, None))
    if invitation is None or card is None or invitation.until <= turn.now:
        return ""
    identity = event.sender.identity
    known = turn.client_of(identity.key)
    turn.effects.append(UseInvitation(invitation, identity, event.sender.name or card.name, event.channel))
    whole = _together(card, known, identity.key)
    turn.desk.clients |= dict.fromkeys(whole.identities, whole)
    turn.effects.append(SaveClient(whole, None if known else identity, invitation.conversation))
    if known is not None and known.id != card.id:
        _join(turn, known, card, invitation.conversation)
    return invitation.conversation


def _join(turn: Turn, gone: Client, kept: Client, conversation: str) -> None:
    """Let one card stand for both; what staff said of the one that goes holds where they said nothing of the other."""
    responsible = gone.responsible if not kept.responsible else ""
    priority = gone.priority if not kept.priority else ""
    if responsible or priority or (gone.photo and not kept.photo):
        photo = None if kept.photo else gone.photo
        turn.effects.append(ChangeClient(kept.id, responsible or None, priority or None, photo, conversation))
    turn.effects.append(JoinCards(gone.id, kept.id, conversation))
    spoke_last = turn.desk.last_operators.get(gone.id)
    if spoke_last:
        turn.desk.last_operators.setdefault(kept.id, spoke_last)


def _together(card: Client, other: Client | None, identity: str) -> Client:
    """Return a card with all that two say, the first where they differ."""
    if other is None or other.id == card.id:
        return replace(card, identities=tuple(dict.fromkeys((*card.identities, identity))))
    return replace(
        card,
        created_at=min(card.created_at, other.created_at),
        name=card.name or other.name,
        language=card.language or other.language,
        timezone=card.timezone or other.timezone,
        phone=card.phone or other.phone,
        email=card.email or other.email,
        responsible=card.responsible or other.responsible,
        priority=card.priority or other.priority,
        identities=tuple(dict.fromkeys((*card.identities, *other.identities, identity))),
        facts={**other.facts, **card.facts},
        photo=card.photo or other.photo,
        photo_source=card.photo_source or other.photo_source,
    )


def joined(turn: Turn, event: CardsJoined) -> None:
    """Let the conversations of the card that is gone be the other's; those that are not in hand are in the store."""
    for conversation in list(turn.desk.conversations.values()):
        if conversation.client == event.gone:
            turn.save(replace(conversation, client=event.kept))


def followed(turn: Turn, event: InvitationFollowed) -> None:
    """Write down where it was made that a client followed the invitation."""
    conversation = turn.desk.get(event.conversation)
    if conversation is not None:
        named = replace(conversation, client_name=conversation.client_name or event.name)
        turn.save(turn.happened(named, "client_linked", name=event.name, channel=event.channel))
