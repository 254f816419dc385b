"""What survives a crash of the world: the ledger and everything that was committed, in plain dicts."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec.structs import replace

from router.client_events import ClientEvent
from router.delivery import Delivery, DeliveryState
from router.effects import (
    AddDelivery,
    AddMessage,
    Alert,
    ChangeClient,
    ChangeLoad,
    ChangeMessage,
    Explain,
    JoinCards,
    MoveChat,
    Outcome,
    Requeue,
    SaveClient,
    SaveConversation,
    SaveLine,
    SaveOperator,
    Stored,
    UseInvitation,
)
from router.events import Command
from router.invitations import Invitation
from router.model import Conversation, Message, State
from router.people import Client, LineState, OperatorState
from router.roster import Roster

Entry = ClientEvent | Command


@dataclass
class Kept:
    """The committed state; `write` is the only way in, and holds the guards that the real store holds."""

    ledger: dict[str, Entry] = field(default_factory=dict)
    #: update → what became of it
    done: dict[str, Outcome | None] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    #: identity key → client
    clients: dict[str, Client] = field(default_factory=dict)
    operators: dict[str, OperatorState] = field(default_factory=dict)
    lines: dict[str, LineState] = field(default_factory=dict)
    explanations: list[Explain] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    requeued: list[str] = field(default_factory=list)
    #: digest → an invitation that nobody has followed
    invitations: dict[str, Invitation] = field(default_factory=dict)
    #: … and those that somebody has
    used: dict[str, Invitation] = field(default_factory=dict)
    #: card that is gone → the one it became a part of
    joined: dict[str, str] = field(default_factory=dict)

    def write(self, effect: Stored) -> None:
        """Fold one effect in; ids that must be new are checked to be."""
        match effect:
            case SaveConversation(conversation):
                self.conversations[conversation.id] = conversation
            case AddMessage() | ChangeMessage():
                self._keep(effect)
            case AddDelivery(delivery, _):
                assert delivery.id not in self.deliveries, "a delivery id was used twice"
                self.deliveries[delivery.id] = delivery
            case MoveChat(channel, chat, to):
                self._move(channel, chat, to)
            case SaveClient() | ChangeClient() | SaveLine() | JoinCards() | UseInvitation():
                self._lead(effect)
            case SaveOperator(operator):
                former = self._operator(operator.id)
                held = {name: getattr(former, name) for name in ("load", "loads", "open", "waiting")}
                self.operators[operator.id] = replace(operator, **held)
            case ChangeLoad():
                self._change_load(effect)
            case Requeue() | Explain() | Alert():
                self._note(effect)
            case Outcome():
                pass

    def _move(self, channel: str, chat: str, to: str) -> None:
        waits = {DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.RETRYING}
        for key, it in self.deliveries.items():
            if (it.channel, it.chat) == (channel, chat) and it.state in waits:
                self.deliveries[key] = replace(it, chat=to)

    def _join(self, effect: JoinCards | UseInvitation) -> None:
        if isinstance(effect, UseInvitation):
            assert effect.invitation.digest in self.invitations, "an invitation was followed twice"
            self.used[effect.invitation.digest] = self.invitations.pop(effect.invitation.digest)
            return
        self.joined[effect.gone] = effect.kept
        for key, it in self.conversations.items():
            if it.client == effect.gone:
                self.conversations[key] = replace(it, client=effect.kept)

    def card(self, client: str) -> Client | None:
        """Return one client's card; of one that became a part of another, that one."""
        while client in self.joined:
            client = self.joined[client]
        return next((it for it in self.clients.values() if it.id == client), None)

    def told(self, channel: str, chat: str, external_id: str) -> Message | None:
        """Return our message that was sent under one of the platform's ids."""
        every = self.deliveries.values() if external_id else ()
        of_chat = (it for it in every if (it.channel, it.chat) == (channel, chat))
        found = next((it for it in of_chat if external_id in it.external_id.split()), None)
        return self.messages[found.message] if found is not None else None

    def _note(self, effect: Requeue | Explain | Alert) -> None:
        if isinstance(effect, Requeue):
            self.requeued.append(effect.delivery)
            return
        if isinstance(effect, Explain):
            self.explanations.append(effect)
            return
        assert effect.message in self.messages, "an alert is about a message that says so"
        self.alerts.append(effect)

    def _lead(self, change: SaveClient | ChangeClient | SaveLine | JoinCards | UseInvitation) -> None:
        if isinstance(change, JoinCards | UseInvitation):
            self._join(change)
            return
        if isinstance(change, SaveLine):
            self.lines[change.line.id] = change.line
            return
        if isinstance(change, SaveClient):
            known = self.clients.get(change.client.identities[0], change.client)
            client = replace(change.client, responsible=known.responsible, priority=known.priority)
            self.clients |= dict.fromkeys(client.identities, client)
            return
        news = {"responsible": change.responsible, "priority": change.priority}
        said = {name: value for name, value in news.items() if value is not None}
        self.clients |= {key: replace(it, **said) for key, it in self.clients.items() if it.id == change.client}

    def _keep(self, effect: AddMessage | ChangeMessage) -> None:
        message = effect.message
        if isinstance(effect, AddMessage):
            assert message.id not in self.messages, "a message id was used twice"
        else:
            former = self.messages[message.id]
            assert (former.n, former.author, former.at) == (message.n, message.author, message.at)
        self.messages[message.id] = message

    def _operator(self, operator: str) -> OperatorState:
        return self.operators.get(operator, OperatorState(operator))

    def _change_load(self, change: ChangeLoad) -> None:
        table = Roster({change.operator: self._operator(change.operator)})
        before = table.get(change.operator)
        assert before.load + change.by >= 0, f"{change.operator} would hold fewer than no conversations"
        table.change(change)
        state = table.get(change.operator)
        room = change.capacity is None or state.load <= change.capacity
        assert room, f"{change.operator} would hold more than their capacity"
        room = change.line_capacity is None or state.loads[change.line] <= change.line_capacity
        assert room, f"{change.operator} would hold more of {change.line} than their capacity there"
        self.operators[change.operator] = state

    def undecided(self) -> list[Entry]:
        """Return the updates nothing became of yet, in the order of their arrival."""
        return [entry for entry in self.ledger.values() if entry.id not in self.done]

    def waiting_of(self, line: str) -> list[Conversation]:
        """Return what a lane reads when it starts."""
        waiting = {State.TRIAGE, State.QUEUED, State.OFFERED}
        return [c for c in self.conversations.values() if c.line == line and c.state in waiting]

    def held_by(self, line: str, operators: tuple[str, ...]) -> list[Conversation]:
        """Return the line's open and waiting conversations of these operators."""
        held = {State.OPEN, State.WAITING}
        every = self.conversations.values()
        return [c for c in every if c.line == line and c.state in held and c.operator in operators]

    def latest_of(self, channel: str, chat: str) -> Conversation | None:
        """Return the latest conversation of a chat; of those begun at one moment, the one begun last."""
        of_chat = [c for c in self.conversations.values() if (c.channel, c.chat) == (channel, chat)]
        return max(reversed(of_chat), key=lambda c: c.created_at, default=None)

    def heard(self, channel: str, chat: str, external_id: str) -> Message | None:
        """Return a client's message by the platform's id."""
        every = self.messages.values() if external_id else ()
        return next((m for m in every if (m.channel, m.chat, m.external_id) == (channel, chat, external_id)), None)

    def last_operators(self) -> dict[str, str]:
        """Return client → the operator of their latest conversation that had one."""
        dated = sorted(self.conversations.values(), key=lambda c: c.created_at)
        return {c.client: c.operator for c in dated if c.operator}

    def of(self, conversation: str) -> list[Message]:
        """Return a conversation's messages in order."""
        own = [m for m in self.messages.values() if m.conversation == conversation]
        return sorted(own, key=lambda m: m.n)

    def settle_delivery(self, delivery: str, state: DeliveryState) -> None:
        """Let a platform have answered."""
        self.deliveries[delivery] = replace(self.deliveries[delivery], state=state)
