"""From what an operator wrote, pressed or changed to what is done about it."""

from __future__ import annotations

from collections.abc import Sequence

from bots.telegram.console import acting, asking, speaking
from bots.telegram.console.buttons import pressed
from bots.telegram.console.linking import Reception
from bots.telegram.console.request import Request
from bots.telegram.content import is_service
from bots.telegram.reading import Json, part, words
from router.model import Conversation
from router.people import Presence

#: commands that need a conversation's buttons rather than its words
_PRESENCE = {each.value for each in Presence}


class Deeds:
    """Does what operators ask for."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    async def do(self, request: Request, body: Json, messages: Sequence[Json]) -> None:
        """Do one thing; `messages` are those of an album, or the one."""
        if body.get("callback_query") is not None:
            await self._press(request, words(part(body, "callback_query"), "data"))
        elif body.get("message_reaction") is not None:
            await speaking.reacted(request, part(body, "message_reaction"))
        elif body.get("edited_message") is not None:
            await speaking.edited(request)
        elif not is_service(request.message):
            await self._written(request, messages)

    async def _written(self, request: Request, messages: Sequence[Json]) -> None:
        text = next(filter(None, map(speaking.text_of, messages)), "")
        if not text.startswith("/"):
            await speaking.to_client(request, messages)
            return
        name, _, argument = text[1:].partition(" ")
        name, _, bot = name.partition("@")
        if bot and request.office.username and bot.lower() != request.office.username.lower():
            return  # for another bot in the group
        await self._command(request, name.lower(), argument.strip())

    async def _command(self, request: Request, name: str, argument: str) -> None:
        if name in _PRESENCE:
            await acting.presence(request, Presence(name))
        elif name in {"start", "link"}:
            await self._again(request, argument)
        elif name == "unlink":
            await self._reception.unlink(request.user)
            await request.reply(request.words("unlinked"))
        elif name in {"pause", "resume"}:
            await acting.pause(request, argument, paused=name == "pause")
        elif name in asking.COMMANDS:
            await asking.COMMANDS[name](request, argument)
        elif name == "delete":
            await speaking.taken_back(request)
        elif name in acting.COMMANDS or name in asking.ABOUT:
            await self._about(request, name, argument)
        elif name in request.office.host.book.rules.canned:
            await self._about(request, "c", name)
        else:
            await asking.help_(request, "")

    async def _again(self, request: Request, code: str) -> None:
        """A linked account may become another operator's with a new code."""
        if code and request.message.get("chat", {}).get("type") == "private":
            await self._reception.receive(part(request.message, "from"), request.message)
        else:
            await asking.help_(request, "")

    async def _about(self, request: Request, name: str, argument: str) -> None:
        it = await request.conversation()
        if it is None and not request.topic and not request.answered:
            it = await acting.the_only(request)
        if it is None:
            await request.reply(request.words("no_conversation"))
            return
        await (acting.COMMANDS.get(name) or asking.ABOUT[name])(request, it, argument)

    async def _press(self, request: Request, data: str) -> None:
        press = pressed(data)
        if press is None:
            await request.reply(request.words("stale"), alert=True)
            return
        if press.verb in {"pause", "resume"}:
            await acting.pause(request, press.what, paused=press.verb == "pause")
            return
        it: Conversation | None = await request.conversation(press.conversation) if press.conversation else None
        deed = acting.BUTTONS.get(press.verb) or asking.ABOUT.get(press.verb)
        if it is None or deed is None:
            await request.reply(request.words("stale"), alert=True)
            return
        await deed(request, it, press.what)
