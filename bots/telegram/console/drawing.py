"""How conversations look in a chat: messages, offers, and the message with the buttons. Reads nothing but its input."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bots.telegram.console.office import Office
from bots.telegram.console.words import Rich, clock, lasting, say, short
from bots.telegram.pieces import LARGEST
from router.media import Attachment, EntityKind
from router.model import AuthorKind, Conversation, JoinMode, Message, MessageKind, State
from router.rules import Language

#: how each state looks in lists and names of topics
_STATES = {
    State.TRIAGE: "🤖",
    State.QUEUED: "🕐",
    State.OFFERED: "🔔",
    State.OPEN: "🔴",
    State.WAITING: "🟢",
    State.CLOSED: "⚫",
}
#: messages quoted in an offer and below a head, and characters of each
_OFFERED, _BEFORE, _QUOTED = 3, 10, 300


def sign(it: Conversation) -> str:
    """Return the emoji for how a conversation stands."""
    return _STATES[it.state]


@dataclass(frozen=True, slots=True)
class Artist:
    """Draws for one reader; an empty one stands for a group of them."""

    office: Office
    reader: str
    language: Language
    #: several conversations stand in one chat, so that each message says whose it is
    mixed: bool

    def say(self, key: str, **values: object) -> str:
        """Return a text of the catalogue."""
        return say(self.language, key, **values)

    def core(self, key: str, values: dict[str, str] | None = None) -> str:
        """Return a text of the core's catalogue."""
        return self.office.host.catalog.say(self.language, key, **(values or {}))

    def within(self, topic: int) -> Artist:
        """Return who draws in a topic; outside of topics (0), messages say whose conversation they belong to."""
        return replace(self, mixed=not topic)

    def client(self, it: Conversation) -> str:
        """Return what a client is called."""
        return self.office.client_name(it, self.language)

    def author(self, it: Message) -> str:
        """Return who said something."""
        if it.author.kind is AuthorKind.OPERATOR and it.author.id == self.reader:
            return self.say("you")
        return it.author.name or self.say("client" if it.author.kind is AuthorKind.CLIENT else "bot")

    def message(self, it: Message, conversation: Conversation) -> Rich:
        """Return one message as text; its files are drawn besides."""
        rich = self._said(it, conversation)
        for emoji in [f"{emoji}" for who, emoji in it.reactions.items() if emoji and who != self.reader]:
            rich.add(f"\n{emoji}")
        return rich

    def _said(self, it: Message, conversation: Conversation) -> Rich:
        if it.kind is MessageKind.EVENT:
            return self._event(it, conversation)
        if it.kind is MessageKind.RATING:
            return self._named(conversation).add(self.say("said.rating"), "italic")
        rich = self._opening(it, conversation)
        if it.deleted_at is not None:
            return rich.add(it.text, "strikethrough").add(f"\n{self.say('said.deleted')}", "italic")
        if it.kind is MessageKind.WHISPER:
            rich.add(it.text, "italic")
        else:
            rich.quote(it.text, it.entities)
        rich.join(Rich("\n".join(self.files(it.attachments))), "" if rich.text.endswith(": ") else "\n")
        return rich.add(f" {self.say('said.edited')}") if it.edited_at is not None else rich

    def _named(self, it: Conversation) -> Rich:
        """Begin with whose conversation it is, where several stand in one chat."""
        return Rich().add(f"{self.client(it)} · ", "bold") if self.mixed else Rich()

    def _event(self, it: Message, conversation: Conversation) -> Rich:
        text = " ".join(self.core(f"event.{it.text}", dict(it.data)).split())
        alert = it.text.startswith(("sla_", "promise_due", "escalated", "unanswered"))
        return self._named(conversation).add(self.say("alert", text=text) if alert else f"▫️ {text}", "italic")

    def _opening(self, it: Message, conversation: Conversation) -> Rich:
        name = self.author(it)
        if it.kind is MessageKind.NOTE:
            return self._named(conversation).add(self.say("note", name=name), "bold")
        if it.kind is MessageKind.WHISPER:
            return self._named(conversation).add(self.say("whisper", name=name), "bold")
        if it.author.kind is AuthorKind.CLIENT:
            return Rich().add("👤 ").add(f"{name}: ", "bold") if self.mixed else Rich("👤 ")
        speaker = "🤖 " if it.author.kind is AuthorKind.BOT else "💬 "
        return self._named(conversation).add(speaker).add(f"{name}: ", "bold")

    def files(self, files: Iterable[Attachment]) -> list[str]:
        """Return a line for each file that cannot be shown itself."""
        lines = []
        for it in files:
            if it.trouble:
                lines.append(self.say("said.trouble", name=it.name, trouble=it.trouble))
            elif not it.is_here:
                lines.append(self.say("said.fetching", name=it.name))
            elif it.size > LARGEST:
                lines.append(self.say("said.large", name=it.name, url=self.office.host.link(it)))
        return lines

    def quoted(self, said: Sequence[Message], it: Conversation, most: int) -> Rich:
        """Return the latest of what was said, shortened, oldest first."""
        rich = Rich()
        for message in said[-most:]:
            line = Rich("👤 " if message.author.kind is AuthorKind.CLIENT else "")
            if message.author.kind is not AuthorKind.CLIENT:
                line = self._opening(message, it) if not self.mixed else Rich(f"{self.author(message)}: ")
            files = [self.say("said.file", name=file.name) for file in message.attachments]
            line.add(short(" ".join([message.text, *files]), _QUOTED), _kind_of(message))
            rich.join(line, "\n")
        return rich

    def offer(self, it: Conversation, said: Sequence[Message], left: timedelta | None) -> Rich:
        """Return an offer, with how long it still stands."""
        line = self.office.line_name(it.line)
        rich = Rich().add(self.say("offer", client=self.client(it), line=line), "bold")
        talk = [message for message in said if message.kind in {MessageKind.TEXT, MessageKind.NOTE}]
        rich.join(self._found_out(it), "\n").join(self.quoted(talk, it, _OFFERED), "\n")
        words = self.say("offer.stays") if left is None else self.say("offer.left", left=lasting(self.language, left))
        return rich.add(f"\n{words}", "italic")

    def goes_on(self, it: Conversation) -> Rich:
        """Return what a head says that has another one below it."""
        return Rich(self.say("head.goes_on", client=self.client(it)))

    def offer_over(self, it: Conversation) -> Rich:
        """Return what an offer says that is none any more."""
        held = it.state in {State.OPEN, State.WAITING}
        if held and it.operator == self.reader:
            return Rich(self.say("offer.taken_by_you", client=self.client(it)))
        if held:
            return Rich(self.say("offer.taken", client=self.client(it), name=self.office.name(it.operator)))
        return Rich(self.say("offer.gone", client=self.client(it)))

    def head(self, it: Conversation, past: Sequence[Message]) -> Rich:
        """Return the message with the buttons: who it is, how it stands, and what was said before."""
        rich = Rich().add(
            self.say("head", state=sign(it), client=self.client(it), line=self.office.line_name(it.line)), "bold"
        )
        rich.add(f"\n{self.standing(it)}", "italic").join(self._found_out(it), "\n")
        if it.promise is not None:
            now, zone = self.office.host.clock.now(), self.office.zone(self.reader)
            at = clock(it.promise.until, zone, now)
            rich.add(f"\n{self.say('head.promise', at=at, text=short(it.promise.text))}")
        if it.unreachable:
            rich.add(f"\n{self.say('head.unreachable')}")
        talk = [message for message in past if message.kind is not MessageKind.EVENT]
        return rich.join(self.quoted(talk, it, _BEFORE), "\n\n")

    def standing(self, it: Conversation) -> str:
        """Return in words how a conversation stands for the reader."""
        mode = it.joined.get(self.reader)
        if mode is not None:
            return self.say("head.hidden" if mode is JoinMode.HIDDEN else "head.joined")
        if it.state is State.OFFERED:
            return self.say("head.state.offered", name=", ".join(map(self.office.name, it.offered)))
        if it.state in {State.OPEN, State.WAITING} and it.operator != self.reader:
            return self.say("head.state.theirs", name=self.office.name(it.operator))
        return self.say(f"head.state.{it.state}")

    def _found_out(self, it: Conversation) -> Rich:
        """Return what the bot found out before it handed over."""
        if it.handoff is None:
            return Rich()
        facts = [it.handoff.intent, *(f"{slot}: {value}" for slot, value in it.handoff.slots.items())]
        known = ", ".join(filter(None, facts))
        return Rich(self.say("card.intent", value=known)) if known else Rich()


def _kind_of(it: Message) -> EntityKind | None:
    return "italic" if it.kind is MessageKind.WHISPER else None
