"""What clients do: write, rate, end. Finds their conversation or begins one."""

from __future__ import annotations

import re
from datetime import datetime

from msgspec.structs import replace

from router import bot, survey
from router import conversation as steps
from router.client_events import ClientEnded, ClientMessage, ClientRated, ColleagueMessage
from router.effects import FetchPhoto, SaveClient
from router.fetching import awaited
from router.ids import derive, derive_at
from router.lines import worded
from router.media import sound
from router.model import Author, AuthorKind, Conversation, Message, MessageKind, Rating, State
from router.people import Client, Sender
from router.queueing import enqueue, freed, take_back
from router.rulebook import Rulebook
from router.turn import Turn
from router.waiting import announced, answers_call_back

_BARE_RATING = re.compile(r"\s*[1-5]\s*")


def wrote(turn: Turn, event: ClientMessage) -> None:
    """Put a client's message where it belongs and see to it that somebody looks at it."""
    latest = turn.desk.of_chat(event.channel, event.chat)
    if latest is not None and _rates(latest, event):
        _rate(turn, _hear(turn, latest, event)[0], int(event.text), "")
        return
    if latest is not None and survey.answers(turn, latest, event):
        survey.take(turn, _hear(turn, latest, event)[0], event.text)
        return
    conversation = latest if latest is not None and not is_over(turn.book, latest, turn.now) else _begin(turn, event)
    spoken, message = _hear(turn, conversation, event)
    _react(turn, spoken, message)


def _hear(turn: Turn, conversation: Conversation, event: ClientMessage) -> tuple[Conversation, Message]:
    author = Author(AuthorKind.CLIENT, conversation.client, conversation.client_name)
    spoken, message = _put(turn, conversation, author, event)
    spoken = awaited(turn, replace(spoken, client_n=message.n), message)
    if spoken.unreachable:
        spoken = turn.happened(replace(spoken, unreachable=""), "client_back", name=spoken.client_name)
    return steps.spoken_to(spoken, turn.now), message


def _put(
    turn: Turn, conversation: Conversation, author: Author, event: ClientMessage | ColleagueMessage
) -> tuple[Conversation, Message]:
    """Add what was said on the platform."""
    return turn.add(
        conversation,
        author,
        MessageKind.TEXT,
        event.text,
        attachments=event.attachments,
        entities=event.entities if sound(event.text, event.entities) else (),
        external_id=event.external_id,
        reply_to=_answered(turn, event),
        album=event.album,
        at=min(event.at, turn.now),
    )


def _answered(turn: Turn, event: ClientMessage | ColleagueMessage) -> str:
    """Return the id of the message that is answered; empty when it is none that we know."""
    said = turn.desk.spoken(event.channel, event.chat, event.reply_to) if event.reply_to else None
    return said.id if said is not None else ""


def _react(turn: Turn, conversation: Conversation, message: Message) -> None:
    """Decide who looks at the message: the bot, the operator, the queue."""
    if conversation.state is State.CLOSED:
        enqueue(turn, turn.happened(steps.reopened(survey.ended(conversation), turn.now), "reopened"))
    elif conversation.state is State.TRIAGE and turn.book.line(conversation.line).triage:
        bot.listen(turn, conversation, message)
    elif conversation.state is State.TRIAGE:
        enqueue(turn, conversation)
    elif conversation.state is State.OPEN and not turn.roster.at_work(conversation.operator, turn.book, turn.now):
        enqueue(turn, take_back(turn, conversation, (conversation.operator,)))
    elif conversation.state is State.QUEUED:
        _waits(turn, conversation, message)
    else:
        turn.save(conversation)


def _waits(turn: Turn, conversation: Conversation, message: Message) -> None:
    rules = turn.book.line(conversation.line)
    step = announced(turn, answers_call_back(turn, conversation, message.text))
    closed = not turn.book.is_open(conversation.line, turn.now)
    if closed and rules.out_of_hours.bot and rules.triage and message.text.strip():
        bot.listen_meanwhile(turn, step, message)
    else:
        turn.save(step)


def written_elsewhere(turn: Turn, event: ColleagueMessage) -> None:
    """Show staff what one of us wrote past the hub, and count it as an answer where the client waits for one.

    It has arrived already, so nothing is sent. The bot does not speak over it; who waits for an operator still does,
    because nobody has taken it.
    """
    conversation = turn.desk.of_chat(event.channel, event.chat)
    if conversation is None or is_over(turn.book, conversation, turn.now):
        return
    spoken, message = _put(turn, conversation, Author(AuthorKind.OPERATOR, name=event.name), event)
    step = awaited(turn, spoken, message)
    if step.state is State.OPEN:
        auto = turn.book.line(step.line).auto_close
        step = steps.answered(step, turn.now, auto.after if auto else None)
    if step.state is State.TRIAGE:
        enqueue(turn, replace(step, bot=replace(step.bot, pending="")))
    else:
        turn.save(step)


def is_over(book: Rulebook, conversation: Conversation, now: datetime) -> bool:
    """Return whether a conversation is closed and too old, or too little of one, to be continued.

    While its client is asked the questions of a form it never is.
    """
    if conversation.state is not State.CLOSED or conversation.closed_at is None or survey.stands(conversation, now):
        return False
    within = book.line(conversation.line).reopen_within
    return conversation.answered_at is None or now - conversation.closed_at >= within


def _begin(turn: Turn, event: ClientMessage) -> Conversation:
    id_ = derive_at(turn.now, "conversation", event.id)
    client = card_of(turn, event.sender, event.channel, event.chat, id_)
    return Conversation(
        id=id_,
        line=turn.desk.line,
        channel=event.channel,
        kind=event.sender.identity.kind,
        chat=event.chat,
        client=client.id,
        client_name=client.name,
        created_at=turn.now,
        language=event.sender.language or client.language,
        timezone=client.timezone,
        previous_operator=turn.desk.last_operators.get(client.id, ""),
        responsible=client.responsible,
        priority=client.priority,
    )


def card_of(turn: Turn, sender: Sender, channel: str, chat: str, conversation: str = "") -> Client:
    """Return the card of whoever wrote, made or brought up to date."""
    key = sender.identity.key
    known = turn.client_of(key)
    fresh = _updated(known or Client(derive("client", key), "", turn.now, identities=(key,)), sender)
    if fresh != known:
        turn.desk.clients[key] = fresh
        turn.effects.append(SaveClient(fresh, None if known else sender.identity, conversation))
    if sender.photo is not None and fresh.photo_source != (known.photo_source if known else ""):
        turn.effects.append(FetchPhoto(fresh.id, channel, chat, sender.photo, conversation))
    return fresh


def _updated(client: Client, sender: Sender) -> Client:
    return replace(
        client,
        name=sender.name or client.name,
        language=sender.language or client.language,
        timezone=sender.timezone or client.timezone,
        phone=sender.phone or client.phone,
        email=sender.email or client.email,
        facts={**client.facts, **sender.facts},
        photo_source=(sender.photo.source if sender.photo else "") or client.photo_source,
    )


def _rates(conversation: Conversation, event: ClientMessage) -> bool:
    """Return whether a bare 1 to 5 answers the question for a rating."""
    asked = conversation.state is State.CLOSED and conversation.rating_asked and conversation.rating is None
    return asked and not event.attachments and _BARE_RATING.fullmatch(event.text) is not None


def rated(turn: Turn, event: ClientRated) -> None:
    """Keep a rating, or the comment added to it; only the latest conversation can be rated, once it was asked for."""
    conversation = turn.desk.of_chat(event.channel, event.chat)
    if conversation is not None and conversation.rating_asked:
        _rate(turn, conversation, event.score, event.comment)


def _rate(turn: Turn, conversation: Conversation, score: int, comment: str) -> None:
    first = conversation.rating is None
    kept = conversation.rating.comment if conversation.rating else ""
    step = replace(conversation, rating=Rating(score, comment or kept))
    step = turn.happened(step, "rated", score=str(score), comment=comment)
    if first:
        step = turn.say(step, turn.book.text(step.line, "thanks", step.language))
    turn.save(step)


def ended(turn: Turn, event: ClientEnded) -> None:
    """Close the conversation because the client wants to."""
    conversation = turn.desk.of_chat(event.channel, event.chat)
    if conversation is not None and conversation.state is not State.CLOSED:
        close(turn, conversation, "client")
        freed(turn, conversation)


def close(turn: Turn, conversation: Conversation, by: str, name: str = "", reason: str = "") -> None:
    """End a conversation: say goodbye and, when a person had answered, ask how it was: by a rating, or by a form."""
    silent = by == "silence"
    step = turn.say(conversation, _farewell(turn, conversation, silent=silent))
    if silent:
        step = survey.ask_first(turn, step)
    if not silent and _asks_rating(turn, conversation):
        question = turn.book.text(conversation.line, "rating", conversation.language)
        step = replace(turn.say(step, question, kind=MessageKind.RATING), rating_asked=bool(question))
    what = by if by in {"client", "silence"} else "operator"
    what = f"{what}_because" if reason else what
    author, data = Author(AuthorKind.SYSTEM), {"name": name, **({"reason": reason} if reason else {})}
    step, said = turn.add(step, author, MessageKind.EVENT, f"closed_by_{what}", data=data)
    if step.channel in turn.book.closings:
        turn.deliver(step, said)
    turn.save(steps.closed(step, by, turn.now, reason))


def _farewell(turn: Turn, conversation: Conversation, *, silent: bool) -> str:
    if not silent:
        return turn.book.text(conversation.line, "closed", conversation.language)
    auto = turn.book.line(conversation.line).auto_close
    return worded((auto.text if auto else None) or "", conversation.language, turn.book.rules.language)


def _asks_rating(turn: Turn, conversation: Conversation) -> bool:
    rated_before = conversation.rating is not None
    return turn.book.line(conversation.line).rating and conversation.answered_at is not None and not rated_before
