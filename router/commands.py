"""What operators do with a conversation, and how they come and go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from router import amending, leading, promises, reacting, survey
from router import conversation as steps
from router.clients import close
from router.console import (
    Refusal,
    may_see,
    refuses_join,
    refuses_lead,
    refuses_reopen,
    refuses_reply,
    refuses_skip,
    refuses_take,
)
from router.delivery import Action, DeliveryState
from router.distribution import levelled
from router.effects import Requeue, ShowSeen, WakeLines
from router.events import (
    Close,
    ConversationCommand,
    Edit,
    Join,
    Leave,
    Note,
    Rank,
    React,
    Reopen,
    Reply,
    Resend,
    Retract,
    Seen,
    SetClient,
    SetPresence,
    Skip,
    Snooze,
    Take,
    Transfer,
    Unsnooze,
)
from router.media import sound
from router.model import Author, AuthorKind, Conversation, JoinMode, MessageKind, State
from router.offering import offer_to
from router.people import Presence
from router.pool import NO_ROOM, obstacle
from router.queueing import freed, give_back
from router.turn import Turn
from router.waiting import move

#: characters of why a conversation was closed
_LONGEST_REASON = 500


def carry_out(turn: Turn, command: ConversationCommand) -> None:
    """Do what an operator asked for, or refuse with the reason; either way the command has its outcome."""
    conversation = turn.desk.get(command.conversation)
    if conversation is None or not may_see(turn.book, conversation, command.operator):
        turn.refuse("not_found")
        return
    refusal = _HANDLERS[type(command)](turn, conversation, command)
    if refusal is not None:
        turn.refuse(refusal[0], **refusal[1])
        return
    turn.accept()
    freed(turn, conversation)


def _author(turn: Turn, operator: str) -> Author:
    return Author(AuthorKind.OPERATOR, operator, turn.book.name(operator))


def _take(turn: Turn, conversation: Conversation, command: Take) -> Refusal:
    refusal = refuses_take(turn.book, turn.roster, conversation, command.operator, turn.now)
    if refusal is None:
        intercepts = turn.book.leads(command.operator)
        step = steps.taken(conversation, command.operator, turn.now, supervisor=intercepts)
        if step.state is State.WAITING:
            auto = turn.book.line(step.line).auto_close
            step = steps.with_timer(step, steps.CLOSE, turn.now + auto.after if auto else None)
        turn.save(turn.happened(step, "taken", name=turn.book.name(command.operator)))
    return refusal


def _skip(turn: Turn, conversation: Conversation, command: Skip) -> Refusal:
    refusal = refuses_skip(conversation, command.operator)
    if refusal is not None:
        return refusal
    others = tuple(name for name in conversation.offered if name != command.operator)
    if others:
        until = turn.now + turn.book.line(conversation.line).ask_again_after
        passed = {**conversation.passed, command.operator: until}
        turn.save(replace(conversation, offered=others, passed=passed))
    else:
        give_back(turn, conversation, (command.operator,), "skipped")
    return None


def _reply(turn: Turn, conversation: Conversation, command: Reply) -> Refusal:
    refusal = refuses_reply(turn.book, conversation, command.operator)
    if refusal is None and not (command.text.strip() or command.attachments):
        refusal = ("empty", {})
    refusal = refusal or _refuses_parts(turn, conversation, command)
    if refusal is None:
        author = _author(turn, command.operator)
        spoken, _ = turn.add(
            conversation,
            author,
            MessageKind.TEXT,
            command.text,
            attachments=command.attachments,
            entities=command.entities,
            reply_to=command.reply_to,
        )
        auto = turn.book.line(conversation.line).auto_close
        step = steps.answered(spoken, turn.now, auto.after if auto else None)
        turn.save(promises.heard(turn, step, command.operator, command.text))
    return refusal


def _refuses_parts(turn: Turn, conversation: Conversation, command: Reply) -> Refusal:
    """Return what is wrong with the parts of a text, or with the message it answers."""
    if not sound(command.text, command.entities):
        return "bad_entities", {}
    answered = turn.desk.messages.get(command.reply_to)
    fits = answered is not None and answered.conversation == conversation.id and answered.visible
    return None if fits or not command.reply_to else ("no_message", {})


def _note(turn: Turn, conversation: Conversation, command: Note) -> Refusal:
    if not (command.text.strip() or command.attachments):
        return "empty", {}
    if command.kind == "whisper" and not conversation.floor.operator:
        return "nobody_to_whisper_to", {}
    author, kind = _author(turn, command.operator), MessageKind(command.kind)
    turn.save(turn.add(conversation, author, kind, command.text, attachments=command.attachments)[0])
    return None


def _transfer(turn: Turn, conversation: Conversation, command: Transfer) -> Refusal:
    refusal = refuses_lead(turn.book, conversation, command.operator) or _refuses_target(turn, conversation, command)
    if refusal is not None:
        return refusal
    step = conversation
    if command.comment.strip():
        step, _ = turn.add(step, _author(turn, command.operator), MessageKind.NOTE, command.comment)
    target = turn.book.name(command.to_operator) if command.to_operator else turn.book.line(command.to_line).name
    step = turn.happened(step, "transferred", name=turn.book.name(command.operator), to=target)
    if command.to_line and command.to_line != conversation.line:
        move(turn, step, command.to_line)
    elif command.to_line:
        until = turn.now + turn.book.line(conversation.line).ask_again_after
        turn.save(steps.let_go(step, (command.operator,), until, turn.now))
    else:
        offer_to(turn, step, command.to_operator)
    return None


def _refuses_target(turn: Turn, conversation: Conversation, command: Transfer) -> Refusal:
    if bool(command.to_operator) == bool(command.to_line):
        return "transfer_target", {}
    if command.to_line:
        return None if command.to_line in turn.book.rules.lines else ("unknown_line", {"name": command.to_line})
    if command.to_operator == conversation.operator:
        return "already_theirs", {"name": turn.book.name(command.to_operator)}
    reason = obstacle(command.to_operator, conversation.line, turn.book, turn.roster, turn.now)
    reason = "" if reason in NO_ROOM and command.to_operator in conversation.holders else reason
    return (f"they_{reason}", {"name": turn.book.name(command.to_operator)}) if reason else None


def _join(turn: Turn, conversation: Conversation, command: Join) -> Refusal:
    refusal = refuses_join(turn.book, conversation, command.operator, command.mode)
    if refusal is None:
        name = turn.book.name(command.operator)
        step = replace(conversation, joined={**conversation.joined, command.operator: command.mode})
        step = turn.happened(step, f"joined_{command.mode}", name=name)
        if command.mode is JoinMode.OPEN:
            tongue = turn.book.language(conversation.language)
            step = turn.say(step, turn.book.catalog.say(tongue, "client.joined", name=name))
        turn.save(step)
    return refusal


def _leave(turn: Turn, conversation: Conversation, command: Leave) -> Refusal:
    if command.operator not in conversation.joined:
        return "not_joined", {}
    joined = {name: mode for name, mode in conversation.joined.items() if name != command.operator}
    step = replace(conversation, joined=joined)
    turn.save(turn.happened(step, "left_joined", name=turn.book.name(command.operator)))
    return None


def _close(turn: Turn, conversation: Conversation, command: Close) -> Refusal:
    refusal = refuses_lead(turn.book, conversation, command.operator)
    if refusal is None:
        reason = command.reason.strip()[:_LONGEST_REASON]
        close(turn, conversation, command.operator, turn.book.name(command.operator), reason)
    return refusal


def _reopen(turn: Turn, conversation: Conversation, command: Reopen) -> Refusal:
    if turn.desk.latest(conversation.channel, conversation.chat) not in {"", conversation.id}:
        return "newer_exists", {}
    refusal = refuses_reopen(turn.book, turn.roster, conversation, command.operator, turn.now)
    if refusal is None:
        name = turn.book.name(command.operator)
        turn.save(turn.happened(_held_again(turn, conversation, command.operator), "reopened_by", name=name))
    return refusal


def _held_again(turn: Turn, conversation: Conversation, operator: str) -> Conversation:
    """Return a reopened conversation in the hands of whoever reopened it; the client is not waiting for us."""
    step = steps.taken(
        steps.reopened(survey.ended(conversation), turn.now), operator, turn.now, supervisor=turn.book.leads(operator)
    )
    auto = turn.book.line(conversation.line).auto_close
    step = replace(step, state=State.WAITING, joined={})
    return steps.with_timer(step, steps.CLOSE, turn.now + auto.after if auto else None)


def _resend(turn: Turn, conversation: Conversation, command: Resend) -> Refusal:
    delivery = turn.desk.deliveries.get(command.delivery)
    if delivery is None or delivery.conversation != conversation.id:
        return "no_delivery", {}
    message = turn.desk.messages.get(delivery.message)
    if message is not None and message.deleted_at is not None and delivery.action is not Action.DELETE:
        return "already_deleted", {}
    if delivery.state not in {DeliveryState.FAILED, DeliveryState.UNKNOWN}:
        return "no_need_to_resend", {}
    turn.effects.append(Requeue(delivery.id, conversation.id))
    return None


_HANDLERS: dict[type, Callable[[Turn, Conversation, Any], Refusal]] = {
    Take: _take,
    Skip: _skip,
    Reply: _reply,
    Note: _note,
    Transfer: _transfer,
    Join: _join,
    Leave: _leave,
    Close: _close,
    Reopen: _reopen,
    Resend: _resend,
    Snooze: promises.snooze,
    Unsnooze: promises.unsnooze,
    Rank: leading.rank,
    SetClient: leading.set_client,
    Edit: amending.edit,
    Retract: amending.retract,
    React: reacting.react,
}


def set_presence(turn: Turn, command: SetPresence) -> None:
    """Let an operator come, rest or go; all their lines look at their queues again."""
    if turn.book.operator(command.operator) is None:
        turn.refuse("unknown_operator")
        return
    state = turn.roster.get(command.operator)
    comes = command.presence is Presence.AVAILABLE and state.presence is not Presence.AVAILABLE
    given = {**state.given, **(_joining_counts(turn, command.operator) if comes else {})}
    turn.save_operator(replace(state, presence=command.presence, given=given))
    turn.accept()
    turn.effects.append(WakeLines(tuple(turn.book.rules.lines)))


def _joining_counts(turn: Turn, operator: str) -> dict[str, int]:
    """Return line → the count with which an operator joins its pool."""
    lines = turn.book.rules.lines_of(operator)
    return {line: levelled(line, turn.book, turn.roster, turn.now, joining=operator)[operator] for line in lines}


def seen(turn: Turn, event: Seen) -> None:
    """Remember how far those who answer have read, and let the client know; onlookers do not count."""
    conversation = turn.desk.get(event.conversation)
    if conversation is None:
        return
    number = min(event.n, conversation.client_n)
    answers = event.operator in {conversation.operator, *conversation.offered}
    if number > conversation.seen and (answers or conversation.joined.get(event.operator) is JoinMode.OPEN):
        step = turn.save(replace(conversation, seen=number))
        turn.effects.append(ShowSeen(step, number))
