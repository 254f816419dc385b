"""The channel itself: what the hub calls, and what happens once an update is kept."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from aiogram.methods import ReadBusinessMessage, SendChatAction, TelegramMethod

from bots.telegram import changing, doctor, previews, sending
from bots.telegram.addresses import address
from bots.telegram.catalogue import closest
from bots.telegram.client import LARGEST_DOWNLOAD, Client, Unreachable
from bots.telegram.courtesy import Courtesy
from bots.telegram.limits import Pace
from bots.telegram.mapping import ALLOWED, KIND, REACH, event_of
from bots.telegram.photos import file_of
from bots.telegram.receiving import Webhook, derived_secret, persistently, receive
from bots.telegram.settings import API, TelegramSettings
from bots.telegram.text import MESSAGE
from router.client_events import ClientEvent
from router.delivery import Action, Delivery
from router.doctoring import Finding
from router.errors import HubError, Misconfigured, Rejected, Retryable
from router.media import Attachment
from router.model import AuthorKind, Message
from router.ports import Capabilities, Host, Sent, Update
from router.rules import Language

_log = structlog.get_logger(__name__)
#: Telegram shows that somebody types for five seconds
_TYPES = timedelta(seconds=4)
#: chats whose language and typing are remembered
_REMEMBERED = 10_000


class _WhoAmI(TelegramMethod[dict[str, Any]]):
    """`getMe`, its answer left as it is: a stand-in that says too little of a bot keeps no channel from running."""

    __returning__ = dict[str, Any]
    __api_method__ = "getMe"


class TelegramChannel:
    """A bot that clients write to."""

    kind = KIND
    capabilities = Capabilities(
        max_text=2 * MESSAGE,
        files=True,
        typing=True,
        choices=True,
        edits=True,
        reactions=True,
        replies=True,
        formatting=True,
    )

    def __init__(self, name: str, settings: TelegramSettings) -> None:
        self.name = name
        self._settings = settings
        self._webhook = Webhook(f"/channels/{name}/telegram", settings.bot)
        self._host: Host | None = None
        self._line: sending.Line | None = None
        #: without @, as Telegram says it
        self._username = ""
        self._typed: OrderedDict[str, datetime] = OrderedDict()
        self._languages: OrderedDict[str, Language] = OrderedDict()

    def routes(self) -> Sequence[object]:
        """Return the webhook's route, where it is used."""
        return self._webhook.routes() if self._settings.mode == "webhook" else ()

    async def examined(self, chats: Collection[str]) -> Sequence[Finding]:
        """Return whether the bot is set up as this channel needs it; see `Doctored`."""
        client = self._client()
        try:
            return await doctor.examined(client, self.name, self._settings, self._webhook.path, chats)
        finally:
            await client.close()

    async def run(self, host: Host) -> None:
        """Receive until cancelled. Raises `AuthFailed` when the token is not accepted."""
        client = self._client()
        reply = self._settings.buttons == "reply"
        self._host = host
        self._line = sending.Line(client, Pace(host.clock.now), host.clock, reply_buttons=reply)
        try:
            await self._introduce(client)
            secret = derived_secret(host.secret, self.name)
            await receive(client, self._keep, ALLOWED, self._settings, self._webhook, secret)
        finally:
            self._line = None
            await client.close()

    def _client(self) -> Client:
        return Client(self._settings.token.get_secret_value(), self._settings.api)

    async def _introduce(self, client: Client) -> None:
        """Find out whether the token is right, and whether the name in the settings is."""
        me = await persistently(lambda: client(_WhoAmI(), repeatable=True))
        named = self._username = str(me.get("username", ""))
        if self._settings.username and named.lower() != self._settings.username.lower():
            raise Misconfigured(f"The bot is called @{named}: set username of {self.name} to {named}.")

    async def _keep(self, updates: Sequence[Update]) -> None:
        """Put updates into the ledger, and only then do what clients expect at once."""
        line, host = self._running()
        parted = [each for update in updates for each in _parted(update)]
        new = await host.receive(parted)
        courtesy = Courtesy(line, self._settings)
        for update, is_new in zip(parted, new, strict=True):
            body = _body(update.raw)
            self._remember(body)
            await courtesy.show(body, is_new=is_new)

    def _remember(self, body: dict[str, Any]) -> None:
        """Keep in which language a chat's client has Telegram."""
        for name in ("message", "business_message", "callback_query"):
            it = body.get(name)
            who, chat = (it.get("from"), it.get("chat")) if isinstance(it, dict) else (None, None)
            if isinstance(who, dict) and isinstance(who.get("language_code"), str) and isinstance(chat, dict):
                self._languages[str(chat.get("id"))] = closest(who["language_code"])
                while len(self._languages) > _REMEMBERED:
                    self._languages.popitem(last=False)

    def parse(self, update: str, raw: str, at: datetime) -> ClientEvent | None:
        """Understand one update; see `mapping`."""
        return event_of(self.name, self._settings, update, raw, at)

    async def send(self, delivery: Delivery, message: Message) -> Sent:
        """Send, change, take back or react; see `Channel.send`."""
        line, host = self._running()
        try:
            if delivery.action is Action.EDIT:
                return await changing.edit(line, host, delivery, message, self._language(delivery.chat))
            if delivery.action is Action.DELETE:
                return await changing.delete(line, delivery)
            if delivery.action is Action.REACT:
                return await changing.react(line, delivery, message)
            if self._settings.previews and message.author.kind is AuthorKind.BOT:
                await previews.show(line, delivery, message)
            return await sending.send(line, host, delivery, message, self._language(delivery.chat))
        except HubError as error:
            reason = error if isinstance(error, Unreachable) else error.__cause__
            if isinstance(reason, Unreachable):
                await self._tell(host, delivery, reason)
            raise

    async def _tell(self, host: Host, delivery: Delivery, error: Unreachable) -> None:
        """Let staff see on the conversation that nothing reaches its client, which Telegram says only now."""
        raw = json.dumps({REACH: {"chat": delivery.chat, "why": error.why}})
        try:
            await host.receive([Update(f"reach:{delivery.id}:{len(delivery.attempts)}", raw)])
        except Retryable as failure:
            _log.warning("telegram.reach", channel=self.name, reason=str(failure))

    def invitation(self, token: str) -> str:
        """Return the address that starts the bot with a token; see `Inviting`."""
        if not self._username:
            raise Retryable(f"The channel {self.name} has not heard from Telegram yet what its bot is called.")
        return f"https://t.me/{self._username}?start={token}"

    def not_before(self, chat: str) -> datetime | None:
        """Return when a chat may be written to; see `Paced`."""
        return self._line.pace.not_before(address(chat).pace) if self._line else None

    async def fetch(self, file: Attachment) -> AsyncIterator[bytes]:
        """Yield the bytes of a client's file; see `Fetching`."""
        line, _ = self._running()
        most = min(self._settings.max_file, LARGEST_DOWNLOAD) if self._settings.api == API else self._settings.max_file
        too_large = (
            f"The file is larger than the {most / 1_000_000:.0f} MB that can be fetched: ask for it another way."
        )
        if file.size > most:
            raise Rejected(too_large)
        passed = 0
        async for chunk in line.client.download(await file_of(line.client, file.source)):
            passed += len(chunk)
            if passed > most:
                raise Rejected(too_large)
            yield chunk

    async def typing(self, chat: str, name: str) -> None:  # noqa: ARG002 - Telegram shows no name
        """Show that somebody types, not more often than it lasts."""
        if self._line is None:
            return
        now = self._line.clock.now()
        if chat in self._typed and now - self._typed[chat] < _TYPES:
            return
        self._typed[chat] = now
        while len(self._typed) > _REMEMBERED:
            self._typed.popitem(last=False)
        where = self._line.place(chat).place()
        where.pop("direct_messages_topic_id")
        await self._best_effort(SendChatAction(action="typing", **where))

    async def seen(self, chat: str, conversation: str, n: int) -> None:
        """Mark what a business account was written as read; elsewhere Telegram cannot show it."""
        if self._line is None or self._host is None or not address(chat).business:
            return
        where, entries = address(chat), (await self._host.chat(chat)).entries
        read = [e.message for e in entries if e.message.author.kind is AuthorKind.CLIENT and e.message.external_id]
        ours = [it for it in read if it.conversation == conversation and it.n <= n and it.external_id.isdecimal()]
        if ours:
            await self._best_effort(
                ReadBusinessMessage(
                    business_connection_id=where.business, chat_id=where.chat, message_id=int(ours[-1].external_id)
                )
            )

    async def changed(self, chat: str) -> None:
        """Telegram cannot show who is there."""

    async def _best_effort(self, method: Any) -> None:
        line, _ = self._running()
        try:
            await line.client(method, repeatable=True)
        except HubError as error:
            _log.debug("telegram.passed_over", channel=self.name, reason=str(error))

    def _language(self, chat: str) -> Language:
        return self._languages.get(str(address(chat).chat), "en")

    def _running(self) -> tuple[sending.Line, Host]:
        if self._line is None or self._host is None:
            raise Retryable(f"The channel {self.name} is not connected to Telegram at the moment.")
        return self._line, self._host


def _body(raw: str) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _parted(update: Update) -> list[Update]:
    """Return an update that tells of several deletions as one for each."""
    name = "deleted_business_messages"
    body = _body(update.raw)
    it = body.get(name)
    ids = it.get("message_ids") if isinstance(it, dict) else None
    if not isinstance(it, dict) or not isinstance(ids, list) or len(ids) < 2:
        return [update]
    each = [json.dumps({**body, name: {**it, "message_ids": [id_]}}) for id_ in ids]
    return [Update(f"{update.external_id}:{n}", raw) for n, raw in enumerate(each, 1)]
