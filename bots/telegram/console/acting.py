"""What operators do by commands and buttons, besides speaking."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bots.telegram.console import speaking
from bots.telegram.console.buttons import button, keyboard, named, nick
from bots.telegram.console.request import Request
from bots.telegram.console.words import clock, short
from router.durations import parse_duration
from router.model import Conversation
from router.people import OperatorState, Presence
from router.store import Filter

#: what a button offers to promise
_LATER = ("15m", "1h", "3h", "1d", "3d")
_PRESENCE = {Presence.AVAILABLE: "🟢", Presence.BREAK: "🟡", Presence.AWAY: "⚪"}
#: people and lines to choose among
_CHOICES = 40
_REASON = 500

On = Callable[[Request, Conversation, str], Awaitable[None]]


async def presence(request: Request, wanted: Presence) -> None:
    """Come, take a break or leave."""
    await request.carry_out({"type": "presence", "presence": wanted.value}, f"done.presence.{wanted}")


async def _simply(request: Request, it: Conversation, kind: str, **fields: object) -> None:
    await request.carry_out({"type": kind, "conversation": it.id, **fields}, f"done.{kind}")


async def take(request: Request, it: Conversation, _: str) -> None:
    """Take a conversation."""
    await _simply(request, it, "take")


async def skip(request: Request, it: Conversation, _: str) -> None:
    """Let an offer, or a conversation, go."""
    await _simply(request, it, "skip")


async def reopen(request: Request, it: Conversation, _: str) -> None:
    """Continue a closed conversation."""
    await _simply(request, it, "reopen")


async def leave(request: Request, it: Conversation, _: str) -> None:
    """Take part no longer."""
    await _simply(request, it, "leave")


async def join(request: Request, it: Conversation, _: str) -> None:
    """Take part, so that the client is told."""
    await _simply(request, it, "join", mode="open")


async def watch(request: Request, it: Conversation, _: str) -> None:
    """Take part unseen."""
    await _simply(request, it, "join", mode="hidden")


async def unsnooze(request: Request, it: Conversation, _: str) -> None:
    """Take a promise back."""
    await _simply(request, it, "unsnooze")


async def first(request: Request, it: Conversation, _: str) -> None:
    """Put a conversation first in the queue."""
    await _simply(request, it, "rank", before="")


async def resend(request: Request, it: Conversation, delivery: str) -> None:
    """Send a failed or unknown delivery again."""
    await _simply(request, it, "resend", delivery=delivery)


async def note(request: Request, it: Conversation, _: str) -> None:
    """Write for staff only."""
    await speaking.say(request, it, [request.message], kind="note")


async def whisper(request: Request, it: Conversation, _: str) -> None:
    """Write to whoever answers, unseen by the client."""
    await speaking.say(request, it, [request.message], kind="whisper")


async def close(request: Request, it: Conversation, reason: str) -> None:
    """End a conversation; a button asks why first."""
    if not request.press and not reason:
        await _ask_why(request, it)
    else:
        await _simply(request, it, "close", reason=reason[:_REASON])


async def close_why(request: Request, it: Conversation, _: str) -> None:
    """Ask why a conversation is over."""
    await _ask_why(request, it)
    await request.reply("")


async def _ask_why(request: Request, it: Conversation) -> None:
    choices = [button(reason, "close_as", it.id, nick(reason)) for reason in _reasons(request, it)]
    choices.append(button(request.words("button.close_plain"), "close_as", it.id, "-"))
    await request.tell(request.words("close.why", client=request.artist.client(it)), keyboard(choices, 2), it.id)


def _reasons(request: Request, it: Conversation) -> list[str]:
    """Return the reasons of the conversation's line, or the common ones where it has none of its own."""
    own = request.office.host.book.close_reasons(it.line, request.language)
    return own or request.words("close.reasons").split("|")


async def close_as(request: Request, it: Conversation, wanted: str) -> None:
    """End a conversation for the reason of a button, or for none."""
    reason = named(wanted, _reasons(request, it))
    if wanted != "-" and not reason:
        await request.reply(request.words("stale"), alert=True)
    else:
        await _simply(request, it, "close", reason=reason)


async def snooze(request: Request, it: Conversation, argument: str) -> None:
    """Promise to write later; without a time, ask when."""
    span, _, text = argument.partition(" ")
    if not span:
        choices = [button(each, "snooze_for", it.id, each) for each in _LATER]
        question = request.words("snooze.how_long", client=request.artist.client(it))
        await request.tell(question, keyboard(choices, len(_LATER)), it.id)
        await request.reply("")
        return
    try:
        until = request.at + parse_duration(span)
    except (ValueError, OverflowError):
        await request.reply(request.words("snooze.usage"))
        return
    at = clock(until, request.office.zone(request.operator), request.office.host.clock.now())
    body = {"type": "snooze", "conversation": it.id, "until": until.isoformat(), "text": short(text, 1000)}
    await request.carry_out(body, "done.snooze", at=at)


async def transfer(request: Request, it: Conversation, argument: str) -> None:
    """Hand a conversation over; without a name, ask to whom."""
    wanted, _, comment = argument.partition(" ")
    if not wanted:
        await _ask_whom(request, it)
        await request.reply("")
        return
    rules = request.office.host.book.rules
    person = _find(wanted, {name: it.name for name, it in rules.operators.items()})
    line = "" if person else _find(wanted, {name: it.name for name, it in rules.lines.items()})
    if not person and not line:
        await request.reply(request.words("transfer.usage"))
        return
    await _simply(request, it, "transfer", to_operator=person, to_line=line, comment=comment)


def _find(wanted: str, names: dict[str, str]) -> str:
    plain = wanted.removeprefix("@").casefold()
    return next((id_ for id_, name in names.items() if plain in {id_.casefold(), name.casefold()}), "")


async def _ask_whom(request: Request, it: Conversation) -> None:
    """List colleagues and lines with how busy they are, those who are there first."""
    host = request.office.host
    people = [(name, host.roster.get(name, OperatorState(name))) for name in host.book.rules.operators]
    people = [(name, state) for name, state in people if name != it.operator]
    people.sort(key=lambda each: (each[1].presence is not Presence.AVAILABLE, not host.on_shift(each[0]), each[1].load))
    choices = [button(_person(request, name, state), "to_person", it.id, nick(name)) for name, state in people]
    standings = await host.standings(tuple(host.book.rules.lines))
    for name, standing in standings.items():
        waiting = sum(standing.states.get(state, 0) for state in standing.states if state in {"queued", "offered"})
        text = request.words("transfer.line", name=request.office.line_name(name), waiting=waiting)
        choices.append(button(text, "to_line", it.id, nick(name)))
    question = request.words("transfer.to", client=request.artist.client(it))
    await request.tell(question, keyboard(choices[:_CHOICES], 2), it.id)


def _person(request: Request, name: str, state: OperatorState) -> str:
    there = _PRESENCE[state.presence] if request.office.host.on_shift(name) else "🌙"
    capacity = request.office.host.book.capacity(name)
    shown = request.office.name(name)
    return request.words("transfer.person", sign=there, name=shown, load=state.load, capacity=capacity)


async def to_person(request: Request, it: Conversation, short_name: str) -> None:
    """Hand a conversation to the colleague of a button."""
    name = named(short_name, request.office.host.book.rules.operators)
    await _simply(request, it, "transfer", to_operator=name)


async def to_line(request: Request, it: Conversation, short_name: str) -> None:
    """Hand a conversation to the line of a button."""
    name = named(short_name, request.office.host.book.rules.lines)
    await _simply(request, it, "transfer", to_line=name)


async def client(request: Request, it: Conversation, argument: str) -> None:
    """Say who looks after the client."""
    found = _find(argument, {name: each.name for name, each in request.office.host.book.rules.operators.items()})
    await _simply(request, it, "client", responsible=found or argument)


async def priority(request: Request, it: Conversation, argument: str) -> None:
    """Say how important the client is."""
    await _simply(request, it, "client", priority=argument)


async def canned(request: Request, it: Conversation, name: str) -> None:
    """Send a ready-made text."""
    texts = request.office.host.book.rules.canned
    if name not in texts:
        none = request.words("canned.none", name=name or "…", names=", ".join(texts))
        await request.reply(none if texts else request.words("canned.empty"))
        return
    message = {**request.message, "text": texts[name], "entities": []}
    await speaking.say(request, it, [message])


async def pause(request: Request, name: str, *, paused: bool) -> None:
    """Pause a line, or let it go on."""
    lines = request.office.host.book.rules.lines
    found = _find(name, {each: rules.name for each, rules in lines.items()}) or named(name, lines)
    if not found:
        await request.reply(request.words("line.unknown", name=name or "…", names=", ".join(lines)))
        return
    done = "done.pause" if paused else "done.resume"
    line = request.office.line_name(found)
    await request.carry_out({"type": "pause", "line": found, "paused": paused}, done, line=line)


async def the_only(request: Request) -> Conversation | None:
    """Return the one conversation an operator holds; None when there are several, or none."""
    wanted = Filter(operator=request.operator, states=("open", "waiting"))
    held = await request.office.host.list_conversations(wanted, limit=2)
    return held[0] if len(held) == 1 else None


#: commands about a conversation
COMMANDS: dict[str, On] = {
    "take": take,
    "skip": skip,
    "note": note,
    "whisper": whisper,
    "transfer": transfer,
    "join": join,
    "watch": watch,
    "leave": leave,
    "c": canned,
    "snooze": snooze,
    "unsnooze": unsnooze,
    "close": close,
    "reopen": reopen,
    "first": first,
    "client": client,
    "priority": priority,
}
#: buttons about a conversation
BUTTONS: dict[str, On] = {
    "take": take,
    "skip": skip,
    "transfer": transfer,
    "to_person": to_person,
    "to_line": to_line,
    "snooze": snooze,
    "snooze_for": snooze,
    "unsnooze": unsnooze,
    "close": close_why,
    "close_as": close_as,
    "reopen": reopen,
    "leave": leave,
    "join": join,
    "watch": watch,
    "resend": resend,
    "first": first,
    "to": speaking.chosen,
}
