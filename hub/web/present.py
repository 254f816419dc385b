"""From what the hub knows to what the API answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, cast

import msgspec

from hub.web.facade import Hub
from hub.web.message_views import AuthorView, DeliveryView, FileView, MessageView, PartView, VersionView
from hub.web.pledge_views import AlertView, ClockView, PromiseView
from hub.web.speech import Speech
from hub.web.views import (
    AnswerView,
    ClientView,
    ConversationView,
    HandoffView,
    IdentityView,
    LineView,
    OperatorView,
    RatingView,
)
from hub.web.why_views import ConsideredView, ExplanationView
from router.catalog import Catalog
from router.delivery import Delivery, DeliveryState
from router.effects import Explain
from router.hours import is_open
from router.media import Attachment
from router.model import Conversation, Handoff, Message, MessageKind, State
from router.people import Client, OperatorState, Presence
from router.pledges import BREACH


class Presenter:
    """Draws things for one operator: in their language, with what they may do."""

    def __init__(self, hub: Hub, texts: Catalog, operator: str, language: str) -> None:
        self._hub = hub
        self._operator = operator
        self.speech = Speech(hub, texts, language)

    def conversation(self, it: Conversation, client: Client | None) -> ConversationView:
        """Return a conversation as this operator sees it; `client` is whose it is, None for one nobody knows."""
        moments = (it.created_at, it.last_client_at, it.last_reply_at)
        return ConversationView(
            id=it.id,
            line=it.line,
            line_name=self.speech.line_name(it.line),
            channel=it.channel,
            kind=it.kind,
            client=it.client,
            client_name=it.client_name,
            photo=photo_of(client) if client else "",
            language=it.language,
            state=it.state,
            floor=it.floor.holder,
            floor_operator=it.floor.operator,
            floor_name=self.speech.name_of(it.floor.operator),
            operator=it.operator,
            operator_name=self.speech.name_of(it.operator),
            offered=it.offered,
            offer_until=it.timers.get("offer"),
            joined=it.joined,
            n=it.n,
            seen=it.seen,
            client_n=it.client_n,
            unread=it.client_n > it.seen,
            preview=it.preview,
            created_at=it.created_at,
            queued_at=it.queued_at,
            place=it.place,
            call_back=cast("Literal['', 'asked', 'wanted']", it.call_back),
            last_client_at=it.last_client_at,
            active_at=max(moment for moment in moments if moment is not None),
            closed_at=it.closed_at,
            priority=it.priority,
            sla=clock_views(it),
            breached=it.breached,
            promise=PromiseView(it.promise.until, it.promise.operator, it.promise.text) if it.promise else None,
            unreachable=cast("Literal['', 'blocked', 'gone']", it.unreachable),
            close_reason=it.close_reason,
            rating=RatingView(score=it.rating.score, comment=it.rating.comment) if it.rating else None,
            answers=[AnswerView(each.question, each.text) for each in it.survey.given] if it.survey else [],
            handoff=self._handoff(it.handoff),
            actions=sorted(self._hub.allowed(it, self._operator)),
        )

    def _handoff(self, it: Handoff | None) -> HandoffView | None:
        if it is None:
            return None
        return HandoffView(
            reason=self.speech.say(f"event.handoff_{it.reason}"),
            intent=it.intent,
            confidence=it.confidence,
            slots=it.slots,
            tried=it.tried,
        )

    def alert(self, what: Mapping[str, object], said: Message) -> AlertView:
        """Return what needs somebody; `said` is the message that says so."""
        known = {"target": None, "share": None, "operator": "", **what, "text": self._happened(said)}
        fields = {name: known[name] for name in AlertView.__struct_fields__}
        return msgspec.convert(fields, AlertView, strict=False)

    def _happened(self, it: Message) -> str:
        return self.speech.say(f"event.{it.text}", it.data)

    def message(self, it: Message, deliveries: Iterable[Delivery] = ()) -> MessageView:
        """Return a message with the state of its deliveries."""
        text = self._happened(it) if it.kind is MessageKind.EVENT else it.text
        return MessageView(
            id=it.id,
            conversation=it.conversation,
            n=it.n,
            author=AuthorView(kind=it.author.kind, id=it.author.id, name=it.author.name),
            kind=it.kind,
            text=text,
            at=it.at,
            attachments=[file_view(it.conversation, attachment) for attachment in it.attachments],
            choices=it.choices,
            deliveries=[delivery_view(delivery) for delivery in deliveries],
            edited_at=it.edited_at,
            deleted_at=it.deleted_at,
            versions=[VersionView(text=version.text, at=version.at) for version in it.versions],
            actions=sorted(self._hub.allowed_of(it, self._operator)),
            entities=[PartView(each.kind, each.start, each.length, each.url) for each in it.entities],
            reply_to=it.reply_to,
            album=it.album,
            reactions=it.reactions,
        )

    def explanation(self, at: datetime, it: Explain) -> ExplanationView:
        """Return one decision of the rules with the reason for each operator."""
        names = [self.speech.name_of(operator) for operator in it.chosen]
        outcome = "chosen" if names else "nobody"
        return ExplanationView(
            at=at,
            decision=it.decision,
            sentence=self.speech.own(f"decision.{it.decision}.{outcome}", names=", ".join(names)),
            chosen=names,
            considered=[
                ConsideredView(
                    operator=operator,
                    name=self.speech.name_of(operator),
                    reason=self.speech.say(f"why.{reason}"),
                    chosen=operator in it.chosen,
                )
                for operator, reason in it.considered
            ]
            + [
                ConsideredView(
                    operator="",
                    name=self.speech.own("why.others", count=str(count)),
                    reason=self.speech.say(f"why.{reason}"),
                    chosen=False,
                )
                for reason, count in it.others.items()
            ],
            rule=it.rule,
        )


def clock_views(it: Conversation) -> list[ClockView]:
    """Return what the SLA counts, the first to be missed first; a closed conversation owes nobody anything."""
    clocks = it.sla.items() if it.state is not State.CLOSED else ()
    views = [
        ClockView(
            target=target,
            state="breached" if clock.told >= BREACH else "warned" if clock.told else "ok",
            paused=clock.since is None,
            due_at=clock.due_at,
        )
        for target, clock in clocks
    ]
    return sorted(views, key=lambda view: (view.due_at is None, view.due_at or it.created_at, view.target))


def file_view(conversation: str, it: Attachment) -> FileView:
    """Return a file with the address from which staff read it."""
    url = f"/api/v1/conversations/{conversation}/files/{it.id}"
    return FileView(
        id=it.id,
        name=it.name,
        media_type=it.media_type,
        size=it.size,
        picture=it.is_picture and it.is_here,
        url=url if it.is_here else "",
        kind=it.kind,
        duration=it.duration,
        state="lost" if it.trouble else "coming" if it.source else "here",
        trouble=it.trouble,
    )


def delivery_view(it: Delivery) -> DeliveryView:
    """Return how far a delivery has got."""
    return DeliveryView(
        id=it.id,
        message=it.message,
        conversation=it.conversation,
        channel=it.channel,
        action=it.action,
        state=it.state,
        reason=it.reason,
        attempts=sum(each.state is not DeliveryState.QUEUED for each in it.attempts),
    )


def photo_of(it: Client) -> str:
    """Return the address of a client's picture, as far as browsers may show it; empty where there is none."""
    shown = it.photo is not None and it.photo.is_here and it.photo.is_picture
    return f"/api/v1/clients/{it.id}/photos/{it.photo.id}" if it.photo and shown else ""


def client_view(it: Client) -> ClientView:
    """Return a client's card. An identity's key is `kind:account:user`, whose user may hold colons."""
    parts = [(*key.split(":", 2), "", "")[:3] for key in it.identities]
    return ClientView(
        id=it.id,
        name=it.name,
        language=it.language,
        timezone=it.timezone,
        phone=it.phone,
        email=it.email,
        created_at=it.created_at,
        photo=photo_of(it),
        identities=[IdentityView(kind=kind, account=account, user=user) for kind, account, user in parts],
        facts=it.facts,
        responsible=it.responsible,
        priority=it.priority,
    )


def operator_view(hub: Hub, operator: str) -> OperatorView:
    """Return an operator as they are now."""
    rules, state = hub.rules.operators[operator], hub.roster.get(operator, OperatorState(operator))
    return OperatorView(
        id=operator,
        name=rules.name,
        role=rules.role,
        presence=state.presence,
        on_shift=hub.on_shift(operator),
        load=state.load,
        capacity=rules.capacity,
        lines=hub.rules.lines_of(operator),
    )


def line_view(hub: Hub, line: str, waiting: int, operator: str, language: str) -> LineView:
    """Return a line with how busy it is, for an operator who reads a language."""
    rules, now = hub.rules.lines[line], hub.clock.now()
    states = (hub.roster.get(name) for name in rules.operators)
    return LineView(
        id=line,
        name=rules.name,
        open=is_open(rules.hours, now),
        paused=hub.is_paused(line),
        waiting=waiting,
        available=sum(1 for state in states if state is not None and state.presence is Presence.AVAILABLE),
        mine=operator in rules.operators,
        close_reasons=hub.book.close_reasons(line, language),
    )


def settings_problems(hub: Hub) -> list[str]:
    """Return what is wrong with the settings on disk, in sentences."""
    settings = hub.health().get("settings")
    problems: object = settings.get("problems") if isinstance(settings, Mapping) else None
    return [str(problem) for problem in problems] if isinstance(problems, Sequence) else []
