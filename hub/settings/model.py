"""What an admin may write in the settings file, besides the rules of lines and operators."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import reduce
from ipaddress import IPv4Network, IPv6Network
from operator import or_
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, create_model, model_validator

from bots.http.settings import ReceiverSettings
from hub.channels import Kind
from hub.consoles import CONSOLES, WebConsoleSettings
from router.durations import Duration
from router.lines import Name
from router.people import Role
from router.rates import Rate
from router.rules import Language, OperatorRules, Rules
from router.strict import Strict

#: characters of the token for `/metrics`
_SHORTEST_TOKEN = 20
#: what a webhook may be told of: types of the feed's events that are kept
NoticeType = Literal["message", "conversation", "delivery", "client", "operator", "alert", "rules"]


def _web_address(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("expected an address such as https://chat.example.com")
    return value.rstrip("/")


def _channel_address(value: str) -> str:
    if not re.fullmatch(r"https?://[!-~]+/channels/[a-z0-9][a-z0-9_-]{0,39}/?", value):
        raise ValueError(
            "expected the address of an http channel, such as https://hub.example.com/api/v1/channels/our-hub"
        )
    return value.rstrip("/")


def _mongo_address(value: str) -> str:
    if not value.startswith(("mongodb://", "mongodb+srv://")):
        raise ValueError("expected an address such as mongodb://db1,db2,db3/?replicaSet=rs0")
    return value


def _no_bus_yet(_: str) -> str:
    raise ValueError("sharing the work between several processes comes in a later release; leave bus.url out")


def _bearable(value: timedelta) -> timedelta:
    if not timedelta(minutes=1) <= value <= timedelta(days=14):
        raise ValueError("expected a duration from 1m to 14d")
    return value


def _unguessable(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < _SHORTEST_TOKEN:
        raise ValueError(f"expected at least {_SHORTEST_TOKEN} characters")
    return value


class LogSettings(Strict):
    """What the hub writes about itself."""

    #: the least that is written; `debug` also tells the words of errors, which may quote what people write
    level: Literal["debug", "info", "warning", "error"] = "info"
    #: `text` for people, `json` for programs; `auto` is text on a terminal and JSON elsewhere
    format: Literal["auto", "text", "json"] = "auto"


class MetricsSettings(Strict):
    """Who may read `/metrics` besides this machine."""

    #: the bearer token that other machines show; without one only this machine may read
    token: Annotated[SecretStr, AfterValidator(_unguessable)] | None = None


class HubSettings(Strict):
    """The hub's own process."""

    #: the address to listen on; 0.0.0.0 listens on every network the machine is in
    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    #: the port to listen on; 0 takes a free one
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    #: where the hub keeps its files; a relative path begins at the settings file's folder
    data: Path = Path("data")
    #: how browsers reach the hub when that differs from host and port, as behind a proxy
    public_url: Annotated[str, AfterValidator(_web_address)] | None = None
    #: networks of reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    #: what one session or token may ask of the API, and one address that shows neither; null for no limit
    api_rate: Rate | None = Rate(per_minute=600, burst=200)
    log: LogSettings = LogSettings()
    metrics: MetricsSettings = MetricsSettings()
    #: in which the hub speaks to staff whose own language it does not know yet
    language: Language = "en"


class StoreSettings(Strict):
    """Where everything is kept."""

    #: a MongoDB replica set or sharded cluster; without one the hub starts a MongoDB of its own in `hub.data`
    url: Annotated[str, AfterValidator(_mongo_address)] | None = Field(None, repr=False)
    #: the database's name
    database: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,38}$")] = "trunkline"
    #: which MongoDB driver to use
    driver: Literal["pymongo", "motor"] = "pymongo"


class BusSettings(Strict):
    """How several hub processes share the work; one process needs nothing here."""

    #: must be absent for now
    url: Annotated[str, AfterValidator(_no_bus_yet)] | None = Field(None, repr=False)


class SubscriptionSettings(ReceiverSettings):
    """A program that is told what happens: signed notices are posted to it."""

    #: what it is told of; `client`, `operator` and `rules` belong to no line
    events: Annotated[tuple[NoticeType, ...], Field(min_length=1)] = ("message", "conversation", "delivery")
    #: only what happens on these lines; empty is every line
    lines: tuple[Name, ...] = ()
    #: how long a notice is tried again before it is dead
    give_up_after: Annotated[Duration, AfterValidator(_bearable)] = timedelta(days=3)
    #: false lets what happens wait until it is true again
    enabled: bool = True

    @model_validator(mode="after")
    def _lines_fit_events(self) -> Self:
        homeless = [event for event in self.events if event in {"client", "operator", "rules"}]
        if self.lines and homeless:
            raise ValueError(f"{' and '.join(homeless)} events belong to no line; leave out lines, or these events")
        return self


class PartnerSettings(Strict):
    """Another hub that answers in an operator's place, through an http channel of its own."""

    #: that channel's address, which ends with `/api/v1/channels/` and its name
    url: Annotated[str, AfterValidator(_channel_address)]
    #: one of that channel's tokens
    token: Annotated[SecretStr, AfterValidator(_unguessable)]
    #: which cannot be reached for this long is away
    away_after: Annotated[Duration, Field(ge=timedelta(seconds=1))] = timedelta(seconds=60)


class OperatorSettings(OperatorRules):
    """A person who answers, or another hub that does."""

    #: the hub that does the work; nobody signs in as this operator
    hub: PartnerSettings | None = None

    @model_validator(mode="after")
    def _hubs_lead_nobody(self) -> Self:
        if self.hub is not None and self.role is not Role.OPERATOR:
            raise ValueError("another hub answers clients and leads nobody; leave out role, or hub")
        return self


class ChannelSettings(Protocol):
    """What the hub itself needs to know of a channel's settings; the rest is for the channel's own folder."""

    @property
    def kind(self) -> str:
        """Which messenger it connects to."""

    @property
    def line(self) -> str:
        """The line its conversations begin on."""


class ConsoleSettings(Protocol):
    """What the hub itself needs to know of a console's settings; the rest is for the console's own folder."""

    @property
    def kind(self) -> str:
        """Where operators work."""


def _web_unless_said(value: Any) -> Any:
    """Let a console without a kind be the page, as it was before there were others."""
    if not isinstance(value, dict):
        return value
    return {name: {"kind": "web", **it} if isinstance(it, dict) else it for name, it in value.items()}


_AnyConsole: Any = Annotated[reduce(or_, (kind.settings for kind in CONSOLES.values())), Field(discriminator="kind")]
Consoles = Annotated[Mapping[Name, _AnyConsole], BeforeValidator(_web_unless_said)]


class SettingsFile(Rules):
    """Trunkline's settings: the process, its channels, and the rules of lines and operators."""

    hub: HubSettings = HubSettings()
    store: StoreSettings = StoreSettings()
    bus: BusSettings = BusSettings()
    operators: Mapping[Name, OperatorSettings] = {}
    #: connections to messengers, by name
    channels: Mapping[Name, Any] = {}
    #: where operators work, by name
    consoles: Consoles = Field({"web": WebConsoleSettings()})
    #: programs that are told what happens, by name
    webhooks: Mapping[Name, SubscriptionSettings] = {}

    def rules(self) -> Rules:
        """Return the part the core decides by."""
        parts = {name: getattr(self, name) for name in Rules.model_fields}
        people = {name: _without_hub(operator) for name, operator in self.operators.items()}
        return Rules.model_construct(**parts | {"operators": people})

    def partners(self) -> Mapping[str, PartnerSettings]:
        """Return the operators whose work another hub does, with where that is."""
        return {name: operator.hub for name, operator in self.operators.items() if operator.hub is not None}


def _without_hub(operator: OperatorSettings) -> OperatorRules:
    """Return what decisions go by, without secrets."""
    fields = {name: getattr(operator, name) for name in OperatorRules.model_fields}
    return OperatorRules.model_construct(operator.model_fields_set & OperatorRules.model_fields.keys(), **fields)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the settings file says, checked."""

    hub: HubSettings
    store: StoreSettings
    bus: BusSettings
    #: each an instance of its kind's own settings class
    channels: Mapping[str, ChannelSettings]
    #: each an instance of its kind's own settings class
    consoles: Mapping[str, ConsoleSettings]
    rules: Rules
    #: dot path → `file:line`; what a line leaves to its default is placed where the line begins
    where: Mapping[str, str]
    #: differs whenever the file's text differs
    revision: str
    #: the file as it is written
    text: str = field(repr=False)
    #: where it is, or shall be
    file: Path
    webhooks: Mapping[str, SubscriptionSettings] = field(default_factory=dict)
    #: operators whose work another hub does
    partners: Mapping[str, PartnerSettings] = field(default_factory=dict)


def file_model(kinds: Mapping[str, Kind]) -> type[SettingsFile]:
    """Return the model of a whole settings file whose channels may be of these kinds."""
    channel: Any = reduce(or_, (kind.settings for kind in kinds.values()))
    if len(kinds) > 1:
        channel = Annotated[channel, Field(discriminator="kind")]
    return create_model(
        "SettingsFile",
        __base__=SettingsFile,
        __doc__=SettingsFile.__doc__,
        channels=(Mapping[Name, channel], Field({}, description="connections to messengers, by name")),
    )
