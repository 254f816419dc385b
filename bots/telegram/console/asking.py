"""What operators look up: queues, conversations, cards, histories, reasons, lines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

from aiogram.types import InlineKeyboardButton

from bots.telegram.console import words
from bots.telegram.console.buttons import button, keyboard, named, nick
from bots.telegram.console.drawing import sign
from bots.telegram.console.request import Request
from bots.telegram.console.words import Rich, lasting, short
from router.model import Conversation, MessageKind, State
from router.people import OperatorState, Presence
from router.store import Filter

#: rows of a list, messages of a history, decisions told, and conversations searched
_ROWS, _PAST, _DECISIONS, _SEARCHED = 10, 20, 3, 200
_OPEN = tuple(state.value for state in State if state is not State.CLOSED)


def _visible(request: Request, states: Sequence[str] | None) -> Filter:
    """Return a filter for what the operator may see."""
    book = request.office.host.book
    if book.leads(request.operator):
        return Filter(states=states)
    return Filter(lines=book.rules.lines_of(request.operator), staff=request.operator, states=states)


async def queue(request: Request, _: str) -> None:
    """Show who waits for a person, the longest first."""
    host = request.office.host
    found = await host.list_conversations(_visible(request, ("queued", "offered")), limit=_SEARCHED)
    waiting = sorted(found, key=lambda it: it.place)[:_ROWS]
    if not waiting:
        await request.reply(request.words("queue.none"))
        return
    rich = Rich().add(request.words("queue.title"), "bold")
    choices: list[InlineKeyboardButton] = []
    for n, it in enumerate(waiting, 1):
        since = lasting(request.language, host.clock.now() - (it.queued_at or it.created_at))
        rich.add("\n" + _row(request, "queue.row", it, n=n, waits=since))
        if it.preview:
            rich.add(f"\n    {short(it.preview)}", "italic")
        choices += _queue_buttons(request, it, n)
    await request.tell(rich, keyboard(choices, 4))


def _queue_buttons(request: Request, it: Conversation, n: int) -> list[InlineKeyboardButton]:
    allowed = request.office.host.allowed(it, request.operator)
    found = [button(f"✅ {n}", "take", it.id)] if "take" in allowed else []
    found += [button(f"⏫ {n}", "first", it.id)] if "rank" in allowed and n > 1 else []
    return found + ([button(f"↪️ {n}", "transfer", it.id)] if "transfer" in allowed else [])


def _row(request: Request, key: str, it: Conversation, **values: object) -> str:
    line = request.office.line_name(it.line)
    return request.words(key, client=request.artist.client(it), line=line, state=sign(it), **values)


async def mine(request: Request, _: str) -> None:
    """Show the conversations an operator takes part in."""
    host = request.office.host
    found = await host.list_conversations(Filter(staff=request.operator, states=_OPEN), limit=_ROWS)
    if not found:
        await request.reply(request.words("mine.none"))
        return
    state = host.roster.get(request.operator, OperatorState(request.operator))
    title = request.words("mine.title", load=state.load, capacity=host.book.capacity(request.operator))
    await _listed(request, Rich().add(title, "bold"), found)


async def find(request: Request, text: str) -> None:
    """Show conversations with a name, or words in what was said last."""
    if not text:
        await request.reply(request.words("find.usage"))
        return
    wanted = text.casefold()
    found = await request.office.host.list_conversations(_visible(request, None), limit=_SEARCHED)
    fits = [it for it in found if wanted in it.client_name.casefold() or wanted in it.preview.casefold()][:_ROWS]
    if not fits:
        await request.reply(request.words("find.none", text=short(text)))
        return
    await _listed(request, Rich().add(request.words("find.title", text=short(text)), "bold"), fits)


async def _listed(request: Request, rich: Rich, found: Iterable[Conversation]) -> None:
    choices = []
    for it in found:
        rich.add("\n" + _row(request, "mine.row", it))
        if it.preview:
            rich.add(f"\n    {short(it.preview)}", "italic")
        choices.append(button(f"{sign(it)} {short(request.artist.client(it), 24)}", "open", it.id))
    await request.tell(rich, keyboard(choices, 2))


async def open_(request: Request, it: Conversation, _: str) -> None:
    """Show how a conversation stands, with what can be done about it."""
    allowed = request.office.host.allowed(it, request.operator)
    rich = request.artist.head(it, await request.office.host.messages(it.id, limit=_PAST))
    names = {"take": "take", "join": "join_open", "watch": "join_hidden", "reopen": "reopen", "transfer": "transfer"}
    labels = {"watch": "hidden"}
    verbs = [verb for verb, action in names.items() if action in allowed]
    verbs += ["card", "history", "why"]
    choices = [button(request.words(f"button.{labels.get(verb, verb)}"), verb, it.id) for verb in verbs]
    await request.tell(rich, keyboard(choices), it.id)
    await request.reply("")


async def card(request: Request, it: Conversation, _: str) -> None:
    """Show who a client is."""
    found = await request.office.host.client(it.client)
    rich = Rich().add(request.words("card.title", client=request.artist.client(it)), "bold")
    rich.add("\n" + request.words("card.channel", value=f"{it.channel} ({it.kind})"))
    if found is not None:
        known = {
            "phone": found.phone,
            "email": found.email,
            "language": it.language or found.language,
            "responsible": request.office.name(found.responsible) if found.responsible else "",
            "priority": it.priority or found.priority,
            "since": f"{found.created_at:%d.%m.%Y}",
        }
        lines = [request.words(f"card.{key}", value=value) for key, value in known.items() if value]
        lines += [f"· {name}: {short(value, 200)}" for name, value in found.facts.items()]
        rich.add("\n" + "\n".join(lines))
    before = await request.office.host.list_conversations(_of_client(request, it.client), limit=50)
    if len(before) > 1:
        rich.add("\n" + request.words("card.before", n=len(before) - 1))
    await request.tell(rich, about=it.id)
    await request.reply("")


def _of_client(request: Request, client: str) -> Filter:
    book = request.office.host.book
    if book.leads(request.operator):
        return Filter(client=client)
    return Filter(lines=book.rules.lines_of(request.operator), staff=request.operator, client=client)


async def history(request: Request, it: Conversation, _: str) -> None:
    """Show what was said last."""
    said = await request.office.host.messages(it.id, limit=_PAST)
    talk = [message for message in said if message.kind is not MessageKind.EVENT]
    if not talk:
        await request.reply(request.words("history.none"))
        return
    title = request.words("history.title", client=request.artist.client(it), n=len(talk))
    rich = Rich().add(title, "bold").join(request.artist.quoted(talk, it, _PAST), "\n")
    await request.tell(rich, about=it.id)
    await request.reply("")


async def why(request: Request, it: Conversation, _: str) -> None:
    """Show why the rules decided as they did, the latest decision last."""
    told = await request.office.host.explanations(it.id)
    if not told:
        await request.reply(request.words("why.none"))
        return
    rich = Rich().add(request.words("why.title"), "bold")
    for _at, each in told[-_DECISIONS:]:
        names = ", ".join(map(request.office.name, each.chosen))
        rich.add("\n" + (request.words("why.chosen", names=names) if names else request.words("why.nobody")), "bold")
        for operator, reason in each.considered:
            said = request.artist.core(f"why.{reason}")
            rich.add("\n" + request.words("why.row", name=request.office.name(operator), reason=said))
        if each.rule:
            rich.add("\n" + request.words("why.rule", rule=each.rule), "italic")
    await request.tell(rich, about=it.id)
    await request.reply("")


async def lines(request: Request, _: str) -> None:
    """Show those who lead how lines stand, with buttons that pause them."""
    host = request.office.host
    if not host.book.leads(request.operator):
        await request.reply(request.words("lines.leaders"))
        return
    rich, choices = Rich().add(request.words("lines.title"), "bold"), []
    for name, it in (await host.standings(tuple(host.book.rules.lines))).items():
        paused, count = host.is_paused(name), {state: it.states.get(state, 0) for state in State}
        states = (host.roster.get(each) for each in host.book.line(name).operators)
        rich.add(
            "\n"
            + request.words(
                "lines.row",
                sign="⏸" if paused else "▶️",
                line=request.office.line_name(name),
                queued=count[State.QUEUED] + count[State.OFFERED],
                open=count[State.OPEN],
                waiting=count[State.WAITING],
                available=sum(it is not None and it.presence is Presence.AVAILABLE for it in states),
            )
        )
        if it.missed or it.at_risk:
            rich.add("\n    " + request.words("lines.late", missed=it.missed, risk=it.at_risk))
        verb = "resume" if paused else "pause"
        label = request.words(f"button.{verb}", line=request.office.line_name(name))
        choices.append(button(label, verb, "", nick(name)))
    await request.tell(rich, keyboard(choices, 2))


async def help_(request: Request, _: str) -> None:
    """Show what can be done here."""
    text = request.words("help")
    if request.office.topics:
        text += "\n" + request.words("help.topics")
    rows = [f"/{key.removeprefix('command.')}: {request.words(key)}" for key in words.keys("command.")]
    await request.tell("\n".join([text, "", *rows]))


async def invite(request: Request, it: Conversation, wanted: str) -> None:
    """Show an address by which the client goes on in another messenger; without a name, ask in which."""
    host = request.office.host
    if "client" not in host.allowed(it, request.operator):
        await request.reply(request.words("invite.may_not"), alert=True)
        return
    channels = [name for name in host.inviting if name != it.channel]
    channel = named(wanted, channels) or (channels[0] if len(channels) == 1 and not wanted else wanted)
    if not channels or (wanted and channel not in channels):
        await request.reply(request.words("invite.none", names=", ".join(channels) or "—"), alert=True)
    elif not channel:
        choices = [button(name, "invite", it.id, nick(name)) for name in channels]
        await request.tell(request.words("invite.where", client=request.artist.client(it)), keyboard(choices, 2), it.id)
    else:
        url, until = await host.invite(it, request.operator, channel)
        at = words.clock(until, request.office.zone(request.operator), host.clock.now())
        rich = Rich().add(request.words("invite.done", client=request.artist.client(it), channel=channel, at=at) + "\n")
        await request.tell(rich.add(url, "code"), about=it.id)
        await request.reply("")


#: commands about no conversation
COMMANDS: dict[str, Callable[[Request, str], Awaitable[None]]] = {
    "queue": queue,
    "mine": mine,
    "find": find,
    "lines": lines,
    "help": help_,
}
#: commands and buttons about a conversation
ABOUT: dict[str, Callable[[Request, Conversation, str], Awaitable[None]]] = {
    "card": card,
    "history": history,
    "why": why,
    "open": open_,
    "invite": invite,
}
