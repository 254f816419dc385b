"""What random lives are made of: rules an admin could write, words a client could say, things an operator could do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from router.client_events import (
    ClientDeleted,
    ClientEdited,
    ClientEnded,
    ClientMoved,
    ClientRated,
    ClientReach,
    ClientReacted,
    ClientStarted,
    ColleagueMessage,
)
from router.console import allowed
from router.events import (
    Close,
    Command,
    Edit,
    Join,
    Leave,
    Note,
    Rank,
    React,
    Reopen,
    Reply,
    Retract,
    SetClient,
    SetPaused,
    SetPresence,
    Skip,
    Snooze,
    Take,
    Transfer,
    Unsnooze,
)
from router.invitations import Invitation, digest_of
from router.media import Attachment
from router.model import AuthorKind, Conversation, JoinMode, Understanding
from router.people import Identity, Presence, Sender
from tests.unit.router.engine import SLOW
from tests.unit.router.kept import Entry
from tests.unit.router.shops import OFFICE, PERSON, slots_only, sure, unsure
from tests.unit.router.world import World

#: (channel, chat)
CHATS = tuple((f"{line}-webchat", f"c{n}") for n in (1, 2, 3, 4) for line in ("sales", "support"))
OPERATORS = ("ann", "bob", "cid", "eve")
ANSWERS: dict[str, Understanding | str | None] = {
    "opening_hours": sure("hours", "From nine to six."),
    "refund": sure("refund"),
    "my_order": slots_only(order="48213"),
    "maybe": unsure("refund"),
    "person": PERSON,
    "boom": None,
    "slowly": SLOW,
}
#: what a chat's id ends with once it has moved
MOVED = "-moved"
#: chat → the client's language; the others' is unknown
_TONGUES = {"c1": "ru-RU", "c2": "en"}
WORDS = (*(text.replace("_", " ") for text in ANSWERS), "gibberish", "5", "")
_REFUND = {"line": "support", "ask": ["order"], "do": "handoff", "skills": {"returns": 2}, "priority": "urgent"}
_TRIAGE = {
    "timeout": "2s",
    "intents": {"refund": _REFUND, "hours": {"do": "answer"}},
}
_HOURS: tuple[Any, ...] = (
    None,
    OFFICE,
    {"week": {"mon-sun": "20:00-04:00"}, "timezone": "Asia/Tokyo"},
    {"week": {"mon-fri": "08:00-12:30, 13:00-17:00"}, "timezone": "Europe/Berlin", "closed": ["2026-03-03"]},
)
_FORM = [{"ask": {"en": "Did we help?", "ru": "Мы помогли?"}, "choices": ["5", "No"]}, {"ask": "What else?"}]
_BREACH = {"raise_to": "urgent", "reassign": True}
#: no targets, targets that are often missed, and targets that seldom are
_SLAS: tuple[Any, ...] = (
    None,
    {"first_response": "2m", "next_response": "1m", "resolution": "30m", "warn_at": ["50%"], "on_breach": _BREACH},
    {"first_response": "1h", "resolution": "8h", "working_hours": False},
)


_OTHER = {"sales": "support", "support": "sales"}
_ESCALATIONS: dict[str, tuple[Any, ...]] = {
    name: (None, {"after": 1, "to": "supervisors"}, {"after": 2, "to": "everyone"}, {"after": 1, "to_line": other})
    for name, other in _OTHER.items()
}
_QUEUES: dict[str, tuple[Any, ...]] = {
    name: (
        {},
        {"limit": 1, "overflow": other},
        {"limit": 1, "tell_position": True, "tell_every": "30s", "call_back_after": "1m"},
        {"max_wait": "2m", "overflow": other, "call_back_after": "3m"},
    )
    for name, other in _OTHER.items()
}


@st.composite
def _operators(draw: st.DrawFn) -> dict[str, Any]:
    people: dict[str, Any] = {}
    for name in OPERATORS:
        hours = draw(st.sampled_from((None, *_HOURS)))
        capacity = draw(st.integers(1, 3))
        people[name] = {"name": name.capitalize(), "capacity": capacity} | ({"hours": hours} if hours else {})
        people[name]["weight"] = draw(st.sampled_from([1, 2, 0.5]))
        people[name]["skills"] = draw(st.sampled_from([{}, {"returns": 1}, {"returns": 4, "cars": 2}]))
        people[name]["languages"] = draw(st.sampled_from([{}, {"en": 5}, {"ru": 3, "de": 1}]))
        people[name]["capacity_on"] = draw(st.sampled_from([{}, {"sales": 1}]))
    people["eve"]["role"] = "supervisor"
    return people


@st.composite
def _lines(draw: st.DrawFn, name: str) -> dict[str, Any]:
    auto = draw(st.sampled_from((None, {"after": "10m", "text": {"en": "Bye.", "ru": "Пока."}, "form": _FORM})))
    return {
        "name": name.capitalize(),
        "operators": draw(st.permutations(OPERATORS))[: draw(st.integers(1, 4))],
        "distribution": draw(st.sampled_from(["strict", "even", "least_loaded", "broadcast"])),
        "previous_operator_first": draw(st.booleans()),
        "triage": draw(st.booleans()),
        "hours": draw(st.sampled_from(_HOURS)),
        "offer_timeout": "60s",
        "ask_again_after": draw(st.sampled_from(["0s", "90s", "5m"])),
        "reopen_within": draw(st.sampled_from(["0s", "1h"])),
        "auto_close": auto,
        "sla": draw(st.sampled_from(_SLAS)),
        "rating": draw(st.booleans()),
        "even_by": draw(st.sampled_from(["count", "longest_idle"])),
        "capacity": draw(st.sampled_from([None, 1, 2])),
        "capacity_counts": draw(st.sampled_from(["open_and_waiting", "open"])),
        "skills": draw(st.sampled_from([{}, {"cars": 2}])),
        "match_language": draw(st.sampled_from(["off", "prefer", "require"])),
        "relax_after": draw(st.sampled_from([None, "10m"])),
        "priority": draw(st.sampled_from([None, "vip"])),
        "sticky": draw(st.sampled_from(["0s", "3m"])),
        "unanswered": draw(st.sampled_from(["return", "stay"])),
        "escalate": draw(st.sampled_from(_ESCALATIONS[name])),
        "return_held_after": draw(st.sampled_from([None, "20m"])),
        "queue": draw(st.sampled_from(_QUEUES[name])),
        "out_of_hours": draw(st.sampled_from([{}, {"bot": True}, {"hand_to": [_OTHER[name]]}])),
    }


@st.composite
def rule_sets(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the rules of two lines that share operators."""
    return {
        "operators": draw(_operators()),
        "lines": {name: draw(_lines(name)) for name in ("sales", "support")},
        "triage": _TRIAGE,
        "priorities": {"vip": "10m", "urgent": "1h"},
    }


@dataclass(frozen=True)
class Writes:
    """A client writes."""

    chat: tuple[str, str]
    text: str

    def updates(self, world: World) -> list[Entry]:
        """Return what the ledger gets."""
        channel, chat = self.chat
        return [world.client_message(self.text, chat, channel=channel, language=_TONGUES.get(chat, ""))]


@dataclass(frozen=True)
class Ends:
    """A client ends the conversation, or rates it."""

    chat: tuple[str, str]
    #: 0 ends it
    score: int

    def updates(self, world: World) -> list[Entry]:
        """Return what the ledger gets."""
        start = (world.fresh_id(), *self.chat)
        return [ClientRated(*start, self.score, world.now) if self.score else ClientEnded(*start, world.now)]


@dataclass(frozen=True)
class Goes:
    """An operator comes, rests or leaves."""

    operator: str
    presence: Presence

    def updates(self, world: World) -> list[Entry]:
        """Return what the ledger gets."""
        return [SetPresence(world.fresh_id(), self.operator, self.presence)]


@dataclass(frozen=True)
class Pauses:
    """A supervisor pauses a line, or lets it go on."""

    line: str
    paused: bool

    def updates(self, world: World) -> list[Entry]:
        """Return what the ledger gets."""
        return [SetPaused(world.fresh_id(), "eve", self.line, self.paused)]


@dataclass(frozen=True)
class Works:
    """Somebody does what the console lets them do, with any conversation."""

    wanted: str
    pick: int

    def updates(self, world: World) -> list[Entry]:
        """Return what the ledger gets; nothing when nobody may do that."""
        options = [
            (conversation, operator)
            for conversation in world.kept.conversations.values()
            for operator in OPERATORS
            if self.wanted in allowed(world.book, world.roster, conversation, operator, world.now)
        ]
        return [act(world, *options[self.pick % len(options)], self.wanted, self.pick)] if options else []


@dataclass(frozen=True)
class Tries:
    """An operator tries something with any conversation, allowed or not."""

    operator: str
    action: str
    pick: int

    def updates(self, world: World) -> list[Entry]:
        """Return what the ledger gets; nothing while there are no conversations."""
        every = list(world.kept.conversations.values())
        return [act(world, every[self.pick % len(every)], self.operator, self.action, self.pick)] if every else []


@dataclass(frozen=True)
class Rewords:
    """A client edits or takes back what they are just writing, or any message, even one of another chat."""

    chat: tuple[str, str]
    #: empty takes it back
    text: str
    #: -1 for what is written in the same breath
    pick: int

    def updates(self, world: World) -> list[Entry]:
        """Return what the ledger gets."""
        channel, chat = self.chat
        every = list(world.kept.messages.values())
        said = [world.client_message("good mroning", chat, channel=channel)] if self.pick < 0 or not every else []
        meant = said[0].external_id if said else every[self.pick % len(every)].external_id
        start = (world.fresh_id(), channel, chat, meant)
        changed = ClientEdited(*start, self.text, world.now) if self.text else ClientDeleted(*start, world.now)
        return [*said, changed]


@dataclass(frozen=True)
class Amends:
    """An operator tries to edit or take back any message, allowed or not."""

    operator: str
    #: empty takes it back
    text: str
    pick: int

    def updates(self, world: World) -> list[Entry]:
        """Return what the ledger gets; nothing while nothing was said."""
        every = [m for m in world.kept.messages.values() if m.author.kind is AuthorKind.OPERATOR]
        if not every:
            return []
        message = every[self.pick % len(every)]
        start = (world.fresh_id(), message.conversation, self.operator, message.id)
        return [Edit(*start, self.text) if self.text else Retract(*start)]


@dataclass(frozen=True)
class Sends:
    """A client sends a file that is still to be fetched, maybe as a part of an album, maybe as an answer."""

    chat: tuple[str, str]
    album: str
    pick: int

    def updates(self, world: World) -> list[Entry]:
        """Return what the ledger gets."""
        channel, chat = self.chat
        every = list(world.kept.messages.values())
        answered = every[self.pick % len(every)].external_id if every else ""
        file = Attachment("", "photo.jpg", "image/jpeg", 0, source=f"file {self.pick}")
        more = {"attachments": (file,), "album": self.album, "reply_to": answered}
        return [world.client_message("", chat, channel=channel, **more)]


@dataclass(frozen=True)
class Befalls:
    """Something befalls a chat: a reaction, a colleague's words, it is opened, it cannot be reached, or it moves."""

    chat: tuple[str, str]
    what: str
    pick: int

    def updates(self, world: World) -> list[Entry]:
        """Return what the ledger gets."""
        channel, chat = self.chat
        start = (world.fresh_id(), channel, chat)
        if self.what == "react":
            every = list(world.kept.messages.values())
            meant = every[self.pick % len(every)].external_id if every else ""
            return [ClientReacted(*start, meant, ("👍", "")[self.pick % 2], world.now)]
        if self.what == "start":
            return [ClientStarted(*start, Sender(Identity("webchat", "site", chat)), world.now, "spring")]
        if self.what == "invited":
            sender = Sender(Identity("webchat", "site", chat))
            return [ClientStarted(*start, sender, world.now, invited(world, self.pick))]
        if self.what == "colleague":
            return [ColleagueMessage(*start, "Olga", "I am on it.", world.now, start[0])]
        if self.what == "move":
            return [ClientMoved(*start, f"{chat}{MOVED}", world.now)]
        return [ClientReach(*start, ("", "blocked", "gone")[self.pick % 3], world.now)]


def invited(world: World, pick: int) -> str:
    """Return the token of an invitation made in any conversation: a new one, one that is over, or an earlier one."""
    token = f"card-{pick % 20:032}"
    every = list(world.kept.conversations.values())
    if every and pick % 3 and not {digest_of(token)} & {*world.kept.invitations, *world.kept.used}:
        made = every[pick % len(every)]
        until = world.now + timedelta(hours=pick % 3 - 1)
        invitation = Invitation(digest_of(token), made.client, made.id, "ann", until)
        world.kept.invitations[invitation.digest] = invitation
    return token


@dataclass(frozen=True)
class Reacts:
    """An operator tries to react to any message, allowed or not."""

    operator: str
    pick: int

    def updates(self, world: World) -> list[Entry]:
        """Return what the ledger gets; nothing while nothing was said."""
        every = list(world.kept.messages.values())
        if not every:
            return []
        message = every[self.pick % len(every)]
        return [React(world.fresh_id(), message.conversation, self.operator, message.id, ("👍", "")[self.pick % 2])]


Deed = Sends | Befalls | Reacts | Writes | Ends | Goes | Pauses | Works | Tries | Rewords | Amends
_ACTIONS = ("skip", "note", "whisper", "transfer", "join_open", "join_hidden", "leave", "reopen", "snooze", "unsnooze")
_LEADING = ("rank", "client")
_chats = st.sampled_from(CHATS)
_names = st.sampled_from(OPERATORS)
_picks = st.integers(0, 999)
_mended = st.sampled_from(("good morning", "better so", "better so", ""))
_writes = st.builds(Writes, _chats, st.sampled_from(WORDS))
_works = st.builds(
    Works, st.sampled_from((*["take"] * 6, *["reply"] * 8, *["close"] * 4, *_ACTIONS, *_LEADING)), _picks
)
_presences = st.sampled_from((*[Presence.AVAILABLE] * 3, Presence.BREAK, Presence.AWAY))

#: one thing somebody does; what is likely in a shop is likely here
deeds: st.SearchStrategy[Deed] = st.one_of(
    *[_writes] * 4,
    *[_works] * 6,
    st.builds(Ends, _chats, st.integers(0, 5)),
    st.builds(Sends, _chats, st.sampled_from(["", "a1"]), _picks),
    st.builds(Befalls, _chats, st.sampled_from(["react", "reach", "start", "move", "invited", "colleague"]), _picks),
    st.builds(Reacts, _names, _picks),
    st.builds(Goes, _names, _presences),
    st.builds(Pauses, st.sampled_from(["sales", "support"]), st.sampled_from([False, False, True])),
    st.builds(Rewords, _chats, _mended, st.one_of(st.just(-1), _picks)),
    st.builds(Amends, _names, _mended, _picks),
    st.builds(Tries, _names, st.sampled_from(("take", "reply", "close", *_ACTIONS, *_LEADING)), _picks),
)


def act(world: World, conversation: Conversation, operator: str, action: str, pick: int) -> Command:
    """Return the command for one of the console's actions; `pick` chooses where there is something to choose."""
    start = (world.fresh_id(), conversation.id, operator)
    match action:
        case "note" | "whisper":
            return Note(*start, text="Careful.", kind="note" if action == "note" else "whisper")
        case "rank":
            every = [*world.kept.conversations]
            return Rank(*start, before=every[pick % len(every)] if pick % 2 else "")
        case "client":
            return SetClient(*start, OPERATORS[pick % 4], ("", "vip", "urgent", "gone")[pick % 4])
        case "transfer":
            to_operator, to_line = _TARGETS[pick % len(_TARGETS)]
            return Transfer(*start, to_operator=to_operator, to_line=to_line)
        case "join_open" | "join_hidden":
            return Join(*start, mode=JoinMode.OPEN if action == "join_open" else JoinMode.HIDDEN)
        case "reply":
            return Reply(*start, text=_REPLIES[pick % len(_REPLIES)])
        case "snooze":
            return Snooze(*start, until=world.now + timedelta(minutes=1 + pick), text="Ask the warehouse.")
    plain: dict[str, type[Take | Skip | Leave | Close | Reopen | Unsnooze]] = {
        "take": Take,
        "skip": Skip,
        "leave": Leave,
        "close": Close,
        "reopen": Reopen,
        "unsnooze": Unsnooze,
    }
    return plain[action](*start)


_REPLIES = ("We look into it.", "We look into it.", "I'll get back to you in 2 hours.")
_TARGETS = (*((name, "") for name in OPERATORS), ("", "sales"), ("", "support"))
